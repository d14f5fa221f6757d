"""Fitting: what was planted is found again, the same paths give the same model, and what says nothing is refused."""

import numpy as np
import pytest

from stratum_pipelines.quant.regimes import fitting
from stratum_pipelines.quant.regimes.filtering import filtered
from stratum_pipelines.quant.regimes.fitting import Unfit, fit
from tests.quant.regimes.made import MIDDLES, SPREADS, TRANSITIONS, planted


def test_what_was_planted_is_found_again() -> None:
    paths, _ = planted(1)
    found = fit(paths)
    model = found.model
    assert model is not None and found.unfit is Unfit.NONE
    assert (found.n_steps, found.n_paths) == (1800, 12)
    assert np.allclose(model.transitions, TRANSITIONS, atol=0.05)
    assert np.allclose(model.means * model.scale + model.centre, MIDDLES, atol=0.15)
    assert np.allclose(np.sqrt(model.variances) * model.scale, SPREADS, rtol=0.15)
    # Followed forward only, on paths it was not fitted to, it tells the two apart.
    fresh, states = planted(2)
    unstable = np.concatenate([filtered(model, path)[:, 1] > 0.5 for path in fresh])
    assert (unstable == np.concatenate(states)).mean() > 0.93


@pytest.mark.parametrize("seed", range(4))
def test_the_calmer_state_is_the_stable_one_however_the_numbers_come_out(seed: int) -> None:
    paths, _ = planted(seed)
    for turned in (paths, [-path for path in paths], [path * [1, -1, 1] for path in paths]):
        model = fit(turned).model
        assert model is not None
        assert model.variances[0, 0] < model.variances[1, 0] and model.variance_ratio > 10


def test_the_same_paths_give_the_same_model_and_other_paths_another() -> None:
    paths, _ = planted(3)
    first, again, other = fit(paths), fit([path.copy() for path in paths]), fit(paths[1:])
    assert first.model is not None and again.model is not None and other.model is not None
    assert first.model.parameters() == again.model.parameters() != other.model.parameters()
    assert first.log_likelihood == again.log_likelihood


def test_features_are_standardised_as_in_training() -> None:
    paths, _ = planted(4)
    model = fit(paths).model
    assert model is not None
    together = np.concatenate(paths)
    assert np.allclose(model.centre, together.mean(axis=0)) and np.allclose(model.scale, together.std(axis=0))
    # Whatever unit the features come in, the states are the same.
    in_cents = fit([path * 100 + 7 for path in paths]).model
    assert in_cents is not None and np.allclose(in_cents.means, model.means, atol=1e-6)


def test_steps_that_say_nothing_are_left_out() -> None:
    paths, _ = planted(5)
    holed = [np.concatenate([path[:40], np.full((1, 3), np.nan), path[40:]]) for path in paths]
    full, left_out = fit(paths), fit([*holed, np.full((9, 3), np.nan)])
    assert full.model is not None and left_out.model is not None
    assert (left_out.n_steps, left_out.n_paths) == (full.n_steps, full.n_paths)
    assert full.model.parameters() == left_out.model.parameters()


def lumps() -> list[np.ndarray]:
    """Nine steps of ten in which nothing moves at all, and the tenth, in which all do."""
    random = np.random.default_rng(0)
    paths = random.normal(size=(10, 100, 3))
    still = random.random((10, 100)) < 0.9
    paths[still, 0] = 0.0
    return list(paths)


def rare() -> list[np.ndarray]:
    """A single burst of three steps among two thousand."""
    paths = list(np.random.default_rng(0).normal(size=(10, 200, 3)) * [0.1, 1, 1])
    paths[0][50:53, 0] = [40, -40, 40]
    return paths


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ([], Unfit.TOO_FEW_STEPS),
        ([np.zeros((199, 3))], Unfit.TOO_FEW_STEPS),
        ([np.full((1000, 3), np.nan)] * 5, Unfit.TOO_FEW_STEPS),
        ([np.random.default_rng(0).normal(size=(200, 3))] * 2, Unfit.TOO_FEW_GAMES),
        ([np.random.default_rng(0).normal(size=(200, 3)) * [1, 0, 1]] * 3, Unfit.NO_MOVEMENT),
        (lumps(), Unfit.LUMP),
        (rare(), Unfit.RARE_STATE),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_the_reason(paths: list[np.ndarray], reason: Unfit) -> None:
    found = fit(paths)
    assert (found.model, found.unfit, found.log_likelihood) == (None, reason, None)


@pytest.mark.parametrize("seed", range(12))
def test_a_market_with_one_regime_has_no_model(seed: int) -> None:
    paths = list(np.random.default_rng(seed).normal(size=(10, 60, 3)))
    assert fit(paths).unfit in {Unfit.ONE_REGIME, Unfit.RARE_STATE, Unfit.NOT_CONVERGED}


def test_a_fit_that_does_not_come_to_rest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "MOST_ITERATIONS", 2)
    assert fit(planted(6)[0]).unfit is Unfit.NOT_CONVERGED


def test_the_table_names_every_reason() -> None:
    from warehouse.tables import RegimeModels

    assert RegimeModels.columns["refused"].one_of == tuple(Unfit)
