from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.open_close import OpenClose, read_open_close
from stratum_pipelines.quant.plausible_closes import believed, openings
from stratum_pipelines.reference import load_reference
from tests.build import MINUTE, NFL, NOON
from tests.quant.rows import table
from warehouse.tables import ClosingLines, Consensus, OddsSnapshots

LEAGUES = load_reference().leagues
START = NOON + 600 * MINUTE
OTHER = {"home": "away", "away": "home", "over": "under", "under": "over"}


def rows(
    spread: float | None,
    total: float | None,
    prices: tuple[float, ...] = (),
    *,
    event: str = "game",
    bookmaker: str = "betmgm",
    convention: str = "scheduled",
    sport_key: str = NFL,
) -> list[dict[str, Any]]:
    """The close of one game at one book; winner prices of home, away and draw."""
    sides = [("spreads", "home", spread), ("spreads", "away", None if spread is None else -spread)]
    sides += [("totals", "over", total), ("totals", "under", total)]
    winner = zip(("home", "away", "draw"), prices, strict=False)
    known = {
        "event_id": event,
        "bookmaker": bookmaker,
        "convention": convention,
        "version": 1,
        "sport_key": sport_key,
        "closed_at": START,
        "quality": "ok",
        "is_current": True,
    }
    lined = [{"market": m, "side": s, "outcome": s, "point": p, "price_decimal": 1.91} for m, s, p in sides]
    won = [{"market": "h2h", "side": s, "outcome": s, "price_decimal": p} for s, p in winner]
    return [{**known, "fair_prob": 0.5, **row} for row in [*lined, *won] if row.get("point") is not None or row in won]


def judged(closes: list[dict[str, Any]], *opened: tuple[str, float | None, float | None]) -> pl.DataFrame:
    schema = {"event_id": pl.String, "bookmaker": pl.String, "open_spread": pl.Float64, "open_total": pl.Float64}
    began = pl.DataFrame([("game", *one) for one in opened], schema=schema, orient="row")
    found = believed(table(ClosingLines, closes), began, LEAGUES)
    assert found.schema == ClosingLines.schema()
    return found


def points(found: pl.DataFrame) -> dict[str, float | None]:
    return {side: point for market, side, point in found.select("market", "side", "point").rows() if market != "h2h"}


def test_a_sound_close_is_left_as_it_is_and_says_so() -> None:
    closes = table(ClosingLines, rows(-3.0, 45.5, (1.65, 2.35)))
    found = judged(rows(-3.0, 45.5, (1.65, 2.35)), ("betmgm", -2.5, 46.0))
    assert set(found["fault"]) == {""} and set(found["is_repaired"]) == {False}
    assert found.drop("fault", "is_repaired").equals(closes.drop("fault", "is_repaired"))


@pytest.mark.parametrize("bookmaker", ["betmgm", "consensus"])
def test_swapped_lines_are_put_back_on_every_row_and_marked(bookmaker: str) -> None:
    # Bears - Falcons, 2011-09-11, as published: +40.5 and 1.0 for +1 and 40.5.
    found = judged(rows(40.5, 1.0, (2.0, 1.8333), bookmaker=bookmaker), (bookmaker, 0.0, 41.0))
    assert points(found) == {"home": 1.0, "away": -1.0, "over": 40.5, "under": 40.5}
    lined = found.filter(pl.col("market") != "h2h")
    assert set(lined["fault"]) == {"close_swapped"} and lined["is_repaired"].all()
    assert set(lined["quality"]) == {"ok"} and set(lined["price_decimal"]) == {1.91}
    winner = found.filter(pl.col("market") == "h2h")
    assert set(winner["fault"]) == {""} and not winner["is_repaired"].any()


def test_what_cannot_be_mended_is_left_out_and_missing() -> None:
    # Of 4.5 for 45.5 or 44.5 a digit is gone; two favourites are no winner market.
    found = judged(rows(-3.0, 4.5, (1.65, 2.35)), ("betmgm", -3.0, 45.0))
    total = found.filter(pl.col("market") == "totals")
    assert total.select("point", "price_decimal", "fair_prob", "quality", "fault", "is_repaired").unique().rows() == [
        (None, None, None, "missing", "no_close_total", False)
    ]
    assert set(found.filter(pl.col("market") != "totals")["quality"]) == {"ok"}
    prices = judged(rows(-3.0, 45.5, (1.5, 1.5)), ("betmgm", -3.0, 45.0)).filter(pl.col("market") == "h2h")
    assert set(prices["fault"]) == {"no_prices"} and prices["price_decimal"].null_count() == 2


