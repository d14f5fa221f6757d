"""Files that count no more: what was superseded in the lake, and what processes that were killed left half-written.

Whoever changes a partition or stores a board sweeps beside it; what lies elsewhere is found here.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stratum_pipelines.checkpoints import LEFT_AFTER_S, TEMPORARY
from stratum_pipelines.platform import Platform


@dataclass(frozen=True)
class Leftovers:
    """Files nobody reads any more, an hour old or more: of the lake by their path in it, of the boards as files."""

    in_lake: list[str]
    boards: list[Path]
    n_bytes: int

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.in_lake) + len(self.boards)

    @property
    def first(self) -> str:
        """One of them, to be named."""
        return self.in_lake[0] if self.in_lake else str(self.boards[0])


def find_leftovers(platform: Platform) -> Leftovers:
    """All that can go; those younger than an hour are left out, because a query or a writer may still need them."""
    in_lake, boards, n_bytes = [], [], 0
    for path in platform.lake.leftovers():
        with suppress(FileNotFoundError):  # another process sweeps too
            n_bytes += platform.lake.storage.stamp(path)[0]
            in_lake.append(path)
    for file in sorted(platform.checkpoints.folder.glob(f"*/*{TEMPORARY}")):
        with suppress(FileNotFoundError):
            found = file.stat()
            if time.time() - found.st_mtime > LEFT_AFTER_S:
                n_bytes += found.st_size
                boards.append(file)
    return Leftovers(in_lake, boards, n_bytes)


def sweep(platform: Platform) -> Leftovers:
    """Delete them; gives what was deleted."""
    found = find_leftovers(platform)
    for path in found.in_lake:
        platform.lake.storage.remove(path)
    for file in found.boards:
        file.unlink(missing_ok=True)
    return found
