"""Replays of stored quotes against what was stored when their answers came."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from stratum_pipelines.batch import compute_days
from stratum_pipelines.board import sightings
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.archive import PROVIDER
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.raw import store_answers
from stratum_pipelines.replay import replay
from stratum_pipelines.replay_runs import ReplayWork, replay_days
from stratum_pipelines.simulation import FaultPlan, Simulation
from stratum_pipelines.simulation.rates import USUAL_RATES, Rates
from tests.pipelines.homes import days_of, open_home, run_live
from warehouse.lake import Lake
from warehouse.tables import Consensus, OddsSnapshots, Signals

DAY = dt.date(2026, 1, 10)
SPORTS = ("americanfootball_nfl", "soccer_epl")
# They follow from when quotes were last seen, which odds_snapshots does not hold of quotes that stand.
OF_AGES = ("composite_score", "priority", "meta")
AGES = ("age_median_s", "age_max_s")


@pytest.fixture(scope="module", autouse=True)
def nothing_goes_stale() -> Iterator[pytest.MonkeyPatch]:
    """However old a quote is it counts; the one test about stale books takes this back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sightings, "LATE_AFTER", 1e6)
        yield patch


def market(sport: str, *, rates: Rates = USUAL_RATES) -> list[Answer]:
    """Two days of a simulated market, polled every ten minutes, some answers spoiled."""
    simulated = Simulation(3, (sport,), games_per_day=3, rates=rates)
    clean = simulated.answers(DAY, DAY + dt.timedelta(days=1), cadence_s=600)
    return list(FaultPlan(3, truncated=0.03, html=0.02, renamed_team=0.02).spoil(clean))


def computed(home: Path, answers: list[Answer], **settings: str) -> Platform:
    platform = open_home(home, **settings)
    store_answers(platform.lake, answers)
    list(compute_days(platform, days_of(answers)))
    return platform


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, nothing_goes_stale: pytest.MonkeyPatch) -> Platform:
    """A home with three days of two sports; not to be written to."""
    answers = sorted((a for sport in SPORTS for a in market(sport)), key=lambda a: a.received_at)
    return computed(tmp_path_factory.mktemp("stored"), answers)


def replayed(platform: Platform, first: dt.date, last: dt.date, **options: bool) -> dict[str, pl.DataFrame]:
    days = list(replay(platform.lake, platform.rules, first, last, **options))
    return {
        "consensus": pl.concat([day.consensus for day in days]).sort(Consensus.key),
        "signals": pl.concat([day.signals for day in days]).sort(Signals.key),
    }


def held(platform: Platform, first: dt.date, last: dt.date) -> dict[str, pl.DataFrame]:
    """What is stored, but for the ages in the consensus, which a replay leaves unknown."""
    found = {t.name: platform.lake.scan(t, first=first, last=last).collect().sort(t.key) for t in (Consensus, Signals)}
    assert found["consensus"]["age_median_s"].is_not_null().sum() > 100
    found["consensus"] = found["consensus"].with_columns(pl.lit(None, pl.Float64).alias(name) for name in AGES)
    return found


def test_consensus_and_signals_of_fresh_quotes_are_those_stored(stored: Platform) -> None:
    days = stored.lake.days(OddsSnapshots)
    ours, theirs = replayed(stored, days[0], days[-1]), held(stored, days[0], days[-1])
    assert theirs["consensus"]["n_stale"].sum() == 0 and theirs["signals"].height > 20
    assert set(theirs["consensus"]["sport_key"]) == set(SPORTS)
    assert_frame_equal(ours["consensus"], theirs["consensus"], check_exact=True)
    assert_frame_equal(ours["signals"].drop(OF_AGES), theirs["signals"].drop(OF_AGES), check_exact=True)


def test_where_a_book_is_stale_only_its_markets_differ(tmp_path: Path, nothing_goes_stale: pytest.MonkeyPatch) -> None:
    with nothing_goes_stale.context() as patch:
        patch.setattr(sightings, "LATE_AFTER", 2.0)
        platform = computed(tmp_path, market(SPORTS[0], rates=replace(USUAL_RATES, stale=3.0)))
    days = platform.lake.days(OddsSnapshots)
    ours, theirs = (rows(platform, days[0], days[-1])["consensus"] for rows in (replayed, held))
    key = list(Consensus.key)
    # Rows in which a book has only gone stale or come back are caused by no change; all others are there.
    assert ours.join(theirs, on=key, how="anti").is_empty()
    caused = theirs.join(ours, on=key, how="semi")
    assert 0 < (caused["n_stale"] > 0).sum() < caused.height / 2
    fresh = caused.filter(pl.col("n_stale") == 0)
    assert_frame_equal(ours.join(fresh, on=key, how="semi"), fresh, check_exact=True)
    left_out = caused.filter(pl.col("n_stale") > 0)
    again = ours.join(left_out, on=key, how="semi")
    assert (again["n_books"] >= left_out["n_books"]).all() and again["n_stale"].sum() == 0


