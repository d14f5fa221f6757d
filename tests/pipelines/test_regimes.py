"""Regimes through the platform: live is batch, a recomputed past makes later days out of date, and off is as if never on."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.audit import regimes_of_day
from stratum_pipelines.backfill import backfill
from stratum_pipelines.batch import close_day, compute_days
from stratum_pipelines.days import stale_days
from stratum_pipelines.defs.shown import pictures
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.regimes import fitting
from stratum_pipelines.raw import day_of, store_answers
from tests.board.calm_and_lively import market
from tests.build import NFL
from tests.pipelines.homes import assert_same, contents, days_of, open_home, run_live
from warehouse.errors import SettingInvalid
from warehouse.settings import read_settings
from warehouse.tables import RegimeModels, RegimeSnapshots

ANSWERS = list(market()[:64])
DAYS = days_of(ANSWERS)
# Homes that were computed are compared with homes that were filled in as a whole, which also bets on paper.
UNBET = {"STRATUM_PAPER_BETS": "off"}
ON = {"STRATUM_REGIMES": "on", **UNBET}


def computed(folder: Path, **settings: str) -> Platform:
    """A home with two days, computed in batch."""
    platform = open_home(folder, **settings)
    store_answers(platform.lake, ANSWERS)
    list(compute_days(platform, DAYS))
    return platform


def bytes_of(platform: Platform) -> dict[str, bytes]:
    """What the Parquet file of every partition says, to the byte; of a partition written anew, the newest."""
    folder = Path(platform.lake.location)
    return {str(file.parent.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*.parquet"))}


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Two days with regimes on; nobody changes it."""
    return computed(tmp_path_factory.mktemp("on") / "home", **ON)


def test_live_with_restarts_writes_what_batch_computes(on: Platform, tmp_path: Path) -> None:
    live = open_home(tmp_path / "live", **ON)
    polling = Market(live)
    for i, one in enumerate(ANSWERS):
        # The second restart lies after midnight: the model of the day has to be found again.
        if i in {20, 50, 55}:
            polling = Market(live)
        run_cycle(polling, one)
    held, batch = contents(live), contents(on)
    assert held["regime_snapshots"].height > 100
    assert held["regime_models"]["refused"].to_list().count("") == 3
    assert_same(held, batch)
    for day in DAYS:
        assert close_day(live, day).differences.is_empty()


