"""What a provider file declares. A provider never fetches: it says what to ask for and reads what came back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stratum_pipelines.providers.reading import Answer, Reading, Request


@dataclass(frozen=True)
class Asking:
    """What the operator wants of a feed: regions whose books are asked for, and the odds format."""

    regions: tuple[str, ...] = ("us",)
    odds_format: str = "american"


@dataclass(frozen=True)
class Provider:
    """A feed of odds. A file in this folder that ends in `PROVIDER = Provider(...)` is found by itself.

    `read` is pure and never raises for bad content: what it cannot read comes back as refusals.
    `requests` says what to ask for one sport. `answers` yields the answers stored in an archive folder, in order of
    receipt; `recognises` says whether a folder holds such an archive. `default_gap_s` is the expected gap between
    sightings of a book, in seconds, while fewer than 20 have been seen.
    """

    name: str
    title: str
    description: str
    read: Callable[[Answer], Reading]
    requests: Callable[[str, Asking], list[Request]] | None = None
    recognises: Callable[[Path], bool] | None = None
    answers: Callable[[Path], Iterator[Answer]] | None = None
    default_gap_s: float = 900.0
