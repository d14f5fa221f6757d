"""Sides swapped, everything is swapped and nothing else changes: for every rule that says a side."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.signals import find_signals
from tests.signals.boards import found_by, mirrored
from tests.signals.test_no_lookahead import SET, random_market

SWAPPED = {"home": "away", "away": "home", "over": "over", "under": "under"}
SAME = ("market", "detected_at", "event_id", "from_value", "to_value", "move", "n_books", "window_s", "strength_score")
TAKEN = ("entry_point", "entry_price_decimal", "entry_bookmaker", "composite_score", "priority", "is_structural_core")


def shown(row: dict, *, swap: bool = False) -> tuple:
    """What a row says, up to the last digits of sums taken in another order."""
    said = [round(row[name], 6) if isinstance(row[name], float) else row[name] for name in (*SAME, *TAKEN)]
    return SWAPPED[row["direction"]] if swap else row["direction"], *said


@pytest.mark.parametrize("name", find_signals())
@given(seed=st.integers(0, 3), cut=st.integers(20, 60))
def test_with_the_teams_swapped_the_other_team_is_signalled_with_the_same_numbers(
    name: str, seed: int, cut: int
) -> None:
    answers = random_market(seed)[:cut]
    one = sorted(shown(row) for row in found_by(name, answers, **SET.get(name, {})))
    other = sorted(shown(row, swap=True) for row in found_by(name, mirrored(answers), **SET.get(name, {})))
    assert one == other


def inverted(answers: tuple[Answer, ...]) -> list[Answer]:
    """Totals turned over: what was so far above 45 lies so far below, and over has the prices of under."""
    turned = []
    for one in answers:
        events = json.loads(one.body)
        for event in events:
            for listed in event["bookmakers"]:
                for market in listed["markets"]:
                    if market["key"] == "totals":
                        for outcome in market["outcomes"]:
                            outcome["point"] = 90 - outcome["point"]
                            outcome["name"] = {"Over": "Under", "Under": "Over"}[outcome["name"]]
        turned.append(
            Answer(
                one.provider,
                one.sport_key,
                one.endpoint,
                one.received_at,
                json.dumps(events).encode(),
                one.source,
                is_complete=one.is_complete,
            )
        )
    return turned


@pytest.mark.parametrize("name", ["MOVE", "MULTIBOOK_SYNC", "STEAM"])
@given(seed=st.integers(0, 3))
def test_with_totals_turned_over_an_over_is_an_under(name: str, seed: int) -> None:
    def totals(answers: list[Answer], *, swap: bool) -> list[tuple]:
        rows = [row for row in found_by(name, answers) if row["market"] == "totals"]
        turn = {"over": "under", "under": "over"} if swap else {"over": "over", "under": "under"}
        sign = -1 if swap else 1
        return sorted(
            (row["detected_at"], turn[row["direction"]], sign * row["move"], row["bookmakers"]) for row in rows
        )

    answers = random_market(seed)
    assert totals(list(answers), swap=False) == totals(inverted(answers), swap=True)
