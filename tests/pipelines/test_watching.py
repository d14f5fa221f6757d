"""Books noticed by the clock: within twenty seconds of the limit whatever comes in, and never blamed for our own silence."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from stratum_pipelines.batch import close_day, compute_days
from stratum_pipelines.cadence import SECOND
from stratum_pipelines.defs.watch import WATCH_EVERY_S
from stratum_pipelines.fetch import Reached
from stratum_pipelines.freshness_report import freshness_report
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.platform import Platform
from stratum_pipelines.poller import Poller, Progress
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.raw import store_answers
from stratum_pipelines.watching import Turn, watch
from tests.build import MINUTE, NFL, NOON, answer, book, game
from tests.pipelines.homes import assert_same, contents, days_of, open_home, run_live
from warehouse.database import BookStates
from warehouse.tables import BookFreshness, FreshnessBreaches

NOTICED_WITHIN = dt.timedelta(seconds=20)
# The daemon looks at its sensors every five seconds, so a sensor of ten may come as late as this.
TICK_S = WATCH_EVERY_S + 5


def moment(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1e6, dt.UTC)


@dataclass
class World:
    """A feed by a simulated clock: who quotes what, when the feed answers, and what the platform makes of it."""

    platform: Platform
    poll_s: float = 60.0
    at: int = NOON
    provider: str = "the_odds_api"
    attempts: int = 1
    sports: tuple[str, ...] = (NFL,)
    still: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    feed_answers: bool = True
    polls: bool = True
    start: int = NOON + 6000 * MINUTE
    turns: list[tuple[int, Turn]] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """A process begins, with nothing in memory."""
        self.poller = Poller(self.platform, self, self.poll_s, now=lambda: self.at)

    def price(self, sport_key: str) -> int:
        """A feed that is free is polled at one pace."""
        return 0

    def count(self) -> Reached:
        raise AssertionError("What is free is not counted.")

    def ask(self, sport_key: str) -> list[Answer]:
        if not self.feed_answers:
            return []
        books = [
            book(key, self.still.get(key, self.at), spread=(-3.0, -110, -110))
            for key in ("draftkings", "fanduel", "betmgm")
            if key not in self.gone
        ]
        return [answer(self.at, [game(books, start=self.start)])]

    def run(self, seconds: int, *, step_s: int = 5) -> None:
        """Let time pass: the poller ticks every few seconds, the watcher when the daemon comes to it."""
        end = self.at + seconds * SECOND
        while self.at < end:
            self.at += step_s * SECOND
            if self.polls:
                self.poller.tick(self.progress)
            if (self.at - NOON) // SECOND % TICK_S == 0:
                self.turns += [(self.at, turn) for turn in watch(self.platform, moment(self.at))]

    def state(self, name: str) -> dict[str, Any]:
        return next(row for row in BookStates(self.platform.database).rows(NFL) if row["bookmaker"] == name)


@pytest.fixture
def world(platform: Platform) -> World:
    return World(platform)


def settled(world: World) -> World:
    """The feed has been polled long enough that every book's limit is two minutes."""
    world.run(25 * 60)
    assert world.state("fanduel")["limit_s"] == 120 and world.turns == []
    return world


def noticed_in_time(row: dict[str, Any], state: str, limit_at: dt.datetime) -> None:
    assert row["state"] == state
    assert row["since_at"] == limit_at
    assert limit_at < row["noticed_at"] <= limit_at + NOTICED_WITHIN


def test_a_feed_that_stops_altogether_is_noticed_within_twenty_seconds_of_the_limit(world: World) -> None:
    settled(world).feed_answers = False
    last = world.state("fanduel")["last_sighted_at"]
    limit, silent = last + dt.timedelta(seconds=120), last + dt.timedelta(seconds=360)
    world.run(int((limit - moment(world.at)).total_seconds()) + 20)
    for name in ("draftkings", "fanduel", "betmgm"):
        noticed_in_time(world.state(name), "late", limit)
        assert world.state(name)["reason"] == "no_answer"
    world.run(int((silent - moment(world.at)).total_seconds()) + 20)
    noticed_in_time(world.state("fanduel"), "silent", silent)
    # The feed comes back, and with it every book.
    world.feed_answers = True
    world.run(1200, step_s=15)
    assert {world.state(name)["state"] for name in ("draftkings", "fanduel", "betmgm")} == {"fresh"}


