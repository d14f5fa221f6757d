import numpy as np
import pytest

from stratum_pipelines.quant.devig import METHODS, fair_probabilities
from stratum_pipelines.quant.method_comparison import Sample, Score, choose, compare
from stratum_pipelines.quant.odds import Floats
from tests.quant.devig.markets import NAMES


def sample(prices: list[list[float]], winners: list[int], book: str = "a", market: str = "h2h") -> Sample:
    """A sample in which these outcomes won; games are numbered from 0."""
    return Sample(market, book, np.array(prices), np.eye(len(prices[0]))[winners], np.arange(len(prices)))


def found(scores: list[Score], method: str, book: str = "a") -> Score:
    (score,) = [s for s in scores if (s.method, s.book) == (method, book)]
    return score


def test_log_loss_difference_and_t_by_hand() -> None:
    # 1.25 and 2.50 imply 0.8 and 0.4, 1.2 together. Multiplicative: 2/3, 1/3. Additive: 0.7, 0.3. The favourite wins
    # twice, the other once: ln differences -ln 0.7 + ln 2/3 = -0.048790 (twice), -ln 0.3 + ln 1/3 = 0.105361; mean
    # 0.002593; deviations -0.051384 (twice) and 0.102767, so s = sqrt((2 x 0.0026403 + 0.0105611) / 2) = 0.089000; t =
    # 0.002593 / (0.089000 / sqrt 3) = 0.0505.
    scores = compare([sample([[1.25, 2.5]] * 3, [0, 0, 1])], "multiplicative")
    additive, base = found(scores, "additive"), found(scores, "multiplicative")
    assert base.log_loss == pytest.approx((2 * 0.405465 + 1.098612) / 3, abs=1e-6)
    assert (base.difference, base.t) == (0.0, 0.0)
    assert additive.difference == pytest.approx(0.002593, abs=5e-7)
    assert additive.t == pytest.approx(0.0505, abs=5e-5)
    assert additive.overround == pytest.approx(1.2)


def test_over_all_books_a_game_counts_once() -> None:
    # The same three games at two books with the same prices: as sure as one book, not surer.
    twice = [sample([[1.25, 2.5]] * 3, [0, 0, 1], book=book) for book in ("a", "b")]
    scores = compare(twice, "multiplicative")
    one, together = found(scores, "additive", "b"), found(scores, "additive", "")
    assert (together.n, together.difference, together.t) == (3, pytest.approx(one.difference), pytest.approx(one.t))


def test_markets_without_a_price_or_a_result_count_nowhere() -> None:
    known = sample([[1.25, 2.5], [1.25, 2.5], [np.nan, 2.5], [1.25, 2.5]], [0, 1, 0, 0])
    known.shares[3] = 0.0
    assert found(compare([known], "multiplicative"), "power").n == 2


def test_a_market_some_method_cannot_price_counts_for_none_and_is_told() -> None:
    # 1.05, 15 and 60 exceed 1 by 0.0357; the balanced book would leave the longest 0.0167 - 0.0179 < 0.
    scores = compare([sample([[1.05, 15.0, 60.0], [2.0, 3.2, 4.0]], [0, 0])], "multiplicative")
    assert {score.n for score in scores} == {1}
    assert found(scores, "balanced_book").n_unpriced == 1
    assert found(scores, "power").n_unpriced == 0


def test_the_part_of_a_stake_decided_weighs_a_market() -> None:
    half = Sample("spreads", "a", np.array([[1.9, 2.0]]), np.array([[0.0, 0.5]]), np.zeros(1, np.int64))
    whole = Sample("spreads", "b", np.array([[1.9, 2.0]]), np.array([[0.0, 1.0]]), np.zeros(1, np.int64))
    scores = compare([half, whole], "multiplicative")
    assert 2 * found(scores, "power", "a").log_loss == pytest.approx(found(scores, "power", "b").log_loss)


def laid_on(method: str, fair: Floats) -> Floats:
    """Prices that this method takes back to `fair`: found by moving a book's margin until it does."""
    implied = fair * 1.05
    for _ in range(200):
        implied = implied + (fair - fair_probabilities(1 / implied, method).probabilities)
    return 1 / implied


@pytest.mark.parametrize("truth", [name for name in NAMES if name not in ("multiplicative",)])
def test_the_method_a_bookmaker_uses_is_found_and_chosen(truth: str) -> None:
    # Results exactly as likely as they are: the shares are the true probabilities, so there is no luck in it.
    fair = np.random.default_rng(4).dirichlet([24.0, 16.0, 12.0], 400)
    prices = laid_on(truth, fair)
    scores = compare([Sample("h2h", "a", prices, fair, np.arange(400))], "multiplicative")
    (choice, overall) = choose(scores, "soccer", "multiplicative", 3.0)
    assert (choice.method, choice.lowest, choice.book, choice.n) == (truth, truth, "a", 400)
    assert overall.book == ""
    assert choice.t < -3
    assert choice.difference < 0


def test_the_method_in_use_stays_unless_another_leads_beyond_chance() -> None:
    def score(method: str, log_loss: float, t: float, n_unpriced: int = 0) -> Score:
        return Score("h2h", "a", method, 100, n_unpriced, 1.05, log_loss, log_loss - 1.0, t)

    base = score("multiplicative", 1.0, 0.0)
    lucky, sure, partial = score("power", 0.98, -2.9), score("shin", 0.99, -3.1), score("additive", 0.97, -9.0, 1)
    for scores, method, lowest in (
        ([base], "multiplicative", "multiplicative"),
        ([lucky, base], "multiplicative", "power"),
        ([lucky, sure, base], "shin", "power"),
        ([partial, sure, base], "shin", "additive"),
        ([partial, base], "multiplicative", "additive"),
    ):
        (choice,) = choose(scores, "soccer", "multiplicative", 3.0)
        assert (choice.method, choice.lowest) == (method, lowest)


def test_every_method_is_scored_best_first() -> None:
    scores = compare([sample([[1.25, 2.5], [1.8, 2.1]], [0, 1])], "multiplicative")
    here = [score for score in scores if score.book == "a"]
    assert {score.method for score in here} == {method.name for method in METHODS}
    assert [score.log_loss for score in here] == sorted(score.log_loss for score in here)


def test_a_book_without_any_market_has_no_score() -> None:
    nothing = sample([[np.nan, 2.0]], [0], book="b")
    scores = compare([sample([[1.25, 2.5]], [0]), nothing], "multiplicative")
    assert {score.book for score in scores} == {"a", ""}
