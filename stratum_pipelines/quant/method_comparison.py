"""Which method of removing a margin predicts results best: paired comparison on prices and what came of them.

All methods are measured on the same markets, by log-loss: minus the logarithm of the probability of what happened. Methods
hardly differ and results vary much, so what counts is the difference in each market and its t-statistic.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.devig import METHODS, fair_probabilities
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.reference.devig import MethodChoice

# Stands in the place of a book for all books of a market together.
ALL_BOOKS = ""


@dataclass(frozen=True)
class Sample:
    """One book's prices (N, O) in one kind of market, and `shares` (N, O): the part of the decided stakes each outcome won.

    1 for the winner and 0 for the rest; a quarter handicap may split a stake in halves, of which one can be returned. `games`
    (N,) are whole numbers from 0 up, the same for the same game at every book.
    """

    market: str
    book: str
    prices: Floats
    shares: Floats
    games: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """How one method did in one market at one book (`book` "" for all books together).

    `n` counts markets, or games where all books are taken together; `n_unpriced` the markets this method could not
    price, which count for no method. `overround` is the median. `difference` is the mean log-loss less that of the method
    compared with, below 0 where this one is better; `t` is that mean over its standard error, 0 where nothing differs.
    """

    market: str
    book: str
    method: str
    n: int
    n_unpriced: int
    overround: float
    log_loss: float
    difference: float
    t: float


def compare(samples: Sequence[Sample], against: str) -> list[Score]:
    """A score per market, book and method, best first within each; then per market over all books.

    `against` is the method every other is paired with. Over all books a game counts once, with the mean over its books:
    the books of a game share its result, and counting them as so many games would overstate the certainty.
    """
    scores: list[Score] = []
    for market in dict.fromkeys(sample.market for sample in samples):
        measured = [_measure(sample) for sample in samples if sample.market == market]
        for sample, one in zip((s for s in samples if s.market == market), measured, strict=True):
            scores += _scores(market, sample.book, one, against)
        scores += _scores(market, ALL_BOOKS, _by_game(measured), against)
    return scores


def choose(scores: Sequence[Score], sport: str, in_use: str, least_t: float) -> list[MethodChoice]:
    """For every market and book the method to use: the one in use, unless another is better beyond chance.

    Another takes its place when it priced every market and leads by `least_t` standard errors or more; of several the one
    with the lowest log-loss.
    """
    choices = []
    for market, book in dict.fromkeys((score.market, score.book) for score in scores):
        here = [score for score in scores if (score.market, score.book) == (market, book)]
        lowest = min(here, key=lambda score: score.log_loss)
        better = [score for score in here if score.t <= -least_t and not score.n_unpriced]
        method = min(better, key=lambda score: score.log_loss).method if better else in_use
        choices.append(
            MethodChoice(
                sport=sport,
                market=market,
                book=book,
                method=method,
                n=lowest.n,
                overround=lowest.overround,
                lowest=lowest.method,
                difference=lowest.difference,
                t=lowest.t,
            )
        )
    return choices


@dataclass(frozen=True)
class _Measured:
    """Log-losses (M, N) of the methods, in their order, in markets all of them price; their games and overrounds (N,)."""

    losses: Floats
    games: npt.NDArray[np.int64]
    overround: Floats
    n_unpriced: list[int]


def _measure(sample: Sample) -> _Measured:
    decided = np.isfinite(sample.prices).all(axis=1) & (sample.shares.sum(axis=1) > 0)
    prices, shares, games = sample.prices[decided], sample.shares[decided], sample.games[decided]
    priced = np.ones(len(prices), np.bool_)
    losses, n_unpriced, overround = [], [], np.empty(0)
    for method in METHODS:
        fair = fair_probabilities(prices, method.name)
        priced &= fair.priced
        n_unpriced.append(int((~fair.priced).sum()))
        losses.append(-(shares * np.log(fair.probabilities)).sum(axis=1))
        overround = fair.overround
    return _Measured(np.array(losses)[:, priced], games[priced], overround[priced], n_unpriced)


def _by_game(measured: Sequence[_Measured]) -> _Measured:
    """The means over the books of each game."""
    games = np.concatenate([one.games for one in measured])
    known, place, books = np.unique(games, return_inverse=True, return_counts=True)
    losses = np.concatenate([one.losses for one in measured], axis=1)
    overround = np.concatenate([one.overround for one in measured])
    unpriced = [sum(counts) for counts in zip(*(one.n_unpriced for one in measured), strict=True)]
    return _Measured(
        np.array([np.bincount(place, row) / books for row in losses]),
        known,
        np.bincount(place, overround) / books,
        unpriced,
    )


def _scores(market: str, book: str, measured: _Measured, against: str) -> Iterator[Score]:
    names = [method.name for method in METHODS]
    base = measured.losses[names.index(against)]
    n = len(base)
    if not n:
        return
    found = []
    for name, losses, n_unpriced in zip(names, measured.losses, measured.n_unpriced, strict=True):
        apart = losses - base
        error = float(apart.std(ddof=1)) / np.sqrt(n) if n > 1 else 0.0
        mean = float(apart.mean())
        overround = float(np.median(measured.overround))
        t = mean / float(error) if error > 0 else 0.0
        found.append(Score(market, book, name, n, n_unpriced, overround, float(losses.mean()), mean, t))
    yield from sorted(found, key=lambda score: score.log_loss)
