"""One live cycle: an answer comes in, and raw, snapshots, consensus, signals and the outbox are written.

The order is the safety: raw bytes first, the poll's own row last. Whatever stops a cycle in between, the next start
finds an answer without a poll, works out its rows again from raw, and writes them under the same names, so nothing is
lost and nothing is there twice. Between the two the database comes before the lake: its signals are announced, and
partners count the milliseconds.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import polars as pl

from stratum_pipelines.batch import DAILY, KEPT_WHOLE, merge_events
from stratum_pipelines.board.advance import Rows, Unworkable, advance, load_computation, refused_whole, unworkable
from stratum_pipelines.board.freshness import book_states
from stratum_pipelines.board.regime_models import fit_ahead
from stratum_pipelines.board.state import Board
from stratum_pipelines.days import days_by_sport, end_day, note_computed, starting_point
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.quant.regimes.fitting import load_fitting
from stratum_pipelines.raw import day_of, raw_frame, raw_row, read_answers, response_ids
from warehouse.database import BookStates, MarketStore
from warehouse.database.cycle_kpis import CycleFigures, CycleKpis, Worked
from warehouse.database.types import moment
from warehouse.errors import FrameRefused
from warehouse.lake import Lake
from warehouse.tables import BY_NAME, EventLinks, Polls, Quarantine, RawOdds, Table

# The steps of a cycle: between "published" and "polls" a step per table, side by side.
STEPS = ("raw", "published", *(n for n in DAILY if n != "polls"), *KEPT_WHOLE, "polls")


logger = logging.getLogger(__name__)


@dataclass
class Cycle:
    """What one cycle did. `rows` counts rows written per table; a repeated answer writes none.

    Of `n_quotes` quotes that the answer held or withdrew, `n_changed` were not as they had been.
    """

    response_id: str
    sport_key: str
    received_at: int
    rows: dict[str, int] = field(default_factory=dict)
    signals_by_type: dict[str, int] = field(default_factory=dict)
    kpis: CycleKpis | None = None
    started_event_ids: list[str] = field(default_factory=list)
    n_quotes: int = 0
    n_changed: int = 0
    duration_ms: float | None = None
    is_repeat: bool = False


@dataclass
class Desk:
    """The live state of one sport: its board, the day it is on, what that day began with and what the board has taken in."""

    board: Board
    day: dt.date
    carry_in: str
    response_ids: set[str] = field(default_factory=set)

    def takes(self, answer: Answer) -> bool:
        """Whether the answer is later than all the board has seen."""
        return answer.received_at > self.board.received_at


class Market:
    """The long-lived state of live polling: one desk per sport, opened (and repaired) on first use.

    Only one process may run cycles of a sport at a time; the poller's lease sees to that.
    """

    def __init__(self, platform: Platform, on_step: Callable[[str], None] = lambda step: None) -> None:
        """Work on this platform; `on_step` hears the name of every step of a cycle as it is done."""
        self.platform = platform
        self.store = MarketStore(platform.database)
        self.figures = CycleFigures(platform.database)
        self.on_step = on_step
        self.desks: dict[str, Desk] = {}
        self.writers = ThreadPoolExecutor(4, thread_name_prefix="stratum-writer")
        # Loading these takes seconds, which the first answer and the first signals of a day should not wait for.
        self.writers.submit(load_computation, platform.rules)
        if platform.rules.regimes:
            self.writers.submit(load_fitting)

    def recover(self, until: dt.date = dt.date.max) -> list[Cycle]:
        """Complete what raw has and later tables lack, for every sport with answers; returns the cycles completed."""
        return [c for sport_key in days_by_sport(self.platform) for c in self.open_desk(sport_key, until)]

    def open_desk(
        self, sport_key: str, until: dt.date, *, but: str = "", refused: Mapping[str, str] = MappingProxyType({})
    ) -> list[Cycle]:
        """Bring a sport's desk up to its last answer stored until a day; returns the cycles that had to be completed.

        Days after `until` come from a clock that ran ahead, and are left alone. The answer `but` is stored and will be
        worked through by the caller. `refused` names answers that cannot be computed, and why: their polls say so.
        """
        if sport_key in self.desks or self.platform.rules.league(sport_key) is None:
            return []
        days = [day for day in days_by_sport(self.platform).get(sport_key, []) if day <= until]
        stored = {day: [i for i in response_ids(self.platform.lake, day, sport_key) if i != but] for day in days[-3:]}
        days = [day for day, ids in stored.items() if ids][-2:]
        polled = {day: self.polled(day) for day in days}
        # The day before is gone through again only if a process was stopped with its last answers stored and no more.
        days = [day for day in days[:-1] if set(stored[day]) - polled[day]] + days[-1:]
        first = days[0] if days else until
        start = starting_point(self.platform, sport_key, first)
        desk = Desk(start.board, first, start.digest)
        completed: list[Cycle] = []
        for day in days:
            if day > desk.day:
                self.turn_day(desk, day)
            unusable = {**dict.fromkeys(self._unusable(day) & polled[day], ""), **refused}
            for answer in read_answers(self.platform.lake, day, sport_key):
                if answer.response_id == but:
                    continue
                desk.response_ids.add(answer.response_id)
                try:
                    rows = self._rows(desk.board, answer, unusable, checking=answer.response_id not in polled[day])
                except Unworkable as error:
                    reasons = {**refused, answer.response_id: str(error)}
                    return completed + self.open_desk(sport_key, until, but=but, refused=reasons)
                if answer.response_id not in polled[day]:
                    completed.append(self.write(answer, rows, None, recovering=True))
        self.desks[sport_key] = desk
        if days:
            self.publish_states(desk.board)
        return completed

    def compute(self, desk: Desk | None, answer: Answer) -> Rows:
        """The rows of a new answer, the desk's board moved on. Raises whatever breaks the computation."""
        if desk is None:
            return refused_whole(answer, "unknown_sport", f"No league is known for {answer.sport_key}.")
        if desk.takes(answer):
            desk.response_ids.add(answer.response_id)
        return self._rows(desk.board, answer, {}, checking=True)

    def _rows(self, board: Board, answer: Answer, unusable: Mapping[str, str], *, checking: bool) -> Rows:
        """The rows an answer causes, the board moved on; nothing is written before all of them can be."""
        if answer.response_id in unusable:
            return unworkable(answer, unusable[answer.response_id])
        rows = next(advance(board, [answer], self.platform.rules))
        if checking:
            for name, frame in rows.items():
                try:
                    self.platform.lake.check(BY_NAME[name], frame)
                except FrameRefused as error:
                    raise Unworkable(answer.response_id, error) from error
        return rows

    def polled(self, day: dt.date) -> set[str]:
        """The answers of a day that have been worked through to the end."""
        scan = self.platform.lake.scan(Polls, first=day, last=day).select("response_id")
        return set(scan.collect()["response_id"])

    def _unusable(self, day: dt.date) -> set[str]:
        """The answers of a day that were refused because they could not be computed."""
        scan = self.platform.lake.scan(Quarantine, first=day, last=day).filter(pl.col("reason") == "cannot_be_computed")
        return set(scan.select("response_id").collect()["response_id"])

    def turn_day(self, desk: Desk, day: dt.date) -> None:
        """Close the desk's day before the first answer of a later one."""
        digest = end_day(self.platform, desk.board, desk.day)
        if desk.response_ids:
            note_computed(self.platform, desk.board, desk.day, desk.response_ids, desk.carry_in, digest)
        desk.day, desk.carry_in, desk.response_ids = day, digest, set()

    def fit_ahead(self, sport_key: str, at: int) -> None:
        """Fit the regimes of the day a sport is answered next, at `at` (UTC microseconds), so that its signals need not wait."""
        if self.platform.rules.regimes and sport_key in self.desks:
            fit_ahead(self.desks[sport_key].board, at)

    def publish_states(self, board: Board) -> None:
        """Say how the books of a sport stand by its last answer; what a process that is killed left unsaid, the next says."""
        as_of = dt.datetime.fromtimestamp(board.received_at / 1e6, dt.UTC)
        BookStates(self.platform.database).publish(board.sport_key, as_of, book_states(board))

    def tidy(self, day: dt.date) -> None:
        """Merge the micro-batches of a day where they have piled up: after the commit, so that no signal waits for it."""
        lake = self.platform.lake
        tables: list[type[Table]] = [RawOdds, *(BY_NAME[name] for name in DAILY)]
        for table in tables:
            if lake.parts(table, day) > lake.max_parts:
                lake.tidy(table, day)

    def _step(self, name: str, work: Callable[[], object]) -> None:
        work()
        self.on_step(name)

    def write(self, answer: Answer, rows: Rows, started: float | None, *, recovering: bool = False) -> Cycle:
        """Write the rows of one answer: the database first, for partners wait for it, and the poll last.

        The rows must have passed `Lake.check`. What a process that is killed in between has not written can be computed
        again from the stored bytes, under the same names.
        """
        lake = self.platform.lake
        cycle = Cycle(answer.response_id, answer.sport_key, answer.received_at)
        if "events" in rows:
            now = dt.datetime.now(dt.UTC)
            self.store.publish(
                events=rows["events"], consensus=rows["consensus"], signals=rows["signals"], now=now, announce=True
            )
        self.on_step("published")
        if started is not None:
            cycle.duration_ms = (time.perf_counter() - started) * 1000
        batch = _batch(answer)
        writes: dict[str, Callable[[], object]] = {
            name: partial(
                lake.append,
                BY_NAME[name],
                rows[name],
                batch=batch,
                recovering=recovering,
                compact=False,
                lasting=False,
                is_checked=True,
            )
            for name in DAILY
            if name != "polls" and name in rows and rows[name].height
        }
        if "events" in rows and rows["events"].height:
            writes["events"] = partial(merge_events, lake, rows["events"])
        if "event_links" in rows and rows["event_links"].height:
            writes["event_links"] = partial(lake.merge, EventLinks, rows["event_links"])
        # None needs another, so they wait for the disk together; their names go there with the poll's at the latest.
        for written in [self.writers.submit(self._step, name, write) for name, write in writes.items()]:
            written.result()
        for name in STEPS[2:-1]:
            if name not in writes:
                self.on_step(name)
        polls = rows["polls"].with_columns(pl.lit(cycle.duration_ms, pl.Float64).alias("duration_ms"))
        lake.append(Polls, polls, batch=batch, recovering=recovering, compact=False)
        self.on_step("polls")
        cycle.rows = {name: frame.height for name, frame in rows.items()}
        gone = int(polls["n_suspended"].sum())
        cycle.n_quotes, cycle.n_changed = int(polls["n_quotes"].sum()) + gone, int(polls["n_changed"].sum()) + gone
        if "signals" in rows:
            counted = rows["signals"].group_by("signal_type").len().sort("signal_type")
            cycle.signals_by_type = dict(counted.iter_rows())
        cycle.kpis = self.figures.record(_worked(answer, cycle), dt.datetime.now(dt.UTC))
        logger.info("Cycle: %s", cycle.kpis.line())
        return cycle


