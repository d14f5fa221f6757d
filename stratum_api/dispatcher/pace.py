"""The rate of an endpoint: how many deliveries may be claimed now so that no more than so many a second go out.

It stands in the database as one moment (the generic cell rate algorithm), so several dispatchers together keep it.
"""

import datetime as dt
from dataclasses import replace

from warehouse.database.webhooks.health import Health


def allowance(health: Health, rate_per_s: float, now: dt.datetime) -> int:
    """How many may go now; what was not used adds up to a second's worth at most, and to one where the rate is below one."""
    return int((now - _begun(health, rate_per_s, now)).total_seconds() * rate_per_s + 1e-6)


def paced(health: Health, rate_per_s: float, n: int, now: dt.datetime) -> Health:
    """The health after n more went."""
    return replace(health, paced_until=_begun(health, rate_per_s, now) + dt.timedelta(seconds=n / rate_per_s))


def _begun(health: Health, rate_per_s: float, now: dt.datetime) -> dt.datetime:
    earliest = now - dt.timedelta(seconds=max(1.0, 1.0 / rate_per_s))
    # It never lies ahead, unless the clock was set back: then it begins anew.
    return min(max(health.paced_until or earliest, earliest), now)
