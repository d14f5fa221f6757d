import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.quant.aftermath import aftermath
from stratum_pipelines.quant.report_card import SCHEMA, report_cards
from stratum_pipelines.reference import load_reference
from tests.build import NFL
from tests.quant.rows import table
from warehouse.tables import ClvRecords, Consensus, Signals

NOON = int(dt.datetime(2025, 10, 12, 12, tzinfo=dt.UTC).timestamp() * 1_000_000)
HOUR = 3600 * 1_000_000
START = NOON + 30 * HOUR
# A league no games are recorded of: its numbers are those of the plain normal.
PLAIN = "plain_league"
LEAGUES = {PLAIN: replace(load_reference().leagues[NFL], sport_key=PLAIN, margin_sd=13.0, total_sd=13.0)}


def line(hours: float, point: float | None, fair: float | None = 0.5, **fields: Any) -> dict[str, Any]:
    known = {"event_id": "game", "market": "spreads", "outcome": "Home", "as_of": NOON + int(hours * HOUR)}
    return known | {"fair_point": point, "fair_prob": fair, "sport_key": PLAIN} | fields


def signal(hours: float, window_s: float = 1800.0, **fields: Any) -> dict[str, Any]:
    known = {"signal_id": "s1", "signal_type": "MOVE", "event_id": "game", "sport_key": PLAIN, "market": "spreads"}
    where = {"outcome": "Home", "direction": "home", "detected_at": NOON + int(hours * HOUR), "window_s": window_s}
    return known | where | fields


def close(point: float | None, fair: float | None = 0.5, **fields: Any) -> dict[str, Any]:
    known = {"signal_id": "s1", "convention": "scheduled", "version": 1, "event_id": "game", "is_current": True}
    ends = {"closed_at": START, "quality": "ok", "close_fair_point": point, "close_fair_prob": fair}
    return known | ends | fields


def after(signals: list[dict], lines: list[dict], closes: list[dict]) -> pl.DataFrame:
    return aftermath(table(Signals, signals), table(Consensus, lines).lazy(), table(ClvRecords, closes), LEAGUES)


def one(signals: dict, lines: list[dict], closes: list[dict]) -> dict[str, Any]:
    return after([signals], lines, closes).row(0, named=True)


def test_what_came_before_and_after_by_hand() -> None:
    # At -3.5 and 0.5 the chance is 0.5. Before, -2.5 at 0.5 is a mean of 2.5: at -3.5 it is Φ(-1 / 13) = 0.46934. The close
    # of -4.5 gives Φ(1 / 13) = 0.53066.
    got = one(signal(10), [line(0, -2.5), line(10, -3.5)], [close(-4.5)])
    assert got["move"] == pytest.approx(0.03066, abs=2e-5)
    assert got["later"] == pytest.approx(0.03066, abs=2e-5)
    assert got["further"] == 1.0


@pytest.mark.parametrize(
    ("side", "market", "first", "then", "further"),
    [
        ("home", "spreads", -3.0, -4.0, 1.0),  # gives more: the market went toward it
        ("away", "spreads", 3.0, 4.0, 0.0),
        ("over", "totals", 44.0, 45.0, 1.0),
        ("under", "totals", 44.0, 45.0, 0.0),
    ],
)
def test_further_is_seen_from_the_side_of_the_outcome(side: str, market: str, first, then, further: float) -> None:
    where = {"market": market, "outcome": side}
    got = one(signal(10, **where, direction=side), [line(9, first, **where)], [close(then)])
    assert got["further"] == further and (got["later"] > 0) is (further == 1.0)


def test_a_price_that_moves_at_one_number_counts_and_one_that_does_not_is_a_tie() -> None:
    assert one(signal(10), [line(9, -3.0, 0.50)], [close(-3.0, 0.51)])["further"] == 1.0
    assert one(signal(10), [line(9, -3.0, 0.52)], [close(-3.0, 0.52)])["further"] is None


