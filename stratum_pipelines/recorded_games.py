"""Finished games with their closing lines, from the folders of recorded results.

Each folder has a shape of its own; what comes back has one. Lines are from the home team's side, with the probability the
market gave it there: one half where only the number is recorded.
"""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stratum_pipelines.reference.key_numbers import Source

# `margin` is home less away. `spread` is the closing handicap of the home team and `spread_prob` the fair probability that it
# covers, given no push; `total_line` and `total_prob` likewise for the over. Null where nothing is recorded.
GAMES = pl.Schema(
    {
        "sport_key": pl.String,
        "source": pl.String,
        "season": pl.Int64,
        "margin": pl.Int64,
        "total": pl.Int64,
        "spread": pl.Float64,
        "spread_prob": pl.Float64,
        "total_line": pl.Float64,
        "total_prob": pl.Float64,
    }
)
EVEN = pl.lit(0.5)
SOCCER = {"E0": "soccer_epl", "SP1": "soccer_spain_la_liga"}

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class RecordedGames:
    """Games in the columns of `GAMES`, and the folders they came from."""

    games: pl.DataFrame
    sources: tuple[Source, ...]


def read_recorded_games(data: Path, folders: Mapping[str, bool]) -> RecordedGames:
    """The games of these folders under `data`; `folders` says of each whether weights are fitted to it.

    Raises ValueError for a folder that is not there, has no files of results or is of an unknown shape.
    """
    frames, sources = [], []
    for name, fitted in folders.items():
        if name not in READERS:
            raise ValueError(f"The folder {name} has no reader here; known are {', '.join(READERS)}.")
        pattern, read = READERS[name]
        paths = sorted(path for glob in pattern for path in (data / name).glob(glob))
        if not paths:
            raise ValueError(
                f"There is no file {' or '.join(pattern)} in {data / name}. Name the folder of recorded data."
            )
        files = {path.name: _unpacked(path) for path in paths}
        frame = read(files).with_columns(source=pl.lit(name))
        frames.append(frame.select(pl.col(column).cast(kind) for column, kind in GAMES.items()))
        digest = hashlib.sha256(b"".join(files.values())).hexdigest()
        sources.append(Source(name, frame.height, fitted, digest))
    return RecordedGames(pl.concat(frames), tuple(sources))


def _unpacked(path: Path) -> bytes:
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body


def _csv(body: bytes, columns: tuple[str, ...]) -> pl.DataFrame:
    """Columns of a CSV file as text, those it lacks null."""
    frame = pl.read_csv(body, infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True)
    return frame.select(
        pl.col(name) if name in frame.columns else pl.lit(None, pl.String).alias(name) for name in columns
    )


def _only(files: Files) -> bytes:
    (body,) = files.values()
    return body


def _played(frame: pl.DataFrame, home: str, away: str) -> pl.DataFrame:
    """The games with a score of both teams, with margin and total."""
    points = [pl.col(name).cast(pl.Int64, strict=False) for name in (home, away)]
    return frame.with_columns(margin=points[0] - points[1], total=points[0] + points[1]).drop_nulls("margin")


def _open_close(sport_key: str) -> Callable[[Files], pl.DataFrame]:
    """Season archives of open and close: `season` begins with the year, `close_spread_home` is the home team's number."""

    def read(files: Files) -> pl.DataFrame:
        names = ("season", "home_score", "away_score", "close_spread_home", "close_total")
        frame = _played(_csv(_only(files), names), "home_score", "away_score")
        return frame.with_columns(
            sport_key=pl.lit(sport_key),
            season=pl.col("season").str.slice(0, 4),
            spread=pl.col("close_spread_home"),
            spread_prob=EVEN,
            total_line=pl.col("close_total"),
            total_prob=EVEN,
        )

    return read


def _nfl_2025(files: Files) -> pl.DataFrame:
    """Results with closing lines of another source, whose spread is positive where the home team was favoured."""
    names = ("home_score", "away_score", "nflverse_spread", "nflverse_total")
    frame = _played(_csv(_only(files), names), "home_score", "away_score")
    return frame.with_columns(
        sport_key=pl.lit("americanfootball_nfl"),
        season=2025,
        spread=-pl.col("nflverse_spread").cast(pl.Float64, strict=False),
        spread_prob=EVEN,
        total_line=pl.col("nflverse_total"),
        total_prob=EVEN,
    )


