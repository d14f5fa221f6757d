"""What follows a game: closing lines, closing-line value, results and scorecards."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from stratum_pipelines.locks import PATIENCE_S, settling_alone
from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.closing import closing_lines
from stratum_pipelines.quant.closing_moments import closing_moments
from stratum_pipelines.quant.clv import clv_records
from stratum_pipelines.quant.plausible_closes import believed, openings
from stratum_pipelines.quant.scorecard import bands_of_games, cards_of_games, games_in_cuts
from stratum_pipelines.quant.versions import carry_versions, keep_times
from stratum_pipelines.waiting import OPEN_END, days_waiting, note_done, note_waiting
from warehouse.database import ComputedDays, MarketStore, Marks
from warehouse.tables import (
    TIME,
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

# The mark that says up to which start games have been settled.
SETTLED_UNTIL = "settled until"
# What tells the rows of a game apart, besides their version.
LINE = ("event_id", "market", "outcome", "bookmaker", "convention")
RECORD = ("signal_id", "convention")


@dataclass(frozen=True)
class Settled:
    """The games that have or had closing lines, and the rows that now stand about them, older versions included."""

    n_events: int
    n_closing_lines: int
    n_clv_records: int


def settle(platform: Platform, event_ids: Collection[str], as_of: int, *, patience_s: float = PATIENCE_S) -> Settled:
    """Draw the closing lines of games as of `as_of` (UTC microseconds) and value their signals; one process at a time.

    A close is drawn as soon as its moment has passed, and is final `platform.final_after` later. What was final stays as
    it was: where a later answer, a moved start or a day computed anew gives other numbers, they are a new version
    (`quant.versions`). Doing it again gives the same rows, and completes what a process that was stopped left half done.
    Partners hear of a value once it is final, if they heard of its signal. Raises LakeBusy when another process is
    settling for longer than `patience_s`.
    """
    with settling_alone(platform.lake, patience_s):
        return _settle(platform, event_ids, as_of)


def _settle(platform: Platform, event_ids: Collection[str], as_of: int) -> Settled:
    """`settle`, for a caller who holds the lock."""
    wanted = sorted(set(event_ids))
    lake = platform.lake
    changes = lake.scan(EventChanges).filter(pl.col("event_id").is_in(wanted))
    seen = changes.select(pl.col("received_at").dt.date().min()).collect().item()
    of_games = pl.col("event_id").is_in(wanted)
    held_lines = lake.scan(ClosingLines, first=seen).filter(of_games).collect()
    held_records = lake.scan(ClvRecords, first=seen).filter(of_games).collect()
    moments = closing_moments(changes, as_of, platform.final_after)
    ids = sorted({*moments["event_id"], *held_lines["event_id"], *held_records["event_id"]})
    if not ids:
        return Settled(0, 0, 0)
    last = moments.select(pl.col("closed_at").dt.date().max()).item() or seen
    mine = pl.col("event_id").is_in(ids)
    consensus = lake.scan(Consensus, first=seen, last=last).filter(mine)
    odds_snapshots = lake.scan(OddsSnapshots, first=seen, last=last).filter(mine)
    polls = lake.scan(Polls, first=seen, last=last)
    drawn = closing_lines(moments, consensus, odds_snapshots, polls, platform.rules.method)
    leagues = platform.rules.reference.leagues
    made = believed(drawn, openings(consensus, odds_snapshots), leagues)
    at = pl.lit(as_of).cast(TIME)
    lines = carry_versions(made, held_lines, LINE, at).sort(ClosingLines.sort_by())
    signals = lake.scan(Signals, first=seen, last=last).filter(mine).collect()
    now = dt.datetime.now(dt.UTC)
    valued = clv_records(signals, lines, leagues, now)
    records = keep_times(carry_versions(valued, held_records, RECORD, at), held_records, ClvRecords.key)
    records = records.sort(ClvRecords.sort_by())
    _note_unscored(platform, records, held_records)
    lake.replace_rows(ClosingLines, lines, column="event_id", values=ids)
    lake.replace_rows(ClvRecords, records, column="event_id", values=ids)
    MarketStore(platform.database).settle(lines, records, event_ids=ids, now=now)
    return Settled(len(ids), lines.height, records.height)


def _note_unscored(platform: Platform, records: pl.DataFrame, stored: pl.DataFrame) -> None:
    """Let the days wait that count a record about to change: all that are scored, from the first such close on."""
    # Lists are in no score, and no key to join on.
    scored = [name for name, dtype in records.schema.items() if dtype != pl.List(pl.String)]
    new, old = records.select(scored), stored.select(scored)
    changed = pl.concat(
        [one.join(other, on=scored, how="anti", nulls_equal=True) for one, other in ((old, new), (new, old))]
    )
    first = changed["closed_at"].dt.date().min()
    if isinstance(first, dt.date) and days_to_score(platform, first):
        note_waiting(platform, "score", first, OPEN_END)


def settle_days(platform: Platform, first: dt.date, last: dt.date) -> Settled:
    """Settle every game listed from `first` to `last`, and whatever waits for it, as of the last answer received.

    Waiting are the days that somebody computed without coming to settle them, games that have started since settling
    was last done, and games with a close that was not final yet.
    """
    with settling_alone(platform.lake):
        waiting = days_waiting(platform, "settle")
        if waiting:
            first, last = min(first, waiting.first), max(last, waiting.last)
        settled = Settled(0, 0, 0)
        as_of = platform.lake.scan(Polls).select(pl.col("received_at").max()).collect().item()
        if as_of is not None:
            event_ids = _games_to_settle(platform, first, last, as_of)
            settled = _settle(platform, event_ids, int(as_of.timestamp() * 1_000_000))
            Marks(platform.database).write(SETTLED_UNTIL, as_of.isoformat(), dt.datetime.now(dt.UTC))
        if waiting:
            note_waiting(platform, "score", waiting.first, waiting.last)
            note_done(platform, "settle", waiting)
        return settled


def _games_to_settle(platform: Platform, first: dt.date, last: dt.date, passed: dt.datetime) -> list[str]:
    """The games listed or gone on these days, those that started since settling was last done, and those not final.

    An archive may end before its last games start, or just after. Answers of another one say that they have, and that
    they are over, whichever comes first.
    """
    begin = dt.datetime.combine(first, dt.time.min, dt.UTC)
    end = dt.datetime.combine(last, dt.time.max, dt.UTC)
    was = Marks(platform.database).read(SETTLED_UNTIL)
    since = dt.datetime.fromisoformat(was) if was else dt.datetime.min.replace(tzinfo=dt.UTC)
    is_listed = (pl.col("last_seen_at") >= begin) & (pl.col("first_seen_at") <= end)
    has_started = (pl.col("commence_at") > since) & (pl.col("commence_at") <= passed)
    games = platform.lake.scan(Events).filter(is_listed | has_started).select("event_id").collect()
    changed = platform.lake.scan(EventChanges, first=first, last=last).select("event_id").unique().collect()
    open_closes = platform.lake.scan(ClosingLines).filter(~pl.col("is_final")).select("event_id").unique().collect()
    return sorted({*games["event_id"], *changed["event_id"], *open_closes["event_id"]})


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

    `results` has the columns of the table; versions and is_current are worked out here. Paper bets on these games wait to
    be settled again by whoever bets next.
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
    _note_to_bet(platform, added)
    platform.lake.merge(Results, Results.conform(pl.concat([Results.conform(added), outdated])))
    return added.height


def _note_to_bet(platform: Platform, results: pl.DataFrame) -> None:
    """Let the days wait on which there may be bets on these games: from when they were first listed to when they were last."""
    games = platform.lake.scan(Events).join(results.lazy().select("event_id"), on="event_id", how="semi")
    span = games.select(first=pl.col("first_seen_at").dt.date().min(), last=pl.col("last_seen_at").dt.date().max())
    first, last = span.collect().row(0)
    if platform.paper.is_on and first is not None:
        note_waiting(platform, "bet", first, last)
