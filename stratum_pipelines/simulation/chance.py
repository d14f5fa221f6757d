"""Random numbers that depend on words alone, so that any part of the market can be drawn again without the rest."""

import numpy as np

from stratum_pipelines.providers.reading import identity


def generator(*words: object) -> np.random.Generator:
    """A generator seeded by the words. The bit generator is named, since NumPy may change its default one."""
    return np.random.Generator(np.random.PCG64(int(identity(*map(str, words)), 16)))


def happens(chance: np.random.Generator, probability: float) -> bool:
    """One throw with this probability."""
    return bool(chance.random() < probability)


def count_of(chance: np.random.Generator, mean: float) -> int:
    """How many times something happens that happens `mean` times on average."""
    return int(chance.poisson(mean))
