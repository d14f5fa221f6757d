import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.clv import clv_records
from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import cents
from stratum_pipelines.reference import load_reference
from tests.build import MINUTE, NFL, NOON
from tests.quant.rows import table
from warehouse.tables import ClosingLines, ClvRecords, Signals

START = NOON + 600 * MINUTE
NOW = dt.datetime(2025, 10, 13, tzinfo=dt.UTC)
# A league without recorded scores has the rounded normal, which can be worked out by hand.
LEAGUE = load_reference().leagues[NFL]
PLAIN = "a_league_without_scores"
LEAGUES = dict(load_reference().leagues) | {PLAIN: replace(LEAGUE, sport_key=PLAIN, margin_sd=13.2, total_sd=18.0)}
MARKET = {"home": "spreads", "away": "spreads", "over": "totals", "under": "totals"}
OTHER = {"home": "away", "away": "home", "over": "under", "under": "over"}


def signal(side: str, price: float | None, point: float | None = None, **fields: Any) -> dict[str, Any]:
    """A signal on a side ("h2h" markets: give `market`), with its entry."""
    market = MARKET[side]
    known = {
        "signal_id": "s1",
        "signal_type": "MOVE",
        "event_id": "game-1",
        "sport_key": NFL,
        "market": market,
        "outcome": side,
        "direction": side,
        "time_bucket": "1-3h",
        "detected_at": NOON,
        "entry_point": point,
        "entry_price_decimal": price,
    }
    return {**known, **fields}


def close(side: str, fair: float | None, point: float | None = None, **fields: Any) -> dict[str, Any]:
    """The consensus close of an outcome."""
    known = {
        "event_id": "game-1",
        "market": MARKET[side],
        "outcome": side,
        "side": side,
        "bookmaker": "consensus",
        "convention": "scheduled",
        "version": 1,
        "closed_at": START,
        "age_s": 60.0,
        "point": point,
        "price_decimal": None if fair is None else 1.9,
        "fair_prob": fair,
        "fair_point": point,
        "n_books": 5,
        "quality": "ok",
        "is_current": True,
    }
    return {**known, **fields}


def records(signals: list[dict[str, Any]], closes: list[dict[str, Any]]) -> pl.DataFrame:
    found = clv_records(table(Signals, signals), table(ClosingLines, closes), LEAGUES, NOW)
    assert list(ClvRecords.faults(found)) == []
    return found


def record(taken: dict[str, Any], closed: dict[str, Any]) -> dict[str, Any]:
    return records([taken], [closed]).row(0, named=True)


@pytest.mark.parametrize(
    ("side", "entry", "at_close", "points"),
    [
        ("home", -3.5, -5.5, 2.0),  # laying 3.5 where everybody later lays 5.5
        ("home", -5.5, -3.5, -2.0),
        ("away", 5.5, 3.5, 2.0),  # getting 5.5 where everybody later gets 3.5
        ("away", 3.5, 5.5, -2.0),
        ("home", 2.5, -1.5, 4.0),  # the favourite changed
        ("over", 210.0, 213.0, 3.0),  # needing 211 where everybody later needs 214
        ("over", 213.0, 210.0, -3.0),
        ("under", 213.0, 210.0, 3.0),  # may go to 212 where everybody later stops at 209
        ("under", 210.0, 213.0, -3.0),
    ],
)
def test_better_than_the_close_is_positive_on_every_side(
    side: str, entry: float, at_close: float, points: float
) -> None:
    found = record(signal(side, 2.0, entry), close(side, 0.5, at_close))
    assert found["clv_points"] == points
    assert found["beat_close"] is (points > 0)
    # At even money against a close of 0.5, the probability has the sign of the points.
    assert (found["clv_prob"] > 0, found["clv_ev"] > 0, found["clv_cents"] > 0) == (points > 0,) * 3


