"""Which files of the marts count: one small file says it, and replacing that file publishes everything built at once.

`marts/published.json` lists the files of every mart. A file is named after its content and never changed, so equal rows
are the same file, and whoever is reading keeps what it has listed. Files that are listed no more are deleted an hour
later. A build that is killed leaves the list as it was.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from warehouse.errors import LakeBusy

GRACE_S = 3600.0
PATIENCE_S = 900.0
# The folder of the marts below STRATUM_HOME.
MARTS = "marts"
LIST = "published.json"
SUFFIX = ".parquet"


@dataclass(frozen=True)
class Part:
    """One file of a mart, below its folder, with its rows; `made_of` is the fingerprint of what it was made from."""

    file: str
    rows: int
    made_of: str = ""


@dataclass(frozen=True)
class PublishedMart:
    """One mart as it was built: its files by part, and what they were made from.

    `rules` is the fingerprint of the SQL and the settings. `sources` has, for a mart that follows a table day by day, the
    fingerprint of each day's files and the parts its rows went to.
    """

    rules: str
    parts: dict[str, Part] = field(default_factory=dict)
    sources: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts.values())


@dataclass(frozen=True)
class Published:
    """All marts that have been built, by name."""

    marts: dict[str, PublishedMart] = field(default_factory=dict)


class Shelf:
    """The folder of the marts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def read(self) -> Published:
        """What is published; nothing where nothing has been built."""
        try:
            return msgspec.json.decode((self.folder / LIST).read_bytes(), type=Published)
        except FileNotFoundError:
            return Published()
        except msgspec.DecodeError:
            # Half a list cannot come from here, which replaces it whole; marts are built again from the lake.
            return Published()

    def files(self, mart: str) -> list[Path]:
        """The files of a mart that count now, in order of its parts."""
        found = self.read().marts.get(mart)
        return [self.folder / mart / part.file for _, part in sorted(found.parts.items())] if found else []

    def publish(self, published: Published) -> bool:
        """Whether the list had to change: it is replaced whole, after every file it names is on disk."""
        data = msgspec.json.encode(published, order="deterministic")
        target = self.folder / LIST
        with contextlib.suppress(FileNotFoundError):
            if target.read_bytes() == data:
                return False
        os.sync()
        temporary = self.folder / f".{LIST}.{secrets.token_hex(4)}.tmp"
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        return True

    def sweep(self, older_than_s: float = GRACE_S) -> int:
        """How many files were deleted that are listed no more, or were left half-written. The caller holds `alone`."""
        listed = {f"{name}/{part.file}" for name, mart in self.read().marts.items() for part in mart.parts.values()}
        swept, now = 0, time.time()
        for path in self.folder.rglob("*"):
            shown = path.relative_to(self.folder).as_posix()
            if not path.name.endswith((SUFFIX, ".tmp")) or shown in listed:
                continue
            with contextlib.suppress(FileNotFoundError):
                if now - path.stat().st_ctime >= older_than_s:
                    path.unlink()
                    swept += 1
        return swept

    @contextlib.contextmanager
    def alone(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Keep other builds waiting meanwhile. Raises LakeBusy when another takes longer than `patience_s`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=patience_s)
        except Timeout as error:
            raise LakeBusy(
                f"Rollups are being built by another process, for over {patience_s:g} s. Look for a build that hangs, end it "
                f"and run this again; the lock is {lock.lock_file}, and it ends with its process."
            ) from error
        try:
            yield
        finally:
            lock.release()
