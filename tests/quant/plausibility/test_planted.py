import numpy as np
import pytest

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.plausibility.planted import PLANTINGS, plant_and_judge
from stratum_pipelines.reference.plausibility import load_limits
from tests.quant.plausibility.rows import NFL, lines

SOUND = lines(
    (-2.5, -3.0, 45.0, 45.5, -155, 135), (7.0, 10.5, 41.0, 43.0, 360, -460), (1.0, 1.0, 44.5, 47.0, 100, -120)
)


def test_faults_are_planted_where_a_game_can_have_them() -> None:
    rng = np.random.default_rng(1)
    swapped = PLANTINGS["close: spread and total swapped"](SOUND, rng)
    assert (swapped.close_spread.tolist(), swapped.close_total.tolist()) == ([-45.5, 43.0, 47.0], [3.0, 10.5, 1.0])
    along = PLANTINGS["close: swapped, the sign goes along"](SOUND, rng)
    assert (along.close_spread.tolist(), along.close_total.tolist()) == ([45.5, 43.0, 47.0], [-3.0, 10.5, 1.0])
    assert PLANTINGS["close: total without its point"](SOUND, rng).close_total.tolist() == [455.0, 43.0, 47.0]
    assert PLANTINGS["close: spread turned, 2.5 or more"](SOUND, rng).close_spread.tolist() == [3.0, -10.5, 1.0]
    assert PLANTINGS["close: spread turned, 0.5 to 2"](SOUND, rng).close_spread.tolist() == [-3.0, 10.5, -1.0]
    short = PLANTINGS["close: total lacks a digit"](SOUND, rng).close_total
    assert short[0] in (4.5, 5.5) and short[1] in (4.0, 3.0) and short[2] in (4.0, 7.0)
    twice = PLANTINGS["close: total has a digit twice"](SOUND, rng).close_total
    assert twice[0] in (445.5, 455.5) and twice[1] in (443.0, 433.0) and twice[2] in (447.0, 477.0)
    # -155 without its minus is +155, and +135 stays.
    lost = PLANTINGS["prices: a minus lost"](SOUND, rng)
    assert lost.home_price[0] == pytest.approx(2.55) and lost.away_price[0] == SOUND.away_price[0]


def test_what_the_gate_makes_of_each_fault_is_counted() -> None:
    found = {row.fault: row for row in plant_and_judge(SOUND, load_limits(NFL), score_table(NFL, "spreads"))}
    assert set(found) == set(PLANTINGS)
    swapped = found["close: spread and total swapped"]
    assert (swapped.planted, swapped.found, swapped.mended, swapped.left_out, swapped.wrong) == (3, 3, 3, 0, 0)
    assert swapped.high == 1.0 and swapped.low == pytest.approx(0.4385, abs=5e-4)  # Wilson's of 3 in 3
    short = found["close: total lacks a digit"]
    assert (short.found, short.mended, short.left_out) == (3, 0, 3)
    # One point the other way is another market as likely as this one, and stays.
    turned = found["close: spread turned, 0.5 to 2"]
    assert (turned.planted, turned.found, turned.wrong) == (1, 0, 1)
