"""The composite score by hand, its limits, and when the strength has to stand in for it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.signals.composite import WEIGHTS, Inputs, composite
from tests.build import MINUTE, NOON
from tests.signals.boards import GROUPS, found_by, poll

BEST = Inputs(100, 1.0, 0.0, 0.0, 30.0, 0.2, 0.05)
WORST = Inputs(1, 0.0, 2000.0, 0.1, 10_000.0, 0.0, -0.05)
USUAL = Inputs(50, 0.5, 90.0, 0.006, 15.0, 0.03, 0.0)


def test_the_weights_are_a_hundred() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert composite(BEST).score.tolist() == [100.0]
    # Of the worst only the strength of 1 is left, 0.4; nothing scores below 1.
    assert composite(WORST).score.tolist() == [1.0]


@pytest.mark.parametrize(
    ("changed", "part", "earned"),
    [
        ({"strength": 75.0}, "strength", 30.0),
        ({"group_share": 0.2}, "breadth", 3.0),
        ({"age_s": 450.0}, "freshness", 5.0),
        ({"age_s": 901.0}, "freshness", 0.0),
        ({"spread_prob": 0.015}, "agreement", 5.0),
        ({"minutes_to_start": 60.0}, "time_to_start", 10.0),
        # The geometric middle of an hour and three days: 60 x sqrt(72) minutes.
        ({"minutes_to_start": 60.0 * 72**0.5}, "time_to_start", 5.0),
        ({"minutes_to_start": 4320.0}, "time_to_start", 0.0),
        ({"minutes_to_start": -20.0}, "time_to_start", 10.0),
        ({"key_mass": 0.04}, "key_numbers", 2.0),
        ({"sharp_lean": 0.01}, "sharp_books", 7.5),
        ({"sharp_lean": -0.02}, "sharp_books", 0.0),
    ],
)
def test_each_part_by_hand(changed: dict, part: str, earned: float) -> None:
    found = composite(replace(USUAL, **changed))
    (meta,) = found.metas
    assert meta["parts"][part] == pytest.approx(earned, abs=0.001)
    assert found.score[0] == pytest.approx(sum(meta["parts"].values()), abs=0.01)


def test_signals_scored_together_score_as_each_alone() -> None:
    ages = [0.0, 90.0, 450.0, 1000.0]
    together = composite(replace(USUAL, age_s=np.array(ages), sharp_lean=np.array([0.0, np.nan, 0.01, -0.02])))
    alone = [
        composite(replace(USUAL, age_s=a, sharp_lean=s)) for a, s in zip(ages, (0.0, np.nan, 0.01, -0.02), strict=True)
    ]
    assert together.score.tolist() == [one.score[0] for one in alone]
    assert [str(meta) for meta in together.metas] == [str(one.metas[0]) for one in alone]


def test_a_part_that_does_not_apply_gives_its_weight_to_the_others() -> None:
    found = composite(replace(USUAL, key_mass=np.nan, sharp_lean=np.nan))
    # 20 + 7.5 + 9 + 8 + 10 = 54.5 of the 85 that are left.
    assert (found.score.tolist(), found.source) == ([64.12], ["composite"])
    assert np.isnan(found.metas[0]["parts"]["sharp_books"]) and found.metas[0]["unknown"] == {}


@pytest.mark.parametrize(
    ("missing", "part"),
    [
        ("group_share", "breadth"),
        ("age_s", "freshness"),
        ("spread_prob", "agreement"),
        ("key_mass", "key_numbers"),
        ("sharp_lean", "sharp_books"),
    ],
)
def test_what_applies_and_is_not_known_leaves_the_strength(missing: str, part: str) -> None:
    found = composite(replace(USUAL, **{missing: np.nan, "unknown": {part: ["nobody quotes"]}}))
    assert (found.score.tolist(), found.source) == ([50.0], ["strength_fallback"])
    assert found.metas[0]["unknown"] == {part: "nobody quotes"}
    assert np.isnan(found.metas[0]["inputs"][part])


numbers = {
    "strength": st.floats(1, 100),
    "group_share": st.floats(0, 1),
    "age_s": st.floats(0, 3600),
    "spread_prob": st.floats(0, 0.2),
    "minutes_to_start": st.floats(-200, 20_000),
    "key_mass": st.just(np.nan) | st.floats(0, 0.4),
    "sharp_lean": st.just(np.nan) | st.floats(-0.2, 0.2),
}
BETTER = {"strength": 1, "group_share": 1, "age_s": -1, "spread_prob": -1, "minutes_to_start": -1, "key_mass": 1}


@given(st.fixed_dictionaries(numbers), st.sampled_from([*BETTER, "sharp_lean"]), st.floats(0, 0.5))
def test_the_score_stays_in_its_range_and_better_inputs_never_lower_it(values: dict, name: str, by: float) -> None:
    score = composite(Inputs(**values)).score
    assert 1 <= score <= 100
    if not np.isnan(values[name]):
        better = values[name] + BETTER.get(name, 1) * by * (abs(values[name]) + 0.01)
        assert composite(Inputs(**{**values, name: better})).score >= score


def test_a_move_of_all_books_by_hand() -> None:
    before, after = ({key: {"spread": (line, -110, -110)} for key in GROUPS[:5]} for line in (-4.0, -4.5))
    (row,) = found_by("MOVE", [poll(NOON, before), poll(NOON + 10 * MINUTE, after)])
    parts = row["meta"]["composite"]["parts"]
    # Strength 41 of 100; five groups of five, seen this moment, of one mind. 590 minutes: 1 - ln(590 / 60) / ln(72).
    assert parts == {
        "strength": 16.4,
        "breadth": 15.0,
        "freshness": 10.0,
        "agreement": 10.0,
        "time_to_start": pytest.approx(4.655, abs=0.001),
        "key_numbers": pytest.approx(5 * row["meta"]["composite"]["inputs"]["key_numbers"] / 0.1, abs=0.001),
        "sharp_books": None,
    }
    assert row["composite_score"] == pytest.approx(sum(v for v in parts.values() if v) / 90 * 100, abs=0.01)
    assert (row["score_source"], row["priority"]) == ("composite", "Medium")


def test_sharp_books_count_where_they_quote_and_leave_it_unknown_where_they_are_stale() -> None:
    def move_with(pinnacle: float, seen: int) -> dict:
        before = {key: {"spread": (-4.0, -110, -110)} for key in (*GROUPS[:6], "pinnacle")}
        after = {
            **{key: {"spread": (-5.0, -110, -110)} for key in GROUPS[:6]},
            "pinnacle": {"spread": (pinnacle, -105, -105)},
        }
        at = NOON + 40 * MINUTE
        answers = [poll(NOON, before), poll(at, after, seen={"pinnacle": seen})]
        return found_by("MOVE", answers)[0]["meta"]["composite"]

    agrees, lags = move_with(-5.5, NOON + 40 * MINUTE), move_with(-4.0, NOON + 40 * MINUTE)
    assert agrees["parts"]["sharp_books"] > 5.0 > lags["parts"]["sharp_books"]
    stale = move_with(-4.0, NOON)
    assert "stale" in stale["unknown"]["sharp_books"]


def test_a_book_that_quotes_no_more_has_no_age() -> None:
    board = {key: {"spread": (-4.0, -110, -110)} for key in GROUPS}
    moved = {**board, "draftkings": {"spread": (-4.5, -110, -110)}}
    gone = {key: {"spread": (-4.5, -110, -110)} for key in GROUPS if key != "draftkings"}
    answers = [poll(NOON + i * MINUTE, quotes) for i, quotes in enumerate((board, moved, gone))]
    (row,) = found_by("MOVE", answers)
    assert "draftkings" in row["bookmakers"]
    assert row["meta"]["book_age_s"]["draftkings"] is None and row["meta"]["book_age_s"]["fanduel"] == 0.0