@pytest.mark.parametrize("ahead_s", range(0, 60, 10))
def test_one_book_that_stands_still_is_noticed_between_two_polls(world: World, ahead_s: int) -> None:
    settled(world)
    # The last time it was seen lies so long before the poll: its limit passes at any place between two polls.
    stopped = world.at - ahead_s * SECOND
    world.still["fanduel"] = stopped
    world.run(60)
    last = world.state("fanduel")["last_sighted_at"]
    limit = last + dt.timedelta(seconds=world.state("fanduel")["limit_s"])
    world.run(int((limit - moment(world.at)).total_seconds()) + 20)
    noticed_in_time(world.state("fanduel"), "late", limit)
    assert world.state("fanduel")["reason"] == "standing_still"
    assert world.state("draftkings")["state"] == "fresh"
    world.still.clear()
    world.run(60)
    assert world.state("fanduel")["state"] == "fresh"


def test_a_book_that_vanishes_is_silent_where_one_that_stands_still_is_late(world: World) -> None:
    settled(world)
    stopped = (world.at - NOON) // (60 * SECOND) * 60 * SECOND + NOON
    world.still["fanduel"], world.gone = stopped, {"betmgm"}
    world.run(200)
    assert (world.state("fanduel")["state"], world.state("fanduel")["reason"]) == ("late", "standing_still")
    assert (world.state("betmgm")["state"], world.state("betmgm")["reason"]) == ("silent", "vanished")
    assert not world.state("betmgm")["is_quoted"]


def test_books_are_paused_and_not_late_while_we_do_not_poll(world: World) -> None:
    settled(world).polls = False
    last = world.state("fanduel")["last_sighted_at"]
    world.run(1800)
    row = world.state("fanduel")
    assert (row["state"], row["reason"]) == ("paused", "not_polled")
    assert row["since_at"] == last + dt.timedelta(seconds=120)
    assert {turn.state for _, turn in world.turns} <= {"late", "paused"}
    # What is late in the minute in which nobody knows that polling has ended is no breach: no answer showed it.
    world.polls = True
    world.run(120)
    assert world.state("fanduel")["state"] == "fresh"
    assert world.platform.lake.scan(FreshnessBreaches).select(pl.len()).collect().item() == 0


def test_a_slower_pace_of_ours_is_no_fault_of_the_books(world: World) -> None:
    settled(world)
    # As at night, or when credits are short: every quarter of an hour has to be enough.
    world.poll_s = 900.0
    world.open()
    world.run(2 * 3600, step_s=15)
    states = {turn.state for _, turn in world.turns}
    assert states == {"paused"}, "until the limit has learned the new pace"
    assert world.platform.lake.scan(FreshnessBreaches).select(pl.len()).collect().item() == 0


def test_a_process_that_is_killed_is_followed_by_one_that_knows_as_much(world: World) -> None:
    settled(world).feed_answers = False
    world.run(90)
    world.open()
    last = world.state("fanduel")["last_sighted_at"]
    limit = last + dt.timedelta(seconds=120)
    world.run(int((limit - moment(world.at)).total_seconds()) + 20)
    noticed_in_time(world.state("fanduel"), "late", limit)


