"""What key numbers are worth on games they were not made from: the likelihood of seasons left out."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from stratum_pipelines.quant.key_numbers.build import lined_games, without_slips
from stratum_pipelines.quant.key_numbers.weights import fit_weights, league_table, log_likelihood
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.reference import League
from stratum_pipelines.reference.key_numbers import MARKETS, LeaguePlan, Plan

# The force, in expected games, with which the weights of an era or a bucket are drawn towards those of all games.
GROUP_SHRINKAGE = 40.0
PLAIN = np.ones(0)


class HeldOut(NamedTuple):
    """A way to weigh numbers, judged on games it has not seen.

    `gain` is the mean of the logarithm of the probability it gave to what happened, less the same of the plain normal,
    with its standard error (`error`); `judged` says on which games, `weights` from which of the others they came.
    """

    league: str
    market: str
    judged: str
    weights: str
    games: int
    gain: float
    error: float


def held_out(
    games: pl.DataFrame, plan: Plan, leagues: Mapping[str, League], markets: Sequence[str] = MARKETS
) -> list[HeldOut]:
    """How every league's weights do on seasons left out, one after the other, and on games that shape no weights.

    Weights come from all other games at once, or also from those of one era or one bucket of the closing line alone.
    """
    games = without_slips(games, leagues, plan)
    is_fitted = pl.col("source").is_in([folder for folder, fitted in plan.sources.items() if fitted])
    found = []
    for sport_key, league_plan in plan.leagues.items():
        for market in markets:
            own = games.filter(pl.col("sport_key") == sport_key)
            known = _grouped(lined_games(own.filter(is_fitted), market), league_plan, market)
            later = lined_games(own.filter(~is_fitted), market)
            fitter = _Fitter(leagues[sport_key], plan, market)
            seasons = known["season"].unique().sort()
            if len(seasons) > 1:
                for weights in ("all", "era", "bucket"):
                    gains = np.concatenate([fitter.gain_of_season(known, season, weights) for season in seasons])
                    found.append(_summary(sport_key, market, "each season", weights, gains))
            if len(seasons) and len(later):
                gains = fitter.gain(later, fitter.fit(known))
                found.append(_summary(sport_key, market, "later games", "all", gains))
    return found


class _Fitter:
    """Fits weights of one league and market, and says what they gain."""

    def __init__(self, league: League, plan: Plan, market: str):
        self.is_total = market == "totals"
        self.deviation = league.total_sd if self.is_total else league.margin_sd
        self.shrinkage = plan.shrinkage[market]
        self.cannot_tie = league.sport_key in plan.cannot_tie

    def fit(self, games: pl.DataFrame, prior: Floats | None = None) -> Floats:
        return fit_weights(
            *_columns(games),
            self.deviation,
            self.shrinkage if prior is None else GROUP_SHRINKAGE,
            is_total=self.is_total,
            cannot_tie=self.cannot_tie,
            prior=prior,
        )

    def gain(self, games: pl.DataFrame, weights: Floats) -> Floats:
        plain = np.zeros(1) if self.cannot_tie and not self.is_total else PLAIN
        with_weights, without = (
            log_likelihood(league_table(own, self.deviation, is_total=self.is_total), *_columns(games))
            for own in (weights, plain)
        )
        return with_weights - without

    def gain_of_season(self, games: pl.DataFrame, season: int, group: str) -> Floats:
        """The gains of a season's games, by weights of all other seasons or of their group within them."""
        others, judged = games.filter(pl.col("season") != season), games.filter(pl.col("season") == season)
        weights = self.fit(others)
        if group == "all":
            return self.gain(judged, weights)
        gains = [np.empty(0)]
        for (name,), part in judged.group_by(group, maintain_order=True):
            alike = others.filter(pl.col(group) == name)
            gains.append(self.gain(part, self.fit(alike, prior=weights) if len(alike) else weights))
        return np.concatenate(gains)


def _columns(games: pl.DataFrame) -> tuple[np.ndarray, Floats, Floats]:
    return games["value"].to_numpy(), games["handicap"].to_numpy(), games["prob"].to_numpy()


def _grouped(games: pl.DataFrame, plan: LeaguePlan, market: str) -> pl.DataFrame:
    """The games with the number of their era and of the bucket of their line."""
    edges = plan.total_edges if market == "totals" else plan.spread_edges
    firsts = np.array([era.first for era in plan.eras])
    return games.with_columns(
        era=pl.Series(np.searchsorted(firsts, games["season"].to_numpy(), side="right")),
        bucket=pl.Series(np.searchsorted(edges, np.abs(games["handicap"].to_numpy()), side="right")),
    )


def _summary(league: str, market: str, judged: str, weights: str, gains: Floats) -> HeldOut:
    error = float(gains.std(ddof=1) / np.sqrt(gains.size))
    return HeldOut(league, market, judged, weights, gains.size, float(gains.mean()), error)
