import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stratum_pipelines.quant.intervals import wilson_interval
from stratum_pipelines.quant.scorecard import bands_of_games, cards_of_games, games_in_cuts, scorecards
from tests.build import EPL, NFL
from tests.quant.rows import table
from warehouse.tables import ClvRecords, ScoreBands, Scorecards

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


def bands(records: list[dict[str, Any]]) -> pl.DataFrame:
    found = bands_of_games(games_in_cuts(table(ClvRecords, records).lazy()), AS_OF)
    assert list(ScoreBands.faults(found)) == []
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
    """The card of as many games of one signal, well mixed."""
    probs = np.random.default_rng(2).permutation([0.01] * beats + [-0.01] * (decided - beats) + [0.0] * ties)
    return card([record(i, float(p)) for i, p in enumerate(probs)])


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
    # A rate just above its bar is no evidence that it is above it.
    assert got["tier"] == ""
    assert got["is_ready"] is (decided >= 30)
    assert got["readiness"] == min(1.0, decided / 30)


@pytest.mark.parametrize(
    ("name", "beats", "decided"), [("S", 330, 500), ("A", 310, 500), ("A", 72, 100), ("B", 68, 99), ("B", 26, 30)]
)
def test_a_tier_asks_for_evidence_against_its_bar(name: str, beats: int, decided: int) -> None:
    got = judged(beats, decided)
    assert got["tier"] == name and got[f"p_value_{name.lower()}"] <= 0.05
    # A higher bar is harder to prove; the proof of a tier is one of those below.
    assert 0 <= got["p_value_b"] <= got["p_value_a"] <= got["p_value_s"] <= 1


@pytest.mark.parametrize(("decided", "tier", "short"), [(500, "S", "A"), (100, "A", "B"), (30, "B", "")])
def test_a_tier_asks_for_its_count_however_clear_the_evidence(decided: int, tier: str, short: str) -> None:
    assert (judged(decided, decided)["tier"], judged(decided - 1, decided - 1)["tier"]) == (tier, short)


def test_a_number_bought_with_its_price_beats_the_close_and_is_worth_nothing() -> None:
    # Every entry has the better number. Of five prices one is better than the close, three are worse, one is worth the same.
    probs = [0.01, -0.02, -0.03, -0.02, 0.0]
    got = card([record(i, p, beat_close=True) for i, p in enumerate(probs)])
    assert (got["n_beat"], got["beat_rate"], got["n_beat_fair"], got["beat_fair_rate"]) == (5, 1.0, 1, 0.25)
    assert (got["beat_fair_low"], got["beat_fair_high"]) == pytest.approx(wilson_interval(1, 4))
    even = card([record(i, 0.0, beat_close=True) for i in range(3)])
    assert even["n_beat_fair"] == 0
    assert [even[name] for name in ("beat_fair_rate", "beat_fair_low", "beat_fair_high")] == [None] * 3


@pytest.mark.parametrize(
    ("probs", "granted"),
    [
        # Mean -0.02, all games within 0.01 of it: error 0.01 / sqrt(39) = 0.0016, 2.02 of them up is -0.0168.
        ((-0.01, -0.03), ""),
        ((-0.01, -0.01), ""),
        # Mean -0.005, games 0.055 from it: error 0.0088, 2.02 of them up is +0.0128.
        ((0.05, -0.06), "B"),
        ((0.0, 0.0), "B"),
    ],
)
def test_no_tier_is_granted_to_prices_that_are_proved_to_lose(probs: tuple[float, float], granted: str) -> None:
    got = card([record(i, probs[i % 2], beat_close=True) for i in range(40)])
    assert (got["tier_naive"], got["tier"]) == ("B", granted)
    assert got["p_value_b"] <= 0.05


