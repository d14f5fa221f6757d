"""Prices of all kinds, for the tests of the methods."""

import numpy as np
from hypothesis import strategies as st

from stratum_pipelines.quant.devig import METHODS
from stratum_pipelines.quant.odds import Floats

NAMES = [method.name for method in METHODS]
# With one winner these have a probability for every outcome, whatever the prices.
ALWAYS = ["multiplicative", "power", "shin", "odds_ratio", "probit"]

PRICE = st.floats(1.01, 500)
ANY = st.lists(PRICE, min_size=2, max_size=24)


@st.composite
def books(draw: st.DrawFn, low: float = -0.1, high: float = 0.3) -> list[float]:
    """Prices of 2 to 24 runners between 1.01 and 500, as a bookmaker with a margin in this range would set them."""
    weights = np.array(draw(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=24)))
    implied = weights / weights.sum() * (1 + draw(st.floats(low, high)))
    return (1 / implied.clip(1 / 500, 1 / 1.01)).tolist()


def closings(n_outcomes: int, n: int = 2000, seed: int = 7) -> Floats:
    """Prices (n, n_outcomes) with the margins and the rounding that books have."""
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.full(n_outcomes, 3.0), n).clip(0.01)
    chances /= chances.sum(axis=1, keepdims=True)
    margin = 1 + rng.uniform(0.01, 0.08, (n, 1))
    return np.round(1 / (chances * margin), 2).clip(1.01, 500)