def test_the_winner_market_goes_by_its_probability() -> None:
    winner = {"market": "h2h", "outcome": "Draw"}
    got = one(signal(10, **winner, direction="draw"), [line(9, None, 0.25, **winner)], [close(None, 0.28)])
    assert got["later"] == pytest.approx(0.03) and got["further"] == 1.0


@pytest.mark.parametrize(
    "fields", [{"quality": "stale"}, {"quality": "missing"}, {"is_current": False}, {"convention": "actual"}]
)
def test_a_close_that_cannot_be_relied_on_says_nothing(fields: dict[str, Any]) -> None:
    got = one(signal(10), [line(9, -3.0)], [close(-4.0) | fields])
    assert (got["is_closed"], got["further"], got["placebo"]) == (False, None, None)


def test_nothing_received_after_the_detection_stands_for_it() -> None:
    got = one(signal(10), [line(9, -3.0), line(10.01, -9.0)], [close(-3.5)])
    assert got["further"] == 1.0


def test_the_placebo_looks_from_other_moments_of_the_game() -> None:
    # Detected at 12 with a window of half an hour. The line before: -1 until 2, -2 until 8, -3 from 8 on, -4 at 11.5 and -5 at
    # 12. Earlier moments look at how far it was to the line of 11.5 (-4, for detection less window is 11.5): from 0 (12 h
    # before), 6 and 9 and 11 it went toward home; one of 24 h before has no line. Later, from 13 (-6), 15, 18 and 24 the close
    # of -5.5 lies back; 36 is after the start.
    lines = [line(h, p) for h, p in ((0, -1.0), (2, -2.0), (8, -3.0), (11.5, -4.0), (12, -5.0), (12.5, -6.0))]
    got = one(signal(12), lines, [close(-5.5)])
    assert (got["further"], got["placebo_before"], got["placebo_after"]) == (1.0, 1.0, 0.0)
    assert got["placebo"] == 0.5  # four of eight


def test_moments_within_the_window_are_no_placebo() -> None:
    # A window of seven hours takes those of one, three and six hours before; twelve and 24 have no line.
    got = one(signal(12, window_s=7 * 3600.0), [line(4, -3.0), line(9, -4.0)], [close(-5.0)])
    assert got["placebo_before"] is None and got["placebo_after"] == 1.0


def walk(rng: np.random.Generator, games: int, *, memory: float = 0.0) -> pl.DataFrame:
    """Cards of signals on markets that wander a step an hour, toward what the last step gained; `memory` repeats steps."""
    signals, lines, closes = [], [], []
    for game in range(games):
        steps = rng.normal(0, 0.01, 48)
        hour = int(rng.integers(20, 34))
        steps[hour + 1 : hour + 6] += memory * steps[hour]
        path = np.clip(0.5 + steps.cumsum(), 0.01, 0.99)
        side = 1 if steps[hour] > 0 else -1
        name = {"event_id": f"g{game}", "market": "h2h", "outcome": "Home"}
        lines += [line(h, None, float(path[h] if side > 0 else 1 - path[h]), **name) for h in range(48)]
        at = {"detected_at": NOON + hour * HOUR, "direction": "home"}
        signals.append(signal(0, 3600.0, **name) | at | {"signal_id": f"s{game:04}"})
        last = float(path[47] if side > 0 else 1 - path[47])
        closes.append(close(None, last, signal_id=f"s{game:04}", event_id=f"g{game}", closed_at=NOON + 48 * HOUR))
    frames = table(Signals, signals), table(Consensus, lines).lazy(), table(ClvRecords, closes)
    return report_cards(*frames, LEAGUES).filter(market="")


def test_a_market_without_memory_gives_no_lift_and_no_slope() -> None:
    card = walk(np.random.default_rng(3), 800).row(0, named=True)
    assert card["further_low"] < 0.5 < card["further_high"]
    assert abs(card["placebo_before"] - 0.5) < 0.05 and abs(card["placebo_after"] - 0.5) < 0.05
    assert abs(card["lift"]) < 3 * card["lift_se"]
    assert abs(card["reversal_slope"]) < 3 * card["reversal_slope_se"]


