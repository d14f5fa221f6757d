"""The closed trades of the lake as figures need them: a few narrow columns, held by each worker while they are not too many."""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_api.remembered import Remembered
from warehouse.database.types import EPOCH, micros
from warehouse.lake import Lake
from warehouse.tables import EquityPoints, Trades

# How often the lake is looked at; what is told is never older than twice that.
FRESH_S = 5.0
# About 100 bytes a row. Above that every question reads the lake, which takes as long as it takes and a bounded amount of memory.
MOST_HELD = 1_000_000
# Read at once, so that a table that turns out to be too large is let go of early.
DAYS_READ = 64
# Where rows are not held, figures speak for whole minutes: a question is computed once a minute at most.
STEP = dt.timedelta(minutes=1)

CODES = ("account", "strategy", "symbol", "currency", "source")
COLUMNS = ("entry_at", "exit_at", "recorded_at", "commence_at", "profit", "stake", *CODES)
POINT_COLUMNS = ("account", "noted_at", "kind", "amount", "balance", "currency", "source", "recorded_at")


@dataclass(frozen=True)
class TradesNow:
    """The trades as they stood when the lake was looked at. `state` differs when they do; `held` is None where they are too many."""

    state: str
    lake: Lake
    held: pl.DataFrame | None
    points: pl.DataFrame
    _known: npt.NDArray[np.int64] = field(repr=False)

    def rows(self, until: dt.datetime) -> pl.LazyFrame:
        """Every closed trade entered up to a moment: the columns of COLUMNS."""
        if self.held is not None:
            return self.held.lazy()
        return closed_in(self.lake, None, until.date()).select(COLUMNS)

    def collected(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """The rows themselves: at once where they are held and few, else a stretch of the lake at a time."""
        return rows.collect(engine="streaming" if self.held is None else "in-memory")

    def moment(self, as_of: dt.datetime) -> dt.datetime:
        """The earliest moment as of which the same trades are known as at this one.

        So questions that differ in nothing but the moment they are asked have one answer. Where rows are not held, it is the
        beginning of the minute.
        """
        if self.held is None:
            return as_of - (as_of - EPOCH) % STEP
        place = int(np.searchsorted(self._known, micros(as_of), side="right"))
        return EPOCH if not place else EPOCH + dt.timedelta(microseconds=int(self._known[place - 1]))


class TradeBook:
    """Reads the trades of a lake and keeps them, days that did not change as they were."""

    def __init__(self, lake: Lake, *, most: int = MOST_HELD, fresh_s: float = FRESH_S) -> None:
        self.lake = lake
        self.most = most
        self._remembered = Remembered(lambda: asyncio.to_thread(self._look), fresh_s)
        self._days: dict[dt.date, tuple[str, pl.DataFrame]] = {}
        self._is_too_large = False
        self._last: TradesNow | None = None

    async def now(self) -> TradesNow:
        """The trades as they stand, or stood a few seconds ago. Raises LakeError."""
        return await self._remembered.get()

    def _look(self) -> TradesNow:
        """Look at the lake: first at which files there are, then into those that are new."""
        days, points = self.lake.states(Trades), self.lake.states(EquityPoints)
        state = _digest(days, points)
        if self._last is None or self._last.state != state:
            held, noted = self._hold(days), _points(self.lake)
            known = [_moments(noted, "noted_at"), *([_moments(held, "exit_at")] if held is not None else [])]
            self._last = TradesNow(state, self.lake, held, noted, np.unique(np.concatenate(known)))
        return self._last

    def _hold(self, days: Mapping[dt.date, str]) -> pl.DataFrame | None:
        if self._is_too_large:
            return None
        kept = {
            day: self._days[day] for day, state in days.items() if day in self._days and self._days[day][0] == state
        }
        n = sum(frame.height for _, frame in kept.values())
        every = list(days)
        for place in range(0, len(every), DAYS_READ):
            some = [day for day in every[place : place + DAYS_READ] if day not in kept]
            for day, frame in self._read(some).items():
                kept[day] = days[day], frame
                n += frame.height
            if n > self.most:
                self._is_too_large, self._days = True, {}
                return None
        self._days = kept
        return _once(pl.concat([_empty(), *(kept[day][1] for day in sorted(kept))], rechunk=True))

    def _read(self, days: Sequence[dt.date]) -> dict[dt.date, pl.DataFrame]:
        """The rows of some days, which lie close together."""
        if not days:
            return {}
        rows = closed_in(self.lake, days[0], days[-1]).select(*_narrow(), day=pl.col("entry_at").dt.date())
        parts = rows.collect().partition_by("day", as_dict=True, include_key=False)
        return {day: parts.get((day,), _empty()) for day in days}


def closed_in(lake: Lake, first: dt.date | None, last: dt.date) -> pl.LazyFrame:
    """The closed trades that were entered between two days, both included, with every column."""
    return lake.scan(Trades, first=first, last=last).filter(
        pl.col("status") == "closed", pl.col("exit_at").is_not_null(), pl.col("profit").is_not_null()
    )


def _narrow() -> list[pl.Expr]:
    plain = [name for name in COLUMNS if name not in CODES]
    return [pl.col(plain), pl.col(CODES).cast(pl.Categorical), pl.col("trade_id").hash().alias("id")]


def _empty() -> pl.DataFrame:
    return Trades.empty().select(_narrow())


def _moments(rows: pl.DataFrame, happened: str) -> npt.NDArray[np.int64]:
    """When each row came to be known: once it had happened and was recorded."""
    return rows.select(pl.max_horizontal("recorded_at", happened).to_physical()).to_series().to_numpy()


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    """Each trade once: while a correction moves one to another day, it stands on both for a moment."""
    if rows["id"].n_unique() < rows.height:
        rows = rows.sort("recorded_at").unique("id", keep="last", maintain_order=True)
    return rows.select(COLUMNS)


def _points(lake: Lake) -> pl.DataFrame:
    """Deposits and withdrawals, and of every account the first balance that was stated."""
    rows = lake.scan(EquityPoints).select(POINT_COLUMNS)
    flows = rows.filter(pl.col("kind") != "balance").collect()
    stated = rows.filter(pl.col("kind") == "balance", pl.col("balance").is_not_null())
    first = stated.filter(
        pl.col("noted_at") == pl.col("noted_at").min().over("account", "currency", "source")
    ).collect()
    return pl.concat([flows, first]).sort("noted_at", "recorded_at")


def _digest(*states: Mapping[dt.date, str]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for one in states:
        for day, state in one.items():
            found.update(f"{day} {state}\n".encode())
        found.update(b"\0")
    return found.hexdigest()
