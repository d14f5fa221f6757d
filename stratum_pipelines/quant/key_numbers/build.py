"""The key numbers of recorded games: counts of all, weights from those that may shape them."""

from collections.abc import Mapping

import polars as pl

from stratum_pipelines.quant.key_numbers.counts import count_cells
from stratum_pipelines.quant.key_numbers.weights import fit_weights
from stratum_pipelines.reference import League
from stratum_pipelines.reference.key_numbers import MARKETS, KeyNumbers, Plan, Source, Weights

MOST_DEVIATIONS = 8


def build_key_numbers(
    games: pl.DataFrame, sources: tuple[Source, ...], plan: Plan, leagues: Mapping[str, League]
) -> KeyNumbers:
    """Counts and weights, the same for the same games whatever their order.

    `games` has the columns of `recorded_games.GAMES`; only sources marked as fitted shape the weights.
    """
    games = without_slips(games, leagues, plan)
    fitted = games.filter(pl.col("source").is_in([source.folder for source in sources if source.fitted]))
    weights = {}
    for sport_key in plan.leagues:
        for market in MARKETS:
            lined = lined_games(fitted.filter(pl.col("sport_key") == sport_key), market)
            if lined.is_empty():
                continue
            league = leagues[sport_key]
            deviation = league.total_sd if market == "totals" else league.margin_sd
            values = fit_weights(
                lined["value"].to_numpy(),
                lined["handicap"].to_numpy(),
                lined["prob"].to_numpy(),
                deviation,
                plan.shrinkage[market],
                is_total=market == "totals",
                cannot_tie=sport_key in plan.cannot_tie,
            )
            seasons = lined["season"].to_numpy()
            weights[sport_key, market] = Weights(
                league=sport_key,
                market=market,
                deviation=deviation,
                games=lined.height,
                first_season=int(seasons.min()),
                last_season=int(seasons.max()),
                lowest=0,
                values=tuple(values.tolist()),
            )
    return KeyNumbers(plan.version, sources, weights, count_cells(games, plan, leagues))


def without_slips(games: pl.DataFrame, leagues: Mapping[str, League], plan: Plan) -> pl.DataFrame:
    """The games but those whose score cannot be: a tie where there are none, a total eight deviations from its line.

    Somebody has left out a digit: recorded basketball has a game of 12 to 10, closing total 218.5.
    """
    deviation = pl.col("sport_key").replace_strict({key: league.total_sd for key, league in leagues.items()})
    far = (pl.col("total") - pl.col("total_line")).abs() > MOST_DEVIATIONS * deviation
    tied = (pl.col("margin") == 0) & pl.col("sport_key").is_in(list(plan.cannot_tie))
    return games.filter(~(far.fill_null(value=False) | tied))


def lined_games(games: pl.DataFrame, market: str) -> pl.DataFrame:
    """The games with a closing line in a market: season, value, handicap (the home team's, or the over's) and prob."""
    is_total = market == "totals"
    line, prob = ("total_line", "total_prob") if is_total else ("spread", "spread_prob")
    frame = games.select(
        "season",
        value=pl.col("total" if is_total else "margin"),
        handicap=-pl.col(line) if is_total else pl.col(line),
        prob=pl.col(prob),
    )
    return frame.drop_nulls().filter(pl.col("handicap").is_finite(), pl.col("prob").is_between(0, 1, closed="none"))
