"""One request on its way through the API: what the door found out about it, and what became of it."""

from dataclasses import dataclass
from typing import Any

from stratum_api.limits import Decision
from stratum_api.problems import Problem
from stratum_api.visitor import ANONYMOUS, Visitor


@dataclass(slots=True, eq=False)
class Visit:
    """A request. The door fills in who and whether; the endpoint's access fills in what for."""

    request_id: str
    method: str
    path: str
    address: str
    started: float
    visitor: Visitor = ANONYMOUS
    decision: Decision | None = None
    operation: str = ""
    is_billable: bool = False
    status: int = 0
    n_bytes: int = 0
    # What went wrong before a WebSocket was opened: the framework has no answer for that, the door has.
    problem: Problem | None = None


def visit_of(scope: Any) -> Visit:
    """The visit that goes with an ASGI scope."""
    return scope["state"]["visit"]
