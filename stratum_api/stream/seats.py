"""How many streams an account has open, counted in one place for all workers: a stream takes one of its account's numbered seats.

A seat belongs to one worker, who says every few seconds that it still holds it; the seats of a worker that died are free again soon.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from stratum_api.limits import Counts, open_counts
from stratum_api.problems import TooManyStreams
from warehouse.errors import DatabaseError

HELD_S = 15.0
RENEW_EVERY_S = 4.0
# How long one who finds every seat taken waits: whoever comes back at once meets the connection it has just lost.
PATIENCE_S = 1.0
AGAIN_S = 0.1

TABLE = "open_streams"
COLUMNS = (
    "account_id text not null, number bigint not null, worker text not null, expires_at double precision not null, "
    "primary key (account_id, number)"
)
# Any free seat, not the first: those who come together then seldom want the same one. Of two that do one finds it taken.
TAKE = """
with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < cast($3 as bigint)),
free as (
  select n from numbers except
  select number from open_streams where account_id = cast($1 as text) and expires_at > cast($5 as double precision)
)
insert into open_streams as s (account_id, number, worker, expires_at)
select cast($1 as text), n, cast($2 as text), cast($4 as double precision) from free where true order by random() limit 1
on conflict (account_id, number) do update set worker = excluded.worker, expires_at = excluded.expires_at
where s.expires_at <= cast($5 as double precision)
returning number
"""
TAKEN = "select count(*) from open_streams where account_id = $1 and number <= $2 and expires_at > $3"
RENEW = "update open_streams set expires_at = $2 where worker = $1 returning account_id, number"
GIVE_BACK = "delete from open_streams where account_id = $1 and number = $2 and worker = $3"
FORGET = "delete from open_streams where expires_at < $1"

Seat = tuple[str, int]


class Seats:
    """The seats of one worker. Clocks of several machines must agree to within some seconds."""

    def __init__(self, counts: Counts, clock: Callable[[], float] = time.time) -> None:
        self.counts = counts
        self.worker = secrets.token_hex(8)
        self._clock = clock
        self._renewed_at = clock()

    async def open(self) -> None:
        """Open the shared counts."""
        await self.counts.open()

    async def close(self) -> None:
        """Close them."""
        await self.counts.close()

    @asynccontextmanager
    async def held(self, account_id: str, streams: int) -> AsyncIterator[Seat]:
        """A seat as long as the block. Raises TooManyStreams where all `streams` of the account are taken, and DatabaseError."""
        seat = await self.take(account_id, streams)
        try:
            yield seat
        finally:
            # Shielded: also one who is cancelled gives its seat back.
            with contextlib.suppress(DatabaseError):
                await asyncio.shield(self.counts.execute(GIVE_BACK, *seat, self.worker))

    async def take(self, account_id: str, streams: int) -> Seat:
        """A free seat of the account."""
        if self._clock() - self._renewed_at > HELD_S / 2:
            await self.renew()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            now = self._clock()
            found = await self.counts.execute(TAKE, account_id, self.worker, streams, now + HELD_S, now)
            if found:
                return account_id, found[0][0]
            ((taken,),) = await self.counts.execute(TAKEN, account_id, streams, now)
            if taken >= streams:
                if time.monotonic() > deadline:
                    raise TooManyStreams(
                        f"The account has {streams} streams open, which is all its plan includes.",
                        headers={"Retry-After": str(round(HELD_S))},
                        streams=streams,
                    )
                await asyncio.sleep(AGAIN_S)

    async def renew(self) -> set[Seat]:
        """Say that this worker still holds its seats; gives those it does hold. Seats nobody held for long are forgotten."""
        now = self._clock()
        found = await self.counts.execute(RENEW, self.worker, now + HELD_S)
        await self.counts.execute(FORGET, now - HELD_S)
        self._renewed_at = now
        return {(account_id, number) for account_id, number in found}


def open_seats(database_url: str, home: Path) -> Seats:
    """The seats that go with a database."""
    return Seats(open_counts(database_url, home, TABLE, COLUMNS))
