"""How much of a limit is taken in a minute, counted in one place for all workers.

One statement takes up to so many requests of a minute and says how many it got, so no two workers get the same one.
"""

from dataclasses import dataclass
from pathlib import Path

from stratum_api.limits.counts import Counts, open_counts

KEPT_MINUTES = 2

TABLE = "rate_windows"
COLUMNS = (
    "subject text not null, minute bigint not null, taken bigint not null, granted bigint not null, "
    "primary key (subject, minute)"
)
# The conflict's part runs under the row's lock, so `granted` is what this statement got.
TAKE = """
insert into rate_windows as w (subject, minute, taken, granted)
values ($1, cast($2 as bigint), {least}({wanted}, {limit}), {least}({wanted}, {limit}))
on conflict (subject, minute) do update set
  granted = {greatest}({least}({wanted}, {limit} - w.taken), 0), taken = {greatest}({least}(w.taken + {wanted}, {limit}), w.taken)
returning granted, taken
"""
FORGET = "delete from rate_windows where minute < $1"


@dataclass(frozen=True, slots=True)
class Granted:
    """How many requests were granted of those asked for, and how many of the minute's are taken after that."""

    granted: int
    taken: int


class Windows:
    """Counts what is taken of each minute."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        least, greatest = ("min", "max") if counts.is_sqlite else ("least", "greatest")
        self._take = TAKE.format(
            least=least, greatest=greatest, wanted="cast($3 as bigint)", limit="cast($4 as bigint)"
        )

    async def open(self) -> None:
        """Make the place to count in, where it is not there."""
        await self.counts.open()

    async def close(self) -> None:
        """Let go of it."""
        await self.counts.close()

    async def take(self, subject: str, minute: int, wanted: int, limit: int) -> Granted:
        """Take up to `wanted` of what is left of `limit` in a minute (counted since 1970)."""
        ((granted, taken),) = await self.counts.execute(self._take, subject, minute, wanted, limit)
        return Granted(granted, taken)

    async def forget(self, minute: int) -> None:
        """Drop what is older than a minute."""
        await self.counts.execute(FORGET, minute)


def open_windows(database_url: str, home: Path) -> Windows:
    """The counts that go with a database."""
    return Windows(open_counts(database_url, home, TABLE, COLUMNS))
