"""Scorecards: how often and by how much each kind of signal beat the close.

Two steps. `games_in_cuts` says what each game came to in every cut, and what the evidence was once it had closed; both look
back only. `cards_of_games` and `bands_of_games` add that up as of a moment. So the cards of many days cost one first step,
and come out the same as the cards of each day by itself.
"""

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.quant.intervals import clustered_bounds, student_quantile, wilson_bounds
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.sequential import LEVEL, evidence_after
from warehouse.tables import COUNTED_CONVENTION, ClvRecords, ScoreBands, Scorecards

CUTS = ("signal_type", "sport_key", "market", "time_bucket")
WINDOWS: dict[str, int | None] = {"all": None, "90d": 90, "30d": 30, "7d": 7}
READY_AT = 30
GAMES_AT_ONCE = 500
TIERS = (("S", 0.58, 500), ("A", 0.54, 100), ("B", 0.52, 30))
# The steps of priority, and below them the scores in two: most signals are there.
BANDS = (("1-39", 40.0), ("40-54", 55.0), ("55-74", 75.0), ("75-100", None))

P_VALUES = tuple(f"p_value_{name.lower()}" for name, _, _ in TIERS)
_ALL_CUTS = (*CUTS, "score_band")
_IN_BANDS = pl.col("score_band") != ""
_DAY_US = 24 * 3600 * 1_000_000

Ints = npt.NDArray[np.int64]


