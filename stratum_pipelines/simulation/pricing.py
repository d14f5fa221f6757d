"""From a fair line to chances, and from chances to the prices a book shows.

Two models of how a game ends. `normal`: the margin of what is left to play is normal around the fair spread, the total
around the fair total, with the league's standard deviations times the square root of the share left. `goals`: each
team's remaining goals are Poisson, so the margin is Skellam. Both make spread, total and winner agree with each other.
"""

import math
from dataclasses import dataclass

import numpy as np

from stratum_pipelines.quant.odds import Floats, american_to_decimal, cents
from stratum_pipelines.simulation.sports import Sport

MOST_GOALS = 14
LEAST_RATE = 0.02
LEAST_SHARE = 0.002
_FACTORIALS = np.array([math.factorial(k) for k in range(MOST_GOALS + 1)], np.float64)
_HOME, _AWAY = np.meshgrid(np.arange(MOST_GOALS + 1.0), np.arange(MOST_GOALS + 1.0), indexing="ij")
_erf = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True)
class Standing:
    """How far games are, one entry each: the share left to play and, where goals count, the goals scored so far."""

    left: Floats
    home_score: Floats
    away_score: Floats


def winner_chances(sport: Sport, margin: Floats, total: Floats, standing: Standing) -> Floats:
    """Chances of home, away and (last, where there is one) draw; shape (N, 2 or 3), summing to 1."""
    if not sport.league.has_draw:
        home = normal_tail(-margin / _deviation(sport.league.margin_sd, standing))
        return np.stack([home, 1.0 - home], axis=1)
    joint = _goal_chances(margin, total, standing)
    lead = _lead(standing)
    return np.stack([_sum(joint, lead > 0), _sum(joint, lead < 0), _sum(joint, lead == 0)], axis=1)


def cover_chances(sport: Sport, margin: Floats, total: Floats, home_point: Floats, standing: Standing) -> Floats:
    """Chance that the home team covers its handicap, given that the bet is not returned; shape (N,)."""
    if not sport.league.has_draw:
        return normal_tail(-(margin + home_point) / _deviation(sport.league.margin_sd, standing))
    joint = _goal_chances(margin, total, standing)
    result = _lead(standing) + home_point[:, None, None]
    won, lost = _sum(joint, result > 0), _sum(joint, result < 0)
    return won / (won + lost)


def over_chances(sport: Sport, margin: Floats, total: Floats, point: Floats, standing: Standing) -> Floats:
    """Chance of more than `point` points in all, given that the bet is not returned; shape (N,)."""
    if not sport.league.has_draw:
        return normal_tail((point - total) / _deviation(sport.league.total_sd, standing))
    joint = _goal_chances(margin, total, standing)
    scored = (standing.home_score + standing.away_score)[:, None, None] + (_HOME + _AWAY)[None]
    over, under = _sum(joint, scored > point[:, None, None]), _sum(joint, scored < point[:, None, None])
    return over / np.maximum(over + under, 1e-12)


def normal_tail(z: Floats) -> Floats:
    """1 - Phi(z)."""
    return 0.5 * (1.0 - np.asarray(_erf(z / math.sqrt(2.0)), np.float64))


def with_margin(chances: Floats, margin: Floats) -> Floats:
    """Implied probabilities of a book, from fair chances (N, outcomes) and its margin (N,).

    p (1 + m (1 - p) n / (n - 1)): the full margin in an even market, less in a lopsided one, where it weighs on the
    outsider; never 1 or above.
    """
    n = chances.shape[1]
    return chances * (1.0 + margin[:, None] * (1.0 - chances) * n / (n - 1))


def american_prices(implied: Floats, grid: Floats) -> Floats:
    """American prices nearest to implied probabilities on a book's grid, which grows coarser with the price."""
    exact = cents(1.0 / np.clip(implied, 0.002, 0.998))
    size = np.abs(exact)
    step = grid * np.select([size < 100, size < 400, size < 900], [1.0, 2.0, 5.0], 10.0)
    rounded = np.rint(exact / step) * step
    return np.where(rounded >= 0, rounded + 100.0, rounded - 100.0)


def decimal_prices(american: Floats) -> Floats:
    """The same prices in decimal odds with two digits, as feeds show them, but never below 1.01."""
    return np.maximum(american_to_decimal(american).round(2), 1.01)


def _deviation(full: float, standing: Standing) -> Floats:
    return full * np.sqrt(np.maximum(standing.left, LEAST_SHARE))


def _goal_chances(margin: Floats, total: Floats, standing: Standing) -> Floats:
    """Chances of so many further goals of each team, shape (N, home, away)."""
    left_margin = margin - (standing.home_score - standing.away_score)
    left_total = total - (standing.home_score + standing.away_score)
    rates = np.stack([left_total + left_margin, left_total - left_margin]) / 2.0
    rates = np.maximum(rates, LEAST_RATE)[:, :, None]
    pmf = np.exp(-rates) * rates ** np.arange(MOST_GOALS + 1) / _FACTORIALS
    pmf /= pmf.sum(axis=2, keepdims=True)
    return pmf[0][:, :, None] * pmf[1][:, None, :]


def _lead(standing: Standing) -> Floats:
    return (standing.home_score - standing.away_score)[:, None, None] + (_HOME - _AWAY)[None]


def _sum(joint: Floats, where: np.ndarray) -> Floats:
    return np.where(where, joint, 0.0).sum(axis=(1, 2))