def _without_lines(files: Files) -> pl.DataFrame:
    frame = _played(_csv(_only(files), ("home_score", "away_score")), "home_score", "away_score")
    empty = pl.lit(None, pl.Float64)
    lines = dict.fromkeys(("spread", "spread_prob", "total_line", "total_prob"), empty)
    return frame.with_columns(sport_key=pl.lit("basketball_nba"), season=2025, **lines)


def _soccer(files: Files) -> pl.DataFrame:
    """Leagues by file name (E0_1213.csv); the line is a handicap of 0 with what Pinnacle's closing winner market gives it."""
    names = ("FTHG", "FTAG", "PSCH", "PSCA", "PC>2.5", "PC<2.5")
    frames = []
    for name, body in files.items():
        league, _, years = name.split(".")[0].partition("_")
        frames.append(_csv(body, names).with_columns(sport_key=pl.lit(SOCCER[league]), season=2000 + int(years[:2])))
    return _played(pl.concat(frames), "FTHG", "FTAG").with_columns(
        spread=pl.lit(0.0),
        spread_prob=_share("PSCH", "PSCA"),
        total_line=pl.when(pl.col("PC>2.5").is_not_null()).then(pl.lit(2.5)),
        total_prob=_share("PC>2.5", "PC<2.5"),
    )


def _share(one: str, other: str) -> pl.Expr:
    """The fair probability of the first of two decimal prices, given that one of the two wins; four decimals."""
    first, second = (1 / pl.col(name).cast(pl.Float64, strict=False) for name in (one, other))
    return (first / (first + second)).round(4)


def _odds_api(sport_key: str, season: int) -> Callable[[Files], pl.DataFrame]:
    """Results by event, with the median of the books' last quotes before the earliest start the feed ever named."""

    def read(files: Files) -> pl.DataFrame:
        results = _csv(files["results.csv.gz"], ("event_id", "home_score", "away_score"))
        quotes = pl.read_parquet(files["quote_changes.parquet"]).filter(
            pl.col("snapshot_time") <= pl.col("commence_time").min().over("event_id")
        )
        last = quotes.sort("snapshot_time").group_by("event_id", "bookmaker", "market", "outcome").last()
        price = pl.col("price").cast(pl.Float64)
        implied = 1 / pl.when(price > 0).then(1 + price / 100).otherwise(1 - 100 / price)
        median = (
            last.drop_nulls("price")
            .with_columns(
                implied=implied, own=(pl.col("outcome") == pl.col("home_team")) | (pl.col("outcome") == "Over")
            )
            .filter(pl.col("outcome") != "Draw")
            .group_by("event_id")
            .agg(
                spread=pl.col("point").filter((pl.col("market") == "spreads") & pl.col("own")).median(),
                total_line=pl.col("point").filter((pl.col("market") == "totals") & pl.col("own")).median(),
                home=pl.col("implied").filter((pl.col("market") == "h2h") & pl.col("own")).median(),
                away=pl.col("implied").filter((pl.col("market") == "h2h") & ~pl.col("own")).median(),
            )
        )
        frame = _played(results, "home_score", "away_score").join(
            median, on="event_id", how="left", maintain_order="left"
        )
        by_winner = pl.col("spread").is_null() & pl.col("home").is_not_null()
        return frame.with_columns(
            sport_key=pl.lit(sport_key),
            season=season,
            spread=pl.when(by_winner).then(0.0).otherwise(pl.col("spread")),
            spread_prob=pl.when(by_winner)
            .then((pl.col("home") / (pl.col("home") + pl.col("away"))).round(4))
            .otherwise(EVEN),
            total_prob=EVEN,
        )

    return read


READERS: Mapping[str, tuple[tuple[str, ...], Callable[[Files], pl.DataFrame]]] = {
    "sbr_nfl_open_close": (("games.csv.gz",), _open_close("americanfootball_nfl")),
    "sbr_nba_open_close": (("games.csv.gz",), _open_close("basketball_nba")),
    "oddsapi_nfl_2025": (("results.csv.gz",), _nfl_2025),
    "nba_results_2025_26": (("games.csv.gz",), _without_lines),
    "oddsapi_wnba_2026": (("results.csv.gz", "quote_changes.parquet"), _odds_api("basketball_wnba", 2026)),
    "oddsapi_worldcup_2026": (("results.csv.gz", "quote_changes.parquet"), _odds_api("soccer_fifa_world_cup", 2026)),
    "football_data_co_uk": (("E0_*.csv.gz", "SP1_*.csv.gz"), _soccer),
}
