from dataclasses import fields

import numpy as np
import pytest

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.plausibility import FAULTS, Lines, judge
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.plausibility import load_limits
from tests.quant.plausibility.rows import NAN, NFL, codes, judged, lines

# A home favourite by three: open -2.5, close -3, totals 45 and 45.5, prices -155 and +135.
SOUND_GAME = (-2.5, -3.0, 45.0, 45.5, -155, 135)


def changed(**values: float) -> tuple[float, ...]:
    names = ("open_spread", "close_spread", "open_total", "close_total", "home_price", "away_price")
    return tuple(values.get(name, value) for name, value in zip(names, SOUND_GAME, strict=True))


def test_lines_that_can_be_true_stay_as_they_are() -> None:
    favourite_changed = (2.0, -3.0, 45.0, 44.0, -150, 130)
    star_is_out = (-9.5, 2.5, 48.0, 42.0, 125, -145)
    pick = (0.0, 0.0, 41.0, 41.0, -110, -110)
    games = (SOUND_GAME, favourite_changed, star_is_out, pick)
    found = judged(*games)
    assert codes(found) == [""] * 4
    published = lines(*games)
    for field in fields(Lines):
        assert np.array_equal(getattr(found.lines, field.name), getattr(published, field.name), equal_nan=True)


@pytest.mark.parametrize(
    ("faulty", "code"),
    [
        (changed(close_spread=-45.5, close_total=3.0), "close_swapped"),
        (changed(close_spread=45.5, close_total=-3.0), "close_swapped"),
        (changed(open_spread=-45.0, open_total=2.5), "open_swapped"),
        (changed(open_spread=-45.0, open_total=2.5, close_spread=-45.5, close_total=3.0), "both_swapped"),
        (changed(close_spread=3.0), "close_spread_sign"),
        (changed(close_spread=45.5, close_total=3.0), "close_swapped+close_spread_sign"),
        (changed(close_spread=-35.0, open_spread=-3.0), "close_spread_point"),
        (changed(open_total=425.0), "open_total_point"),
        (changed(close_total=4.55), "close_total_point"),
    ],
)
def test_a_fault_that_can_be_undone_is_undone(faulty: tuple[float, ...], code: str) -> None:
    found = judged(faulty)
    assert codes(found) == [code]
    meant = {
        "close_spread_point": changed(close_spread=-3.5, open_spread=-3.0),
        "open_total_point": changed(open_total=42.5),
    }.get(code, SOUND_GAME)
    for field, value in zip(("open_spread", "close_spread", "open_total", "close_total"), meant, strict=False):
        assert getattr(found.lines, field)[0] == value
    assert found.lines.home_price[0] == lines(SOUND_GAME).home_price[0]
    (fault,) = [fault for fault in FAULTS if fault.code == code]
    assert fault.is_repair


@pytest.mark.parametrize(
    ("faulty", "code", "missing"),
    [
        # A digit is gone: 45.5 or 44.5, nobody knows.
        (changed(close_total=4.5), "no_close_total", {"close_total"}),
        # 44.5 without its point, or 45 with its 4 written twice.
        (changed(close_total=445.0), "no_close_total", {"close_total"}),
        (changed(open_total=13.5), "no_open_total", {"open_total"}),
        # The favourite's price on both sides; a price that is none; two favourites that are none.
        (changed(home_price=-215, away_price=-215), "no_prices", {"home_price", "away_price"}),
        (changed(away_price=0), "no_prices", {"home_price", "away_price"}),
        (changed(home_price=155, away_price=135), "no_prices", {"home_price", "away_price"}),
        # The prices say the home team is the underdog, open and close both that it is not.
        (changed(home_price=200, away_price=-240), "no_prices", {"home_price", "away_price"}),
        # The close says 13.5 points, open and prices three.
        (changed(close_spread=-13.5), "no_close_spread", {"close_spread"}),
        (changed(open_spread=-24.0), "no_open_spread", {"open_spread"}),
        # Nobody says who is right: there is no opening spread.
        (changed(open_spread=NAN, close_spread=7.0), "no_winner", {"close_spread", "home_price", "away_price"}),
        (changed(open_total=35.0, close_total=55.0), "no_totals", {"open_total", "close_total"}),
    ],
)
def test_what_cannot_be_undone_is_left_out_and_the_rest_stands(
    faulty: tuple[float, ...], code: str, missing: set[str]
) -> None:
    found = judged(faulty)
    assert codes(found) == [code]
    published = lines(faulty)
    for field in fields(Lines):
        given, was = getattr(found.lines, field.name)[0], getattr(published, field.name)[0]
        expected = NAN if field.name in missing else was
        assert given == expected or (np.isnan(given) and np.isnan(expected)), field.name


