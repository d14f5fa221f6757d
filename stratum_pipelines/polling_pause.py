"""Keeping live polling still while a day that is still open is computed anew."""

import datetime as dt
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from stratum_pipelines.platform import Platform
from warehouse.database.leases import Leases

# The lease a poller holds while it works.
LEASE = "poll_odds"
# Recomputing a day that is still open holds polling up for at most this long, should its process die.
PAUSE_S = 600.0
PAUSE_PATIENCE_S = 180.0


class PollingGoesOn(Exception):
    """Polling could not be paused: another process has held its lease all the time."""


@contextmanager
def paused_polling(platform: Platform, *, patience_s: float = PAUSE_PATIENCE_S) -> Iterator[None]:
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
    try:
        yield
    finally:
        leases.release(LEASE, holder, token, dt.datetime.now(dt.UTC))