def scorecards(clv_records: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Every cut by signal type, sport, market and time bucket ("" for all of them), over four windows.

    Counted are current records of the scheduled close with a close not missing or stale and an entry, closed at or before
    `as_of`. Ties count in n_ties and in no rate. Errors are clustered by game. `tier_naive` goes by the plain rate; `tier`
    asks besides that a test over all time, which may be looked at after every game, excludes a rate at or below the bar, and
    that the prices taken did not lose against the close: `beat_rate` goes by points where there are points, and the best of
    many books has a better number than their median, at a price.
    Sums run game by game, in order of settlement, so that the same records give the same bits.
    """
    return cards_of_games(games_in_cuts(clv_records.lazy()), as_of)


def games_in_cuts(clv_records: pl.LazyFrame) -> pl.DataFrame:
    """What each game adds to every cut its records belong to, score bands included, and the p-values once it had closed.

    It does not depend on a moment. The rows of a cut (one number of `cell`) stand together, in order of settlement:
    closed_at, then event_id.
    """
    usable = (
        clv_records.filter(
            pl.col("is_current"),
            pl.col("convention") == COUNTED_CONVENTION,
            pl.col("quality").is_in(["ok", "thin"]),
            pl.col("entry_price_decimal").is_not_null(),
            pl.col("clv_prob").is_not_null(),
        )
        .sort("event_id", *ClvRecords.sort_by())
        .with_columns(score_band=score_band(pl.col("composite_score")))
        .select(*_ALL_CUTS, "event_id", "closed_at", "clv_prob", "clv_points", "beat_close")
        .collect()
    )
    # A record stands in sixteen cuts, or thirty-two: some games at a time bound what is in memory.
    parts = usable.with_columns(part=pl.col("event_id").rle_id() // GAMES_AT_ONCE)
    added = [_in_cuts(part) for part in parts.partition_by("part", include_key=False, maintain_order=True)]
    games = pl.concat(added or [_in_cuts(usable)]).sort(*_ALL_CUTS, "closed_at", "event_id")
    games = games.with_columns(cell=pl.struct(_ALL_CUTS).rle_id().cast(pl.Int64))
    return games.with_columns(pl.Series(name, values) for name, values in zip(P_VALUES, _p_values(games), strict=True))


def _in_cuts(records: pl.DataFrame) -> pl.DataFrame:
    # Every record counts in each cut it belongs to: its own value or "" (all) in each column. Without a score it is in no band.
    everywhere = records
    for cut in _ALL_CUTS:
        everywhere = everywhere.with_columns(pl.concat_list(pl.lit(""), cut).alias(cut)).explode(cut)
    beat, points, prob = pl.col("beat_close"), pl.col("clv_points"), pl.col("clv_prob")
    # A game closes once; where it does not, its closes are one game all the same.
    return (
        everywhere.filter(pl.col("score_band").is_not_null())
        .group_by(*_ALL_CUTS, "event_id", maintain_order=True)
        .agg(
            pl.col("closed_at").max(),
            n=pl.len(),
            n_ties=beat.is_null().sum(),
            n_beat=beat.sum(),
            n_points=points.count(),
            n_fair=(prob != 0.0).sum(),
            n_beat_fair=(prob > 0.0).sum(),
            prob_sum=prob.sum(),
            points_sum=points.sum(),
        )
    )


def score_band(score: pl.Expr) -> pl.Expr:
    """The band of a composite score; null without one."""
    band = pl.lit(BANDS[-1][0])
    for name, below in reversed(BANDS[:-1]):
        band = pl.when(score < below).then(pl.lit(name)).otherwise(band)
    return pl.when(score.is_not_null()).then(band)


def cards_of_games(games: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """The scorecards as of a moment, from what `games_in_cuts` gives."""
    return Scorecards.conform(_cards(games.filter(~_IN_BANDS), as_of)).sort(Scorecards.sort_by())


def bands_of_games(games: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """The score bands as of a moment, from what `games_in_cuts` gives."""
    return ScoreBands.conform(_cards(games.filter(_IN_BANDS), as_of)).sort(ScoreBands.sort_by())


def _cards(games: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """The cards of all cells that have a game in the window, over each window."""
    closed = games["closed_at"].dt.epoch("us").to_numpy()
    # In whole microseconds: as a fraction of a second the last one of a day would be rounded away.
    now = (as_of - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    p_values = _p_values_now(games, closed <= now)
    cards = []
    for window, days in WINDOWS.items():
        inside = (closed <= now) & ((closed > now - days * _DAY_US) if days else True)
        cards.append(_counted(games[np.flatnonzero(inside)], p_values).with_columns(window=pl.lit(window)))
    named = games.group_by("cell").agg(pl.col(_ALL_CUTS).first())
    moment = pl.lit(as_of).cast(pl.Datetime("us", "UTC")).alias("as_of")
    return pl.concat(cards).join(named, on="cell").with_columns(moment)


def tier(
    rate: float | None, decided: int, p_values: tuple[float, ...] = (0.0, 0.0, 0.0), *, loses: bool = False
) -> str:
    """S above 58 % over 500 decided signals, A above 54 % over 100, B above 52 % over 30, else none.

    With `p_values`, one per tier, also only where that one is at most 5 %; none to prices that lose against the close.
    """
    for (name, bar, enough), p_value in zip(TIERS, p_values, strict=True):
        if rate is not None and rate > bar and decided >= enough and p_value <= LEVEL and not loses:
            return name
    return ""


def _p_values(games: pl.DataFrame) -> list[Floats]:
    """The anytime-valid p-value against each bar after each game."""
    beats, decided = games["n_beat"].to_numpy(), games["n"].cast(pl.Int64).to_numpy() - games["n_ties"].to_numpy()
    evidence = evidence_after(games["cell"].to_numpy(), beats, decided, [bar for _, bar, _ in TIERS])
    return list(1 / np.maximum(evidence, 1.0).T)


def _p_values_now(games: pl.DataFrame, by_now: npt.NDArray[np.bool_]) -> Floats:
    """Per cell the p-values after its last game so far; of a cell without one they mean nothing."""
    cells = games["cell"].to_numpy()
    last = np.zeros(int(cells.max(initial=-1)) + 1, np.int64)
    np.maximum.at(last, cells[by_now], np.flatnonzero(by_now))
    return games.select(P_VALUES).to_numpy()[last]


def _counted(games: pl.DataFrame, p_values: Floats) -> pl.DataFrame:
    """The cards of the cells that have any of these games: sums, means, errors clustered by game, intervals and tiers."""
    cells, cell = np.unique(games["cell"].to_numpy(), return_inverse=True)

    def total(values: npt.ArrayLike) -> Floats:
        # Adds one after the other, so that the sum of a cell has the same bits whatever stands beside it.
        return np.bincount(cell, weights=np.asarray(values, np.float64), minlength=len(cells)).astype(np.float64)

    def error(sums: Floats, sizes: Floats, mean: Floats, whole: Floats) -> Floats:
        # CR1 for a mean: the games' sums less what the mean lets expect, with G / (G - 1) for the mean being estimated.
        n_games = total(sizes > 0)
        off = total((sums - sizes * np.nan_to_num(mean)[cell]) ** 2)
        enough = n_games > 1
        spread = np.sqrt(np.where(enough, n_games / np.where(enough, n_games - 1, 1), np.nan) * off)
        return _over(spread, whole)

    n_of, ties_of, beat_of, prob_of, fair_of, beat_fair_of = (
        games[name].to_numpy().astype(np.float64)
        for name in ("n", "n_ties", "n_beat", "prob_sum", "n_fair", "n_beat_fair")
    )
    n, n_events, n_ties, n_beat = total(n_of), total(n_of > 0), total(ties_of), total(beat_of)
    decided = n - n_ties
    rate, prob_mean = _over(n_beat, decided), _over(total(prob_of), n)
    rate_error = error(beat_of, n_of - ties_of, rate, decided)
    low, high = wilson_bounds(np.nan_to_num(rate), decided)
    low_by_game, high_by_game = clustered_bounds(
        np.nan_to_num(rate), np.nan_to_num(rate_error), decided, total(n_of > ties_of)
    )
    n_fair, n_beat_fair = total(fair_of), total(beat_fair_of)
    fair_rate = _over(n_beat_fair, n_fair)
    fair_low, fair_high = wilson_bounds(np.nan_to_num(fair_rate), n_fair)
    prob_error = error(prob_of, n_of, prob_mean, n)
    # With one game there is no error, and nothing is proved either way.
    loses = prob_mean + student_quantile(np.maximum(n_events - 1, 1)) * prob_error < 0
    known, known_fair = decided > 0, n_fair > 0
    figures = {
        "beat_rate": rate,
        "beat_low": np.where(known, low, np.nan),
        "beat_high": np.where(known, high, np.nan),
        "beat_rate_se": rate_error,
        "beat_low_by_game": low_by_game,
        "beat_high_by_game": high_by_game,
        "beat_fair_rate": fair_rate,
        "beat_fair_low": np.where(known_fair, fair_low, np.nan),
        "beat_fair_high": np.where(known_fair, fair_high, np.nan),
        "clv_points_mean": _over(total(games["points_sum"]), total(games["n_points"])),
        "clv_prob_mean": prob_mean,
        "clv_prob_se": prob_error,
    }
    counts = {"n": n, "n_events": n_events, "n_ties": n_ties, "n_beat": n_beat, "n_beat_fair": n_beat_fair}
    cards = pl.DataFrame({"cell": cells, **counts})
    cards = cards.with_columns(pl.Series(name, values).fill_nan(None) for name, values in figures.items())
    proofs = p_values[cells]
    judged = list(zip(cards["beat_rate"].to_list(), decided.tolist(), strict=True))
    proved = zip(judged, map(tuple, proofs.tolist()), loses.tolist(), strict=True)
    return cards.with_columns(
        *(pl.Series(name, values) for name, values in zip(P_VALUES, proofs.T, strict=True)),
        pl.Series("tier", [tier(*one, p, loses=lost) for one, p, lost in proved], dtype=pl.String),
        pl.Series("tier_naive", [tier(*one) for one in judged], dtype=pl.String),
        pl.Series("is_ready", decided >= READY_AT),
        pl.Series("readiness", np.minimum(decided / READY_AT, 1.0)),
    )


def _over(sums: Floats, counts: Floats) -> Floats:
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