def test_the_evidence_is_counted_by_game() -> None:
    # 70 of 100 games make an A. The same 70 in ten games of ten, seven of which beat throughout, say little.
    probs = [0.01 if i // 10 not in (1, 5, 9) else -0.01 for i in range(100)]
    got = card([record(i, p, event_id=f"game-{i // 10}") for i, p in enumerate(probs)])
    assert (got["beat_rate"], got["n_events"], got["tier_naive"], got["tier"]) == (0.7, 10, "A", "")
    # By hand: sums less the rate's share are seven times 3 and three times -7; 63 + 147 = 210; x 10 / 9; root; / 100.
    assert got["beat_rate_se"] == pytest.approx((210 * 10 / 9) ** 0.5 / 100)
    assert got["beat_low"] == pytest.approx(wilson_interval(70, 100)[0])
    assert got["beat_low_by_game"] < 0.4 < got["beat_low"] and got["beat_high_by_game"] > got["beat_high"]


def test_a_window_has_a_tier_only_if_all_time_has_proved_it() -> None:
    old = [record(i, 0.01, closed_at=LAST - 60 * DAY) for i in range(60)]
    new = [record(100 + i, 0.01 if i < 18 else -0.01, closed_at=LAST - 5 * DAY) for i in range(30)]
    # 18 of 30 in a week prove nothing; together with 60 of 60 two months ago they do, and hold.
    assert (card(new, window="7d")["tier_naive"], card(new, window="7d")["tier"]) == ("B", "")
    got = card([*old, *new], window="7d")
    assert (got["n"], got["tier"]) == (30, "B")
    assert got["p_value_b"] == card([*old, *new])["p_value_b"] < 0.05
    # What is proved but does not hold now is not granted now.
    fallen = [record(100 + i, 0.01 if i < 15 else -0.01, closed_at=LAST - 5 * DAY) for i in range(30)]
    got = card([*old, *fallen], window="7d")
    assert got["p_value_b"] < 0.05 and got["beat_rate"] == 0.5 and got["tier"] == ""


def test_the_evidence_goes_in_order_of_settlement() -> None:
    # The first game to close sets the scale and is not bet on, whatever its name: so one that failed costs nothing there.
    records = [record(i, 0.01, closed_at=LAST - (50 - i) * DAY) for i in range(40)]
    late = card([*records, record(90, -0.01, closed_at=LAST - DAY, event_id="a")])
    early = card([*records, record(90, -0.01, closed_at=LAST - 90 * DAY, event_id="z")])
    assert early["p_value_b"] < late["p_value_b"]


def test_only_the_scheduled_close_counts() -> None:
    good = [record(i, 0.01) for i in range(3)]
    others = [record(i, -0.01, convention="actual") for i in range(3)]
    assert_frame_equal(cards([*good, *others]), cards(good), check_exact=True)


def test_the_cards_of_many_days_are_those_of_each_day_by_itself() -> None:
    records = mixed(400)
    frame = table(ClvRecords, records)
    games = games_in_cuts(frame.lazy())
    for days_ago in (0, 1, 30, 119, 400):
        moment = AS_OF - dt.timedelta(days=days_ago)
        known = frame.filter(pl.col("closed_at") <= moment)
        alone = games_in_cuts(known.lazy())
        for make, kind in ((cards_of_games, Scorecards), (bands_of_games, ScoreBands)):
            found = make(games, moment)
            assert list(kind.faults(found)) == []
            assert_frame_equal(found, make(alone, moment), check_exact=True)
        assert_frame_equal(cards_of_games(games, moment), scorecards(frame, moment), check_exact=True)


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (1, "1-39"),
        (39.9, "1-39"),
        (40, "40-54"),
        (54.9, "40-54"),
        (55, "55-74"),
        (74.9, "55-74"),
        (75, "75-100"),
        (100, "75-100"),
    ],
)
def test_bands_begin_where_the_priorities_do(score: float, band: str) -> None:
    assert bands([record(1, 0.01, composite_score=score)])["score_band"].unique().to_list() == [band]


def test_a_band_is_a_card_of_its_own_signals() -> None:
    low = [record(i, 0.01, composite_score=20.0) for i in range(3)]
    high = [record(10 + i, -0.01, composite_score=80.0, market="totals") for i in range(2)]
    unscored = [record(20, 0.01)]
    assert card([*low, *high, *unscored])["n"] == 6
    found = bands([*low, *high, *unscored]).filter(**EVERYTHING)
    assert found.select("score_band", "n", "beat_rate").rows() == [("1-39", 3, 1.0), ("75-100", 2, 0.0)]
    alone = cards(low).filter(**EVERYTHING).drop("as_of")
    assert_frame_equal(found.filter(score_band="1-39").select(alone.columns), alone, check_exact=True)


def test_no_usable_record_gives_no_card() -> None:
    for records in ([], [record(1, 0.1, quality="stale")]):
        found = cards(records)
        assert found.is_empty() and found.schema == Scorecards.schema()


def mixed(n: int) -> list[dict[str, Any]]:
    """Records of 40 games in several cuts, closed within four months."""
    random = np.random.default_rng(5)
    games = {f"game-{i}": LAST - int(random.integers(0, 120)) * DAY for i in range(40)}
    found = []
    for i in range(n):
        game = f"game-{random.integers(40)}"
        cut = {
            "market": str(random.choice(["spreads", "totals", "h2h"])),
            "signal_type": str(random.choice(["MOVE", "KEY_CROSS"])),
            "composite_score": float(random.integers(1, 100)),
        }
        found.append(record(i, float(random.normal(0.003, 0.03)), event_id=game, closed_at=games[game], **cut))
    return found


def test_the_same_records_in_any_order_give_the_same_bits() -> None:
    records = mixed(600)
    expected, expected_bands = cards(records), bands(records)
    assert expected.height > 50
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(records)).tolist()
        assert_frame_equal(cards([records[i] for i in order]), expected, check_exact=True)
        assert_frame_equal(bands([records[i] for i in order]), expected_bands, check_exact=True)
