"""What an importer is: how to know its files, and how to read them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.trading.entries.rows import Entry
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.source_file import SourceFile

Entries = Iterator[Entry | Refusal]


@dataclass
class Contents:
    """What a file says: once for all its rows, and row by row.

    `entries` is read once. `remarks` are sentences for whoever imports; reading may add some.
    """

    entries: Entries
    currency: str = ""
    decimal_comma: bool = False
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Importer:
    """A kind of file. `asked` orders the importers: those that know their files by clear signs come first.

    `read` raises Unfit for a file of which nothing can be read; the map is the user's, if there is one.
    """

    name: str
    title: str
    recognises: Callable[[SourceFile], bool]
    read: Callable[[SourceFile, ColumnMap | None], Contents]
    asked: int
