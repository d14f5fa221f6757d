"""Opening and closing lines as archives published them, faults and all."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from stratum_pipelines.quant.odds import Floats, american_to_decimal
from stratum_pipelines.quant.plausibility import NO_PRICE, Lines

ABOUT = ("game_date", "home_team", "away_team", "bookmaker")


@dataclass(frozen=True)
class OpenClose:
    """Opening and closing lines of one league: which games (`ABOUT`; the bookmaker is "" where none is named), and the lines."""

    folder: str
    sport_key: str
    games: pl.DataFrame
    lines: Lines


def read_open_close(data: Path, folder: str) -> OpenClose:
    """The lines in one folder of recorded data. Raises ValueError for a folder that is not there or not known."""
    if folder not in READERS:
        raise ValueError(f"The folder {folder} has no reader here; known are {', '.join(READERS)}.")
    sport_key, name, read = READERS[folder]
    file = data / folder / name
    if not file.is_file():
        raise ValueError(f"There is no file {name} in {data / folder}. Name the folder of recorded data.")
    frame = read(file)
    spreads_and_totals = ("open_spread", "close_spread", "open_total", "close_total")
    lines = Lines(
        **{column: _numbers(frame[column]) for column in spreads_and_totals},
        home_price=_prices(frame["home_price"]),
        away_price=_prices(frame["away_price"]),
        draw_price=np.full(frame.height, np.nan),
    )
    return OpenClose(folder, sport_key, frame.select(ABOUT), lines)


def _numbers(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _prices(column: pl.Series) -> Floats:
    """American prices as decimal ones; what was written and is none as `NO_PRICE`."""
    american = _numbers(column)
    decimal = american_to_decimal(american)
    return np.where(np.isnan(american), np.nan, np.where(np.isnan(decimal), NO_PRICE, decimal))


def _nfl_archive(file: Path) -> pl.DataFrame:
    """The NFL archive as published: a JSON list, in which swapped closings stand as they are.

    Games at neutral places, whose home team is "0", have no home spread and are left out.
    """
    games = [game for game in msgspec.json.decode(gzip.decompress(file.read_bytes())) if game["home_team"]]
    named = {
        "home_team": "home_team",
        "away_team": "away_team",
        "open_spread": "home_open_spread",
        "close_spread": "home_close_spread",
        "open_total": "open_over_under",
        "close_total": "close_over_under",
        "home_price": "home_close_ml",
        "away_price": "away_close_ml",
    }
    frame = pl.DataFrame({name: [game[source] for game in games] for name, source in named.items()})
    days = [str(int(game["date"])) for game in games]
    return frame.with_columns(game_date=pl.Series(days).str.to_date("%Y%m%d"), bookmaker=pl.lit(""))


def _nba_archive(file: Path) -> pl.DataFrame:
    """The NBA archive, whose larger number per game has been read as the total."""
    return pl.read_csv(file).select(
        "home_team",
        "away_team",
        game_date=pl.col("date").str.to_date(),
        bookmaker=pl.lit(""),
        open_spread="open_spread_home",
        close_spread="close_spread_home",
        open_total="open_total",
        close_total="close_total",
        home_price="home_ml_close",
        away_price="away_ml_close",
    )


def _quote_changes(file: Path) -> pl.DataFrame:
    """The first and the last quotes of every book before the earliest start the feed ever named."""
    quotes = (
        pl.read_parquet(file)
        .filter(pl.col("snapshot_time") <= pl.col("commence_time").min().over("event_id"))
        .drop_nulls("price")
        .sort("snapshot_time")
    )

    def of(market: str, outcome: str | pl.Expr, column: str) -> pl.Expr:
        return pl.col(column).filter((pl.col("market") == market) & (pl.col("outcome") == outcome))

    home, away = pl.col("home_team"), pl.col("away_team")
    found = quotes.group_by("event_id", "bookmaker", maintain_order=True).agg(
        home.last(),
        away.last(),
        game_date=pl.col("commence_time").first().dt.date(),
        open_spread=of("spreads", home, "point").first(),
        close_spread=of("spreads", home, "point").last(),
        open_total=of("totals", "Over", "point").first(),
        close_total=of("totals", "Over", "point").last(),
        home_price=of("h2h", home, "price").last(),
        away_price=of("h2h", away, "price").last(),
    )
    return found.drop_nulls("close_spread").sort("game_date", "event_id", "bookmaker")


READERS: Mapping[str, tuple[str, str, Callable[[Path], pl.DataFrame]]] = {
    "sbr_nfl_open_close": ("americanfootball_nfl", "nfl_archive.json.gz", _nfl_archive),
    "sbr_nba_open_close": ("basketball_nba", "games.csv.gz", _nba_archive),
    "oddsapi_nfl_2025": ("americanfootball_nfl", "quote_changes.parquet", _quote_changes),
    "oddsapi_ncaaf_2025": ("americanfootball_ncaaf", "quote_changes.parquet", _quote_changes),
    "oddsapi_wnba_2026": ("basketball_wnba", "quote_changes.parquet", _quote_changes),
    "oddsapi_mlb_2026": ("baseball_mlb", "quote_changes.parquet", _quote_changes),
    "oddsapi_kbo_2026": ("baseball_kbo", "quote_changes.parquet", _quote_changes),
}
