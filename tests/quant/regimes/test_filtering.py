"""The forward recursion: equal to hmmlearn's and to enumeration, and blind to the future, as smoothing is not."""

from itertools import product

import numpy as np
import pytest
from hmmlearn import _hmmc
from hmmlearn.hmm import GaussianHMM
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.regimes.filtering import filtered, forward_step, log_emissions, unstable_next
from stratum_pipelines.quant.regimes.model import RegimeModel
from tests.quant.regimes.made import random_model, random_path

SEEDS = st.integers(0, 10_000)


def as_hmmlearn(model: RegimeModel) -> GaussianHMM:
    """The same model in hmmlearn's hands."""
    same = GaussianHMM(n_components=2, covariance_type="diag", init_params="")
    same.startprob_, same.transmat_ = model.start, model.transitions
    same.means_, same.covars_ = model.means, model.variances
    return same


def standardised(model: RegimeModel, path: np.ndarray) -> np.ndarray:
    return (path - model.centre) / model.scale


def densities(model: RegimeModel, path: np.ndarray) -> np.ndarray:
    """The density of each step in each state, written out."""
    apart = standardised(model, path)[:, None, :] - model.means
    each = np.exp(-(apart**2) / (2 * model.variances)) / np.sqrt(2 * np.pi * model.variances)
    return each.prod(axis=2)


@given(seed=SEEDS, length=st.integers(1, 80))
def test_it_is_the_forward_recursion_of_hmmlearn(seed: int, length: int) -> None:
    model, path = random_model(seed), random_path(seed, length)
    logs = as_hmmlearn(model)._compute_log_likelihood(standardised(model, path))
    _, lattice = _hmmc.forward_log(model.start, model.transitions, logs)
    expected = np.exp(lattice - np.logaddexp.reduce(lattice, axis=1, keepdims=True))
    assert np.allclose(filtered(model, path), expected, rtol=1e-9, atol=1e-12)


@given(seed=SEEDS, length=st.integers(1, 7))
def test_it_is_what_adding_up_every_history_of_states_gives(seed: int, length: int) -> None:
    random = np.random.default_rng(seed)
    model, path = random_model(seed), random.normal(size=(length, 3))
    density = densities(model, path)
    for step in range(length):
        weight = np.zeros(2)
        for states in product((0, 1), repeat=step + 1):
            chance = model.start[states[0]] * density[0, states[0]]
            for i in range(1, step + 1):
                chance *= model.transitions[states[i - 1], states[i]] * density[i, states[i]]
            weight[states[-1]] += chance
        assert np.allclose(filtered(model, path)[step], weight / weight.sum(), rtol=1e-9, atol=1e-12)


@given(seed=SEEDS, length=st.integers(2, 60), data=st.data())
def test_whatever_comes_later_changes_nothing_before(seed: int, length: int, data: st.DataObject) -> None:
    model, path = random_model(seed), random_path(seed, length)
    cut = data.draw(st.integers(1, length - 1))
    other = path.copy()
    other[cut:] = -7.0 * other[cut:] + 3.0
    assert np.array_equal(filtered(model, path)[:cut], filtered(model, other)[:cut])
    assert np.array_equal(filtered(model, path)[:cut], filtered(model, path[:cut]))


def test_smoothing_and_the_likeliest_path_are_something_else() -> None:
    # Calm for ten steps, then in motion. The last calm-looking step is read otherwise by those who know what follows.
    model = RegimeModel(
        centre=np.zeros(3),
        scale=np.ones(3),
        transitions=np.array([[0.95, 0.05], [0.05, 0.95]]),
        means=np.zeros((2, 3)),
        variances=np.array([[0.5] * 3, [4.0] * 3]),
    )
    path = np.concatenate([np.full((10, 3), 0.3), np.full((1, 3), 1.2), np.full((10, 3), 2.5)])
    ours = filtered(model, path)[:, 1]
    theirs = as_hmmlearn(model)
    smoothed, likeliest = theirs.predict_proba(path)[:, 1], theirs.predict(path)
    assert ours[10] < 0.4 and smoothed[10] > 0.6 and likeliest[10] == 1
    # At the last step nothing follows: there the two agree.
    assert np.isclose(ours[-1], smoothed[-1])


def test_a_step_that_says_nothing_carries_on_what_was_known() -> None:
    model = random_model(3)
    path = random_path(3, 4)
    path[2, 1] = np.nan
    found = filtered(model, path)
    assert np.allclose(found[2], found[1] @ model.transitions)
    assert np.isclose(unstable_next(found[1:2, 1], model.transitions[None])[0], found[2, 1])


def test_a_path_begins_at_its_first_step_that_says_something() -> None:
    model, path = random_model(4), random_path(4, 5)
    late = np.concatenate([np.full((3, 3), np.nan), path])
    assert np.isnan(filtered(model, late)[:3]).all()
    assert np.array_equal(filtered(model, late)[3:], filtered(model, path))
    assert filtered(model, np.empty((0, 3))).shape == (0, 2)


@pytest.mark.parametrize("size", [1e3, 1e8, 1e150])
def test_the_wildest_step_leaves_probabilities_that_add_up(size: float) -> None:
    path = np.concatenate([np.zeros((500, 3)), np.full((1, 3), size), np.zeros((500, 3))])
    found = filtered(random_model(5), path)
    assert np.isfinite(found).all() and np.allclose(found.sum(axis=1), 1.0)


def test_markets_side_by_side_are_what_each_is_by_itself() -> None:
    models, paths = [random_model(s) for s in range(8)], np.stack([random_path(s, 30) for s in range(8)])
    stacked = {
        name: np.stack([getattr(model, name) for model in models])
        for name in ("centre", "scale", "start", "transitions", "means", "variances")
    }
    held = np.full((8, 2), np.nan)
    for i in range(30):
        emissions = log_emissions(
            paths[:, i], stacked["centre"], stacked["scale"], stacked["means"], stacked["variances"]
        )
        held = forward_step(
            held, np.log(stacked["start"]), np.log(stacked["transitions"]), emissions, np.ones(8, np.bool_)
        )
    for k, model in enumerate(models):
        assert np.array_equal(np.exp(held[k]), filtered(model, paths[k])[-1])