def test_beginning_later_gives_the_rows_of_beginning_at_the_start(stored: Platform) -> None:
    days = stored.lake.days(OddsSnapshots)
    first = days[1]
    whole, part = replayed(stored, days[0], days[-1]), replayed(stored, first, days[-1])
    for name, moment in (("consensus", "as_of"), ("signals", "detected_at")):
        later = whole[name].filter(pl.col(moment).dt.date() >= first)
        assert later.height > 0
        assert_frame_equal(part[name], later, check_exact=True)


def test_without_signals_the_consensus_is_the_same(stored: Platform) -> None:
    days = stored.lake.days(OddsSnapshots)
    whole, alone = replayed(stored, days[0], days[-1]), replayed(stored, days[0], days[-1], with_signals=False)
    assert_frame_equal(alone["consensus"], whole["consensus"], check_exact=True)
    assert alone["signals"].is_empty()


def test_other_settings_find_what_they_would_have_found(tmp_path: Path, stored: Platform) -> None:
    days = stored.lake.days(OddsSnapshots)
    setting = {"DISLOCATION_MIN_GAP": "0.005", "DISLOCATION_MIN_EDGE": "0", "DISLOCATION_MIN_BOOKS": "3"}
    asked = open_home(tmp_path / "asked", **setting)
    ours = [d.signals for d in replay(stored.lake, asked.rules, days[0], days[-1])]
    answers = sorted((a for sport in SPORTS for a in market(sport)), key=lambda a: a.received_at)
    theirs = held(computed(tmp_path / "set", answers, **setting), days[0], days[-1])["signals"]
    as_it_was = held(stored, days[0], days[-1])["signals"]
    assert theirs.height > as_it_was.height
    assert_frame_equal(pl.concat(ours).sort(Signals.key).drop(OF_AGES), theirs.drop(OF_AGES), check_exact=True)


def test_several_processes_give_the_rows_of_one_and_write_a_lake_of_their_own(stored: Platform, tmp_path: Path) -> None:
    days = stored.lake.days(OddsSnapshots)
    assert len(days) >= 2
    outs = []
    for processes in (1, 2):
        out = tmp_path / str(processes)
        work = ReplayWork(stored.lake.location, stored.rules, out=str(out))
        outcomes = list(replay_days(work, days[0], days[-1], processes=processes))
        assert [outcome.day for outcome in outcomes] == days
        assert sum(outcome.changes for outcome in outcomes) == stored.lake.scan(OddsSnapshots).collect().height
        for outcome in outcomes:
            table = outcome.tables["consensus"]
            assert table.stored == table.replayed == table.in_both
            assert set(outcome.tables["consensus"].columns) == set(AGES)
            assert set(outcome.tables["signals"].columns) <= set(OF_AGES)
            assert all(was == now for was, now in outcome.signals.values())
        outs.append(Lake(str(out)))
    for table in (Consensus, Signals):
        first, second = (lake.scan(table).collect() for lake in outs)
        assert first.height > 0
        assert_frame_equal(first, second, check_exact=True)


def test_an_answer_that_moved_no_board_moves_none_in_a_replay(tmp_path: Path) -> None:
    answers = market(SPORTS[0])[:80]
    # The second of two answers swapped in time is refused live; recomputing would put it right, a replay must not.
    answers[40], answers[41] = answers[41], answers[40]
    platform = open_home(tmp_path)
    run_live(platform, answers)
    days = platform.lake.days(OddsSnapshots)
    ours, theirs = replayed(platform, days[0], days[-1]), held(platform, days[0], days[-1])
    assert_frame_equal(ours["consensus"], theirs["consensus"], check_exact=True)
    assert_frame_equal(ours["signals"].drop(OF_AGES), theirs["signals"].drop(OF_AGES), check_exact=True)


def test_a_recorded_day_comes_out_as_it_was_computed(tmp_path: Path, recorded: Path) -> None:
    folder = recorded / "oddsapi_mlb_2026" / "snapshots"
    files = sorted(folder.glob("*.jsonl.gz"))[5:7]
    platform = computed(tmp_path, [a for file in files for a in PROVIDER.answers(file)])
    days = platform.lake.days(OddsSnapshots)
    ours, theirs = replayed(platform, days[0], days[-1]), held(platform, days[0], days[-1])
    assert theirs["consensus"].height > 3000 and theirs["signals"].height > 20
    assert_frame_equal(ours["consensus"], theirs["consensus"], check_exact=True)
    assert_frame_equal(ours["signals"].drop(OF_AGES), theirs["signals"].drop(OF_AGES), check_exact=True)
