"""How often games end on each margin and total: counts of recorded results, and the weights that follow from them.

`key_numbers.toml` says how they are built and is written by hand; `key_numbers.json` is what was built, one line per
weight table and per cell of counts.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PLAN = FOLDER / "key_numbers.toml"
BUILT = FOLDER / "key_numbers.json"
# A weight table is for margins (seen through spreads) or for totals.
MARKETS = ("spreads", "totals")


@dataclass(frozen=True)
class Era:
    """Seasons, by the year they begin in, in which a league was played alike."""

    first: int
    last: int
    why: str

    @property
    def name(self) -> str:
        """The seasons: 2011-2014, or 2025."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class LeaguePlan:
    """How the games of a league are divided: eras, and the edges between buckets of closing spreads and totals."""

    eras: tuple[Era, ...]
    spread_edges: tuple[float, ...]
    total_edges: tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """How key numbers are built. `sources` says of each folder of results whether it shapes the weights or is only counted.

    `shrinkage` is, per market, the number of expected games that speak for the plain normal at every number.
    """

    version: int
    shrinkage: Mapping[str, float]
    cannot_tie: frozenset[str]
    sources: Mapping[str, bool]
    leagues: Mapping[str, LeaguePlan]


@dataclass(frozen=True)
class Source:
    """Recorded results that went in: the folder, its games, and a digest over its files, unpacked, in order of name."""

    folder: str
    games: int
    fitted: bool
    sha256: str


@dataclass(frozen=True)
class Weights:
    """How much more often games of a league end on each number than the rounded normal says, from `lowest` up.

    Margins count from 0, for both sides alike. Numbers outside weigh 1. `games` and the seasons are those they were fitted
    on; `deviation` is the standard deviation of the normal beneath.
    """

    league: str
    market: str
    deviation: float
    games: int
    first_season: int
    last_season: int
    lowest: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class Cell:
    """How often `games` games ended on each number from `lowest` up.

    Margins are the closing favourite's (the home team's where nobody was, or no line is recorded). `era` is "" for all. `by`
    says which closing line cut the bucket ("spread", "total", "" for no cut), which runs from `at_least` to below `below`.
    """

    league: str
    market: str
    era: str
    by: str
    at_least: float | None
    below: float | None
    games: int
    lowest: int
    hits: tuple[int, ...]


@dataclass(frozen=True)
class KeyNumbers:
    """What was built: the version, what it was built from, weights by league and market, and all counts."""

    version: int
    sources: tuple[Source, ...]
    weights: Mapping[tuple[str, str], Weights]
    cells: tuple[Cell, ...]


def read_plan(table: Mapping[str, Any]) -> Plan:
    """The plan in a table of key_numbers.toml. Raises ValueError for eras that overlap and edges that do not rise."""
    leagues = {}
    for key, entry in table["leagues"].items():
        eras = tuple(Era(**era) for era in entry["eras"])
        league = LeaguePlan(eras, tuple(entry["spread_edges"]), tuple(entry["total_edges"]))
        years = [year for era in eras for year in (era.first, era.last + 0.5)]
        for what, values in (
            ("eras", years),
            ("spread_edges", league.spread_edges),
            ("total_edges", league.total_edges),
        ):
            if any(b <= a for a, b in pairwise(values)):
                raise ValueError(f"The {what} of {key} in key_numbers.toml do not rise one after the other.")
        leagues[key] = league
    if set(table["shrinkage"]) != set(MARKETS) or min(table["shrinkage"].values()) <= 0:
        raise ValueError("key_numbers.toml needs a shrinkage above 0 for spreads and for totals.")
    return Plan(
        version=table["version"],
        shrinkage=table["shrinkage"],
        cannot_tie=frozenset(table["cannot_tie"]),
        sources={source["folder"]: source["fitted"] for source in table["sources"]},
        leagues=leagues,
    )


def key_numbers_text(built: KeyNumbers) -> str:
    """The text of key_numbers.json: a line per source, weight table and cell, so that differences can be read."""

    def lines(things: Sequence[Source | Weights | Cell]) -> str:
        return ",\n".join(json.dumps(asdict(thing), separators=(",", ":")) for thing in things)

    return (
        f'{{"version":{built.version},\n"command":"stratum key-numbers --data FOLDER --write",\n"sources":[\n'
        f'{lines(built.sources)}\n],\n"weights":[\n{lines(list(built.weights.values()))}\n],\n"cells":[\n{lines(built.cells)}\n]}}\n'
    )


def read_key_numbers(text: str) -> KeyNumbers:
    """What a text of key_numbers.json says."""
    table = json.loads(text)
    weights = [Weights(**{**entry, "values": tuple(entry["values"])}) for entry in table["weights"]]
    return KeyNumbers(
        version=table["version"],
        sources=tuple(Source(**entry) for entry in table["sources"]),
        weights={(entry.league, entry.market): entry for entry in weights},
        cells=tuple(Cell(**{**entry, "hits": tuple(entry["hits"])}) for entry in table["cells"]),
    )


@cache
def load_plan() -> Plan:
    """The plan that ships with the package, read once per process."""
    return read_plan(tomllib.loads(PLAN.read_text("utf-8")))


@cache
def load_key_numbers() -> KeyNumbers:
    """The key numbers that ship with the package, read once per process."""
    return read_key_numbers(BUILT.read_text("utf-8"))
