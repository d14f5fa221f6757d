"""The files of a table that count at one moment, and fingerprints of them."""

import hashlib
import json
from dataclasses import dataclass

from warehouse.lake import Lake
from warehouse.lake.files import folder_of
from warehouse.tables import Table


@dataclass(frozen=True)
class Pinned:
    """The files of a table by day ("all" for a table kept whole), and per day the fingerprint of their names and stamps."""

    files: dict[str, list[str]]
    marks: dict[str, str]

    @property
    def mark(self) -> str:
        """The fingerprint of all files."""
        return fingerprint(*(f"{day} {mark}" for day, mark in sorted(self.marks.items())))


def pin(lake: Lake, table: type[Table]) -> Pinned:
    """What counts now. A file that vanishes while it is looked at was replaced: look again."""
    while True:
        try:
            files = _files(lake, table)
            marks = {
                day: fingerprint(*(f"{file} {lake.storage.stamp(file)}" for file in names))
                for day, names in files.items()
            }
            return Pinned(files, marks)
        except FileNotFoundError:
            continue


def _files(lake: Lake, table: type[Table]) -> dict[str, list[str]]:
    catalog = lake.catalog
    if not table.partition_by:
        found = {"all": [f"{table.name}/{name}" for name in catalog.shards(table)]}
    else:
        folders = {str(day): folder_of(table, day) for day in catalog.days(table)}
        found = {day: [f"{folder}/{name}" for name in catalog.visible(folder)] for day, folder in folders.items()}
    return {day: names for day, names in found.items() if names}


def fingerprint(*texts: str) -> str:
    """32 hex digits of SHA-256 over some texts."""
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]
