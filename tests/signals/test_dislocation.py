"""DISLOCATION: one book against all others, at one number, by a robust yardstick."""

import pytest

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.reference import load_reference
from tests.build import EPL, MINUTE, NFL, NOON
from tests.signals.boards import GROUPS, found_by, poll

ODD, *REST = GROUPS


def h2h(odd: tuple, rest: tuple = (-110, -110), books: tuple = GROUPS) -> dict[str, dict]:
    return {key: {"h2h": odd if key == ODD else rest} for key in books}


def test_a_book_that_thinks_otherwise_is_named_with_its_quote_as_the_entry() -> None:
    before, after = h2h((-110, -110)), h2h((118, -140))
    (found,) = found_by("DISLOCATION", [poll(NOON, before), poll(NOON + MINUTE, after)])
    # +118 implies 100 / 218 = 0.4587, -140 implies 140 / 240 = 0.5833: fair home 0.4587 / 1.0420 = 0.4402.
    assert (found["direction"], found["bookmakers"], found["n_groups"]) == ("home", [ODD], 1)
    assert found["from_value"] == pytest.approx(0.44021, abs=5e-5)
    assert found["to_value"] == pytest.approx(0.5)
    assert (found["entry_bookmaker"], found["entry_price_decimal"], found["entry_point"]) == (
        ODD,
        pytest.approx(2.18),
        None,
    )
    meta = found["meta"]
    assert (meta["book"], meta["book_kind"], meta["book_moved"], meta["n_other_groups"]) == (ODD, "retail", True, 7)
    assert meta["gap_prob"] == pytest.approx(0.05979, abs=5e-5)
    # All others quote the same: their deviation is 0, and the floor of 0.006 stands in.
    assert (meta["spread_prob"], meta["z"]) == (0.006, pytest.approx(9.966, abs=0.01))
    assert meta["edge_prob"] == pytest.approx(0.5 - 1 / 2.18, abs=1e-6)
    assert meta["book_age_s"] == {ODD: 0.0} and len(meta["other_book_age_s"]) == 7
    # Size: 0.0598 is 1.993 steps of 0.03, 24.9 of 50; speed in full; seven groups of eight against it.
    assert meta["strength"] == {"size": pytest.approx(24.913, abs=0.01), "speed": 25.0, "breadth": 21.875}


def test_a_book_left_behind_is_as_dislocated_as_one_that_ran_away() -> None:
    after = h2h((-110, -110), rest=(-140, 118))
    (found,) = found_by("DISLOCATION", [poll(NOON, h2h((-110, -110))), poll(NOON + MINUTE, after)])
    assert (found["direction"], found["bookmakers"], found["meta"]["book_moved"]) == ("home", [ODD], False)


def test_a_stale_book_is_neither_judged_nor_asked() -> None:
    at = NOON + 40 * MINUTE
    old = {ODD: NOON}
    after = h2h((-110, -110), rest=(-140, 118))
    assert found_by("DISLOCATION", [poll(NOON, h2h((-110, -110))), poll(at, after, seen=old)]) == []
    # Three of four others are stale: too few are left to say who is right.
    stale = dict.fromkeys(REST[:4], NOON)
    after = h2h((118, -140))
    assert found_by("DISLOCATION", [poll(NOON, h2h((-110, -110))), poll(at, after, seen=stale)]) == []
    assert len(found_by("DISLOCATION", [poll(NOON, h2h((-110, -110))), poll(at, after)])) == 1


@pytest.mark.parametrize(("n_others", "signals"), [(3, 0), (4, 1)])
def test_four_other_groups_have_to_agree(n_others: int, signals: int) -> None:
    board = h2h((118, -140), books=GROUPS[: n_others + 1])
    assert len(found_by("DISLOCATION", [poll(NOON, board)])) == signals


def test_a_market_in_disorder_dislocates_nobody() -> None:
    # The others lie 0.02 and more apart: their deviation makes a gap of 0.04 nothing out of the ordinary.
    prices = [(-124, 104), (-118, -102), (-114, -106), (-110, -110), (-106, -114), (-102, -118), (104, -124)]
    board = {ODD: {"h2h": (110, -130)}} | {key: {"h2h": p} for key, p in zip(REST, prices, strict=True)}
    assert found_by("DISLOCATION", [poll(NOON, board)]) == []
    calm = {ODD: {"h2h": (110, -130)}} | {key: {"h2h": (-110, -110)} for key in REST}
    assert len(found_by("DISLOCATION", [poll(NOON, calm)])) == 1


def test_twins_that_stand_apart_together_are_measured_against_the_others_only() -> None:
    books = {key: {"h2h": (118, -140)} for key in ("lowvig", "betonlineag")} | {
        k: {"h2h": (-110, -110)} for k in GROUPS
    }
    (found,) = found_by("DISLOCATION", [poll(NOON, books)])
    assert found["bookmakers"] == ["betonlineag"]  # as far off as its twin: the first by name
    assert found["meta"]["n_other_groups"] == 8 and "lowvig" not in found["meta"]["other_book_age_s"]