def test_every_book_and_convention_is_judged_by_itself() -> None:
    closes = [
        *rows(-3.0, 45.5),
        *rows(45.5, 3.0, bookmaker="fanduel"),
        *rows(-3.0, 45.5, convention="pregame_end", bookmaker="fanduel"),
    ]
    found = judged(closes)
    faults = found.group_by("bookmaker", "convention").agg(pl.col("fault").first()).sort("bookmaker", "convention")
    assert faults.rows() == [
        ("betmgm", "scheduled", ""),
        ("fanduel", "pregame_end", ""),
        ("fanduel", "scheduled", "close_swapped"),
    ]


def test_in_play_any_line_can_be_true() -> None:
    found = judged(rows(45.5, 3.0, convention="last_seen"))
    assert set(found["fault"]) == {""} and points(found)["home"] == 45.5


def test_a_median_between_the_steps_of_lines_is_no_fault_and_a_books_line_there_is() -> None:
    assert set(judged(rows(-3.125, 45.25, bookmaker="consensus"))["fault"]) == {""}
    assert set(judged(rows(-3.125, 45.25))["fault"]) != {""}


def test_a_game_with_one_line_and_a_league_nobody_knows_are_left_alone() -> None:
    assert set(judged(rows(-3.0, None))["fault"]) == {""}
    unknown = judged(rows(45.5, 3.0, sport_key="chess"))
    assert set(unknown["fault"]) == {""} and points(unknown)["home"] == 45.5
    assert judged([]).is_empty()


def test_a_winner_market_of_three_has_its_draw_counted() -> None:
    fine = judged(rows(None, 2.5, (2.6, 3.1, 3.2), sport_key="soccer_epl"))
    assert set(fine["fault"]) == {""}
    without = judged(rows(None, 2.5, (1.6, 1.7, 3.2), sport_key="soccer_epl"))
    assert set(without.filter(pl.col("market") == "h2h")["fault"]) == {"no_prices"}


def test_opening_lines_are_the_first_of_each_book_and_of_the_consensus_before_play() -> None:
    quote = {"event_id": "game", "bookmaker": "betmgm", "is_live": False}
    spread, total = {"market": "spreads", "side": "home"}, {"market": "totals", "side": "over"}
    snapshots = [
        {**quote, **spread, "received_at": NOON, "point": None},  # suspended
        {**quote, **spread, "received_at": NOON + 2, "point": -3.5},
        {**quote, **spread, "received_at": NOON + 1, "point": -2.5},
        {**quote, "market": "spreads", "side": "away", "received_at": NOON, "point": 9.0},
        {**quote, **total, "received_at": NOON, "point": 45.5, "is_live": True},
    ]
    agreed = [{"event_id": "game", **total, "as_of": NOON, "commence_at": START, "point_median": 44.5}]
    found = openings(table(Consensus, agreed).lazy(), table(OddsSnapshots, snapshots).lazy())
    assert found.rows() == [("game", "betmgm", -2.5, None), ("game", "consensus", None, 44.5)]
    nothing = openings(Consensus.empty().lazy(), OddsSnapshots.empty().lazy())
    assert nothing.is_empty() and nothing.columns == found.columns


# -- measured on recorded lines; docs/methodology/plausibility.md says the same -------------------------------------------


def as_closes(archive: OpenClose) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The archive's closing lines as rows of closing_lines, and what they opened with."""
    lines = archive.lines
    spread, total = (np.where(np.isnan(v), None, v) for v in (lines.close_spread, lines.close_total))
    prices = zip(lines.home_price.tolist(), lines.away_price.tolist(), strict=True)
    closes = [
        row
        for n, (s, t, pair) in enumerate(zip(spread, total, prices, strict=True))
        for row in rows(s, t, pair, event=str(n), sport_key=archive.sport_key)
    ]
    ids = [str(n) for n in range(len(spread))]
    opened = {"event_id": ids, "bookmaker": ["betmgm"] * len(ids)}
    opened |= {"open_spread": lines.open_spread, "open_total": lines.open_total}
    return table(ClosingLines, closes), pl.DataFrame(opened).with_columns(
        pl.col("open_spread", "open_total").fill_nan(None)
    )


def test_every_swapped_close_of_the_nfl_archive_is_repaired_as_a_closing_line_and_no_other_spread_or_total(
    recorded: Path,
) -> None:
    closes, opened = as_closes(read_open_close(recorded, "sbr_nfl_open_close"))
    found = believed(closes, opened, LEAGUES)
    truth = pl.read_csv(recorded / "sbr_nfl_open_close" / "games.csv.gz").with_row_index("place")
    lined = found.filter(pl.col("side") == "home", pl.col("market") == "spreads")
    marked = lined.filter("is_repaired")["event_id"].cast(pl.UInt32).sort()
    assert marked.to_list() == truth.filter("close_swapped")["place"].to_list()
    assert lined.sort(pl.col("event_id").cast(pl.Int64))["point"].equals(truth["close_spread_home"], check_names=False)
    assert set(lined.filter(~pl.col("is_repaired"))["fault"]) == {""}
