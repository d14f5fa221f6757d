"""What came of bets: counts, yield and its interval by game, worked by hand; and how a person reads it."""

from typing import Any

import polars as pl
import pytest
from rich.console import Console

from stratum_pipelines.trading.outcome import bet_outcomes
from stratum_pipelines.trading.outcome_report import about_paper, paper_grid
from tests.warehouse.frames import sample
from warehouse.tables import Trades


def bets(*rows: tuple[str, str, str, int | None]) -> pl.LazyFrame:
    """Bets of 100 each as strategy, game, status and profit."""
    names = ("strategy", "event_id", "status", "profit")
    made = pl.DataFrame(
        [dict(zip(names, row, strict=True)) | {"stake": 100, "currency": "USD"} for row in rows],
        schema_overrides={"profit": pl.Int64},
    )
    return Trades.conform(sample(Trades, len(rows)).drop(made.columns).hstack(made)).lazy()


SOME = bets(
    ("MOVE", "a", "closed", 100),
    ("MOVE", "a", "closed", -100),
    ("MOVE", "b", "closed", 90),
    ("MOVE", "c", "closed", 0),
    ("MOVE", "d", "void", 0),
    ("STEAM", "a", "closed", -100),
    ("STEAM", "e", "open", None),
)


# The first bets of game a were worth 10 % and 20 % by the close, that of game b 5 %; of two others nothing is known.
WORTH = pl.Series("clv_ev", [0.1, 0.2, 0.05, None, None, 0.3, 0.4])
VALUES = SOME.select("signal_id").collect().with_columns(WORTH).lazy()


def outcomes(made: pl.LazyFrame = SOME) -> pl.DataFrame:
    return bet_outcomes(made, VALUES)


def outcome(strategy: str) -> dict[str, Any]:
    return outcomes().row(by_predicate=pl.col("strategy") == strategy, named=True)


def test_bets_are_counted_by_how_they_stand_and_only_settled_ones_have_money() -> None:
    move, every = outcome("MOVE"), outcome("")
    counts = ("n", "n_games", "n_open", "n_void", "n_settled", "n_won", "n_lost", "n_pushed")
    assert [move[name] for name in counts] == [5, 4, 0, 1, 4, 2, 1, 1]
    assert [every[name] for name in counts] == [7, 5, 1, 1, 5, 2, 2, 1]
    assert (move["staked"], move["profit"], every["staked"], every["profit"]) == (400, 90, 500, -10)
    assert outcomes()["strategy"].to_list() == ["", "MOVE", "STEAM"]


def test_the_interval_of_the_yield_takes_games_as_independent() -> None:
    # 90 of 400: 0.225. Games a, b, c: profits 0, 90, 0 less 0.225 x stakes 200, 100, 100 are -45, 67.5, -22.5. Their squares
    # sum to 2025 + 4556.25 + 506.25 = 7087.5; x 3 / 2 = 10631.25, root 103.108, over 400: 0.25777. Student, 2 degrees: 4.30265.
    move = outcome("MOVE")
    assert move["yield"] == pytest.approx(0.225)
    assert (move["yield_low"], move["yield_high"]) == pytest.approx((0.225 - 1.10909, 0.225 + 1.10909), abs=1e-5)


def test_what_the_close_expected_is_the_mean_value_of_settled_bets_that_have_one_by_game() -> None:
    # 0.1, 0.2 of game a and 0.05 of game b: mean 0.35 / 3 = 0.11667. Sums less their share: 0.3 - 0.23333 = 0.06667 and -0.06667;
    # sqrt(2 x 2 x 0.06667^2) / 3 = 0.04444; Student, 1 degree: 12.7062. The open bet's 0.4 does not count.
    move, steam = outcome("MOVE"), outcome("STEAM")
    assert (move["n_valued"], move["close_yield"]) == (3, pytest.approx(0.116667, abs=1e-6))
    assert move["close_yield_high"] - move["close_yield"] == pytest.approx(0.56472, abs=1e-5)
    assert (steam["n_valued"], steam["close_yield"], steam["close_yield_low"]) == (1, pytest.approx(0.3), None)


def test_one_game_has_a_yield_and_no_interval_and_none_settled_has_neither() -> None:
    steam = outcome("STEAM")
    assert (steam["yield"], steam["yield_low"], steam["yield_high"]) == (-1.0, None, None)
    waiting = outcomes(bets(("MOVE", "a", "open", None))).row(0, named=True)
    assert (waiting["staked"], waiting["profit"], waiting["yield"]) == (0, 0, None)
    assert outcomes(SOME.filter(False)).is_empty()


def test_two_currencies_have_no_sum() -> None:
    euros = SOME.head(1).with_columns(currency=pl.lit("EUR"))
    with pytest.raises(ValueError, match="These bets are in EUR, USD"):
        outcomes(pl.concat([SOME, euros]))


@pytest.mark.parametrize("is_wide", [True, False])
def test_the_table_shows_units_the_yield_and_all_last(is_wide: bool) -> None:
    console = Console(width=110 if is_wide else 80, record=True, highlight=False)
    console.print(paper_grid(outcomes().to_dicts(), 100, is_wide))
    lines = [line for line in console.export_text().splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    assert [row[0] for row in cells] == ["MOVE", "STEAM", "all"]
    counts = ["5", "4", "0", "1", "2-1-1", "4"] if is_wide else ["5", "0", "1"]
    assert cells[0] == ["MOVE", *counts, "+0.9", "+22.5 ±110.9", "+11.7 ±56.5"]
    assert cells[1][-2:] == ["-100.0", "+30.0"]


def test_the_words_below_say_that_it_is_paper_and_whether_a_yield_is_above_nothing() -> None:
    said = about_paper(outcomes().to_dicts(), 100)
    assert said.startswith("On paper: nobody placed these bets.")
    assert "100 minor units of USD" in said and said.endswith("No yield is above 0 with its whole interval.")
    winning = bets(*(("MOVE", game, "closed", 90 + n) for n, game in enumerate("abcdefgh")))
    assert "Above 0 with the whole interval: all, MOVE;" in about_paper(outcomes(winning).to_dicts(), 100)
