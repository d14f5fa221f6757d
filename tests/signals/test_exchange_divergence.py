"""EXCHANGE_DIVERGENCE: what customers think against what bookmakers think."""

import pytest

from tests.build import MINUTE, NOON
from tests.signals.boards import GROUPS, found_by, poll

EXCHANGE = "betfair_ex_uk"


def board(exchange: tuple, rest: tuple = (-110, -110), others: tuple = GROUPS[:5], name: str = EXCHANGE) -> dict:
    return {name: {"h2h": exchange}} | {key: {"h2h": rest} for key in others}


def test_the_outcome_is_the_one_the_exchange_thinks_likelier_and_the_entry_is_with_whom_is_cheapest() -> None:
    after = board((-122, 120)) | {"bovada": {"h2h": (-105, -115)}}
    (found,) = found_by("EXCHANGE_DIVERGENCE", [poll(NOON, board((100, 100))), poll(NOON + MINUTE, after)])
    # -122 implies 0.5495, +120 implies 0.4545: fair home 0.5473; the bookmakers' median is 0.5.
    assert (found["direction"], found["bookmakers"]) == ("home", [EXCHANGE])
    assert found["from_value"] == pytest.approx(0.5)
    assert found["to_value"] == pytest.approx(0.5473, abs=5e-5)
    assert found["entry_bookmaker"] == "bovada"
    meta = found["meta"]
    assert (meta["n_exchanges"], meta["n_other_groups"]) == (1, 5)
    assert meta["gap_prob"] == pytest.approx(0.0473, abs=5e-5)
    assert meta["exchange_margin"] == pytest.approx(0.0041, abs=5e-5)
    assert set(meta["other_book_age_s"]) == set(GROUPS[:5]) and meta["book_age_s"] == {EXCHANGE: 0.0}


@pytest.mark.parametrize("exchange", [(-100, -100), (-104, 102)])
def test_a_small_difference_is_none(exchange: tuple) -> None:
    assert found_by("EXCHANGE_DIVERGENCE", [poll(NOON, board(exchange))]) == []


def test_a_book_is_no_exchange() -> None:
    assert found_by("EXCHANGE_DIVERGENCE", [poll(NOON, board((-122, 120), name="pinnacle"))]) == []


def test_a_thin_exchange_is_not_listened_to() -> None:
    # -160 and +105 sum to 1.10: what is left of a market nobody makes.
    assert found_by("EXCHANGE_DIVERGENCE", [poll(NOON, board((-160, 105)))]) == []
    assert len(found_by("EXCHANGE_DIVERGENCE", [poll(NOON, board((-160, 105)))], max_margin=0.2)) == 1


@pytest.mark.parametrize(("n_others", "signals"), [(3, 0), (4, 1)])
def test_four_other_groups_are_needed(n_others: int, signals: int) -> None:
    assert len(found_by("EXCHANGE_DIVERGENCE", [poll(NOON, board((-122, 120), others=GROUPS[:n_others]))])) == signals


def test_a_stale_exchange_is_not_heard() -> None:
    at = NOON + 40 * MINUTE
    answers = [poll(NOON, board((100, 100))), poll(at, board((-122, 120)), seen={EXCHANGE: NOON})]
    assert found_by("EXCHANGE_DIVERGENCE", answers) == []


def test_sites_of_one_exchange_are_one_group_and_two_exchanges_two() -> None:
    sites = board((-122, 120)) | {"betfair_ex_eu": {"h2h": (-122, 120)}}
    (found,) = found_by("EXCHANGE_DIVERGENCE", [poll(NOON, sites)])
    assert (found["n_books"], found["n_groups"], found["meta"]["n_exchanges"]) == (2, 1, 1)
    two = board((-122, 120)) | {"matchbook": {"h2h": (-122, 120)}}
    assert found_by("EXCHANGE_DIVERGENCE", [poll(NOON, two)])[0]["meta"]["n_exchanges"] == 2
    assert len(found_by("EXCHANGE_DIVERGENCE", [poll(NOON, two)], min_exchanges=2)) == 1
    assert found_by("EXCHANGE_DIVERGENCE", [poll(NOON, sites)], min_exchanges=2) == []


def test_numbers_are_made_one_on_spreads_and_the_points_are_shown() -> None:
    lines = {key: {"spread": (-3.0, -110, -110)} for key in GROUPS[:5]} | {EXCHANGE: {"spread": (-4.0, 100, 100)}}
    (found,) = found_by("EXCHANGE_DIVERGENCE", [poll(NOON, lines)])
    assert (found["direction"], found["from_value"], found["to_value"], found["move"]) == ("home", -3.0, -4.0, -1.0)


def test_it_is_said_once_while_it_lasts() -> None:
    answers = [poll(NOON + i * MINUTE, board((-122 - i, 120 + i))) for i in range(6)]
    for one_by_one in (False, True):
        found = found_by("EXCHANGE_DIVERGENCE", answers, one_by_one=one_by_one)
        assert [row["detected_at"].minute for row in found] == [0]
    for_hours = [poll(NOON + i * 20 * MINUTE, board((-122 - i, 120 + i))) for i in range(10)]
    assert len(found_by("EXCHANGE_DIVERGENCE", for_hours)) == 1
