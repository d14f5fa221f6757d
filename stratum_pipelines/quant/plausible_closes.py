"""The plausibility gate on closing lines: what cannot be true together is mended where it is clear how, and left out where not.

A close is judged game by game, each book and the consensus by itself, before it is written (`plausibility.judge`): its spread and
total of the home team's side, the winner market's prices, and the lines it opened with. `last_seen` is not judged: in play any
line can be true.
"""

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import polars as pl

from stratum_pipelines.quant.closing import CONSENSUS
from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.plausibility import FAULTS, SOUND, Lines, judge
from stratum_pipelines.reference import League
from stratum_pipelines.reference.plausibility import load_limits

# Medians of lines fall between the steps of lines.
STEPS_OF_A_MEDIAN = 8
_CLOSE = ["event_id", "bookmaker", "convention", "version"]
_PLACES = {
    ("spreads", "home"): "close_spread",
    ("totals", "over"): "close_total",
    ("h2h", "home"): "home_price",
    ("h2h", "away"): "away_price",
    ("h2h", "draw"): "draw_price",
}


def openings(consensus: pl.LazyFrame, odds_snapshots: pl.LazyFrame) -> pl.DataFrame:
    """The first spread and total of every game, by book and for the consensus: event_id, bookmaker, open_spread, open_total.

    Spreads are the home team's. What was received at or after the start, as then known, does not count.
    """
    agreed = consensus.filter(pl.col("as_of") < pl.col("commence_at")).select(
        "event_id", "market", "side", bookmaker=pl.lit(CONSENSUS), at="as_of", point="point_median"
    )
    quoted = odds_snapshots.filter(~pl.col("is_live")).select(
        "event_id", "market", "side", "bookmaker", at="received_at", point="point"
    )
    placed = [_place_of(frame) for frame in (agreed, quoted)]
    first = (
        pl.concat(placed)
        .filter(pl.col("point").is_not_null(), pl.col("place").is_in(["close_spread", "close_total"]))
        .group_by("event_id", "bookmaker", "place")
        .agg(pl.col("point").sort_by("at").first())
        .collect()
    )
    wide = first.pivot("place", index=["event_id", "bookmaker"], values="point")
    missing = [
        pl.lit(None, pl.Float64).alias(name) for name in ("close_spread", "close_total") if name not in wide.columns
    ]
    named = wide.with_columns(missing).rename({"close_spread": "open_spread", "close_total": "open_total"})
    return named.select("event_id", "bookmaker", "open_spread", "open_total").sort("event_id", "bookmaker")


def believed(closes: pl.DataFrame, opened: pl.DataFrame, leagues: Mapping[str, League]) -> pl.DataFrame:
    """The closing lines as they can be believed; `fault` says what was wrong ("" nothing), `is_repaired` that it was mended.

    `opened` comes from `openings`. Both columns stand on every row of the lines a fault touches. A mended row has the point that
    was meant, and keeps price and probability; what is left out loses point, price and probability, and is `missing`. Lines of a league
    without limits in plausibility.toml are left as they are.
    """
    wide = _wide(closes.filter(pl.col("convention") != "last_seen"), opened)
    judged = [_judged(part, leagues) for part in wide.partition_by("sport_key", maintain_order=True)]
    found = pl.concat([_FOUND.clear(), *(part for part in judged if part is not None)])
    marked = (
        _place_of(closes.lazy(), turned=True)
        .collect()
        .join(found, on=[*_CLOSE, "place"], how="left", maintain_order="left")
        .with_columns(fault=pl.col("found").fill_null(""), is_repaired=pl.col("repairs").fill_null(False))
    )
    is_out = (pl.col("fault") != "") & ~pl.col("is_repaired")
    # The away team's handicap is the home team's turned round.
    meant = pl.when(pl.col("side") == "away").then(-pl.col("value")).otherwise(pl.col("value"))
    values = [pl.when(~is_out).then(name).alias(name) for name in ("price_decimal", "fair_prob")]
    return marked.with_columns(
        *values,
        *(pl.when("is_repaired").then(meant).when(~is_out).then(name).alias(name) for name in ("point", "fair_point")),
        quality=pl.when(is_out).then(pl.lit("missing")).otherwise("quality"),
    ).select(closes.columns)


_FOUND = pl.DataFrame(
    schema={
        "event_id": pl.String,
        "bookmaker": pl.String,
        "convention": pl.String,
        "version": pl.Int32,
        "place": pl.String,
        "value": pl.Float64,
        "found": pl.String,
        "repairs": pl.Boolean,
    }
)


def _place_of(frame: pl.LazyFrame, *, turned: bool = False) -> pl.LazyFrame:
    """The rows with the line of `Lines` they stand for; null where they say what another row says already.

    `turned` names away and under rows by the line of the other side too.
    """
    place = pl.lit(None, pl.String)
    for (market, side), name in _PLACES.items():
        sides = {side, {"home": "away", "over": "under"}.get(side, side)} if turned and market != "h2h" else {side}
        place = (
            pl.when((pl.col("market") == market) & pl.col("side").is_in(sorted(sides)))
            .then(pl.lit(name))
            .otherwise(place)
        )
    return frame.with_columns(place=place)


def _wide(closes: pl.DataFrame, opened: pl.DataFrame) -> pl.DataFrame:
    """One row per close of a game, with the columns of `Lines`."""
    value = pl.when(pl.col("market") == "h2h").then("price_decimal").otherwise("point")
    placed = _place_of(closes.lazy()).with_columns(value=value).collect()
    columns = [pl.col("value").filter(pl.col("place") == name).first().alias(name) for name in _PLACES.values()]
    wide = placed.group_by("sport_key", *_CLOSE, maintain_order=True).agg(columns)
    return wide.join(opened, on=["event_id", "bookmaker"], how="left", maintain_order="left")


def _judged(wide: pl.DataFrame, leagues: Mapping[str, League]) -> pl.DataFrame | None:
    """Every line a fault touches, with the value that is believed; None for a league nothing is known of."""
    league = leagues.get(wide["sport_key"][0])
    if league is None:
        return None
    try:
        limits = load_limits(league)
    except ValueError:
        return None
    parts = []
    for is_median in (True, False):
        own = wide.filter((pl.col("bookmaker") == CONSENSUS) == is_median)
        lines = Lines(*(_numbers(own[field.name]) for field in fields(Lines)))
        step = limits.step / STEPS_OF_A_MEDIAN if is_median else limits.step
        result = judge(lines, replace(limits, step=step), score_table(league, "spreads"))
        faulty = np.flatnonzero(result.fault != SOUND)
        for name in _PLACES.values():
            touched = faulty[[name in FAULTS[fault].names for fault in result.fault[faulty].tolist()]]
            faults = [FAULTS[fault] for fault in result.fault[touched].tolist()]
            value = pl.Series("value", getattr(result.lines, name)[touched]).fill_nan(None)
            parts.append(
                own[touched]
                .select(_CLOSE)
                .with_columns(
                    place=pl.lit(name),
                    value=value,
                    found=pl.Series([fault.code for fault in faults], dtype=pl.String),
                    # Of two faults in a game one may be mended and the other left out.
                    repairs=value.is_not_null(),
                )
            )
    return pl.concat(parts).select(_FOUND.columns).match_to_schema(_FOUND.schema)


def _numbers(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()
