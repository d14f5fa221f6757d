import datetime as dt
import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.open_close import OpenClose, read_open_close
from stratum_pipelines.quant.key_numbers import build_score_table, score_table
from stratum_pipelines.quant.plausibility import FAULTS, SOUND, Judged, judge
from stratum_pipelines.quant.plausibility.planted import plant_and_judge
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.plausibility import load_limits
from tests.conftest import REPOSITORY

LEAGUES = load_reference().leagues


def codes(judged: Judged) -> np.ndarray:
    return np.array(["" if fault == SOUND else FAULTS[fault].code for fault in judged.fault.tolist()])


def judged(archive: OpenClose) -> Judged:
    league = LEAGUES[archive.sport_key]
    return judge(archive.lines, load_limits(league), score_table(league, "spreads"))


def test_the_nfl_archive_is_read_as_published(tmp_path: Path) -> None:
    game = {
        "date": 20110911.0,
        "home_team": "Bears",
        "away_team": "Falcons",
        "home_open_spread": 0.0,
        "home_close_spread": 40.5,
        "open_over_under": 41.0,
        "close_over_under": 1.0,
        "home_close_ml": 100,
        "away_close_ml": -7,
    }
    (tmp_path / "sbr_nfl_open_close").mkdir()
    body = gzip.compress(json.dumps([game, {**game, "home_team": 0}]).encode())
    (tmp_path / "sbr_nfl_open_close" / "nfl_archive.json.gz").write_bytes(body)
    found = read_open_close(tmp_path, "sbr_nfl_open_close")
    assert found.games.rows() == [(dt.date(2011, 9, 11), "Bears", "Falcons", "")]
    lines = found.lines
    assert (lines.close_spread.tolist(), lines.close_total.tolist(), lines.open_spread.tolist()) == (
        [40.5],
        [1.0],
        [0.0],
    )
    # +100 is 2.0; -7 was written, and is no price.
    assert (lines.home_price.tolist(), lines.away_price.tolist()) == ([2.0], [1.0])


def test_a_change_log_gives_each_books_first_and_last_quote_before_the_start(tmp_path: Path) -> None:
    def quote(hour: int, book: str, market: str, outcome: str, price: int | None, point: float | None) -> tuple:
        at, start = dt.datetime(2026, 7, 15, hour, tzinfo=dt.UTC), dt.datetime(2026, 7, 15, 20, tzinfo=dt.UTC)
        return (at, "g1", start, "Home", "Away", book, market, outcome, price, point)

    changes = [
        quote(10, "one", "spreads", "Home", -110, -3.5),
        quote(12, "one", "spreads", "Home", -110, -5.5),
        quote(12, "one", "totals", "Over", -110, 165.5),
        quote(12, "one", "h2h", "Home", -210, None),
        quote(12, "one", "h2h", "Away", 175, None),
        quote(21, "one", "spreads", "Home", -110, -12.5),  # in play
        quote(12, "two", "h2h", "Home", -200, None),  # no spread
    ]
    names = [
        "snapshot_time",
        "event_id",
        "commence_time",
        "home_team",
        "away_team",
        "bookmaker",
        "market",
        "outcome",
        "price",
        "point",
    ]
    (tmp_path / "oddsapi_wnba_2026").mkdir()
    file = tmp_path / "oddsapi_wnba_2026" / "quote_changes.parquet"
    pl.DataFrame(changes, schema=names, orient="row").write_parquet(file)
    found = read_open_close(tmp_path, "oddsapi_wnba_2026")
    assert found.games.rows() == [(dt.date(2026, 7, 15), "Home", "Away", "one")]
    lines = found.lines
    assert (lines.open_spread.tolist(), lines.close_spread.tolist(), lines.close_total.tolist()) == (
        [-3.5],
        [-5.5],
        [165.5],
    )
    assert lines.away_price.tolist() == [2.75]


def test_a_folder_that_is_missing_or_unknown_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file nfl_archive\.json\.gz"):
        read_open_close(tmp_path, "sbr_nfl_open_close")
    with pytest.raises(ValueError, match="no reader"):
        read_open_close(tmp_path, "candles")


# -- measured on recorded lines; docs/methodology/plausibility.md says the same -------------------------------------------


def test_every_swapped_close_of_the_nfl_archive_is_put_back(recorded: Path) -> None:
    archive = read_open_close(recorded, "sbr_nfl_open_close")
    found = judged(archive)
    repaired = pl.read_csv(recorded / "sbr_nfl_open_close" / "games.csv.gz")
    is_swapped = np.char.startswith(codes(found), "close_swapped")
    assert np.array_equal(is_swapped, repaired["close_swapped"].to_numpy()) and is_swapped.sum() == 180
    assert np.array_equal(found.lines.close_spread, repaired["close_spread_home"].to_numpy())
    assert np.array_equal(found.lines.close_total, repaired["close_total"].to_numpy())
    # What else is wrong can be seen in the rows: four times two favourites, once an opening total of 13.5.
    others = sorted(code for code in codes(found) if code and code != "close_swapped")
    assert others == ["close_swapped+no_open_total", *["no_prices"] * 4]