def test_a_spread_by_hand() -> None:
    # -3.5 at 1.91, close -5.5 at 0.5, deviation 13.2: at -3.5 it wins with Phi(2 / 13.2) = 0.560215, no push.
    found = record(signal("home", 1.91, -3.5, sport_key=PLAIN), close("home", 0.5, -5.5))
    assert found["clv_prob"] == pytest.approx(0.560215 - 0.523560, abs=1e-4)
    assert found["clv_ev"] == pytest.approx(0.560215 * 1.91 - 1, abs=2e-4)
    # 1.91 is -109.890 American, so -9.890; the fair price 1 / 0.560215 = 1.785029 is -127.384, so -27.384.
    assert found["clv_cents"] == pytest.approx(-9.890 + 27.384, abs=0.05)
    # The closing price is 1.90: 0.526316 where 0.5 is fair. At -3.5 that is 0.560215 x 1.052632 = 0.589700, or 1.695778.
    assert found["clv_prob_raw"] == pytest.approx(0.589700 - 0.523560, abs=1e-4)
    assert found["clv_ev_raw"] == pytest.approx(0.589700 * 1.91 - 1, abs=2e-4)
    assert found["clv_cents_raw"] == pytest.approx(-9.890 + 43.725, abs=0.05)
    # 1.91 is fair where the bet wins with 0.523560. -4.5 wins with Phi(1 / 13.2) = 0.530194 and -5.5 with 0.5; at -5 half
    # of what lies between pushes: 0.5 / (0.5 + 1 - 0.530194) = 0.515567. -4.75 is half a bet on each: wins with 0.515097,
    # pushes with 0.015097, so given no push with 0.522992; -4.727 has 0.523560. That is 1.23 points from -3.5.
    assert found["clv_points_novig"] == pytest.approx(1.229, abs=0.01)


def test_a_total_that_can_push_by_hand() -> None:
    # Over 210 at 1.95, close 213 at 0.5, deviation 18: it wins with Phi(2.5 / 18) = 0.555231 (a total of 211 or more)
    # and pushes with Phi(3.5 / 18) - Phi(2.5 / 18) = 0.021855; given no push it wins with 0.567637.
    found = record(signal("over", 1.95, 210.0, sport_key=PLAIN), close("over", 0.5, 213.0))
    assert found["clv_prob"] == pytest.approx(0.567637 - 0.512821, abs=1e-4)
    assert found["clv_ev"] == pytest.approx(0.555231 * 1.95 + 0.021855 - 1, abs=2e-4)


def test_the_probability_is_moved_from_the_number_it_holds_at_and_points_are_against_the_median() -> None:
    closed = close("home", 0.5, -3.25, fair_point=-3.0)
    found = record(signal("home", 1.95, -3.0), closed)
    assert found["clv_points"] == 0.25 and (found["close_point"], found["close_fair_point"]) == (-3.25, -3.0)
    assert found["clv_prob"] == pytest.approx(0.5 - 1 / 1.95)
    # The closing price stood for the median's number: there its margin is measured, and moved along.
    at_median = float(score_table(LEAGUE, "spreads").move(0.5, -3.0, -3.25).fair)
    assert found["clv_prob_raw"] == pytest.approx(0.5 / at_median / 1.9 - 1 / 1.95)


def test_the_winner_market_goes_by_probability() -> None:
    # 2.10 taken, fair close 0.52: 0.52 - 0.47619 = 0.04381; 0.52 x 2.1 - 1 = 0.092; +110 is 10 cents,
    # 1 / 0.52 = 1.92308 is -108.333: -8.333; together 18.333.
    found = record(signal("home", 2.10, market="h2h"), close("home", 0.52, market="h2h"))
    assert found["clv_points"] is None and found["beat_close"] is True
    assert found["clv_prob"] == pytest.approx(0.0438095, abs=5e-8)
    assert found["clv_ev"] == pytest.approx(0.092)
    assert found["clv_cents"] == pytest.approx(18.3333, abs=5e-5)
    assert record(signal("away", 2.0, market="h2h"), close("away", 0.48, market="h2h"))["beat_close"] is False