@pytest.mark.parametrize(("odd", "signals"), [((-100, -100), 0), ((700, -1000), 0), ((118, -140), 1)])
def test_a_small_gap_is_nothing_and_an_enormous_one_a_slip(odd: tuple, signals: int) -> None:
    assert len(found_by("DISLOCATION", [poll(NOON, h2h(odd))])) == signals


def test_a_quote_that_costs_more_than_it_is_worth_is_no_opportunity() -> None:
    # Fair home is 0.448, as far off as above, but the margin is 13 %: the price asks for 103 / 203 = 0.507 of what is worth 0.5.
    dear = h2h((-103, -167))
    assert found_by("DISLOCATION", [poll(NOON, dear)], min_gap=0.03) == []
    assert len(found_by("DISLOCATION", [poll(NOON, dear)], min_edge=-0.05)) == 1


def test_books_at_other_numbers_are_compared_at_one() -> None:
    nfl = load_reference().leagues[NFL]
    # Seven books give 3.5 at even prices, one 2.5: what is between them is the chance that the game ends on 3.
    board = {key: {"spread": (-2.5 if key == ODD else -3.5, -110, -110)} for key in GROUPS}
    (found,) = found_by("DISLOCATION", [poll(NOON, board)])
    assert (found["direction"], found["bookmakers"]) == ("home", [ODD])
    assert (found["from_value"], found["to_value"], found["move"]) == (-2.5, -3.5, -1.0)
    assert (found["entry_point"], found["entry_bookmaker"]) == (-2.5, ODD)
    moved = float(score_table(nfl, "spreads").move(0.5, -2.5, -3.5).fair)
    assert found["meta"]["gap_prob"] == pytest.approx(0.5 - moved, abs=1e-6)
    assert found["meta"]["edge_prob"] == pytest.approx(
        float(score_table(nfl, "spreads").move(0.5, -3.5, -2.5).fair) - 110 / 210, abs=1e-6
    )
    # A price that makes up for the number is no dislocation: -150 on -2.5 says the same as -110 on -3.5.
    fair = {**board, ODD: {"spread": (-2.5, -158, 130)}}
    assert found_by("DISLOCATION", [poll(NOON, fair)]) == []


@pytest.mark.parametrize(("market", "odd", "direction"), [("total", 43.0, "over"), ("total", 46.0, "under")])
def test_a_total_apart_is_the_side_it_is_generous_to(market: str, odd: float, direction: str) -> None:
    board = {key: {market: (odd if key == ODD else 44.5, -110, -110)} for key in GROUPS}
    (found,) = found_by("DISLOCATION", [poll(NOON, board)])
    assert (found["direction"], found["from_value"], found["to_value"]) == (direction, odd, 44.5)
    assert found["meta"]["edge_prob"] > 0


def test_a_number_too_far_off_to_be_compared_is_no_dislocation() -> None:
    board = {key: {"spread": (-9.5 if key == ODD else -3.5, -110, -110)} for key in GROUPS}
    assert found_by("DISLOCATION", [poll(NOON, board)], max_gap=1.0) == []


def test_of_three_outcomes_the_one_quoted_too_well_is_named() -> None:
    usual = (150, 200, 230)  # home, away, draw
    board = {key: {"h2h": (150, 200, 290) if key == ODD else usual} for key in GROUPS}
    (found,) = found_by("DISLOCATION", [poll(NOON, board, sport=EPL)], sport=EPL)
    assert (found["outcome"], found["direction"]) == ("Draw", "draw")


def test_what_stood_apart_before_is_old_news() -> None:
    apart, together = h2h((118, -140)), h2h((-110, -110))
    stays = [poll(NOON + i * MINUTE, h2h((118 + i, -140))) for i in range(5)]
    assert [row["detected_at"].minute for row in found_by("DISLOCATION", stays)] == [0]
    flaps = [poll(NOON + i * 20 * MINUTE, apart if i % 2 == 0 else together) for i in range(8)]
    # Off again at 12:40 and 13:20: only the latter is an hour and more after the first.
    assert [(row["detected_at"].hour, row["detected_at"].minute) for row in found_by("DISLOCATION", flaps)] == [
        (12, 0),
        (13, 20),
    ]
    again = found_by("DISLOCATION", flaps, one_by_one=True)
    assert [row["signal_id"] for row in again] == [row["signal_id"] for row in found_by("DISLOCATION", flaps)]


def test_a_book_that_stays_apart_for_hours_is_told_once() -> None:
    stays = [poll(NOON + i * 20 * MINUTE, h2h((118 + i, -140))) for i in range(10)]
    assert len(found_by("DISLOCATION", stays)) == 1


def test_the_entry_is_the_quote_of_the_book_named_even_where_a_better_one_is_listed() -> None:
    # Seven books quote both teams; the eighth quotes the home team alone, so it says nothing of the market.
    alone = h2h((118, -140)) | {"mybookieag": {"h2h": (190,)}}
    (found,) = found_by("DISLOCATION", [poll(NOON, alone)])
    assert (found["entry_bookmaker"], found["entry_price_decimal"]) == (ODD, pytest.approx(2.18))


def test_in_play_nothing_is_dislocated() -> None:
    assert found_by("DISLOCATION", [poll(NOON, h2h((118, -140)), start=NOON)]) == []
