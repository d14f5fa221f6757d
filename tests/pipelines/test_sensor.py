"""The sensor poll_odds: polls when due, never twice at once, and reports exactly what is stored."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import dagster as dg
import polars as pl
import pytest

from stratum_pipelines.cadence import SECOND
from stratum_pipelines.fetch import Reached
from stratum_pipelines.live import Market
from stratum_pipelines.platform import Platform
from stratum_pipelines.poller import Poller, Progress, Tick
from stratum_pipelines.polling_pause import PollingGoesOn, paused_polling
from stratum_pipelines.providers.reading import Answer
from tests.build import EPL, MINUTE, NFL, NOON, answer, book, game
from tests.pipelines.conftest import day_of_answers
from warehouse.database.market_store import MarketStore
from warehouse.tables import BY_NAME, Polls, Quarantine, RawOdds


@dataclass
class Script:
    """A feed that answers from a list, then with nothing."""

    answers: list[Answer] = field(default_factory=list)
    sports: tuple[str, ...] = (NFL,)
    cost: int = 0
    asked: int = 0
    provider: str = "the_odds_api"
    attempts: int = 1
    left: int | None = 10**6
    counted: int = 0

    def price(self, sport_key: str) -> int:
        return self.cost

    def count(self) -> Reached:
        self.counted += 1
        return Reached(200, NOON - 1, NOON - 1, self.left, None)

    def ask(self, sport_key: str) -> list[Answer]:
        self.asked += 1
        return [self.answers.pop(0)] if self.answers else []


@dataclass
class Clock:
    at: int = NOON

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def poller(platform: Platform, script: Script, clock: Clock) -> Poller:
    return Poller(platform, script, 60.0, now=clock)


def test_a_tick_before_its_time_asks_nothing(platform: Platform, clock: Clock) -> None:
    script = Script(day_of_answers())
    polling, progress = poller(platform, script, clock), Progress()
    assert len(polling.tick(progress).cycles) == 1
    clock.at += 30 * SECOND
    assert polling.tick(progress).cycles == []
    assert script.asked == 1
    clock.at += 30 * SECOND
    polling.tick(progress)
    assert script.asked == 2


def test_at_the_end_of_a_tick_the_regimes_of_the_next_answers_day_are_fitted_one_slow_sport_a_tick(
    platform: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script([day_of_answers()[0], answer(NOON, [], sport=EPL)], sports=(NFL, EPL))
    polling, progress, seconds, ahead = poller(platform, script, clock), Progress(), [0.0], []
    monkeypatch.setattr("stratum_pipelines.poller.time.monotonic", lambda: seconds[0])

    def fit_ahead(market: Market, sport_key: str, at: int) -> None:
        assert script.asked == 2
        ahead.append((sport_key, at))
        seconds[0] += 1.0

    monkeypatch.setattr(Market, "fit_ahead", fit_ahead)
    tick = polling.tick(progress)
    assert ahead == [(NFL, tick.plans[NFL].at)] and tick.plans[NFL].at > NOON


def test_a_fit_ahead_that_breaks_is_told_and_loses_no_progress(
    platform: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    polling, progress = poller(platform, Script(day_of_answers()), clock), Progress()
    monkeypatch.setattr(Market, "fit_ahead", lambda *_: 1 / 0)
    tick = polling.tick(progress)
    assert len(tick.cycles) == 1 and progress.last_poll_at == {NFL: NOON}
    assert tick.troubles == [f"{NFL}: regimes could not be fitted ahead: division by zero"]


def test_two_pollers_never_poll_at_once(platform: Platform, clock: Clock) -> None:
    second = poller(platform, Script(day_of_answers()[1:]), clock)
    met: list[Tick] = []

    class Meeting(Script):
        def ask(self, sport_key: str) -> list[Answer]:
            met.append(second.tick(Progress()))
            return super().ask(sport_key)

    assert len(poller(platform, Meeting(day_of_answers()[:1]), clock).tick(Progress()).cycles) == 1
    assert met[0].is_held_elsewhere and met[0].cycles == []
    clock.at += 10 * MINUTE
    assert len(second.tick(Progress()).cycles) == 1


def test_a_poller_that_was_killed_is_followed_by_another_once_its_lease_has_ended(
    platform: Platform, clock: Clock
) -> None:
    answers = day_of_answers()
    killed = poller(platform, Script(answers[:1]), clock)
    killed._release = lambda: None  # a killed process releases nothing
    killed.tick(Progress())
    successor = poller(platform, Script(answers[1:]), clock)
    assert successor.tick(Progress()).is_held_elsewhere
    clock.at = answers[1].received_at
    assert len(successor.tick(Progress()).cycles) == 1
    assert platform.lake.scan(RawOdds).select(pl.len()).collect().item() == 2


def test_boards_are_kept_from_tick_to_tick_and_dropped_when_another_polled_in_between(
    platform: Platform, clock: Clock
) -> None:
    answers = day_of_answers()
    first, second = (
        poller(platform, Script([*answers[:2], answers[3]]), clock),
        poller(platform, Script([answers[2]]), clock),
    )
    progress = Progress()
    first.tick(progress)
    market = first.market
    clock.at = answers[1].received_at
    first.tick(progress)
    assert first.market is market
    clock.at = answers[2].received_at
    second.tick(Progress())
    clock.at = answers[3].received_at
    first.tick(progress)
    assert first.market is not market
    assert first.market.desks[NFL].response_ids == {a.response_id for a in answers[:4]}


def test_a_cycle_that_breaks_is_completed_by_the_next_tick(
    platform: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = day_of_answers()
    polling, progress = poller(platform, Script(answers[:2]), clock), Progress()
    with monkeypatch.context() as patched:
        patched.setattr(MarketStore, "publish", lambda *_, **__: 1 / 0)
        broken = polling.tick(progress)
    assert broken.cycles == [] and "broke off with ZeroDivisionError" in broken.troubles[0]
    clock.at = answers[1].received_at
    assert [c.response_id for c in polling.tick(progress).cycles] == [a.response_id for a in answers[:2]]
    assert platform.lake.scan(Polls).select(pl.len()).collect().item() == 2


def test_a_sport_that_breaks_costs_the_others_nothing(platform: Platform, clock: Clock) -> None:
    class Uneven(Script):
        def ask(self, sport_key: str) -> list[Answer]:
            self.asked += 1
            if sport_key == NFL:
                raise RuntimeError("no such host: postgresql://me:hunter2@db/stratum")
            return [answer(clock.at, [], sport=sport_key)]

    polling, progress = poller(platform, Uneven(sports=(NFL, EPL)), clock), Progress()
    tick = polling.tick(progress)
    assert [cycle.sport_key for cycle in tick.cycles] == [EPL]
    assert NFL in tick.troubles[0] and "hunter2" not in tick.troubles[0]
    # It waits for its turn like any other, and longer after every failure.
    assert progress.n_failed[NFL] == 1 and progress.last_poll_at[NFL] == clock.at
    clock.at += 30 * SECOND
    assert polling.tick(progress).plans[NFL].at > clock.at


def test_answers_received_at_the_same_moment_are_both_taken(platform: Platform, clock: Clock) -> None:
    class Frozen(Script):
        def ask(self, sport_key: str) -> list[Answer]:
            return [answer(NOON, [game([book("fanduel", NOON, h2h=(150, price))])]) for price in (-160, -170)]

    poller(platform, Frozen(), clock).tick(Progress())
    assert platform.lake.scan(Quarantine).collect().is_empty()
    assert platform.lake.scan(Polls).collect()["received_at"].to_physical().to_list() == [NOON, NOON + 1]


def test_a_clock_that_ran_ahead_and_was_set_right_stops_no_polling(platform: Platform, clock: Clock) -> None:
    answers = day_of_answers()
    ahead = answers[0].received_at + 400 * 24 * 60 * MINUTE
    polling, progress = poller(platform, Script([answer(ahead, []), *answers[:2]]), clock), Progress()
    clock.at = ahead
    polling.tick(progress)
    for one in answers[:2]:
        clock.at = one.received_at
        tick = polling.tick(progress)
        assert [c.response_id for c in tick.cycles] == [one.response_id], tick
    assert platform.lake.scan(Quarantine).collect().is_empty()
    # A process that is started anew looks past the day that has not come yet as well.
    later = poller(platform, Script(answers[2:3]), clock)
    clock.at = answers[2].received_at
    assert len(later.tick(Progress()).cycles) == 1
    assert platform.lake.scan(Quarantine).collect().is_empty()


def test_recomputing_an_open_day_keeps_pollers_still(platform: Platform, clock: Clock) -> None:
    clock.at = int(dt.datetime.now(dt.UTC).timestamp()) * SECOND
    polling = poller(platform, Script(day_of_answers()), clock)
    with paused_polling(platform):
        assert polling.tick(Progress()).is_held_elsewhere
        with pytest.raises(PollingGoesOn, match="held by"), paused_polling(platform, patience_s=0):
            pass
    clock.at += 5 * SECOND
    assert not polling.tick(Progress()).is_held_elsewhere


def test_a_feed_that_fails_is_reported_and_left_alone_for_longer(platform: Platform, clock: Clock) -> None:
    polling, progress = poller(platform, Script(), clock), Progress()
    tick = polling.tick(progress)
    assert tick.troubles == [f"{NFL}: the feed could not be reached."]
    assert tick.plans[NFL].at == NOON + 120 * SECOND
    polling.source = Script([answer(NOON + 1, [], status_code=429, is_complete=False, credits_remaining=0)])
    clock.at += 120 * SECOND
    tick = polling.tick(progress)
    assert "429" in tick.troubles[0] and progress.n_failed[NFL] == 2


def test_the_pace_follows_the_next_start_that_the_board_knows(platform: Platform, clock: Clock) -> None:
    far = answer(
        NOON,
        [game([book("pinnacle", NOON, h2h=(-110, -110))], start=NOON + 100 * 60 * MINUTE)],
        credits_remaining=10**6,
    )
    polling, progress = poller(platform, Script([far], cost=3), clock), Progress()
    assert polling.tick(progress).plans[NFL].at == NOON + 3600 * SECOND
    balance = polling.spending.purse.balance()
    assert balance is not None and balance.remaining == 10**6


@pytest.fixture
def tick(
    platform: Platform, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str | None, Script], dg.SensorResult]]:
    """Ticks of the sensor itself, on a feed that answers from a list."""
    from stratum_pipelines.defs import poll
    from stratum_pipelines.defs.resources import PlatformResource

    clock = Clock()

    def run(cursor: str | None, script: Script) -> dg.SensorResult:
        held = poll._POLLERS.setdefault(platform.settings, Poller(platform, script, 60.0, now=clock))
        held.source, clock.at = script, script.answers[0].received_at if script.answers else clock.at + 1
        with dg.build_sensor_context(instance, cursor=cursor, resources={"platform": PlatformResource()}) as context:
            return poll.poll_odds(context)

    monkeypatch.setattr(poll, "is_partition", lambda day: True)
    yield run
    poll._POLLERS.pop(platform.settings, None)


def rows(result: dg.SensorResult, name: str = "dagster/partition_row_count") -> dict[str, int]:
    shown = ((e.asset_key.to_user_string(), e.metadata.get(name)) for e in result.asset_events)
    return {asset: value.value for asset, value in shown if value is not None}


def test_events_carry_the_exact_rows_of_the_day_and_of_the_time_since_the_last_report(
    tick: Callable[[str | None, Script], dg.SensorResult], platform: Platform
) -> None:
    answers = day_of_answers(n=4)
    first = tick(None, Script([answers[0]]))
    assert rows(first)["raw_odds"] == 1
    # The second and third answers come within the roll-up; the fourth reports all three.
    silent = tick(first.cursor, Script([answer(NOON + MINUTE, json.loads(answers[1].body))]))
    assert silent.asset_events == [] and "wait to be reported" in str(silent.skip_reason)
    told = tick(silent.cursor, Script([answers[2]]))
    assert rows(told)["raw_odds"] == 3 and rows(told, "rows_added")["raw_odds"] == 2
    assert rows(told, "polls") == dict.fromkeys(rows(told, "polls"), 2)
    for name, n in rows(told).items():
        assert n == platform.lake.scan(BY_NAME[name]).select(pl.len()).collect().item()


def test_polls_carry_the_figures_of_their_cycles_and_the_budget(
    tick: Callable[[str | None, Script], dg.SensorResult],
) -> None:
    answers = [
        replace(one, requested_at=one.received_at, credits_remaining=10**6 - used, credits_used=used, credits_last=3)
        for one, used in zip(day_of_answers(n=3), (10, 13, 19), strict=True)
    ]
    first = tick(None, Script([answers[0]], cost=3))
    near = Script([replace(answers[1], received_at=NOON + MINUTE)], cost=3)
    told = tick(tick(first.cursor, near).cursor, Script([answers[2]], cost=3))
    polls = next(e for e in told.asset_events if e.asset_key.to_user_string() == "polls").metadata
    assert polls["requests_used_delta"].value == 9 and polls["requests_last"].value == 3
    assert polls["snapshots_inserted"].value == rows(told, "rows_added").get("odds_snapshots", 0)
    assert polls["consensus_points_written"].value == rows(told, "rows_added").get("consensus", 0)
    assert (polls["alerts_sent"].value, polls["alerts_failed"].value) == (0, 0)
    assert polls["signals_created_by_type"].value == {}
    assert polls["credits_reserve"].value == 25 and polls["credits_room"].value == 10**6 - 19 - 25
    assert polls["credits_forecast_low"].value <= polls["credits_forecast"].value


def test_a_forecast_that_crosses_the_reserve_is_warned_of(platform: Platform, clock: Clock) -> None:
    from stratum_pipelines.defs.poll import budget_shown

    polling = poller(platform, Script(day_of_answers(n=1), cost=3, left=20), clock)
    polling.tick(Progress())
    polling.plans(Progress())
    shown, warning = budget_shown(polling.spending, clock.at)
    assert shown["credits_room"] == -5 and "below the reserve of 25" in warning
    free = poller(platform, Script(day_of_answers(n=1)), clock)
    free.tick(Progress())
    assert budget_shown(free.spending, clock.at) == ({}, "")


def test_a_board_that_is_opened_after_a_restart_saves_a_poll_that_was_just_made(
    platform: Platform, clock: Clock
) -> None:
    far = [game([book("pinnacle", NOON, h2h=(-110, -110))], start=NOON + 100 * 60 * MINUTE)]
    poller(platform, Script([answer(NOON, far, credits_remaining=10**6)], cost=3), clock).tick(Progress())
    clock.at += 10 * MINUTE
    again, progress = poller(platform, script := Script(cost=3), clock), Progress()
    tick = again.tick(progress)
    assert script.asked == 0 and tick.cycles == []
    assert tick.plans[NFL].at == NOON + 3600 * SECOND


def test_what_an_answer_changes_and_is_charged_is_learned(platform: Platform, clock: Clock) -> None:
    answers = [replace(one, credits_remaining=10**6, credits_last=6) for one in day_of_answers(n=4)]
    polling, progress = poller(platform, script := Script(answers, cost=3), clock), Progress()
    for at in [one.received_at for one in answers]:
        clock.at = at
        polling.tick(progress)
    assert script.asked == 4
    sport = polling.sport(NFL, progress)
    assert sport.price.at_most == 6 and progress.charged[NFL] == [6, 6, 6, 6]
    # Three answers ten minutes apart, the first two with new prices of one market of three: more than once an hour.
    assert sport.rate > 1.0


def test_events_name_the_day_and_the_answer_they_follow_from(
    tick: Callable[[str | None, Script], dg.SensorResult],
) -> None:
    (only,) = day_of_answers(n=1)
    events = {e.asset_key.to_user_string(): e for e in tick(None, Script([only])).asset_events}
    assert events["odds_snapshots"].partition == "2025-10-12"
    assert events["odds_snapshots"].tags["dagster/data_version"] == only.response_id
    assert events["odds_snapshots"].tags["dagster/input_data_version/raw_odds"] == only.response_id
    assert events["events"].partition is None
    assert "plot" in events["consensus"].metadata


def test_counts_stay_exact_when_a_tick_is_lost_before_it_could_report(
    tick: Callable[[str | None, Script], dg.SensorResult],
) -> None:
    answers = day_of_answers(n=3)
    first = tick(None, Script([answers[0]]))
    tick(first.cursor, Script([answers[1]]))  # committed, but its cursor never reached Dagster
    told = tick(first.cursor, Script([answers[2]]))
    assert rows(told)["polls"] == 3 and rows(told, "rows_added")["polls"] == 2


def test_a_tick_that_is_still_at_work_is_not_joined_by_another(
    tick: Callable[[str | None, Script], dg.SensorResult], platform: Platform
) -> None:
    from stratum_pipelines.defs import poll

    with poll._ONE_TICK:
        result = tick("kept", Script(day_of_answers(n=1)))
    assert result.cursor == "kept" and "still at work" in str(result.skip_reason)
    assert platform.lake.days(Polls) == []


def test_a_cursor_of_another_version_starts_anew() -> None:
    from stratum_pipelines.defs.poll import read_cursor

    for text in (None, "", "no json", "[1]", '{"progress": {"gone": 1}}'):
        progress, reported = read_cursor(text)
        assert progress.last_poll_at == {} and reported.totals == {}
