"""What is asked about trades: which of them, up to when, and how they are measured."""

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about closed trades, checked already: nothing in it reaches further than its visitor may see.

    `since` (None: no bound) and `until` bound the exit, both included; nothing that ended or was recorded after `as_of` counts.
    With `from_day` (never before `since`) only what ended from there on is measured; `starting_balance` is still that at `since`.
    `sources` are those to be counted, any account, strategy, symbol and currency where it is None. `zone` is where days begin,
    `starting_balance` in minor units, `risk_free_rate` a share a year.
    """

    sources: tuple[str, ...]
    until: dt.datetime
    as_of: dt.datetime
    since: dt.datetime | None = None
    account: str | None = None
    strategy: str | None = None
    symbol: str | None = None
    currency: str | None = None
    from_day: dt.datetime | None = None
    zone: str = "UTC"
    starting_balance: int | None = None
    risk_free_rate: float = 0.0

    def at(self, moment: dt.datetime) -> "Asked":
        """The same as of an earlier moment."""
        return replace(self, as_of=moment, until=min(self.until, moment))

    def last_days(self, n: int) -> "Asked":
        """The same of the last so many days of its zone, the one that holds its end included."""
        zone = ZoneInfo(self.zone)
        first = dt.datetime.combine(self.until.astimezone(zone).date() - dt.timedelta(days=n - 1), dt.time(), zone)
        begin = first.astimezone(dt.UTC)
        return replace(self, from_day=begin if self.since is None else max(begin, self.since))

    @property
    def begin(self) -> dt.datetime | None:
        """From when on trades are measured; None without a bound."""
        return self.since if self.from_day is None else self.from_day
