"""Final scores into rows of `results`: from result files beside archives, from a feed's scores, or matched by team names.

Versions and which one is current are worked out where the rows are entered; here every row is a first version.
Rows that cannot be used are never dropped in silence: they come back as sentences.
"""

import difflib
import logging
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import polars as pl

from stratum_pipelines.providers.the_odds_api_scores import Score
from warehouse.tables import TIME, Results

logger = logging.getLogger(__name__)

FILES = ("results.csv.gz", "results.csv")
NEEDED = ("event_id", "commence_time", "home_score", "away_score")
# A result file does not say when a result came: this long after the start stands in for it, so that reading it twice
# gives the same rows.
USUAL_DELAY = pl.duration(hours=6)
# Words that files use for how a game ended.
STATUSES = {
    "": "final",
    "final": "final",
    "ft": "final",
    "aet": "final",
    "void": "void",
    "canceled": "void",
    "cancelled": "void",
    "abandoned": "void",
    "postponed": "postponed",
}


class ReadResults(NamedTuple):
    """Rows of the table `results`, and a sentence for every row that could not be used."""

    rows: pl.DataFrame
    problems: list[str]


def read_results_folder(folder: Path) -> pl.DataFrame:
    """The rows of the result file in an archive folder; none where there is no such file. Problems are logged."""
    for name in FILES:
        if (folder / name).is_file():
            read = read_results_file(folder / name)
            for problem in read.problems:
                logger.warning("A result was not used.", extra={"file": name, "problem": problem})
            return read.rows
    return Results.empty()


def read_results_file(file: Path) -> ReadResults:
    """The rows of a result file (CSV, gzip or plain). Raises ValueError when it has not the columns of one."""
    try:
        frame = pl.read_csv(file, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(f"The result file {file.name} cannot be read as CSV: {error}") from error
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise ValueError(f"The result file {file.name} lacks the columns {', '.join(missing)}.")
    return results_of_file(frame, source=f"{file.parent.name}/{file.name}")


def results_of_file(frame: pl.DataFrame, *, source: str) -> ReadResults:
    """Rows from a file's columns as text: event_id, commence_time, home_score, away_score and, if there, status and period.

    A score counts the whole game, extra time included, unless a column `period` says `regulation`. A game without a
    score is not over, unless its status says it is void or postponed.
    """
    for name in ("status", "period"):
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit("", pl.String).alias(name))
    status = pl.col("status").fill_null("").str.strip_chars().str.to_lowercase()
    # Two steps: a status may be unknown, and only a game that was played has scores.
    frame = frame.with_columns(status.replace_strict(STATUSES, default=None, return_dtype=pl.String).alias("status"))
    played = pl.col("status") == "final"
    rows = frame.with_columns(
        *(
            pl.when(played).then(pl.col(side).cast(pl.Int32, strict=False)).alias(side)
            for side in ("home_score", "away_score")
        ),
        pl.when(pl.col("period") == "regulation").then(pl.lit("regulation")).otherwise(pl.lit("full")).alias("period"),
        (pl.col("commence_time").str.to_datetime(time_unit="us", time_zone="UTC", strict=False) + USUAL_DELAY).alias(
            "received_at"
        ),
    )
    has_scores = pl.all_horizontal(
        pl.col("home_score", "away_score").is_not_null(), pl.col("home_score", "away_score") >= 0
    )
    fault = (
        pl.when(pl.col("event_id").fill_null("") == "")
        .then(pl.lit("it has no event_id"))
        .when(pl.col("status").is_null())
        .then(pl.lit("its status is none of " + ", ".join(filter(None, STATUSES))))
        .when(pl.col("received_at").is_null())
        .then(pl.lit("its commence_time is no time"))
        .when(played & ~has_scores.fill_null(value=False))
        .then(pl.lit("it has no score of both teams; if it was not played, let a column status say void or postponed"))
        .when(~pl.col("event_id").is_first_distinct())
        .then(pl.lit("its game stands in the file before"))
    )
    return _rows(rows.with_columns(fault.alias("fault"), pl.lit(source).alias("source")))


