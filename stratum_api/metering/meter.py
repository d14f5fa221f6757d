"""The meter of a worker: notes billable requests at once, and brings them into the database in the background.

Noting a request is a short write to the spool and an addition; it asks nobody and waits for nobody. Once a second the spool's file
is changed for a new one and the old one is brought in, in one transaction with the sums; then it is removed. Whatever is in the way
(a database that is down, a worker that is killed) leaves the file where it is, and this or another worker brings it in later.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import time
from collections import Counter, deque
from pathlib import Path

from stratum_api.headers import Usage
from stratum_api.metering.spool import SUFFIX, SpoolFile, claimed, read_spool
from stratum_api.visitor import Visitor
from warehouse.database import Database, Keys
from warehouse.database.billing_periods import BillingPeriod
from warehouse.database.usage import UsageBook, UsageEvent
from warehouse.errors import DatabaseError

logger = logging.getLogger("stratum.api")

BRING_IN_EVERY_S = 1.0
LOOK_FOR_LEFT_EVERY_S = 15.0
NOTE_USE_EVERY_S = 5.0
FORGET_AFTER_S = 600.0
# Held in memory when the disk takes nothing; beyond that the oldest are given up, with a word in the log.
MOST_UNWRITTEN = 100_000

Account = tuple[str, dt.datetime]


class _Sum:
    """What an account is known to have used: in the database as last read, and here since then."""

    __slots__ = ("here", "looked_at", "read")

    def __init__(self) -> None:
        self.read, self.here, self.looked_at = 0, 0, 0.0


class Meter:
    """Notes billable requests and when keys were used."""

    def __init__(self, database: Database, folder: Path, *, with_alerts: bool = True) -> None:
        """`folder` is the spool's; every worker of a machine may share one, and has to find it again after a restart."""
        self.book = UsageBook(database)
        self.keys = Keys(database)
        self.folder = folder
        self.with_alerts = with_alerts
        self._sums: dict[Account, _Sum] = {}
        self._file: SpoolFile | None = None
        self._closed: deque[SpoolFile] = deque()
        # What was brought in since the sums were last read.
        self._brought: Counter[Account] = Counter()
        self._periods: dict[str, tuple[dt.datetime | None, BillingPeriod]] = {}
        self._unwritten: deque[UsageEvent] = deque()
        self._n_given_up = 0
        self._used: dict[str, dt.datetime] = {}
        self._working: asyncio.Task[None] | None = None
        self._bringing_in = asyncio.Lock()

    async def open(self) -> None:
        """Begin: bring in what dead workers left, then what comes."""
        self._change_file()
        self._working = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Bring in what is left; what cannot be stays in the spool."""
        if self._working is not None:
            self._working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._working
        with contextlib.suppress(DatabaseError, OSError):
            await self._bring_in()
            await self._note_use()
        for file in (*self._closed, self._file):
            if file is not None:
                file.close() if file.lines else file.remove()
        self._closed.clear()
        self._file = None

    def note(self, visitor: Visitor, operation: str, status_code: int, request_id: str, now: dt.datetime) -> Usage:
        """Note one billable request, and say where the account stands with it. Never waits, never raises."""
        period = self._period(visitor, now)
        event = UsageEvent(
            "", visitor.account_id, visitor.key_id, period.start_at, now, operation, status_code, 1, request_id
        )
        try:
            if self._file is None:
                raise OSError("there is no spool file")
            self._file.add(event)
        except OSError as error:
            self._hold(event, error)
        one = self._sum((visitor.account_id, period.start_at))
        one.here += 1
        return Usage(one.read + one.here, visitor.included)

    def usage(self, visitor: Visitor, now: dt.datetime) -> Usage:
        """Where an account stands; what other workers noted in the last second may be missing."""
        one = self._sum((visitor.account_id, self._period(visitor, now).start_at))
        return Usage(one.read + one.here, visitor.included)

    def note_key(self, key_id: str, now: dt.datetime) -> None:
        """Remember that a key was used."""
        self._used[key_id] = now

    async def learn(self, visitor: Visitor, now: dt.datetime) -> None:
        """Read what the account has used, where this worker has not met it yet. What fails is left for the next second."""
        account = (visitor.account_id, self._period(visitor, now).start_at)
        if account not in self._sums:
            self._sum(account)
            with contextlib.suppress(DatabaseError):
                await self._read_sums([account])

    def _period(self, visitor: Visitor, now: dt.datetime) -> BillingPeriod:
        kept = self._periods.get(visitor.account_id)
        if kept is not None and kept[0] == visitor.billing_anchor_at and kept[1].start_at <= now < kept[1].end_at:
            return kept[1]
        period = visitor.period(now)
        self._periods[visitor.account_id] = (visitor.billing_anchor_at, period)
        return period

    def _sum(self, account: Account) -> _Sum:
        one = self._sums.get(account)
        if one is None:
            one = self._sums[account] = _Sum()
        one.looked_at = time.monotonic()
        return one

    def _hold(self, event: UsageEvent, error: OSError) -> None:
        if not self._unwritten:
            logger.error("the spool takes nothing (%s): usage is kept in memory until it does", error)
        if len(self._unwritten) >= MOST_UNWRITTEN:
            self._unwritten.popleft()
            self._n_given_up += 1
            if self._n_given_up % 1000 == 1:
                logger.error("usage events given up for want of a spool and of memory: %d", self._n_given_up)
        self._unwritten.append(event)

    def _change_file(self) -> None:
        """Write to a new file from now on; what could not be written before goes in first."""
        try:
            new = SpoolFile(self.folder)
        except OSError as error:
            if self._file is not None:
                self._closed.append(self._file)
                self._file = None
            logger.error("no spool file can be made in %s (%s)", self.folder, error)
            return
        if self._file is not None:
            self._closed.append(self._file)
        self._file = new
        while self._unwritten:
            event = self._unwritten.popleft()
            try:
                new.add(event)
            except OSError:
                self._unwritten.appendleft(event)
                return

    async def _work(self) -> None:
        looked_at = noted_at = -LOOK_FOR_LEFT_EVERY_S
        while True:
            try:
                await self._bring_in()
                if time.monotonic() - noted_at > NOTE_USE_EVERY_S:
                    await self._note_use()
                    noted_at = time.monotonic()
                if time.monotonic() - looked_at > LOOK_FOR_LEFT_EVERY_S:
                    await asyncio.to_thread(self._bring_in_left)
                    looked_at = time.monotonic()
                self._forget_idle()
            except (DatabaseError, OSError) as error:
                logger.warning("usage stays in the spool for now: %s", error)
            except Exception:
                logger.exception("usage stays in the spool for now")
            await asyncio.sleep(BRING_IN_EVERY_S)

    async def _bring_in(self) -> None:
        """Bring in what was noted so far; one at a time, so that no file is taken twice."""
        async with self._bringing_in:
            await self._bring_in_all()

    async def _bring_in_all(self) -> None:
        if self._file is None or self._file.lines or self._unwritten:
            self._change_file()
        while self._closed:
            file = self._closed[0]
            await asyncio.to_thread(self._bring_in_file, file.path)
            self._closed.popleft()
            self._brought.update(file.units)
            file.remove()
        await self._read_sums(list(self._sums))

    def _bring_in_file(self, path: Path) -> None:
        self.book.add(read_spool(path), dt.datetime.now(dt.UTC), with_alerts=self.with_alerts)

    def _bring_in_left(self) -> None:
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            with claimed(path) as is_left:
                if is_left:
                    self._bring_in_file(path)
                    path.unlink(missing_ok=True)

    async def _read_sums(self, accounts: list[Account]) -> None:
        """What the database holds: what this worker brought in, and what others did."""
        if not accounts:
            self._brought.clear()
            return
        found = await asyncio.to_thread(self.book.used, accounts)
        for account, used in found.items():
            one = self._sums.get(account)
            if one is not None:
                one.read = used
                one.here = max(one.here - self._brought.pop(account, 0), 0)

    async def _note_use(self) -> None:
        used, self._used = self._used, {}
        try:
            await asyncio.to_thread(self.keys.note_use, used)
        except DatabaseError:
            self._used = {**used, **self._used}
            raise

    def _forget_idle(self) -> None:
        now = time.monotonic()
        for account in [a for a, one in self._sums.items() if now - one.looked_at > FORGET_AFTER_S and not one.here]:
            del self._sums[account]
            self._periods.pop(account[0], None)
