"""What follows a game: closing lines, closing-line value, results and scorecards."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from stratum_pipelines.locks import settling_alone
from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.closing import closing_lines, starts_passed
from stratum_pipelines.quant.clv import clv_records
from stratum_pipelines.quant.scorecard import bands_of_games, cards_of_games, games_in_cuts
from stratum_pipelines.waiting import OPEN_END, days_waiting, note_done, note_waiting
from warehouse.database import ComputedDays, MarketStore, Marks
from warehouse.tables import (
    ClosingLines,
    ClvRecords,
    Consensus,
    EventChanges,
    Events,
    OddsSnapshots,
    Polls,
    Results,
    ScoreBands,
    Scorecards,
    Signals,
)

# Live polling settles a game a minute after its start.
ANNOUNCED_WITHIN = dt.timedelta(minutes=10)
# The mark that says up to which start games have been settled.
SETTLED_UNTIL = "settled until"


@dataclass(frozen=True)
class Settled:
    """Rows written for a set of games."""

    n_events: int
    n_closing_lines: int
    n_clv_records: int


def settle(platform: Platform, event_ids: Collection[str], as_of: int, *, announce: bool = True) -> Settled:
    """Draw the closing lines of games whose start has passed by `as_of` (UTC microseconds) and value their signals.

    Games whose start has not passed are left alone. Doing it again gives the same rows; only `computed_at` moves, and
    only where a value changed. With `announce` false (old games computed anew) partners hear nothing of it.
    """
    wanted = sorted(set(event_ids))
    lake = platform.lake
    changes = lake.scan(EventChanges).filter(pl.col("event_id").is_in(wanted))
    starts = starts_passed(changes, as_of)
    if starts.is_empty():
        return Settled(0, 0, 0)
    seen = changes.select(pl.col("received_at").dt.date().min()).collect().item()
    last = starts.select(pl.col("closed_at").dt.date().max()).item()
    ids = starts["event_id"].unique().to_list()
    mine = pl.col("event_id").is_in(ids)
    lines = closing_lines(
        starts,
        lake.scan(Consensus, first=seen, last=last).filter(mine),
        lake.scan(OddsSnapshots, first=seen, last=last).filter(mine),
        lake.scan(Polls, first=seen, last=last),
    )
    signals = lake.scan(Signals, first=seen, last=last).filter(mine).collect()
    now = dt.datetime.now(dt.UTC)
    stored = lake.scan(ClvRecords).filter(pl.col("event_id").is_in(ids)).collect()
    records = _with_earlier_times(clv_records(signals, lines, platform.rules.reference.leagues, now), stored)
    _note_unscored(platform, records, stored)
    lake.replace_rows(ClosingLines, lines, column="event_id", values=ids)
    lake.replace_rows(ClvRecords, records, column="event_id", values=ids)
    MarketStore(platform.database).settle(lines, records, event_ids=ids, now=now, announce=announce)
    return Settled(len(ids), lines.height, records.height)


def _with_earlier_times(records: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The records, keeping the computed_at of those that were there before with the same values."""
    same = [name for name in records.columns if name != "computed_at"]
    joined = records.join(stored.rename({"computed_at": "was"}), on=same, how="left", nulls_equal=True)
    return joined.with_columns(computed_at=pl.coalesce("was", "computed_at")).select(records.columns)


def _note_unscored(platform: Platform, records: pl.DataFrame, stored: pl.DataFrame) -> None:
    """Let the days wait that count a record about to change: all that are scored, from the first such close on."""
    gone = stored.join(records, on=records.columns, how="anti", nulls_equal=True)
    new = records.join(stored, on=records.columns, how="anti", nulls_equal=True)
    first = pl.concat([gone, new])["closed_at"].dt.date().min()
    if isinstance(first, dt.date) and days_to_score(platform, first):
        note_waiting(platform, "score", first, OPEN_END)