def test_the_same_number_at_a_bad_price_is_a_tie_and_costs_the_margin() -> None:
    found = record(signal("home", 1.90, -3.5), close("home", 0.5, -3.5))
    assert (found["clv_points"], found["beat_close"]) == (0.0, None)
    assert found["clv_prob"] == pytest.approx(0.5 - 1 / 1.9)
    assert found["clv_ev"] == pytest.approx(-0.05)


@pytest.mark.parametrize("fair", [0.5, 1 / 3, 0.1 + 0.2, 1 / 49])
def test_in_the_winner_market_the_fair_price_itself_is_a_tie(fair: float) -> None:
    # 1 / (1 / 49) is 49.00000000000001 or so: a tie is one up to the last bits.
    found = record(signal("home", 1 / fair + 1e-14, market="h2h"), close("home", fair, market="h2h"))
    assert found["beat_close"] is None


# The weights of a league's spreads are alike on both sides of nothing: mirrored trades are worth the same.
SIDES = st.sampled_from(["home", "away", "over", "under"])
POINTS = st.integers(-40, 40).map(lambda n: n / 2)
FAIR, PRICES = st.floats(0.1, 0.9), st.floats(1.2, 6)


def shifted(side: str, *points: float) -> list[float]:
    """The points where the side's market has them: handicaps as they are, totals around 45."""
    return [point + 45 if side in ("over", "under") else point for point in points]


def worth(
    side: str, entry: float, price: float, at_close: float, fair: float, close_price: float = 1.9
) -> dict[str, Any]:
    """The values of one trade."""
    return record(signal(side, price, entry), close(side, fair, at_close, price_decimal=close_price))


def is_close(one: Any, other: Any, within: float = 1e-9) -> bool:
    """Whether two values are the same up to the last bits, both being there or neither."""
    return (one is None) == (other is None) and (one is None or one == pytest.approx(other, abs=within))


@given(SIDES, POINTS, POINTS, FAIR, PRICES, st.floats(1.2, 6))
def test_every_measure_has_the_sign_of_the_price_against_the_fair_one(
    side: str, entry: float, at_close: float, fair: float, price: float, close_price: float
) -> None:
    found = worth(side, *shifted(side, entry), price, *shifted(side, at_close), fair, close_price)
    for end in ("", "_raw"):
        prob, ev, gained = found[f"clv_prob{end}"], found[f"clv_ev{end}"], found[f"clv_cents{end}"]
        if prob is not None and abs(prob) > 1e-9:
            assert (ev > 0, gained > 0) == (prob > 0, prob > 0)
    away = found["clv_points_novig"]
    if found["clv_prob"] is not None and away is not None and abs(found["clv_prob"]) > 1e-6:
        assert (away > 0) == (found["clv_prob"] > 0)


@given(st.floats(-13, 13).map(lambda n: round(n * 2) / 2), POINTS, FAIR, PRICES)
def test_a_favourite_mirrored_into_an_underdog_is_worth_the_same(
    entry: float, at_close: float, fair: float, price: float
) -> None:
    # The away side at these handicaps is the home side of the mirrored game: nothing knows who plays at home.
    home, away = (worth(side, entry, price, at_close, fair) for side in ("home", "away"))
    assert [home[name] for name in VALUES] == [away[name] for name in VALUES]


@given(SIDES, POINTS, FAIR, PRICES)
def test_an_entry_at_the_close_is_a_tie_in_points_and_pays_the_margin_and_nothing_else(
    side: str, entry: float, fair: float, price: float
) -> None:
    (point,) = shifted(side, entry)
    found = worth(side, point, price, point, fair, close_price=price)
    assert (found["clv_points"], found["beat_close"]) == (0.0, None)
    assert found["clv_prob_raw"] == pytest.approx(0, abs=1e-12)
    assert found["clv_ev_raw"] == pytest.approx(0, abs=1e-12)
    assert found["clv_cents_raw"] == pytest.approx(0, abs=1e-6)
    assert found["clv_prob"] == pytest.approx(fair - 1 / price)
    assert worth(side, point, 1 / fair, point, fair)["clv_points_novig"] == 0.0


