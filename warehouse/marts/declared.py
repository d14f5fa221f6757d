"""What the marts are: their columns, where they come from and what is tested, as dbt's models say.

dbt takes seconds to read a project. So what others need of it stands in `models.json` beside this file, written by
`stratum docs`; a test holds it to the models.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("models.json")


@dataclass(frozen=True)
class MartColumn:
    """One column: its type is DuckDB's."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class MartTest:
    """One test of a mart by its name; one that only `warns` keeps nothing from being published."""

    name: str
    description: str
    warns: bool


@dataclass(frozen=True)
class Mart:
    """One mart. `needs` are the marts and tables of the lake it is made from, the steps between them left out.

    `part` is what its files are cut by: `day`, `month`, or "" for a mart in one piece. `part_by` names the column whose
    values those are, `key` the columns that are unique together.
    """

    name: str
    description: str
    key: tuple[str, ...]
    part: str
    part_by: str
    needs: tuple[str, ...]
    columns: tuple[MartColumn, ...]
    tests: tuple[MartTest, ...]


@dataclass(frozen=True)
class Declaration:
    """All marts, in the order in which they are built, and the fingerprint of the project they were read from."""

    fingerprint: str
    marts: tuple[Mart, ...]


@cache
def read_declaration(file: Path = FILE) -> Declaration:
    """What the committed file says."""
    return msgspec.json.decode(file.read_bytes(), type=Declaration)


def read_marts() -> dict[str, Mart]:
    """The marts by name, in the order in which they are built."""
    return {mart.name: mart for mart in read_declaration().marts}
