"""Paths of games whose beat rate is known: what a test of the rate is tried on."""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.sequential import LEVEL, evidence_after

Numbers = npt.NDArray[np.float64]
Paths = tuple[Numbers, Numbers]


def independent(rate: float, *, bets: int, paths: int, seed: int) -> Paths:
    """Beats and decided signals, (paths, games): one bet a game."""
    beats = np.random.default_rng(seed).binomial(1, rate, (paths, bets)).astype(np.float64)
    return beats, np.ones_like(beats)


def correlated(rate: float, *, size: int, agreement: float, games: int, paths: int, seed: int) -> Paths:
    """Games of `size` bets each; two bets of one game correlate by `agreement` (a beta-binomial)."""
    rng = np.random.default_rng(seed)
    weight = (1 - agreement) / agreement
    beats = rng.binomial(size, rng.beta(rate * weight, (1 - rate) * weight, (paths, games))).astype(np.float64)
    return beats, np.full_like(beats, size)


def of_many_sizes(rate: float, *, mean: float, agreement: float, games: int, paths: int, seed: int) -> Paths:
    """Games of about `mean` bets, some of three times as many, whose size says nothing about how they end."""
    rng = np.random.default_rng(seed)
    decided = _sizes(rng, mean, (paths, games))
    weight = (1 - agreement) / agreement
    return rng.binomial(decided, rng.beta(rate * weight, (1 - rate) * weight, decided.shape)).astype(np.float64), (
        decided.astype(np.float64)
    )


def wandering_games(rate: float, *, games: int, paths: int, seed: int, mean: float = 6.0, slope: float = 0.2) -> Paths:
    """Games of about `mean` bets in which the larger beat less often, while over all bets the rate is `rate`."""
    rng = np.random.default_rng(seed)
    decided = _sizes(rng, mean, (paths, games))
    sizes = _sizes(rng, mean, (500_000,))

    def chances(level: float, of: npt.NDArray[np.int64]) -> Numbers:
        return np.clip(level - slope * (of - mean) / mean, 0.02, 0.98)

    low, high = 0.0, 1.5
    for _ in range(50):
        level = (low + high) / 2
        low, high = (level, high) if (sizes * chances(level, sizes)).sum() < rate * sizes.sum() else (low, level)
    return rng.binomial(decided, chances(low, decided)).astype(np.float64), decided.astype(np.float64)


def evidence_along(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """The evidence after each game of each path."""
    cells = np.repeat(np.arange(len(beats)), beats.shape[1])
    return evidence_after(cells, beats.ravel(), decided.ravel(), (bar,)).reshape(beats.shape)


def granted(beats: Numbers, decided: Numbers, bar: float) -> float:
    """The share of paths in which some look after some game grants."""
    return float((evidence_along(beats, decided, bar).max(axis=1) >= 1 / LEVEL).mean())


def _sizes(rng: np.random.Generator, mean: float, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    return 1 + rng.negative_binomial(6, 6 / (5 + mean), shape)