@given(SIDES, POINTS, POINTS, FAIR, PRICES, st.floats(0, 0.1))
def test_a_close_with_its_margin_is_beaten_by_more(
    side: str, entry: float, at_close: float, fair: float, price: float, margin: float
) -> None:
    close_price = 1 / (fair * (1 + margin))
    if close_price <= 1:
        return
    found = worth(side, *shifted(side, entry), price, *shifted(side, at_close), fair, close_price)
    for name in ("clv_prob", "clv_ev", "clv_cents"):
        if found[name] is not None and found[f"{name}_raw"] is not None:
            assert found[f"{name}_raw"] >= found[name] - 1e-9


@given(SIDES, POINTS, POINTS, FAIR, st.floats(-1e-6, 1e-6))
def test_cents_go_through_even_money_without_a_step(
    side: str, entry: float, at_close: float, fair: float, beside: float
) -> None:
    entry, at_close = shifted(side, entry, at_close)
    below, above = (worth(side, entry, price, at_close, fair)["clv_cents"] for price in (2.0, 2.0 + beside))
    assert is_close(below, above, within=1e-3)
    assert cents(2.0) == 0 and cents(2.1) == pytest.approx(10) and cents(1 + 100 / 110) == pytest.approx(-10)


@given(SIDES, POINTS, POINTS, FAIR, PRICES)
def test_at_the_fair_number_the_price_is_fair(
    side: str, entry: float, at_close: float, fair: float, price: float
) -> None:
    entry, at_close = shifted(side, entry, at_close)
    found = worth(side, entry, price, at_close, fair)
    if found["clv_points_novig"] is not None:
        step = found["clv_points_novig"]
        number = entry + step if side == "over" else entry - step
        there = worth(side, number, price, at_close, fair)
        assert there["clv_prob"] == pytest.approx(0, abs=1e-6)
        assert there["clv_points_novig"] == pytest.approx(0, abs=1e-3) or abs(there["clv_prob"]) < 1e-6


def test_key_numbers_are_worth_more_than_others() -> None:
    # From -3.5 to -2.5 the table crosses 3, on which most games end; from -5.5 to -4.5 it crosses 5.
    across_3, across_5 = (worth("home", to, 2.0, to - 1, 0.5)["clv_prob"] for to in (-2.5, -4.5))
    assert across_3 > 2 * across_5
    table = score_table(LEAGUE, "spreads")
    assert across_3 == pytest.approx(float(table.move(0.5, -3.5, -2.5).fair) - 0.5)


@given(st.sampled_from(["home", "over"]), POINTS, POINTS, FAIR, PRICES)
def test_two_sides_of_one_trade_lose_what_the_other_wins(
    side: str, entry: float, at_close: float, fair: float, price: float
) -> None:
    turn = -1 if side == "home" else 1
    if side == "over":
        entry, at_close = entry + 45, at_close + 45
    mine = record(signal(side, price, entry), close(side, fair, at_close))
    theirs = record(signal(OTHER[side], price, turn * entry), close(OTHER[side], 1 - fair, turn * at_close))
    assert mine["clv_points"] == -theirs["clv_points"]
    # Their chances given no push add up to one: together they gain 1 less both break-even probabilities.
    assert mine["clv_prob"] + theirs["clv_prob"] == pytest.approx(1 - 2 / price, abs=1e-9)
    if mine["clv_points"]:
        assert mine["beat_close"] is not theirs["beat_close"]
    else:
        assert mine["beat_close"] is None and theirs["beat_close"] is None


@given(SIDES, POINTS, POINTS, FAIR, PRICES)
def test_a_better_number_and_a_better_price_are_worth_more(
    side: str, entry: float, at_close: float, fair: float, price: float
) -> None:
    entry, at_close = shifted(side, entry, at_close)
    better = entry + (-0.5 if side == "over" else 0.5)
    plain = record(signal(side, price, entry), close(side, fair, at_close))
    for gained in (signal(side, price, better), signal(side, price + 0.1, entry)):
        found = record(gained, close(side, fair, at_close))
        assert found["clv_prob"] > plain["clv_prob"] - 1e-12
        assert found["clv_ev"] > plain["clv_ev"] - 1e-12
    assert record(signal(side, price, better), close(side, fair, at_close))["clv_points"] == plain["clv_points"] + 0.5