def test_two_faults_in_one_game_are_both_found() -> None:
    # As recorded: Buffalo - Indianapolis, 2017-12-10.
    found = judged((0.0, -36.5, 13.5, 3.5, -190, 160))
    assert codes(found) == ["close_swapped+no_open_total"]
    assert (found.lines.close_spread[0], found.lines.close_total[0]) == (-3.5, 36.5)
    assert np.isnan(found.lines.open_total[0])


def test_lines_nobody_can_make_sense_of_are_all_left_out() -> None:
    found = judged((55.0, 99.5, 3.3, 777.0, 0, 0))
    assert codes(found) == ["no_lines"]
    assert all(np.isnan(getattr(found.lines, field.name)[0]) for field in fields(Lines))


def test_what_is_missing_is_no_fault() -> None:
    assert codes(judged((NAN, -3.0, NAN, 45.5, NAN, NAN), (NAN,) * 6, (NAN, -3.0, NAN, 45.5, -155, NAN))) == [""] * 3


def test_a_swap_is_seen_without_open_and_without_prices() -> None:
    assert codes(judged((NAN, -45.5, NAN, 3.0, NAN, NAN))) == ["close_swapped"]


def test_a_game_is_judged_alone() -> None:
    games = [SOUND_GAME, changed(close_spread=-45.5, close_total=3.0), changed(close_total=4.5), changed(away_price=0)]
    together = judged(*games)
    alone = [judged(game) for game in games]
    assert codes(together) == [codes(one)[0] for one in alone]
    for field in fields(Lines):
        values = [getattr(one.lines, field.name)[0] for one in alone]
        assert np.array_equal(getattr(together.lines, field.name), values, equal_nan=True)


def test_what_came_out_goes_through_again_unchanged() -> None:
    games = [
        changed(close_spread=-45.5, close_total=3.0),
        changed(close_total=4.5),
        changed(home_price=200, away_price=-240),
    ]
    first = judged(*games)
    assert codes(judge(first.lines, load_limits(NFL), score_table(NFL, "spreads"))) == [""] * 3


def test_a_draw_is_an_outcome_of_the_winner_market() -> None:
    # 2.00, 3.50, 4.00: 0.5 + 0.2857 + 0.25 = 1.0357, and without the draw the home team wins 2 in 3. -0.5 at even money says 0.677.
    league = load_reference().leagues["soccer_epl"]
    limits, margins = load_limits(league), score_table(league, "spreads")
    columns = [np.array([value] * 3) for value in (-0.5, -0.5, 2.5, 2.5, 2.0, 4.0, 3.5)]
    columns[1] = np.array([-0.5, 1.0, -0.5])
    columns[6] = np.array([3.5, 3.5, 1.4])
    assert codes(judge(Lines(*columns), limits, margins)) == ["", "no_close_spread", "no_prices"]


def test_every_fault_has_a_code_of_its_own_and_a_sentence() -> None:
    assert len({fault.code for fault in FAULTS}) == len(FAULTS)
    assert all(fault.sentence.endswith(".") for fault in FAULTS)
