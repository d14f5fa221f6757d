import datetime as dt
import tempfile
from itertools import islice
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stratum_pipelines import readers
from stratum_pipelines.backfill import backfill, settle_days
from stratum_pipelines.batch import close_day, compute_days
from stratum_pipelines.days import stale_days
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.raw import store_answers
from stratum_pipelines.simulation import FaultPlan, Simulation
from tests.pipelines.homes import assert_same, contents, days_of, open_home, stored

DAY = dt.date(2026, 1, 10)
KINDS = ("duplicated", "late", "truncated", "html", "too_many_requests", "server_error", "empty_list", "bad_price")
INSIDE = ("unknown_book", "renamed_team", "duplicated_event")


def simulated(seed: int, sport: str, plan: FaultPlan, *, n: int = 60) -> list[Answer]:
    """Ten hours of a faulty feed, polled every ten minutes, with midnight in the middle."""
    market = Simulation(seed, (sport,), games_per_day=3)
    clean = market.answers(DAY, DAY + dt.timedelta(days=1), cadence_s=600)
    return list(plan.spoil(islice(clean, 114, 114 + n)))


def run_with_restarts(platform: Platform, answers: list[Answer], restarts: set[int]) -> None:
    """Live polling by processes that end after the answers named."""
    market = Market(platform)
    for i, one in enumerate(answers):
        run_cycle(market, one)
        if i in restarts:
            market = Market(platform)


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    sport=st.sampled_from(["americanfootball_nfl", "basketball_nba", "soccer_epl"]),
    restarts=st.sets(st.integers(0, 59), max_size=3),
    share=st.floats(0.0, 0.05),
)
def test_live_with_faults_and_restarts_writes_what_batch_computes(
    seed: int, sport: str, restarts: set[int], share: float
) -> None:
    plan = FaultPlan(seed, **dict.fromkeys((*KINDS, *INSIDE), share))
    answers = simulated(seed, sport, plan)
    days = days_of(answers)
    assert len(days) == 2
    with tempfile.TemporaryDirectory() as folder:
        live, batch = open_home(Path(folder) / "live"), open_home(Path(folder) / "batch")
        run_with_restarts(live, answers, restarts)
        settle_days(live, days[0], days[-1])
        store_answers(batch.lake, answers)
        list(compute_days(batch, days))
        settle_days(batch, days[0], days[-1])
        held = contents(live)
        assert held["odds_snapshots"].height > 500
        assert_same(held, contents(batch))
        assert_same(stored(live), stored(batch))
        for day in days:
            assert close_day(live, day).differences.is_empty()


def test_a_process_that_reads_beside_gives_the_rows_of_reading_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Unknown books, renamed teams and listed twice: what is known of a game's structure must not hide any of it.
    answers = simulated(11, "soccer_epl", FaultPlan(11, **dict.fromkeys((*KINDS, *INSIDE), 0.08)))
    beside, here = open_home(tmp_path / "beside"), open_home(tmp_path / "here")
    for platform, worth in ((beside, 1), (here, 1_000_000)):
        monkeypatch.setattr(readers, "WORTH_A_PROCESS", worth)
        store_answers(platform.lake, answers)
        list(compute_days(platform, days_of(answers)))
    assert set(contents(here)["quarantine"]["reason"]) >= {"unknown_bookmaker", "team_renamed"}
    assert_same(contents(beside), contents(here))


def test_answers_delivered_out_of_order_are_refused_live_and_put_right_by_recomputing_their_day(tmp_path: Path) -> None:
    answers = simulated(5, "basketball_nba", FaultPlan(5, swapped=0.1))
    live, batch = open_home(tmp_path / "live"), open_home(tmp_path / "batch")
    run_with_restarts(live, answers, set())
    refused = contents(live)["quarantine"].filter(pl.col("reason") == "out_of_order")
    assert refused.height > 2
    store_answers(batch.lake, answers)
    backfill(batch, days_of(answers))
    stale = sorted(set(stale_days(live)["date"].to_list()))
    report = close_day(live, stale[0])
    assert report.differences.height > 0
    backfill(live, days_of(answers))
    assert_same(contents(live), contents(batch))
    assert_same(stored(live), stored(batch))