RAW = ("clv_prob_raw", "clv_ev_raw", "clv_cents_raw")
VALUES = ("clv_points", "clv_points_novig", "clv_prob", "clv_ev", "clv_cents", *RAW, "beat_close")


@pytest.mark.parametrize(
    "closed",
    [
        close("home", None, None, quality="missing"),
        close("home", 0.5, -5.5, quality="missing", age_s=None),  # a price of nobody knows when
    ],
)
def test_a_missing_close_is_said_so_and_gives_no_value(closed: dict[str, Any]) -> None:
    found = record(signal("home", 1.91, -3.5), closed)
    assert found["quality"] == "missing" and found["entry_price_decimal"] == 1.91
    nothing = (*VALUES, "close_point", "close_price_decimal", "close_fair_prob", "close_fair_point")
    assert [found[name] for name in nothing] == [None] * len(nothing)


def test_a_signal_without_an_entry_has_no_value() -> None:
    found = record(signal("home", None, None), close("home", 0.5, -5.5))
    assert [found[name] for name in VALUES] == [None] * len(VALUES)
    assert (found["close_point"], found["quality"]) == (-5.5, "ok")


@pytest.mark.parametrize("quality", ["thin", "stale"])
def test_a_weak_close_is_valued_and_says_so(quality: str) -> None:
    found = record(signal("home", 1.91, -3.5), close("home", 0.5, -5.5, quality=quality))
    assert (found["quality"], found["clv_points"]) == (quality, 2.0)


def test_signals_after_a_close_have_no_record_of_it() -> None:
    signals = [
        signal("home", 1.9, -3.5, signal_id=name, detected_at=at) for name, at in (("at", START), ("late", START + 1))
    ]
    assert records(signals, [close("home", 0.5, -5.5)])["signal_id"].to_list() == ["at"]


def test_every_version_of_the_close_has_its_record() -> None:
    later = START + 5 * MINUTE
    closes = [
        close("home", 0.5, -5.5, is_current=False, reason="first"),
        close("home", 0.5, -6.5, version=2, closed_at=later, reason="moved"),
    ]
    signals = [signal("home", 1.9, -3.5), signal("home", 1.9, -5.5, signal_id="s2", detected_at=START + MINUTE)]
    found = records(signals, closes).select(
        "signal_id", "version", "close_version", "clv_points", "is_current", "reason"
    )
    assert found.rows() == [
        ("s1", 1, 1, 2.0, False, "first"),
        ("s1", 2, 2, 3.0, True, "moved"),
        ("s2", 2, 2, 1.0, True, "first"),
    ]


def test_only_the_consensus_close_of_the_same_outcome_counts() -> None:
    closes = [
        close("home", 0.5, -5.5),
        close("away", 0.5, 5.5),
        close("home", 0.6, -9.5, bookmaker="fanduel"),
        close("home", 0.6, -9.5, event_id="game-2"),
        close("home", 0.6, market="h2h"),
    ]
    assert records([signal("home", 1.9, -3.5)], closes)["clv_points"].to_list() == [2.0]


def test_a_number_out_of_reach_gives_no_fair_price_and_no_infinity() -> None:
    found = record(signal("home", 1.9, -900.0), close("home", 0.5, 0.0))
    assert found["clv_points_novig"] is None
    assert (found["clv_points"], found["clv_ev"]) == (-900.0, -1.0)
    assert found["clv_prob"] is None and found["clv_cents"] is None


def test_nothing_in_is_nothing_out() -> None:
    for signals, closes in (([], []), ([signal("home", 1.9, -3.5)], []), ([], [close("home", 0.5, -5.5)])):
        found = records(signals, closes)
        assert found.is_empty() and found.schema == ClvRecords.schema()