def test_a_process_killed_before_it_said_how_the_books_stand_is_made_up_for(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(NOON, [game([book("fanduel", NOON, spread=(-3.0, -110, -110))])])
    second = answer(NOON + MINUTE, [game([book("fanduel", NOON + MINUTE, spread=(-3.0, -110, -110))])])
    market = Market(platform)
    run_cycle(market, first)
    with monkeypatch.context() as killed:
        killed.setattr(Market, "publish_states", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run_cycle(market, second)
    assert BookStates(platform.database).rows()[0]["as_of"] == moment(NOON)
    Market(platform).recover()
    assert BookStates(platform.database).rows()[0]["as_of"] == moment(NOON + MINUTE)


def troubled() -> list[Answer]:
    """A day and a night of polls a quarter of an hour apart; across midnight books stand still, vanish and come back."""
    answers = []
    for i in range(90):
        at = NOON + i * 15 * MINUTE
        seen = at - (i * 7 % 5) * MINUTE
        books = [book("draftkings", seen, spread=(-3.0, -110, -110))]
        # Across midnight one stands still, another is gone.
        books.append(
            book("fanduel", seen if i % 60 < 40 else NOON + (i - i % 60 + 39) * 15 * MINUTE, spread=(-3.0, -110, -110))
        )
        if i % 70 < 44:
            books.append(book("betmgm", seen, spread=(-3.0, -110, -110), h2h=(-150, 130)))
        one = answer(at, [game(books, start=NOON + 9000 * MINUTE)])
        answers.append(one if i % 17 else replace(one, status_code=500, body=b"", is_complete=False))
    return answers


def test_the_ledger_of_a_platform_that_was_killed_again_and_again_is_that_of_the_batch(tmp_path: Path) -> None:
    answers = troubled()
    live, batch = open_home(tmp_path / "live"), open_home(tmp_path / "batch")
    market = Market(live)
    for i, one in enumerate(answers):
        run_cycle(market, one)
        if i % 23 == 5:
            market = Market(live)
    store_answers(batch.lake, answers)
    days = days_of(answers)
    list(compute_days(batch, days))
    assert_same(contents(live), contents(batch))
    ledger = contents(live)["freshness_breaches"]
    crossing = ledger.filter(pl.col("began_at").dt.date() < pl.col("ended_at").dt.date())
    assert crossing.height >= 2, "breaches go on over midnight"
    assert set(ledger["reason"]) >= {"standing_still", "vanished"} and "idle" not in set(ledger["ended_by"])
    for day in days:
        assert close_day(live, day).differences.is_empty()


# -- what people see ----------------------------------------------------------------------------------------------------


def test_the_report_goes_on_with_the_clock_and_falls_back_on_summaries(platform: Platform) -> None:
    answers = troubled()
    run_live(platform, answers[:30])
    at = moment(answers[29].received_at)
    hot = {(r.bookmaker, r.market): r for r in freshness_report(platform, at)}
    assert hot["draftkings", "spreads"].state == "fresh" and hot["draftkings", "spreads"].age_p95_s is not None
    later = {(r.bookmaker, r.market): r for r in freshness_report(platform, at + dt.timedelta(days=1))}
    assert later["draftkings", "spreads"].state == "paused" and later["draftkings", "spreads"].reason == "not_polled"
    assert freshness_report(platform, at, "soccer_epl") == []


def test_days_that_were_only_computed_are_reported_as_of_their_last_summary(platform: Platform) -> None:
    answers = troubled()
    store_answers(platform.lake, answers)
    list(compute_days(platform, days_of(answers)))
    found = freshness_report(platform, moment(answers[-1].received_at))
    newest = platform.lake.scan(BookFreshness).select(pl.col("as_of").max()).collect().item()
    assert {r.bookmaker for r in found} == {"draftkings", "fanduel", "betmgm"}
    assert max(r.at for r in found) == newest and all(r.limit_s > 0 for r in found)


@pytest.fixture
def sensor(definitions: dg.Definitions, instance: dg.DagsterInstance, home: Path) -> Callable[[], str]:
    """Ticks the sensor; gives what its line says."""
    from stratum_pipelines.defs.resources import PlatformResource
    from stratum_pipelines.defs.watch import watch_books

    def tick() -> str:
        context = dg.build_sensor_context(instance=instance, definitions=definitions)
        found = watch_books(context, platform=PlatformResource())
        assert isinstance(found, dg.SkipReason)
        return found.skip_message or ""

    return tick


def test_the_sensor_says_what_has_changed(sensor: Callable[[], str], platform: Platform) -> None:
    assert sensor() == "Every book stands as before."
    run_cycle(Market(platform), troubled()[1])
    assert "fanduel spreads of americanfootball_nfl: fresh, now paused since" in sensor()
    assert sensor() == "Every book stands as before."
