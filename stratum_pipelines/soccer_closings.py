"""Closing odds of soccer matches with their results, from files as football-data.co.uk publishes them.

One CSV file per league and season, plain or gzipped. A column of closing odds is the book's short name, `C`, and the
outcome: `PSCH` is Pinnacle's closing price on the home team. The average and the best price over books, which stand
beside them, are no book's and are left out.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from stratum_pipelines.quant.method_comparison import Sample
from stratum_pipelines.quant.odds import Floats

H2H_BOOKS = {
    "pinnacle": "PS",
    "bet365": "B365",
    "bwin": "BW",
    "interwetten": "IW",
    "williamhill": "WH",
    "betvictor": "VC",
}
LINE_BOOKS = {"pinnacle": "P", "bet365": "B365"}
GOALS = ("FTHG", "FTAG")
TOTAL = 2.5


@dataclass(frozen=True)
class Closings:
    """The samples of a folder, the number of its files and of the matches in them, and a digest over their unpacked contents, by name."""

    samples: list[Sample]
    n_files: int
    n_matches: int
    sha256: str


def read_closings(folder: Path) -> Closings:
    """Closing odds and results of every file in the folder: h2h (home, draw, away), totals at 2.5 and Asian handicaps.

    Raises ValueError where there is no such file, or one cannot be read.
    """
    files = sorted(file for file in folder.glob("*.csv*") if file.suffix in (".csv", ".gz"))
    if not files:
        raise ValueError(
            f"There is no CSV file of matches in {folder}. Name a folder with files such as E0_1920.csv.gz."
        )
    digest, frames = hashlib.sha256(), []
    for file in files:
        body = file.read_bytes()
        body = gzip.decompress(body) if file.suffix == ".gz" else body
        digest.update(body)
        frames.append(_matches(body, file.name))
    # Seasons have columns of their own.
    matches = pl.concat(frames, how="diagonal")
    return Closings(_samples(matches), len(files), matches.height, digest.hexdigest())


def _matches(body: bytes, name: str) -> pl.DataFrame:
    """The played matches of one file: goals and every closing price as numbers, missing ones null."""
    try:
        frame = pl.read_csv(body, infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"The file {name} cannot be read as CSV: {error}") from error
    missing = [column for column in GOALS if column not in frame.columns]
    if missing:
        raise ValueError(
            f"The file {name} lacks the columns {', '.join(missing)}; these files hold goals as FTHG, FTAG."
        )
    wanted = [column for column in (*GOALS, "AHCh", *_price_columns()) if column in frame.columns]
    numbers = frame.select(pl.col(wanted).cast(pl.Float64, strict=False))
    return numbers.filter(pl.all_horizontal(pl.col(*GOALS).is_not_null()))


def _price_columns() -> list[str]:
    return [
        column
        for books, columns in ((H2H_BOOKS, _h2h), (LINE_BOOKS, _totals), (LINE_BOOKS, _spreads))
        for prefix in books.values()
        for column in columns(prefix)
    ]


def _h2h(prefix: str) -> list[str]:
    return [f"{prefix}C{side}" for side in "HDA"]


def _totals(prefix: str) -> list[str]:
    return [f"{prefix}C{side}{TOTAL}" for side in "><"]


def _spreads(prefix: str) -> list[str]:
    return [f"{prefix}CAH{side}" for side in "HA"]


def _samples(matches: pl.DataFrame) -> list[Sample]:
    home, away = (matches[column].to_numpy() for column in GOALS)
    line = _numbers(matches, ["AHCh"])[:, 0]
    results = np.stack([home > away, home == away, home < away], axis=1).astype(np.float64)
    totals = np.stack([home + away > TOTAL, home + away < TOTAL], axis=1).astype(np.float64)
    kinds = (
        ("h2h", H2H_BOOKS, _h2h, results),
        ("totals", LINE_BOOKS, _totals, totals),
        ("spreads", LINE_BOOKS, _spreads, handicap_shares(home - away, line)),
    )
    games = np.arange(matches.height)
    return [
        Sample(market, book, _numbers(matches, columns(prefix)), shares, games)
        for market, books, columns, shares in kinds
        for book, prefix in books.items()
    ]


def _numbers(matches: pl.DataFrame, columns: list[str]) -> Floats:
    """The columns side by side, NaN where a file has none."""
    values = [
        matches[name].fill_null(np.nan).to_numpy() if name in matches.columns else np.full(matches.height, np.nan)
        for name in columns
    ]
    return np.stack(values, axis=1)


def handicap_shares(margin: Floats, line: Floats) -> Floats:
    """The part of the stakes decided for home and for away, (N, 2), at a home handicap of `line` goals.

    A quarter handicap is half a stake on each neighbour: -0.25 with a draw loses the half at -0.5 and returns the one at 0, so
    home gets 0 and away 0.5. What is returned is decided for nobody; so is a match without a line.

    >>> handicap_shares(np.array([0.0, 0.0, 2.0]), np.array([-0.25, 0.0, -1.5])).tolist()
    [[0.0, 0.5], [0.0, 0.0], [1.0, 0.0]]
    """
    shares = np.zeros((len(line), 2))
    for half in (np.floor(line * 2) / 2, np.ceil(line * 2) / 2):
        after = margin + half
        shares += 0.5 * np.stack([after > 0, after < 0], axis=1)
    return shares
