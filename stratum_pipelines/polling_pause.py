"""Keeping live polling still while a day that is still open is computed anew."""

import datetime as dt
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from stratum_pipelines.platform import Platform
from warehouse.database.leases import Leases
from warehouse.errors import DatabaseError

# The lease a poller holds while it works.
LEASE = "poll_odds"
# How long polling is held up should the process that paused it die; one that lives renews the lease in time.
PAUSE_S = 120.0
RENEW_EVERY_S = 30.0
PAUSE_PATIENCE_S = 180.0
# A cycle that began before midnight writes to the day that has ended.
STILL_WRITTEN = dt.timedelta(minutes=10)


class PollingGoesOn(Exception):
    """Polling could not be paused, or went on before what it was paused for was done."""


@dataclass(frozen=True)
class PollingPause:
    """The lease that keeps pollers still, held by one piece of work."""

    leases: Leases
    holder: str
    token: int

    def renew(self) -> bool:
        """Whether polling is still paused, and then for `PAUSE_S` from now."""
        return self.leases.renew(LEASE, self.holder, self.token, PAUSE_S, dt.datetime.now(dt.UTC))

    def confirm(self, day: dt.date) -> None:
        """Raise PollingGoesOn when somebody has polled since: what was computed of the day would replace newer rows."""
        if not self.renew():
            raise PollingGoesOn(
                f"Polling went on while {day} was computed, so its tables are left as live polling wrote them. This process "
                f"was held up for over {PAUSE_S:g} s. Run it again, or leave the day to its close tonight."
            )

    def keep(self, ended: threading.Event) -> None:
        """Renew the lease in time until `ended` is set; a database that does not answer is asked again."""
        while not ended.wait(RENEW_EVERY_S):
            with suppress(DatabaseError):
                if not self.renew():
                    return


def is_open(day: dt.date) -> bool:
    """Whether live polling may still write to a day, now."""
    return day >= (dt.datetime.now(dt.UTC) - STILL_WRITTEN).date()


@contextmanager
def paused_polling(platform: Platform, *, patience_s: float = PAUSE_PATIENCE_S) -> Iterator[PollingPause]:
    """Keep every poller still meanwhile: rows that live polling adds to a day that is being replaced would be lost.

    Whoever polls afterwards starts from boards rebuilt from raw answers. Raises PollingGoesOn when the lease does not
    become free within `patience_s`.
    """
    leases = Leases(platform.database)
    holder = f"{socket.gethostname()}:{os.getpid()}:recompute:{secrets.token_hex(4)}"
    ends = time.monotonic() + patience_s
    while (token := leases.acquire(LEASE, holder, PAUSE_S, dt.datetime.now(dt.UTC))) is None:
        if time.monotonic() > ends:
            raise PollingGoesOn(
                f"The lease {LEASE!r} was held by {leases.holder(LEASE, dt.datetime.now(dt.UTC))} for {patience_s:g} s. "
                "Stop the sensor poll_odds, or leave today to its close tonight."
            )
        time.sleep(0.5)
    pause, ended = PollingPause(leases, holder, token), threading.Event()
    keeper = threading.Thread(target=pause.keep, args=(ended,), name="stratum-polling-pause", daemon=True)
    keeper.start()
    try:
        yield pause
    finally:
        ended.set()
        keeper.join()
        leases.release(LEASE, holder, token, dt.datetime.now(dt.UTC))