def test_a_market_that_goes_on_gives_lift_and_one_that_goes_back_a_slope_below_nothing() -> None:
    on, back = (walk(np.random.default_rng(4), 300, memory=memory).row(0, named=True) for memory in (0.4, -0.4))
    assert on["lift"] > 3 * on["lift_se"] and on["further_low"] > 0.55
    assert on["reversal_slope"] == pytest.approx(2.0, abs=3 * on["reversal_slope_se"])  # five times 0.4 of the step
    assert back["lift"] < -3 * back["lift_se"]
    assert back["reversal_slope"] == pytest.approx(-2.0, abs=3 * back["reversal_slope_se"])


def test_the_same_rows_in_any_order_give_the_same_cards() -> None:
    signals = [signal(h, signal_id=f"s{h}", signal_type=kind) for h, kind in ((8, "MOVE"), (12, "MOVE"), (20, "STEAM"))]
    lines = [line(h, -3.0 - h / 10) for h in range(28)]
    closes = [close(-6.0, signal_id=f"s{h}") for h in (8, 12, 20)]
    found = [
        report_cards(table(Signals, s), table(Consensus, c).lazy(), table(ClvRecords, r), LEAGUES)
        for s, c, r in ((signals, lines, closes), (signals[::-1], lines[::-1], closes[::-1]))
    ]
    assert found[0].equals(found[1])


def test_no_rows_give_no_cards_and_a_type_without_signals_an_empty_one() -> None:
    nothing = Signals.empty(), Consensus.empty().lazy(), ClvRecords.empty()
    assert report_cards(*nothing, {}).is_empty() and report_cards(*nothing, {}).schema == SCHEMA
    (row,) = report_cards(*nothing, {}, ["STEAM"]).iter_rows(named=True)
    assert (row["signal_type"], row["market"], row["n"], row["n_events"]) == ("STEAM", "", 0, 0)
    assert row["further_rate"] is row["lift"] is row["reversal_slope"] is row["clv_prob_mean"] is None
    # Signals whose market has no consensus and no close are counted, and nothing is said of them.
    lonely = table(Signals, [signal(10)]), Consensus.empty().lazy(), ClvRecords.empty()
    card = report_cards(*lonely, LEAGUES).row(0, named=True)
    assert (card["n"], card["n_closed"], card["n_decided"], card["further_low"]) == (1, 0, 0, None)


def test_a_card_by_hand() -> None:
    # Three signals in two games. Of game a one went further and one did not, of b one did: 2/3, in clusters of sums -1/3
    # and 1/3: error sqrt(2 x 2/9) / 3 = 0.2222. Entries: +0.02, -0.01 and +0.05, mean 0.02.
    signals = [signal(10, signal_id=f"s{i}", event_id=game) for i, game in enumerate("aab")]
    lines = [line(9, -3.0, event_id=game) for game in "ab"]
    ends = [(-4.0, 0.02), (-2.0, -0.01), (-5.0, 0.05)]
    closes = [
        close(point, signal_id=f"s{i}", event_id="aab"[i], clv_prob=prob, beat_close=prob > 0)
        for i, (point, prob) in enumerate(ends)
    ]
    frames = table(Signals, signals), table(Consensus, lines).lazy(), table(ClvRecords, closes)
    card = report_cards(*frames, LEAGUES).row(0, named=True)
    assert (card["n"], card["n_events"], card["n_decided"], card["n_beat_decided"]) == (3, 2, 3, 3)
    assert card["further_rate"] == pytest.approx(2 / 3) and card["beat_rate"] == pytest.approx(2 / 3)
    assert card["clv_prob_mean"] == pytest.approx(0.02)
    # Sums of clv_prob less the mean's share: 0.01 - 0.04 = -0.03 and 0.03.
    assert card["clv_prob_se"] == pytest.approx((2 * 2 * 0.03**2) ** 0.5 / 3)