def settle_days(platform: Platform, first: dt.date, last: dt.date) -> Settled:
    """Settle every game listed from `first` to `last`, and whatever waits for it, as of the last answer received.

    Waiting are the days that somebody computed without coming to settle them, and games that have started since settling
    was last done. What is settled waits to be scored.
    """
    with settling_alone(platform.lake):
        waiting = days_waiting(platform, "settle")
        if waiting:
            first, last = min(first, waiting.first), max(last, waiting.last)
        settled = Settled(0, 0, 0)
        as_of = platform.lake.scan(Polls).select(pl.col("received_at").max()).collect().item()
        if as_of is not None:
            # Games that start just now are left to those who announce what comes of them.
            passed = min(as_of, dt.datetime.now(dt.UTC) - ANNOUNCED_WITHIN)
            event_ids = _games_to_settle(platform, first, last, passed)
            settled = settle(platform, event_ids, int(as_of.timestamp() * 1_000_000), announce=False)
            Marks(platform.database).write(SETTLED_UNTIL, passed.isoformat(), dt.datetime.now(dt.UTC))
        if waiting:
            note_waiting(platform, "score", waiting.first, waiting.last)
            note_done(platform, "settle", waiting)
        return settled


def _games_to_settle(platform: Platform, first: dt.date, last: dt.date, passed: dt.datetime) -> list[str]:
    """The games listed at some time on these days, and those that started since settling was last done, until `passed`.

    An archive may end before its last games start. Answers of another one say that they have, whichever comes first.
    """
    begin = dt.datetime.combine(first, dt.time.min, dt.UTC)
    end = dt.datetime.combine(last, dt.time.max, dt.UTC)
    was = Marks(platform.database).read(SETTLED_UNTIL)
    since = dt.datetime.fromisoformat(was) if was else dt.datetime.min.replace(tzinfo=dt.UTC)
    is_listed = (pl.col("last_seen_at") >= begin) & (pl.col("first_seen_at") <= end)
    has_started = (pl.col("commence_at") > since) & (pl.col("commence_at") <= passed)
    games = platform.lake.scan(Events).filter(is_listed | has_started)
    return games.select("event_id").collect()["event_id"].to_list()


def days_to_score(platform: Platform, first: dt.date, last: dt.date = OPEN_END) -> list[dt.date]:
    """The days of a range that have scorecards, or are computed and so ought to have, oldest first."""
    scored = [day for day in platform.lake.days(Scorecards) if first <= day <= last]
    return sorted({*scored, *ComputedDays(platform.database).dates(first=first, last=last)})


def score_days(platform: Platform, days: Collection[dt.date]) -> dict[dt.date, dict[str, int]]:
    """Write scorecards and score bands as of the end of these days, and of those that wait; gives rows by day and table.

    A scorecard counts every close up to its day, so days that were scored wait again when an older close has changed.
    """
    with settling_alone(platform.lake):
        waiting = days_waiting(platform, "score")
        asked = {*days, *(days_to_score(platform, waiting.first, waiting.last) if waiting else ())}
        # A day without answers adds nothing to the one before: whoever asks for a range finds the same days scored.
        wanted = sorted(asked.intersection([*platform.lake.days(Polls), *platform.lake.days(Scorecards)]))
        rows = {}
        if wanted:
            games = games_in_cuts(platform.lake.scan(ClvRecords, last=wanted[-1]))
            for day in wanted:
                as_of = dt.datetime.combine(day, dt.time.max, dt.UTC)
                made = {Scorecards: cards_of_games(games, as_of), ScoreBands: bands_of_games(games, as_of)}
                for table, cards in made.items():
                    platform.lake.replace(table, day, cards)
                rows[day] = {table.name: cards.height for table, cards in made.items()}
        note_done(platform, "score", waiting)
        return rows


def enter_results(platform: Platform, results: pl.DataFrame) -> int:
    """Add results; a score that differs from the current one becomes a new version. Returns the rows added.

    `results` has the columns of the table; versions and is_current are worked out here.
    """
    stored = platform.lake.scan(Results).collect()
    fresh = results.unique(subset=["event_id"], keep="last", maintain_order=True)
    current = stored.filter("is_current")
    same = ["event_id", "home_score", "away_score", "status", "period"]
    fresh = fresh.join(current.select(same), on=same, how="anti", nulls_equal=True)
    if fresh.is_empty():
        return 0
    last = stored.group_by("event_id").agg(last=pl.col("version").max())
    added = (
        fresh.drop("version", "is_current", strict=False)
        .join(last, on="event_id", how="left")
        .with_columns(version=(pl.col("last").fill_null(0) + 1).cast(pl.Int32), is_current=pl.lit(True))
    )
    outdated = current.join(added.select("event_id"), on="event_id", how="semi").with_columns(is_current=pl.lit(False))
    platform.lake.merge(Results, Results.conform(pl.concat([Results.conform(added), outdated])))
    return added.height