def test_a_model_that_was_fitted_ahead_is_the_one_that_batch_fits_and_the_first_answer_of_its_day_fits_nothing(
    on: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = open_home(tmp_path / "live", **ON)
    polling = Market(live)
    first = next(i for i, one in enumerate(ANSWERS) if day_of(one.received_at) == DAYS[1])
    fitting._fit.cache_clear()
    for i, one in enumerate(ANSWERS[:first]):
        run_cycle(polling, one)
        if i % 16 == 0:
            # Steps come after it: this fit is of no use, and must not be seen.
            polling.fit_ahead(NFL, ANSWERS[first].received_at)
    board = polling.desks[NFL].board.to_bytes()
    polling.fit_ahead(NFL, ANSWERS[first].received_at)
    assert polling.desks[NFL].board.to_bytes() == board
    with monkeypatch.context() as patched:
        patched.setattr(fitting, "_best", lambda *_: pytest.fail("a cycle waits for a fit"))
        run_cycle(polling, ANSWERS[first])
    for one in ANSWERS[first + 1 :]:
        run_cycle(polling, one)
    assert contents(live)["regime_models"]["refused"].to_list().count("") == 3
    assert_same(contents(live), contents(on))


def test_a_day_computed_by_itself_without_stored_boards_finds_the_same_model(on: Platform, tmp_path: Path) -> None:
    platform = computed(tmp_path / "home", **ON)
    shutil.rmtree(platform.checkpoints.folder)
    platform.lake.replace(RegimeSnapshots, DAYS[1], RegimeSnapshots.empty())
    list(compute_days(platform, DAYS[1:]))
    assert_same(contents(platform), contents(on))


def test_a_past_computed_anew_makes_the_days_it_taught_out_of_date(on: Platform, tmp_path: Path) -> None:
    platform, straight = open_home(tmp_path / "home", **ON), open_home(tmp_path / "straight", **ON)
    late = ANSWERS[30]
    store_answers(platform.lake, [one for one in ANSWERS if one is not late])
    backfill(platform, DAYS)
    assert stale_days(platform).is_empty()
    versions = set(contents(platform)["regime_models"]["model_version"])
    store_answers(platform.lake, [late])
    assert stale_days(platform)["date"].to_list() == [DAYS[0]]
    list(compute_days(platform, DAYS[:1]))
    stale = stale_days(platform)
    assert stale.select("date", "reason").rows() == [(DAYS[1], "an earlier day was computed anew")]
    list(compute_days(platform, DAYS[1:]))
    store_answers(straight.lake, ANSWERS)
    list(compute_days(straight, DAYS))
    assert_same({n: f for n, f in contents(platform).items() if n != "raw_odds"}, _without_raw(straight))
    assert_same(_without_raw(straight), _without_raw(on))
    fitted = contents(platform)["regime_models"].filter(pl.col("refused") == "")
    assert fitted.height == 3 and not set(fitted["model_version"]) & versions


def _without_raw(platform: Platform) -> dict[str, pl.DataFrame]:
    return {name: frame for name, frame in contents(platform).items() if name != "raw_odds"}


def test_switching_makes_days_out_of_date_and_off_is_byte_for_byte_as_if_it_had_never_been_on(tmp_path: Path) -> None:
    never = bytes_of(computed(tmp_path / "never"))
    assert not any(path.startswith("regime") for path in never)
    computed(tmp_path / "home", STRATUM_REGIMES="on")
    off = open_home(tmp_path / "home", STRATUM_REGIMES="off", **UNBET)
    assert stale_days(off)["reason"].to_list() == ["the rules have changed"] * 2
    backfill(off, DAYS)
    assert stale_days(off).is_empty()
    after = bytes_of(off)
    assert {path: data for path, data in after.items() if not path.startswith("regime")} == never
    assert contents(off)["regime_snapshots"].is_empty() and contents(off)["regime_models"].is_empty()


def test_live_polling_with_regimes_off_writes_no_file_of_theirs_and_says_nothing_of_them(tmp_path: Path) -> None:
    platform = open_home(tmp_path / "home")
    run_live(platform, ANSWERS[:60])
    assert not any(path.startswith("regime") for path in bytes_of(platform))
    held = contents(platform)
    assert held["signals"].height > 50 and not held["signals"]["meta"].str.contains("regime").any()


def test_the_check_of_models_passes_and_finds_what_is_wrong(on: Platform, tmp_path: Path) -> None:
    day = DAYS[1]
    found = regimes_of_day(on, day)
    assert found.faults == [] and found.rows > 100
    platform = open_home(tmp_path / "home", **ON)
    models = on.lake.scan(RegimeModels, first=day, last=day).collect()
    snapshots = on.lake.scan(RegimeSnapshots, first=day, last=day).collect()
    platform.lake.replace(RegimeSnapshots, day, snapshots)
    tomorrow = models.with_columns(last_step_at=pl.col("in_force_at"))
    platform.lake.replace(RegimeModels, day, tomorrow.filter(pl.col("market") != "totals"))
    faults = regimes_of_day(platform, day).faults
    assert sum("was fitted to a step of" in fault for fault in faults) == 2
    assert sum("which is not in force on that day" in fault for fault in faults) == 20  # as many as are shown


def test_a_day_with_regimes_has_a_picture_of_one_and_a_day_without_none(on: Platform) -> None:
    drawn = pictures(on, DAYS[1], {"regime_snapshots"})
    assert "how likely" in str(drawn["regime_snapshots"]["plot"].value)
    assert pictures(on, DAYS[0], {"regime_snapshots"}) == {}


def test_the_setting_is_on_or_off() -> None:
    assert not read_settings({}).regimes
    assert read_settings(ON).regimes
    with pytest.raises(SettingInvalid, match="STRATUM_REGIMES"):
        read_settings({"STRATUM_REGIMES": "sometimes"})
