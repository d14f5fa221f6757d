import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stratum_pipelines.quant.intervals import wilson_interval
from stratum_pipelines.quant.scorecard import scorecards, tier
from tests.build import EPL, NFL
from tests.quant.rows import table
from warehouse.tables import ClvRecords, Scorecards

AS_OF = dt.datetime(2025, 11, 30, 23, 59, 59, 999_999, tzinfo=dt.UTC)
DAY = 24 * 3600 * 1_000_000
LAST = int(AS_OF.timestamp() * 1_000_000)
EVERYTHING = {"signal_type": "", "sport_key": "", "market": "", "time_bucket": "", "window": "all"}


def record(number: int, prob: float, **fields: Any) -> dict[str, Any]:
    """A current record with a good close; it beats the close when `prob` is positive, 0 is a tie."""
    known = {
        "signal_id": f"s{number:05}",
        "convention": "scheduled",
        "version": 1,
        "event_id": f"game-{number}",
        "sport_key": NFL,
        "market": "spreads",
        "signal_type": "MOVE",
        "time_bucket": "1-3h",
        "entry_price_decimal": 1.9,
        "clv_prob": prob,
        "clv_points": float(np.sign(prob)),
        "beat_close": None if prob == 0 else prob > 0,
        "quality": "ok",
        "closed_at": LAST - DAY,
        "is_current": True,
    }
    return {**known, **fields}


def cards(records: list[dict[str, Any]]) -> pl.DataFrame:
    found = scorecards(table(ClvRecords, records), AS_OF)
    assert list(Scorecards.faults(found)) == []
    return found


def card(records: list[dict[str, Any]], **cut: str) -> dict[str, Any]:
    picked = cards(records).filter(**{**EVERYTHING, **cut})
    assert picked.height == 1
    return picked.row(0, named=True)


def test_a_card_by_hand() -> None:
    # 3 beat, 1 lost, 1 tied: 3 of 4. Mean clv_prob (.04 + .02 + .03 - .02 + 0) / 5 = .014; points (3 - 1 + 0) / 5 = .4.
    probs = [0.04, 0.02, 0.03, -0.02, 0.0]
    got = card([record(i, p) for i, p in enumerate(probs)])
    assert (got["n"], got["n_events"], got["n_ties"], got["n_beat"]) == (5, 5, 1, 3)
    assert got["beat_rate"] == 0.75
    # Wilson, z = 1.96: (0.75 + 3.8415 / 8) / (1 + 3.8415 / 4) = 1.23018 / 1.96036 = .62753;
    # reach 1.96 / 1.96036 x sqrt(.1875 / 4 + 3.8415 / 64) = .99980 x sqrt(.106898) = .32689.
    assert (got["beat_low"], got["beat_high"]) == pytest.approx((0.30064, 0.95442), abs=2e-5)
    assert got["clv_prob_mean"] == pytest.approx(0.014)
    assert got["clv_points_mean"] == pytest.approx(0.4)
    # Five games of one: squares of .026 .006 .016 -.034 -.014 sum to .00232; sqrt(5 / 4 x .00232) / 5 = .010770.
    assert got["clv_prob_se"] == pytest.approx(0.010770, abs=5e-7)
    assert (got["tier"], got["tier_naive"], got["is_ready"]) == ("", "", False)
    assert got["as_of"] == AS_OF


def test_ties_alone_have_no_rate() -> None:
    got = card([record(i, 0.0) for i in range(40)])
    assert (got["n"], got["n_ties"], got["n_beat"], got["is_ready"]) == (40, 40, 0, False)
    assert [got[name] for name in ("beat_rate", "beat_low", "beat_high")] == [None] * 3
    assert (got["tier"], got["tier_naive"]) == ("", "")


@pytest.mark.parametrize(
    "fields",
    [
        {"quality": "missing", "clv_prob": None, "beat_close": None},
        {"quality": "stale"},
        {"is_current": False},
        {"entry_price_decimal": None, "clv_prob": None, "beat_close": None},
        {"clv_prob": None},
        {"closed_at": LAST + 1},
    ],
)
def test_what_cannot_be_relied_on_is_left_out(fields: dict[str, Any]) -> None:
    good = [record(1, 0.02), record(2, -0.01, quality="thin")]
    assert_frame_equal(cards([*good, record(3, 0.9, **fields)]), cards(good), check_exact=True)


def test_windows_count_back_from_as_of() -> None:
    days = [0, 7, 30, 90, 400]
    records = [record(n, 0.01, closed_at=LAST - n * DAY) for n in days]
    records += [record(1000 + n, 0.01, closed_at=LAST - n * DAY + 1) for n in days[1:]]
    sizes = {window: card(records, window=window)["n"] for window in ("all", "90d", "30d", "7d")}
    # Exactly seven days back is the last moment of the day before: out. A microsecond later is in.
    assert sizes == {"all": 9, "90d": 6, "30d": 4, "7d": 2}


def test_an_old_record_alone_has_a_card_in_no_window_but_all() -> None:
    assert set(cards([record(1, 0.1, closed_at=LAST - 100 * DAY)])["window"]) == {"all"}


