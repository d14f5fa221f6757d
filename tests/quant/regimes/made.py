"""Paths with planted regimes, and models by hand."""

import numpy as np

from stratum_pipelines.quant.regimes.model import RegimeModel

TRANSITIONS = np.array([[0.92, 0.08], [0.25, 0.75]])
SPREADS = np.array([[0.3, 0.5, 1.0], [2.0, 1.0, 1.2]])
MIDDLES = np.array([[0.0, -0.5, 0.0], [0.0, 1.5, 0.3]])


def planted(seed: int, n_paths: int = 12, length: int = 150) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Paths of features and the states that made them, 1 where unstable."""
    random = np.random.default_rng(seed)
    paths, truth = [], []
    for _ in range(n_paths):
        states = np.zeros(length, np.int64)
        for i in range(1, length):
            states[i] = random.random() < TRANSITIONS[states[i - 1], 1]
        truth.append(states)
        paths.append(MIDDLES[states] + SPREADS[states] * random.normal(size=(length, 3)))
    return paths, truth


def random_model(seed: int) -> RegimeModel:
    """Some model or other."""
    random = np.random.default_rng(seed)
    stay = random.uniform(0.3, 0.98, 2)
    return RegimeModel(
        centre=random.normal(size=3),
        scale=random.uniform(0.1, 3.0, 3),
        transitions=np.array([[stay[0], 1 - stay[0]], [1 - stay[1], stay[1]]]),
        means=random.normal(size=(2, 3)),
        variances=random.uniform(0.05, 4.0, (2, 3)),
    )


def random_path(seed: int, length: int) -> np.ndarray:
    """Some path or other, with a wild step now and then."""
    random = np.random.default_rng(seed + 1000)
    return random.normal(size=(length, 3)) * np.where(random.random((length, 1)) < 0.1, 40.0, 1.0)
