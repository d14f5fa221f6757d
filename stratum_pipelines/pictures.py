"""Which rows of a day are worth a picture, read from the lake; the drawing itself stands in `plots`."""

import datetime as dt

import polars as pl

from stratum_pipelines.plots import ages_by_book, clv_distribution, line_movement, regime_path
from warehouse.lake import Lake
from warehouse.tables import (
    COUNTED_CONVENTION,
    BookFreshness,
    ClvRecords,
    Consensus,
    Events,
    OddsSnapshots,
    RegimeSnapshots,
)

# The side of a market that is drawn: the other one mirrors it.
DRAWN = {"h2h": "home", "spreads": "home", "totals": "over"}
REGIME_DAYS = 3
UNITS = {"h2h": "probability", "spreads": "points", "totals": "points"}


def picture_of_movement(lake: Lake, day: dt.date) -> tuple[str, bytes] | None:
    """Title and PNG of the line that moved most often on a day; None when nothing has a consensus."""
    drawn = pl.any_horizontal((pl.col("market") == market) & (pl.col("side") == side) for market, side in DRAWN.items())
    value = pl.when(pl.col("market") == "h2h").then("fair_prob").otherwise("point_median")
    lines = (
        lake.scan(Consensus, first=day, last=day)
        .filter(drawn)
        .with_columns(value=value.round(4))
        .filter(pl.col("value").is_not_null())
    )
    moved = (
        lines.group_by("event_id", "market", "outcome")
        .agg(moves=pl.col("value").n_unique(), rows=pl.len())
        # A point is worth more than a small change of price: a probability moves with nearly every poll.
        .sort(pl.col("market") != "h2h", "moves", "rows", "event_id", descending=[True, True, True, False])
        .head(1)
        .collect()
    )
    if moved.is_empty():
        return None
    event_id, market, outcome, *_ = moved.row(0)
    this = (pl.col("event_id") == event_id) & (pl.col("market") == market) & (pl.col("outcome") == outcome)
    quoted = pl.col("point") if market != "h2h" else 1 / pl.col("price_decimal")
    quotes = lake.scan(OddsSnapshots, first=day, last=day).filter(this).select("bookmaker", "received_at", value=quoted)
    consensus = lines.filter(this).select("as_of", "value")
    title = f"{_game(lake, event_id)}: {market} of {outcome}, {day}"
    return title, line_movement(quotes.collect(), consensus.collect(), title, UNITS[market])


def picture_of_regime(lake: Lake, day: dt.date) -> tuple[str, bytes] | None:
    """Title and PNG of the market whose regime changed most often on a day, over its last days; None without regimes."""
    unstable = pl.when(pl.col("regime_label") == "unstable").then("regime_probability")
    first = day - dt.timedelta(days=REGIME_DAYS - 1)
    paths = lake.scan(RegimeSnapshots, first=first, last=day).select(
        "event_id", "market", "as_of", unstable=unstable.otherwise(1 - pl.col("regime_probability"))
    )
    changes = ((pl.col("unstable") > 0.5) != (pl.col("unstable").shift(1) > 0.5)).sum()
    chosen = (
        paths.filter(pl.col("as_of").dt.date() == day)
        .sort("as_of")
        .group_by("event_id", "market")
        .agg(changes=changes, steps=pl.len())
        .sort("changes", "steps", "event_id", "market", descending=[True, True, False, False])
        .head(1)
        .collect()
    )
    if chosen.is_empty():
        return None
    event_id, market, *_ = chosen.row(0)
    path = paths.filter((pl.col("event_id") == event_id) & (pl.col("market") == market)).collect()
    title = f"{_game(lake, event_id)}: how likely {market} was unstable, up to {day}"
    return title, regime_path(path, title)


def picture_of_clv(lake: Lake, day: dt.date) -> tuple[str, bytes] | None:
    """Title and PNG of how the entries closed on a day compare with the close; None when there is none."""
    counted = (pl.col("convention") == COUNTED_CONVENTION) & pl.col("is_current")
    records = lake.scan(ClvRecords, first=day, last=day).filter(counted).select("clv_prob").collect()
    values = records["clv_prob"].drop_nulls()
    if values.is_empty():
        return None
    title = f"Closing-line value of {len(values)} signals, games of {day}"
    return title, clv_distribution(values, title, "closing fair probability less 1 / entry price")


def picture_of_ages(lake: Lake, day: dt.date) -> tuple[str, bytes] | None:
    """Title and PNG of how old each book's quotes were, in the sport with most polls of a day; None when it had none."""
    rows = lake.scan(BookFreshness, first=day, last=day).collect()
    if rows.is_empty():
        return None
    polled = (
        rows.group_by("sport_key").agg(pl.col("n_polls").sum()).sort("n_polls", "sport_key", descending=[True, False])
    )
    sport_key = polled["sport_key"][0]
    # Of several stretches and markets the worst counts: this is about who is late.
    worst = (
        rows.filter(pl.col("sport_key") == sport_key)
        .group_by("bookmaker")
        .agg(pl.col("age_p50_s", "age_p95_s", "age_p99_s", "limit_s").max())
        .sort("age_p95_s", "bookmaker")
    )
    title = f"Age of quotes by book: {sport_key}, {day}"
    return title, ages_by_book(worst, title)


def _game(lake: Lake, event_id: str) -> str:
    game = lake.scan(Events).filter(pl.col("event_id") == event_id).select("away_team", "home_team").collect()
    return " at ".join(game.row(0)) if game.height else event_id