def results_of_scores(scores: Collection[Score], *, source: str) -> ReadResults:
    """Rows from a feed's scores: of the games it calls completed. Such a score covers the whole game."""
    ended = [score for score in scores if score.is_completed]
    frame = pl.DataFrame(
        {
            "event_id": [score.event_id for score in ended],
            "home_score": [score.home_score for score in ended],
            "away_score": [score.away_score for score in ended],
            "received_at": [score.updated_at for score in ended],
        },
        schema={"event_id": pl.String, "home_score": pl.Int32, "away_score": pl.Int32, "received_at": TIME},
    )
    no_score = pl.col("home_score").is_null() | pl.col("away_score").is_null()
    return _rows(
        frame.with_columns(
            pl.when(no_score).then(pl.lit("it is called completed and has no score of both teams")).alias("fault"),
            pl.lit(source).alias("source"),
            pl.lit("final").alias("status"),
            pl.lit("full").alias("period"),
        )
    )


def results_by_teams(frame: pl.DataFrame, events: pl.DataFrame, *, start_zone: str, source: str) -> ReadResults:
    """Rows from a file without our ids: game_date (in `start_zone`), home_team, away_team and the two scores.

    A game is matched when exactly one event has the same teams and the same local date. What matches none, or two (a
    doubleheader), is reported, with the closest team name as a suggestion that is never applied.
    """
    date = pl.col("commence_at").dt.convert_time_zone(start_zone).dt.date().alias("date")
    games = events.select("event_id", "home_team", "away_team", "commence_at", date)
    single = games.filter(pl.len().over("home_team", "away_team", "date") == 1)
    rows = frame.with_columns(
        pl.col("game_date").cast(pl.String).str.to_date(strict=False).alias("date"),
        pl.col("home_score", "away_score").cast(pl.Int32, strict=False),
    ).join(single, on=["home_team", "away_team", "date"], how="left", maintain_order="left")
    known = sorted({*events["home_team"], *events["away_team"]})
    faults = [
        None if event_id is not None else _why_unmatched(home, away, known)
        for event_id, home, away in rows.select("event_id", "home_team", "away_team").iter_rows()
    ]
    scoreless = pl.col("home_score").is_null() | pl.col("away_score").is_null()
    return _rows(
        rows.with_columns(pl.Series("fault", faults, pl.String)).with_columns(
            pl.when(pl.col("fault").is_not_null())
            .then(pl.col("fault"))
            .when(scoreless)
            .then(pl.lit("it has no score of both teams"))
            .alias("fault"),
            (pl.col("commence_at") + USUAL_DELAY).alias("received_at"),
            pl.lit(source).alias("source"),
            pl.lit("final").alias("status"),
            pl.lit("full").alias("period"),
        )
    )


def games_without_result(events: pl.DataFrame, results: pl.DataFrame) -> list[str]:
    """A sentence for every game that was to start between games of its sport with a result, and has none itself.

    Whether such a game was postponed, called off or forgotten nobody can tell from here, so nothing is made up for it.
    """
    start, has_result = pl.col("commence_at"), pl.col("event_id").is_in(results["event_id"].implode())
    first, last = (start.filter(has_result).min().over("sport_key"), start.filter(has_result).max().over("sport_key"))
    missing = events.filter(~has_result & start.is_between(first, last)).sort("commence_at", "event_id")
    return [
        f"Game {event_id} ({away} at {home}, {commence_at:%Y-%m-%d %H:%M} UTC) has no result"
        + (": it left the feed before its start." if status == "vanished" else ".")
        + " It counts neither as won nor as lost until a result file names it."
        for event_id, home, away, commence_at, status in missing.select(
            "event_id", "home_team", "away_team", "commence_at", "status"
        ).iter_rows()
    ]


def _why_unmatched(home: str | None, away: str | None, known: list[str]) -> str:
    unknown = [team for team in (home, away) if team not in known]
    if not unknown:
        return "not exactly one event has these teams on that date"
    close = difflib.get_close_matches(unknown[0] or "", known, n=1)
    return f"the team {unknown[0]!r} is not known" + (f"; is it {close[0]!r}?" if close else "")


def _rows(frame: pl.DataFrame) -> ReadResults:
    """The rows without a fault as rows of the table, and the others as sentences."""
    about = [
        name for name in ("event_id", "home_team", "away_team", "game_date", "commence_time") if name in frame.columns
    ]
    problems = [
        f"The result of {' '.join(str(value) for value in row[:-1] if value is not None) or 'a game'} was left out: {row[-1]}."
        for row in frame.filter(pl.col("fault").is_not_null()).select(*about, "fault").iter_rows()
    ]
    good = frame.filter(pl.col("fault").is_null())
    return ReadResults(
        Results.conform(good.with_columns(pl.lit(1).alias("version"), pl.lit(value=True).alias("is_current"))), problems
    )