def run_cycle(market: Market, answer: Answer) -> Cycle:
    """Take in one answer and write everything it causes; returns what was written.

    The bytes are stored before anything else is tried. The same answer again (same response_id) writes nothing. An answer
    that is not later than the last one is stored and refused; so is one of a sport no league is known for, and one that
    breaks the computation.
    """
    started = time.perf_counter()
    try:
        return _run(market, answer, started)
    except BaseException:
        # A board that has moved while its rows were not written must not go on: the next answer rebuilds it from raw.
        market.desks.pop(answer.sport_key, None)
        raise


def _run(market: Market, answer: Answer, started: float) -> Cycle:
    day = day_of(answer.received_at)
    desk = market.desks.get(answer.sport_key)
    # The board moves in memory while the disk takes the bytes; nothing is written that rests on them before they are safe.
    stored = market.writers.submit(_store_raw, market.platform.lake, answer)
    if desk is None or desk.day != day or not desk.takes(answer):
        stored.result()
        if answer.response_id in market.polled(day):
            return Cycle(answer.response_id, answer.sport_key, answer.received_at, is_repeat=True)
        market.open_desk(answer.sport_key, day, but=answer.response_id)
        desk = market.desks.get(answer.sport_key)
    if desk and day > desk.day:
        market.turn_day(desk, day)
    before = desk.board.received_at if desk else 0
    try:
        rows = market.compute(desk, answer)
    except Unworkable as error:
        stored.result()
        del market.desks[answer.sport_key]
        return market.open_desk(answer.sport_key, day, refused={answer.response_id: str(error)})[-1]
    finally:
        stored.result()
    market.on_step("raw")
    cycle = market.write(answer, rows, started)
    if desk:
        market.publish_states(desk.board)
        cycle.started_event_ids = _started(desk.board, before, answer.received_at)
    market.tidy(day)
    return cycle


def _batch(answer: Answer) -> str:
    """The name under which an answer's rows are appended, to every table."""
    return f"{answer.received_at}-{answer.response_id}"


def _store_raw(lake: Lake, answer: Answer) -> None:
    lake.append(RawOdds, raw_frame([raw_row(answer)]), batch=_batch(answer), compact=False)


def _started(board: Board, before: int, now: int) -> list[str]:
    """Games whose known start lies between the previous answer and this one: their closing lines can be drawn."""
    return [game.event_id for game in board.registry.games if before < game.commence_at <= now]


def _worked(answer: Answer, cycle: Cycle) -> Worked:
    """What the cycle knows of itself, for the figures an operator watches."""
    return Worked(
        response_id=answer.response_id,
        provider=answer.provider,
        sport_key=answer.sport_key,
        received_at=moment(answer.received_at),
        requests_used=answer.credits_used,
        requests_remaining=answer.credits_remaining,
        requests_last=answer.credits_last,
        snapshots_inserted=cycle.rows.get("odds_snapshots", 0),
        consensus_points_written=cycle.rows.get("consensus", 0),
        signals_created_by_type=cycle.signals_by_type,
    )
