"""Scorecards: how often and by how much each kind of signal beat the close."""

import datetime as dt

import polars as pl

from stratum_pipelines.quant.intervals import wilson_interval
from warehouse.tables import ClvRecords, Scorecards

CUTS = ("signal_type", "sport_key", "market", "time_bucket")
WINDOWS: dict[str, int | None] = {"all": None, "90d": 90, "30d": 30, "7d": 7}
READY_AT = 30
GAMES_AT_ONCE = 500
TIERS = (("S", 0.58, 500), ("A", 0.54, 100), ("B", 0.52, 30))


def scorecards(clv_records: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Every cut by signal type, sport, market and time bucket ("" for all of them), over four windows.

    Counted are current records with a close not missing or stale and an entry, closed at or before `as_of`. Ties count
    in n_ties and in no rate. The error of the mean is clustered by game. `tier_naive` goes by the plain rate; `tier`
    asks the lower end of the Wilson interval to clear the same bar. Sums run game by game, in the order of event_id and
    the key, so that the same records give the same bits.
    """
    return cards_of_games(games_in_cuts(clv_records.lazy()), as_of)


def games_in_cuts(clv_records: pl.LazyFrame) -> pl.DataFrame:
    """What each game adds to every cut its records belong to, with the moment it closed at; ordered by game.

    It does not depend on a moment, so the cards of many days are made from one of these.
    """
    usable = (
        clv_records.filter(
            pl.col("is_current"),
            pl.col("quality").is_in(["ok", "thin"]),
            pl.col("entry_price_decimal").is_not_null(),
            pl.col("clv_prob").is_not_null(),
        )
        .sort("event_id", *ClvRecords.sort_by())
        .select(*CUTS, "event_id", "closed_at", "clv_prob", "clv_points", "beat_close")
        .collect()
    )
    if usable.is_empty():
        return _games_in_cuts(usable)
    # A record stands in sixteen cuts: some games at a time bound what is in memory.
    parts = usable.with_columns(part=pl.col("event_id").rle_id() // GAMES_AT_ONCE)
    return pl.concat(map(_games_in_cuts, parts.partition_by("part", include_key=False, maintain_order=True)))


def _games_in_cuts(records: pl.DataFrame) -> pl.DataFrame:
    # Every record counts in each cut it belongs to: its own value or "" (all) in each of the four columns.
    everywhere = records.with_columns(pl.concat_list(pl.lit(""), pl.col(cut)).alias(cut) for cut in CUTS)
    for cut in CUTS:
        everywhere = everywhere.explode(cut)
    beat = pl.col("beat_close")
    return everywhere.group_by(*CUTS, "event_id", "closed_at", maintain_order=True).agg(
        events_n=pl.len(),
        events_sum=pl.col("clv_prob").sum(),
        ties=beat.is_null().sum(),
        beats=beat.sum(),
        points=pl.col("clv_points").sum(),
        points_n=pl.col("clv_points").count(),
    )


def cards_of_games(games: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """The scorecards as of a moment, from what `games_in_cuts` gives."""
    closed = games.filter(pl.col("closed_at") <= as_of)
    windows = [
        closed if days is None else closed.filter(pl.col("closed_at") > as_of - dt.timedelta(days=days))
        for days in WINDOWS.values()
    ]
    cards = pl.concat(
        [_counted(inside).with_columns(window=pl.lit(name)) for name, inside in zip(WINDOWS, windows, strict=True)]
    )
    cards = cards.with_columns(pl.lit(as_of).cast(pl.Datetime("us", "UTC")).alias("as_of"))
    return Scorecards.conform(_judged(cards)).sort(Scorecards.sort_by())


def _counted(games: pl.DataFrame) -> pl.DataFrame:
    """Counts, means and the clustered error of every cut."""
    keys = list(CUTS)
    # A game closes once; where it does not, its closes are one cluster all the same.
    sums = ["events_n", "events_sum", "ties", "beats", "points", "points_n"]
    by_event = games.group_by(*keys, "event_id", maintain_order=True).agg(pl.col(sums).sum())
    totals = by_event.group_by(keys, maintain_order=True).agg(
        n=pl.col("events_n").sum(),
        n_events=pl.len(),
        n_ties=pl.col("ties").sum(),
        n_beat=pl.col("beats").sum(),
        clv_points_mean=pl.when(pl.col("points_n").sum() > 0).then(pl.col("points").sum() / pl.col("points_n").sum()),
        clv_prob_mean=pl.col("events_sum").sum() / pl.col("events_n").sum(),
    )
    apart = (
        by_event.join(totals.select(*keys, "clv_prob_mean"), on=keys, maintain_order="left")
        .with_columns(off=(pl.col("events_sum") - pl.col("events_n") * pl.col("clv_prob_mean")) ** 2)
        .group_by(keys, maintain_order=True)
        .agg(off=pl.col("off").sum())
    )
    games_behind = pl.col("n_events")
    error = (games_behind / (games_behind - 1) * pl.col("off")).sqrt() / pl.col("n")
    return totals.join(apart, on=keys).with_columns(clv_prob_se=pl.when(games_behind > 1).then(error)).drop("off")


def _judged(cards: pl.DataFrame) -> pl.DataFrame:
    """The cards with rate, interval, tiers and readiness."""
    decided = cards["n"] - cards["n_ties"]
    intervals = [wilson_interval(hits, n) for hits, n in zip(cards["n_beat"], decided, strict=True)]
    rates = [hits / n if n else None for hits, n in zip(cards["n_beat"], decided, strict=True)]
    lows = [low if n else None for (low, _), n in zip(intervals, decided, strict=True)]
    return cards.with_columns(
        pl.Series("beat_rate", rates, dtype=pl.Float64),
        pl.Series("beat_low", lows, dtype=pl.Float64),
        pl.Series(
            "beat_high",
            [high if n else None for (_, high), n in zip(intervals, decided, strict=True)],
            dtype=pl.Float64,
        ),
        pl.Series("tier", [tier(low, n) for low, n in zip(lows, decided, strict=True)], dtype=pl.String),
        pl.Series("tier_naive", [tier(rate, n) for rate, n in zip(rates, decided, strict=True)], dtype=pl.String),
        (decided >= READY_AT).alias("is_ready"),
    )


def tier(rate: float | None, decided: int) -> str:
    """S above 58 % over 500 decided signals, A above 54 % over 100, B above 52 % over 30, else none."""
    for name, bar, enough in TIERS:
        if rate is not None and rate > bar and decided >= enough:
            return name
    return ""