def test_every_cut_counts_its_own_records() -> None:
    records = [
        record(1, 0.01),
        record(2, 0.01, signal_type="KEY_CROSS"),
        record(3, 0.01, market="totals", time_bucket="0-15m"),
        record(4, 0.01, sport_key=EPL, market="h2h", clv_points=None),
    ]
    assert card(records)["n"] == 4
    assert card(records, signal_type="MOVE")["n"] == 3
    assert card(records, signal_type="MOVE", market="spreads")["n"] == 1
    assert card(records, sport_key=NFL, time_bucket="1-3h")["n"] == 2
    assert card(records, market="h2h")["clv_points_mean"] is None
    assert card(records)["clv_points_mean"] == 1.0
    for cut in ("signal_type", "sport_key", "market", "time_bucket"):
        others = dict.fromkeys({"signal_type", "sport_key", "market", "time_bucket"} - {cut}, "")
        parts = cards(records).filter(pl.col(cut) != "", window="all", **others)
        assert parts["n"].sum() == 4, cut


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-5, 5)), min_size=1, max_size=30))
def test_the_error_of_the_mean_is_clustered_by_game(drawn: list[tuple[int, int]]) -> None:
    got = card([record(i, p / 50, event_id=f"game-{g}") for i, (g, p) in enumerate(drawn)])
    values, games = np.array([p / 50 for _, p in drawn]), np.array([g for g, _ in drawn])
    n_games = len(set(games.tolist()))
    assert (got["n"], got["n_events"]) == (len(drawn), n_games)
    assert got["clv_prob_mean"] == pytest.approx(values.mean(), abs=1e-12)
    if n_games == 1:
        assert got["clv_prob_se"] is None  # one game says nothing about how games differ
        return
    # The long way: the sum over all pairs of records of one game of the product of their distances from the mean.
    apart = values - values.mean()
    pairs = sum(a * b for a, g in zip(apart, games, strict=True) for b, h in zip(apart, games, strict=True) if g == h)
    expected = np.sqrt(max(pairs, 0.0) * n_games / (n_games - 1)) / len(values)
    assert got["clv_prob_se"] == pytest.approx(expected, abs=1e-8)


def test_signals_of_one_game_that_agree_are_less_sure_than_as_many_games() -> None:
    probs = [0.05, -0.03, 0.01, 0.04]
    alone = card([record(i, p) for i, p in enumerate(probs)])
    repeated = card([record(i, probs[i // 10], event_id=f"game-{i // 10}") for i in range(40)])
    spread = card([record(i, probs[i // 10]) for i in range(40)])
    assert repeated["clv_prob_se"] == pytest.approx(alone["clv_prob_se"])
    assert spread["clv_prob_se"] < repeated["clv_prob_se"] / 3


def judged(beats: int, decided: int, ties: int = 3) -> dict[str, Any]:
    probs = [0.01] * beats + [-0.01] * (decided - beats) + [0.0] * ties
    return card([record(i, p) for i, p in enumerate(probs)])


@pytest.mark.parametrize(
    ("beats", "decided", "naive"),
    [
        (291, 500, "S"),  # 58.2 %
        (290, 500, "A"),  # 58 % is not above 58 %
        (291, 499, "A"),  # one decided signal short
        (55, 100, "A"),
        (54, 100, "B"),
        (55, 99, "B"),
        (16, 30, "B"),  # 53.3 %
        (26, 50, ""),
        (16, 29, ""),
    ],
)
def test_tiers_at_the_bar_and_one_below(beats: int, decided: int, naive: str) -> None:
    got = judged(beats, decided)
    assert got["tier_naive"] == naive
    # None of these rates is sure enough: the lower end of the interval lies below every bar.
    assert got["beat_low"] < 0.58 and got["tier"] == tier(got["beat_low"], decided)
    assert got["is_ready"] is (decided >= 30)


def test_the_tier_asks_the_lower_end_of_the_interval_to_clear_the_bar() -> None:
    first = next(beats for beats in range(500) if wilson_interval(beats, 500)[0] > 0.58)
    assert (judged(first, 500)["tier"], judged(first - 1, 500)["tier"]) == ("S", "A")
    # 500 signals need 312 (62.4 %) where the plain rate is content with 291.
    assert first == 312


def test_no_usable_record_gives_no_card() -> None:
    for records in ([], [record(1, 0.1, quality="stale")]):
        found = cards(records)
        assert found.is_empty() and found.schema == Scorecards.schema()


def test_the_same_records_in_any_order_give_the_same_bits() -> None:
    random = np.random.default_rng(5)
    records = [
        record(
            i,
            float(random.normal(0.003, 0.03)),
            event_id=f"game-{random.integers(40)}",
            market=str(random.choice(["spreads", "totals", "h2h"])),
            signal_type=str(random.choice(["MOVE", "KEY_CROSS"])),
            closed_at=LAST - int(random.integers(0, 120)) * DAY,
        )
        for i in range(600)
    ]
    expected = cards(records)
    assert expected.height > 50
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(records)).tolist()
        assert_frame_equal(cards([records[i] for i in order]), expected, check_exact=True)
