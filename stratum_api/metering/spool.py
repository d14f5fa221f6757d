"""A worker's spool: billable requests on the local disk, until they are in the database.

A request is written here before its answer begins, with one short write that outlives the process. The files have numbers in
them that become the ids of the events, so a file that is read twice counts once. A worker holds a lock on the file it writes; the
lock ends with the process, and a file without one is read by whoever finds it.
"""

import contextlib
import datetime as dt
import fcntl
import logging
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from warehouse.database.types import micros, moment
from warehouse.database.usage import UsageEvent

logger = logging.getLogger("stratum.api")

SUFFIX = ".spool"


class _Line(msgspec.Struct, array_like=True):
    account_id: str
    key_id: str
    period_start: int
    occurred: int
    operation: str
    status_code: int
    units: int
    request_id: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode


class SpoolFile:
    """One file of a spool that this process writes, locked until it is closed."""

    def __init__(self, folder: Path) -> None:
        """A new, empty file. Raises OSError when the disk does not take it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.name = secrets.token_hex(10)
        self.path = folder / f"{self.name}{SUFFIX}"
        self.lines = 0
        # What it holds for each account and period, so that the worker knows what is in the database once it is brought in.
        self.units: Counter[tuple[str, dt.datetime]] = Counter()
        draft = folder / f"{self.name}.new"
        self._descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        # Locked before it has the name that others look for, so that nobody finds it unlocked.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        draft.rename(self.path)

    def add(self, event: UsageEvent) -> None:
        """Write an event; when this returns, the end of the process does not lose it. Raises OSError."""
        line = _Line(
            event.account_id,
            event.key_id,
            micros(event.period_start_at),
            micros(event.occurred_at),
            event.operation,
            event.status_code,
            event.units,
            event.request_id,
        )
        os.write(self._descriptor, _encode(line) + b"\n")
        self.lines += 1
        self.units[event.account_id, event.period_start_at] += event.units

    def close(self) -> None:
        """Let go of it; the file stays, and whoever finds it reads it."""
        os.close(self._descriptor)

    def remove(self) -> None:
        """Its events are in the database: remove it."""
        self.path.unlink(missing_ok=True)
        self.close()


def read_spool(path: Path) -> list[UsageEvent]:
    """The events of a spool file, each with the id its place in it gives; a line cut short by a power cut is left out."""
    events = []
    for number, line in enumerate(path.read_bytes().split(b"\n")):
        if not line:
            continue
        try:
            read = _decode(line)
        except msgspec.DecodeError:
            logger.warning("line %d of the spool file %s cannot be read and is left out", number, path.name)
            continue
        events.append(
            UsageEvent(
                f"{path.stem}{number:08x}",
                read.account_id,
                read.key_id,
                moment(read.period_start),
                moment(read.occurred),
                read.operation,
                read.status_code,
                read.units,
                read.request_id,
            )
        )
    return events


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Whether the file was left behind by a process that is gone; if so, nobody else reads it meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        # Another may have read and removed it between our opening and our locking.
        yield path.exists()
    finally:
        os.close(descriptor)
