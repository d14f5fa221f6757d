import numpy as np
import pytest

from stratum_pipelines.quant.key_numbers.score_table import normal_chances
from stratum_pipelines.quant.key_numbers.weights import fit_weights, league_table, log_likelihood


def games(weights: np.ndarray, deviation: float, n: int, seed: int, *, is_total: bool) -> tuple[np.ndarray, ...]:
    """Made-up games of a league with these weights, whose lines were even: values, handicaps, probabilities."""
    rng = np.random.default_rng(seed)
    handicaps = -rng.integers(80, 100, n) / 2 if is_total else rng.integers(-20, 21, n) / 2
    table = league_table(weights, deviation, is_total=is_total)
    numbers = np.arange(0.0, 120.0) if is_total else np.arange(-60.0, 61.0)
    lines, which = np.unique(handicaps, return_inverse=True)
    chances = table.chances(table.place(0.5, lines[:, None]), -numbers).push
    below = chances.cumsum(axis=1)
    values = (rng.random(n)[:, None] > below[which] / below[which][:, -1:]).sum(axis=1) + numbers[0]
    return values.astype(np.int64), handicaps, np.full(n, 0.5)


TRUE = np.array([0.2, 0.9, 0.9, 2.5, 1.0, 0.8, 1.3, 1.8])


def test_the_weights_behind_many_games_are_found_again() -> None:
    values, handicaps, probs = games(TRUE, 13.0, 60_000, 4, is_total=False)
    found = fit_weights(values, handicaps, probs, 13.0, 10, is_total=False)
    # Weights are relative: only their ratios can be seen. About 1,700 games end on each number: 2.5 % is a standard error.
    assert found[:8] / found[8:20].mean() == pytest.approx(TRUE, rel=0.1, abs=0.03)


def test_few_games_leave_the_normal_as_it_is() -> None:
    # Ten games at even lines: about 0.6 is expected at any number on both sides, and one game on 3 makes (1 + 10) / (0.6 + 10).
    values = np.array([3, 1, -4, 12, -20, 8, 15, -7, 25, 30])
    found = fit_weights(values, np.zeros(10), np.full(10, 0.5), 13.0, 10, is_total=False)
    assert 1.02 < found[3] < 1.05 and np.abs(found - 1).max() < 0.1
    assert not len(fit_weights(values[:0], np.zeros(0), np.zeros(0), 13.0, 10, is_total=False))


def test_a_weight_is_what_was_seen_against_what_was_expected() -> None:
    # 100,000 games at an even line, as the normal wants them, but a quarter more on 3 and 2 % less beyond. Shrinkage of 10 games
    # beside thousands does nothing, and only ratios count: 1.25 and 0.98.
    numbers = np.arange(-60, 61)
    counts = normal_chances(numbers, np.array([0.0]), 10.0)[:, 0] * 100_000
    counts[np.abs(numbers) > 3] *= 0.98
    counts[np.abs(numbers) == 3] *= 1.25
    values = np.repeat(numbers, counts.round().astype(int))
    found = fit_weights(values, np.zeros(len(values)), np.full(len(values), 0.5), 10.0, 10, is_total=False)
    assert found[3] / found[2] == pytest.approx(1.25, abs=2e-3)
    assert found[10] / found[2] == pytest.approx(0.98, abs=2e-3)


def test_where_nobody_ties_no_weight_is_on_nothing() -> None:
    values, handicaps, probs = games(TRUE, 13.0, 2000, 5, is_total=False)
    assert fit_weights(values, handicaps, probs, 13.0, 10, is_total=False, cannot_tie=True)[0] == 0.0


def test_totals_are_weighed_number_by_number() -> None:
    true = np.ones(60)
    true[41], true[42] = 1.6, 0.6
    values, handicaps, probs = games(true, 13.0, 60_000, 6, is_total=True)
    found = fit_weights(values, handicaps, probs, 13.0, 10, is_total=True)
    assert found[41] / found[[39, 40, 43, 44]].mean() == pytest.approx(1.6, rel=0.1)
    assert found[42] / found[[39, 40, 43, 44]].mean() == pytest.approx(0.6, rel=0.1)


def test_the_order_of_the_games_changes_nothing() -> None:
    values, handicaps, probs = games(TRUE, 13.0, 3000, 7, is_total=False)
    order = np.random.default_rng(8).permutation(3000)
    one = fit_weights(values, handicaps, probs, 13.0, 10, is_total=False)
    assert np.array_equal(one, fit_weights(values[order], handicaps[order], probs[order], 13.0, 10, is_total=False))


def test_weights_make_games_of_their_league_more_likely_and_others_less() -> None:
    fitted = fit_weights(*games(TRUE, 13.0, 20_000, 9, is_total=False), 13.0, 10, is_total=False)
    with_keys, plain = (league_table(w, 13.0, is_total=False) for w in (fitted, np.ones(0)))
    own, strange = games(TRUE, 13.0, 5000, 10, is_total=False), games(np.ones(0), 13.0, 5000, 11, is_total=False)
    assert log_likelihood(with_keys, *own).mean() > log_likelihood(plain, *own).mean() + 0.02
    assert log_likelihood(with_keys, *strange).mean() < log_likelihood(plain, *strange).mean() - 0.02


def test_a_score_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="Is the deviation of the league right"):
        fit_weights(np.array([300]), np.zeros(1), np.full(1, 0.5), 13.0, 10, is_total=False)
