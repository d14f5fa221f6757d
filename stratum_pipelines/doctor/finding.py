"""What a look found."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, what was seen, and what to do when it is not well."""

    subject: str
    state: State
    seen: str
    remedy: str = ""