def test_ranges_alone_and_the_other_lines_alone_find_the_same_swapped_closes(recorded: Path) -> None:
    # Two judges that share no evidence: what a spread and a total can be, against what opening lines and winner market say.
    archive = read_open_close(recorded, "sbr_nfl_open_close")
    league = LEAGUES[archive.sport_key]
    limits, margins = load_limits(league), score_table(league, "spreads")
    ranges = replace(limits, win_prob=np.inf, spread_move=np.inf, total_move=np.inf)
    others = replace(limits, spread=np.inf, total_low=-np.inf, total_high=np.inf)
    by_ranges, by_others = (codes(judge(archive.lines, one, margins)) for one in (ranges, others))
    swapped = np.char.startswith(by_ranges, "close_swapped")
    assert swapped.sum() == 180
    assert (by_others[swapped] == "close_swapped").sum() == 179 and (by_others[swapped] != "").all()
    assert not np.char.startswith(by_others[~swapped], "close_swapped").any()


def test_scores_which_nobody_asked_agree_with_the_repair(recorded: Path) -> None:
    archive = read_open_close(recorded, "sbr_nfl_open_close")
    found, games = judged(archive), pl.read_csv(recorded / "sbr_nfl_open_close" / "games.csv.gz")
    margin = (games["home_score"] - games["away_score"]).to_numpy()
    assert np.corrcoef(-archive.lines.close_spread, margin)[0, 1] == pytest.approx(0.21, abs=0.005)
    assert np.corrcoef(-found.lines.close_spread, margin)[0, 1] == pytest.approx(0.42, abs=0.005)
    swapped = np.char.startswith(codes(found), "close_swapped")
    around = margin + found.lines.close_spread
    assert around[swapped].std() == pytest.approx(around[~swapped].std(), rel=0.1)


def test_the_gate_says_the_same_with_a_margin_model_that_knows_no_score(recorded: Path) -> None:
    archive = read_open_close(recorded, "sbr_nfl_open_close")
    league = LEAGUES[archive.sport_key]
    plain = build_score_table(np.ones(0), 0, league.margin_sd, is_total=False)
    assert np.array_equal(judge(archive.lines, load_limits(league), plain).fault, judged(archive).fault)


def test_planted_swaps_are_found_and_put_back_in_99_of_100_and_the_page_says_what_was_measured(recorded: Path) -> None:
    page = (REPOSITORY / "docs" / "methodology" / "plausibility.md").read_text("utf-8")
    shown: dict[str, str] = {}
    for folder in ("sbr_nfl_open_close", "sbr_nba_open_close"):
        archive = read_open_close(recorded, folder)
        league, found = LEAGUES[archive.sport_key], judged(archive)
        whole = found.lines.take(np.isin(codes(found), ["", "close_swapped"]))
        rows = plant_and_judge(whole, load_limits(league), score_table(league, "spreads"))
        for row in rows:
            counted = f"{row.found:,} of {row.planted:,} | {row.mended:,} | {row.left_out:,} | {row.wrong:,} |"
            shown[row.fault] = f"{shown.get(row.fault, f'| {row.fault} |')} {counted}"
            if "swapped" in row.fault and "prices" not in row.fault:
                assert row.found >= 0.999 * row.planted and row.wrong == 0, row
                assert row.mended >= 0.999 * row.planted, row
            if row.fault == "close: spread turned, 2.5 or more":
                assert row.found >= 0.99 * row.planted and row.mended >= 0.98 * row.planted, row
            if "digit" in row.fault or "point" in row.fault:
                assert row.found >= 0.99 * row.planted and row.wrong <= 0.02 * row.planted, row
    for line in shown.values():
        assert line in page, line


@pytest.mark.parametrize(
    ("folder", "games", "most"),
    [
        ("sbr_nba_open_close", 13_134, 23),
        ("oddsapi_nfl_2025", 1650, 0),
        ("oddsapi_wnba_2026", 428, 0),
        ("oddsapi_ncaaf_2025", 4230, 2),
    ],
)
def test_lines_recorded_as_they_were_offered_pass(recorded: Path, folder: str, games: int, most: int) -> None:
    found = judged(read_open_close(recorded, folder))
    assert found.fault.size == games
    # The 23 of the NBA are faults that can be seen in the rows, or contradictions between spread and prices.
    assert (found.fault != SOUND).sum() <= most
