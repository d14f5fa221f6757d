"""How bets end and what they pay: by hand, against exact fractions, and by what has to hold of any bet."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stratum_pipelines.quant.settlement import settle_bets
from warehouse.tables.trades import BET_ENDS

TYPES = {"point": pl.Float64, "price_decimal": pl.Float64, "home_score": pl.Int32, "away_score": pl.Int32}
BET: dict[str, Any] = {
    "market": "h2h",
    "side": "home",
    "point": None,
    "price_decimal": 2.0,
    "stake": 1000,
    "is_lay": False,
    "has_draw": False,
    "status": "final",
    "home_score": 27,
    "away_score": 19,
}
FAIR = 2.0
Case = tuple[int, float, float, int, int, bool]

scores = st.integers(0, 60)
stakes = st.integers(1, 10**12)
prices = st.integers(1001, 60_000).map(lambda thousandths: thousandths / 1000)
lines = st.integers(-80, 80).map(lambda quarters: quarters / 4)


def settled(**bet: object) -> tuple[str | None, int | None]:
    """How one bet ended and what came of it."""
    rows = settle_bets(pl.DataFrame([BET | bet], schema_overrides=TYPES))
    return rows.select("ended", "profit").row(0)


@pytest.mark.parametrize(
    ("bet", "ended", "profit"),
    [
        # Home won 27 to 19: by 8, with 46 in all.
        ({"price_decimal": 1.91}, "win", 910),
        ({"side": "away"}, "loss", -1000),
        ({"market": "spreads", "point": -7.5, "price_decimal": 1.91}, "win", 910),
        ({"market": "spreads", "point": -8.0}, "push", 0),
        ({"market": "spreads", "point": -8.5}, "loss", -1000),
        ({"market": "spreads", "side": "away", "point": 8.0}, "push", 0),
        # -7.75 is half at -7.5, won, and half at -8, pushed: 500 x 0.9.
        ({"market": "spreads", "point": -7.75, "price_decimal": 1.9}, "half_win", 450),
        ({"market": "spreads", "point": -8.25, "price_decimal": 1.9}, "half_loss", -500),
        ({"market": "spreads", "side": "away", "point": 8.25, "price_decimal": 1.9}, "half_win", 450),
        ({"market": "totals", "side": "over", "point": 45.5, "price_decimal": 1.87}, "win", 870),
        ({"market": "totals", "side": "over", "point": 46.0}, "push", 0),
        ({"market": "totals", "side": "under", "point": 45.5}, "loss", -1000),
        ({"market": "totals", "side": "under", "point": 46.25, "price_decimal": 1.9}, "half_win", 450),
        ({"market": "totals", "side": "over", "point": 46.25, "price_decimal": 1.9}, "half_loss", -500),
        # A tie: a push where no draw was on offer, a loss for both sides where it was.
        ({"away_score": 27}, "push", 0),
        ({"away_score": 27, "has_draw": True}, "loss", -1000),
        ({"away_score": 27, "has_draw": True, "side": "away"}, "loss", -1000),
        ({"away_score": 27, "has_draw": True, "side": "draw", "price_decimal": 3.4}, "win", 2400),
        ({"has_draw": True, "side": "draw", "price_decimal": 3.4}, "loss", -1000),
        ({"has_draw": True, "price_decimal": 2.5}, "win", 1500),
        # A draw on offer is no draw of a handicap: level after it is a push.
        ({"market": "spreads", "point": -8.0, "has_draw": True}, "push", 0),
        # A lay of 1000 liability at 3.5 takes a stake of 1000 / 2.5 = 400.
        ({"is_lay": True, "price_decimal": 3.5}, "loss", -1000),
        ({"is_lay": True, "price_decimal": 3.5, "side": "away"}, "win", 400),
        ({"is_lay": True, "market": "spreads", "point": -8.0, "price_decimal": 3.5}, "push", 0),
        # Half of the backer's 400 is his at -7.75: half of the liability goes.
        ({"is_lay": True, "market": "spreads", "point": -7.75, "price_decimal": 3.5}, "half_loss", -500),
        ({"is_lay": True, "market": "spreads", "point": -8.25, "price_decimal": 3.5}, "half_win", 200),
        # Two share one place: 500 at 4.0 wins 1500, the other 500 are lost.
        ({"price_decimal": 4.0, "n_tied": 2, "n_places": 1}, "dead_heat", 1000),
        # Three share two places: 2000 / 3 x 3 - 1000 / 3 = 1666.67.
        ({"price_decimal": 4.0, "n_tied": 3, "n_places": 2}, "dead_heat", 1667),
        ({"price_decimal": 4.0, "n_tied": 2, "n_places": 2}, "win", 3000),
        ({"side": "away", "n_tied": 2, "n_places": 1}, "loss", -1000),
        ({"status": "void", "home_score": None, "away_score": None}, "void", 0),
        ({"status": "postponed"}, "void", 0),
    ],
)
def test_bets_by_hand(bet: dict[str, Any], ended: str, profit: int) -> None:
    assert settled(**bet) == (ended, profit)


@pytest.mark.parametrize(
    "bet",
    [
        {"home_score": None},
        {"status": None},
        {"market": "outrights"},
        {"market": "spreads", "point": None},
        {"market": "spreads", "side": "over", "point": 3.0},
        {"price_decimal": None},
        {"price_decimal": 1.0},
        {"price_decimal": float("nan")},
        {"price_decimal": float("inf")},
        {"price_decimal": 1e9, "stake": 10**12},
    ],
)
def test_what_cannot_be_settled_is_neither_won_nor_lost(bet: dict[str, Any]) -> None:
    assert settled(**bet) == (None, None)


@pytest.mark.parametrize(
    ("stake", "price", "profit"),
    [
        # 5 x 1.1 = 5.5 and 15 x 1.1 = 16.5: to the even neighbour, though the number nearest to 2.1 lies above it.
        (5, 2.1, 6),
        (15, 2.1, 16),
        (25, 1.1, 2),
        # -110 in American odds, 1 + 100 / 110: 10^12 x 10 / 11 = 909,090,909,090.9
        (10**12, 1 + 100 / 110, 909_090_909_091),
        (10**12, 1.01, 10**10),
        (999_999_999_999, 3.3, 2_299_999_999_998),
        (1, 1.5, 0),
        (3, 1.5, 2),
    ],
)
def test_profits_are_exact_and_halves_go_to_the_even_number(stake: int, price: float, profit: int) -> None:
    assert settled(stake=stake, price_decimal=price) == ("win", profit)


def by_fractions(bet: dict[str, Any]) -> int:
    """The profit of a bet at a line, worked out a half at a time in fractions of the decimal price."""
    gain = Fraction(Decimal(str(bet["price_decimal"]))) - 1
    margin = Fraction(bet["home_score"] - bet["away_score"])
    point = Fraction(bet["point"])
    off = Fraction(1, 4) if (point * 4) % 2 else Fraction(0)
    exact = Fraction(0)
    for half in (point - off, point + off):
        ahead = margin + half
        exact += Fraction(bet["stake"], 2) * (gain if ahead > 0 else -1 if ahead < 0 else 0)
    if bet["is_lay"]:
        exact = -exact / gain
    # Enough digits for the rounding to see everything that a stake of 10^12 leaves behind the point.
    whole = exact.numerator // exact.denominator
    rest = exact - whole
    return whole + (1 if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2) else 0)


# Many bets are settled at once, as in earnest: a list of (stake, price, line, home, away, flag).
many = st.lists(st.tuples(stakes, prices, lines, scores, scores, st.booleans()), min_size=1, max_size=100)


def profits(bets: list[dict[str, Any]]) -> list[int]:
    """What came of bets that are all over."""
    rows = settle_bets(pl.DataFrame([BET | bet for bet in bets], schema_overrides=TYPES))
    assert set(rows["ended"]) <= {*BET_ENDS}
    return rows["profit"].cast(pl.Int64, strict=True).to_list()


def spread(stake: int, price: float, line: float, home: int, away: int) -> dict[str, Any]:
    """A bet on the home team at a line."""
    return {
        "market": "spreads",
        "point": line,
        "price_decimal": price,
        "stake": stake,
        "home_score": home,
        "away_score": away,
    }


@settings(max_examples=10, deadline=None)
@given(many)
def test_spreads_agree_with_fractions_worked_out_half_by_half(cases: list[Case]) -> None:
    bets = [spread(*case[:5]) | {"is_lay": case[5]} for case in cases]
    assert profits(bets) == [by_fractions(bet) for bet in bets]


@settings(max_examples=10, deadline=None)
@given(many)
def test_both_sides_of_a_fair_line_sum_to_nothing(cases: list[Case]) -> None:
    bets = [spread(2 * stake, FAIR, line, home, away) for stake, _, line, home, away, _ in cases]
    others = [bet | {"side": "away", "point": -bet["point"]} for bet in bets]
    assert [a + b for a, b in zip(profits(bets), profits(others), strict=True)] == [0] * len(bets)
    overs, unders = (
        [bet | {"market": "totals", "point": abs(bet["point"]), "side": side} for bet in bets]
        for side in ("over", "under")
    )
    assert [a + b for a, b in zip(profits(overs), profits(unders), strict=True)] == [0] * len(bets)


@settings(max_examples=10, deadline=None)
@given(many)
def test_a_quarter_line_pays_the_mean_of_its_neighbours(cases: list[Case]) -> None:
    # Prices have three digits behind the point: a stake of 2,000 times anything leaves nothing to round.
    bets = [spread(2000 * stake, price, round(line) + 0.25, home, away) for stake, price, line, home, away, _ in cases]
    below, above = (profits([bet | {"point": bet["point"] + step} for bet in bets]) for step in (-0.25, 0.25))
    assert [2 * profit for profit in profits(bets)] == [a + b for a, b in zip(below, above, strict=True)]


@settings(max_examples=10, deadline=None)
@given(many)
def test_home_and_away_are_mirror_images(cases: list[Case]) -> None:
    bets = [spread(*case[:5]) | {"has_draw": case[5]} for case in cases]
    bets += [bet | {"market": "h2h", "point": None} for bet in bets]
    mirrored = [
        bet | {"side": "away", "home_score": bet["away_score"], "away_score": bet["home_score"]} for bet in bets
    ]
    assert profits(bets) == profits(mirrored)


@settings(max_examples=10, deadline=None)
@given(many)
def test_a_push_gives_back_the_stake_to_the_unit_and_nothing_is_lost_beyond_it(cases: list[Case]) -> None:
    bets = [spread(*case[:5]) | {"is_lay": case[5]} for case in cases]
    level = [bet | {"point": float(bet["away_score"] - bet["home_score"])} for bet in bets]
    assert profits(level) == [0] * len(level)
    assert all(profit >= -bet["stake"] for profit, bet in zip(profits(bets), bets, strict=True))


@settings(max_examples=10, deadline=None)
@given(many)
def test_a_win_pays_what_decimal_arithmetic_says(cases: list[Case]) -> None:
    exact = [stake * (Decimal(str(price)) - 1) for stake, price, *_ in cases]
    made = profits([{"stake": stake, "price_decimal": price} for stake, price, *_ in cases])
    assert made == [int(one.quantize(Decimal(1), ROUND_HALF_EVEN)) for one in exact]


def test_columns_that_were_there_stay_and_rows_keep_their_order() -> None:
    bets = pl.DataFrame([BET | {"name": "a"}, BET | {"name": "b", "side": "away"}], schema_overrides=TYPES)
    rows = settle_bets(bets)
    assert rows.columns == [*bets.columns, "ended", "profit"]
    assert rows["name"].to_list() == ["a", "b"]
    assert settle_bets(bets.clear()).is_empty()
