"""What is configured, reachable and stale, and what to do about it."""

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl

from stratum_pipelines.board.advance import Rules
from stratum_pipelines.budget_now import budget_now
from stratum_pipelines.days import stale_days
from stratum_pipelines.fetch import Fetcher, FetchFailed, open_fetcher
from stratum_pipelines.leftovers import find_leftovers
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers import find_providers
from stratum_pipelines.providers.the_odds_api import sports_request
from stratum_pipelines.quant.closing_moments import closing_moments
from stratum_pipelines.reference import load_reference
from stratum_pipelines.settings import API_KEY, PipelineSettings, read_pipeline_settings
from stratum_pipelines.signals import Overrides, signals_in_force
from stratum_pipelines.waiting import OPEN_END, STEPS, days_waiting
from warehouse.database import Database
from warehouse.errors import FileDamaged, WarehouseError
from warehouse.lake import Lake
from warehouse.settings import Settings, hide_secrets
from warehouse.tables import TABLES, ClosingLines, Consensus, EventChanges, Events, Polls, Quarantine, RawOdds

State = Literal["ok", "warning", "fault"]
SILENT_AFTER = dt.timedelta(hours=6)
LOW_DISK_BYTES = 2 * 1024**3
MANY_LEFT_BYTES = 1024**3
KEY_REFUSED = (401, 403)
# Games are settled a minute after they start; longer than this means that nobody does it.
SETTLED_WITHIN = dt.timedelta(minutes=10)
# Somebody waits for the report, so the feed is asked once and given no longer than this.
REACHED_WITHIN_S = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, what was seen, and what to do when it is not well."""

    subject: str
    state: State
    seen: str
    remedy: str = ""


def open_to_look(settings: Settings, overrides: Overrides = ()) -> Platform:
    """The platform as it is: nothing is made or migrated, and nothing read yet that might be broken."""
    # The links a person made decide how answers are computed, and nothing that is looked at here.
    rules = Rules(load_reference(), signals_in_force(overrides), find_providers(), {}, regimes=settings.regimes)
    return Platform(settings, Lake(settings.lake_url), Database(settings.database_url), rules)


def examine(
    platform: Platform,
    environ: Mapping[str, str],
    now: dt.datetime,
    *,
    open_feed: Callable[[PipelineSettings], Fetcher] = open_fetcher,
) -> list[Finding]:
    """Look at everything; a look that fails is a finding itself, and the others go on. Tests put in a feed of their own."""
    looks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("home", lambda: _home(platform.settings)),
        ("feed", lambda: _feed(environ, open_feed)),
        ("lake", lambda: _lake(platform)),
        ("database", lambda: _database(platform)),
        ("disk", lambda: _disk(platform)),
        ("polling", lambda: _polling(platform, now)),
        ("budget", lambda: _budget(platform, environ, now)),
        ("rules", lambda: _rules(platform, now)),
        ("cycles", lambda: _cycles(platform)),
        ("closing lines", lambda: _closing_lines(platform, now)),
        ("quarantine", lambda: _quarantine(platform, now)),
        ("leftovers", lambda: _leftovers(platform)),
    ]
    findings = [finding for subject, look in looks for finding in _looked(subject, look)]
    if any(finding.subject == "database" and finding.state != "ok" for finding in findings):
        findings.append(
            Finding("days", "warning", "not looked at: the database knows which were computed, and from what")
        )
    else:
        findings += _looked("days", lambda: _computed(platform))
    return findings


def _looked(subject: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """What a look found; a fault of its own is one more finding, whatever it is."""
    findings: list[Finding] = []
    try:
        findings.extend(look())
    except WarehouseError as error:
        findings.append(Finding(subject, "fault", error.said, error.remedy))
    except Exception as error:
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        findings.append(Finding(subject, "fault", hide_secrets(said)))
    return findings


def _home(settings: Settings) -> Iterator[Finding]:
    """The folder of all state, which has to be there and to be written to."""
    home = settings.home
    other = "Or name another folder with STRATUM_HOME."
    if not home.exists():
        yield Finding("home", "fault", f"there is no folder {home}", f"Make it and fill it with: stratum run. {other}")
    elif not home.is_dir():
        yield Finding("home", "fault", f"{home} is no folder", f"Move it away. {other}")
    elif withheld := _withheld(home):
        yield Finding("home", "fault", f"{home} {withheld}", f"Give this user the rights to it. {other}")
    else:
        yield Finding("home", "ok", str(home))


def _feed(environ: Mapping[str, str], open_feed: Callable[[PipelineSettings], Fetcher]) -> Iterator[Finding]:
    """Whether the feed answers and takes the key; asking costs no credits."""
    settings = read_pipeline_settings(environ)
    if not settings.api_key:
        yield Finding("feed", "ok", "the built-in simulator", f"Set {API_KEY.name} to poll the real feed.")
        return
    try:
        with open_feed(replace(settings, http_timeout_s=min(settings.http_timeout_s, REACHED_WITHIN_S))) as feed:
            reached = feed.reach(sports_request())
    except FetchFailed as error:
        remedy = "See that this machine is online and may reach it, and look at the provider's status page."
        yield Finding("feed", "warning", f"The Odds API could not be reached: {error}", remedy)
        return
    status, left = reached.status_code, reached.credits_remaining
    if status in KEY_REFUSED:
        remedy = f"Correct {API_KEY.name}, in the environment or in .env, and start again."
        yield Finding("feed", "fault", f"The Odds API: the key is refused ({status})", remedy)
    elif status != 200:
        remedy = "Run this again in a minute; when it lasts, look at the provider's status page."
        yield Finding("feed", "warning", f"The Odds API answers with HTTP status {status}", remedy)
    elif left == 0:
        remedy = "Wait for the first of the month, or buy credits: polling goes on by itself."
        yield Finding("feed", "warning", "The Odds API takes the key, and no credits are left", remedy)
    else:
        told = "it does not say how many credits remain" if left is None else f"credits remaining: {left:,}"
        yield Finding("feed", "ok", f"The Odds API takes the key; {told}")


def _lake(platform: Platform) -> Iterator[Finding]:
    """How much each table holds, and whether more can be written."""
    fault = _lake_fault(platform.settings.lake_url)
    if fault:
        yield fault
        return
    rows = {}
    for table in TABLES:
        try:
            rows[table.name] = platform.lake.scan(table).select(pl.len()).collect().item()
        except FileDamaged as error:
            yield Finding("lake", "fault", error.said, error.remedy)
    held = ", ".join(f"{name} {count:,}" for name, count in rows.items() if count)
    where = hide_secrets(platform.settings.lake_url)
    yield Finding("lake", "ok", f"{where}: {held or 'empty'}", "" if held else "Fill it with: stratum run")


def _lake_fault(lake_url: str) -> Finding | None:
    """What stands in the way of writing a lake on this machine's disk."""
    folder = Path(lake_url)
    if "://" in lake_url or not folder.exists():
        return None
    if not folder.is_dir():
        return Finding("lake", "fault", f"{folder} is no folder", "Name another with STRATUM_LAKE_URL.")
    if withheld := _withheld(folder):
        return Finding("lake", "fault", f"{folder} {withheld}", "Give this user the rights to it.")
    return None


def _withheld(folder: Path) -> str:
    """What may not be done in a folder, "" when all may be: rights are missing, or its disk is mounted to be read only."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return "cannot be read"
    return "" if os.access(folder, os.W_OK) else "can be read and not written"


def _database(platform: Platform) -> Iterator[Finding]:
    """Whether the database answers and holds the tables of this program."""
    url = hide_secrets(platform.settings.database_url)
    revision = platform.database.checked_revision()
    if revision:
        yield Finding("database", "ok", f"{url}, revision {revision}")
    elif platform.lake.days(RawOdds):
        yield Finding(
            "database",
            "warning",
            f"{url} holds no tables, although the lake is filled",
            "Bring back a backup (stratum restore FOLDER), or compute all of it again: stratum backfill --stale",
        )
    else:
        yield Finding("database", "ok", f"{url}, made when it is first used")


def _disk(platform: Platform) -> Iterator[Finding]:
    free = shutil.disk_usage(platform.settings.home if platform.settings.home.exists() else ".").free
    low = free < LOW_DISK_BYTES
    remedy = "Free some space, or shorten the retention of raw_odds." if low else ""
    yield Finding("disk", "warning" if low else "ok", f"{free / 1024**3:.1f} GiB free", remedy)


def _polling(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    """The last poll of every sport that has games still to come; archives have none."""
    last = (
        platform.lake.scan(Polls)
        .group_by("sport_key")
        .agg(last=pl.col("received_at").max(), complete=pl.col("is_complete").sort_by("received_at").last())
    )
    coming = platform.lake.scan(Events).filter(pl.col("commence_at") > now).group_by("sport_key").agg(games=pl.len())
    for row in last.join(coming, on="sport_key", how="left").sort("sport_key").collect().iter_rows(named=True):
        seen = f"last poll {row['last']:%Y-%m-%d %H:%M} UTC"
        if not row["games"]:
            yield Finding(row["sport_key"], "ok", f"{seen}; no games to come")
        elif now - row["last"] > SILENT_AFTER:
            yield Finding(
                row["sport_key"],
                "warning",
                f"{seen}, {row['games']} games to come",
                "Is the poll_odds sensor running? make up",
            )
        elif not row["complete"]:
            yield Finding(
                row["sport_key"], "warning", f"{seen}, and it was incomplete", "See quarantine for the reason."
            )
        else:
            yield Finding(row["sport_key"], "ok", f"{seen}, {row['games']} games to come")


def _budget(platform: Platform, environ: Mapping[str, str], now: dt.datetime) -> Iterator[Finding]:
    """Whether the credits of the key last, in the counts that polling has taken; a feed that is free has none."""
    settings = read_pipeline_settings(environ)
    if not settings.api_key or platform.database.revision() is None:
        return
    found = budget_now(platform, settings, now)
    told, plan = found.forecast, found.outlook
    if found.balance is None or told is None or plan is None:
        yield Finding("budget", "ok", "no credits have been counted yet")
        return
    seen = (
        f"{found.balance.remaining:,} credits left, {told.expected:,.0f} ({told.low:,.0f} to {told.high:,.0f}) forecast for "
        f"{found.renewed_at:%Y-%m-%d}; planned {plan.closes:,.0f} for closes and {plan.looks:,.0f} for looks"
    )
    remedy = "Buy credits, poll fewer sports or regions, or see who else uses the key: stratum budget"
    yield Finding("budget", "warning" if told.crosses else "ok", seen, remedy if told.crosses else "")


def _rules(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    """Rules that said nothing in the last six hours because the feed is polled too slowly for their window."""
    since = now - SILENT_AFTER
    recent = (
        platform.lake.scan(Polls, first=since.date())
        # At the first answer nothing is known of the feed, and that is nothing to mend.
        .filter(pl.col("received_at") >= since, pl.col("gap_p95_s").is_not_null())
        .explode("silent_rules")
        .filter(pl.col("silent_rules").is_not_null())
        .group_by("sport_key", "silent_rules")
        .agg(gap_s=pl.col("gap_p95_s").median(), polls=pl.len())
        .sort("sport_key", "silent_rules")
        .collect()
    )
    for row in recent.iter_rows(named=True):
        yield Finding(
            "rules",
            "warning",
            f"{row['sport_key']}: {row['silent_rules']} was silent at {row['polls']:,} polls: their gap (95th percentile {row['gap_s']:,.0f} s) "
            "is more than half its window",
            f"Poll faster, or widen {row['silent_rules']}_WINDOW_MINUTES.",
        )


def _cycles(platform: Platform) -> Iterator[Finding]:
    """Answers stored without a poll: cycles that were stopped half-way, or days not computed yet."""
    polls = platform.lake.scan(Polls).select("response_id")
    waiting = platform.lake.scan(RawOdds).select("response_id", "received_at").join(polls, on="response_id", how="anti")
    n, first, last = (
        waiting.select(
            pl.len(), pl.col("received_at").dt.date().min(), pl.col("received_at").dt.date().max().alias("last")
        )
        .collect()
        .row(0)
    )
    if n:
        yield Finding(
            "cycles",
            "warning",
            f"{n:,} {'answer has' if n == 1 else 'answers have'} not been worked through",
            f"stratum backfill --from {first} --to {last}",
        )
    else:
        yield Finding("cycles", "ok", "every stored answer has been worked through")


def _closing_lines(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    """Games that had started by the last answer of their sport and have no closing line: settling was cut short."""
    settled = pl.lit(now - SETTLED_WITHIN)
    last = platform.lake.scan(Polls).group_by("sport_key").agg(last=pl.col("received_at").max())
    drawn = platform.lake.scan(ClosingLines).select("event_id").unique()
    games = platform.lake.scan(Events).join(last, on="sport_key")
    games = games.filter(pl.col("commence_at") <= pl.min_horizontal("last", settled))
    # Days before the oldest kept may have been dropped by their retention.
    oldest = min(platform.lake.days(ClosingLines), default=dt.date.min)
    games = games.filter(pl.col("commence_at").dt.date() >= oldest)
    missing = _to_close(platform, games.join(drawn, on="event_id", how="anti"), now - SETTLED_WITHIN)
    n, first, until = missing.select(
        pl.col("event_id").n_unique(), pl.col("date").min(), pl.col("date").max().alias("until")
    ).row(0)
    if n:
        yield Finding(
            "closing lines",
            "warning",
            f"{n:,} {'game has' if n == 1 else 'games have'} started and {'has' if n == 1 else 'have'} no closing line",
            f"stratum backfill --from {first} --to {until}",
        )
    else:
        yield Finding("closing lines", "ok", "every game that was priced before its start has them")


def _to_close(platform: Platform, games: pl.LazyFrame, until: dt.datetime) -> pl.DataFrame:
    """The event_id and date of every closing moment of these games, passed by `until`, for which settling has a line to draw.

    It has none for a game whose start nobody knew before it had passed, or that no book had priced by then.
    """
    ids = games.select("event_id").collect()["event_id"].to_list()
    # The rule of settling itself: the last known start of a game that was moved may never have been known before it came.
    changes = platform.lake.scan(EventChanges).filter(pl.col("event_id").is_in(ids))
    moments = closing_moments(changes, int(until.timestamp() * 1_000_000), platform.final_after)
    starts = moments.select("event_id", "until", date=pl.col("closed_at").dt.date())
    if not starts.is_empty():
        seen = changes.select(pl.col("received_at").dt.date().min()).collect().item()
        consensus = platform.lake.scan(Consensus, first=seen, last=starts.select(pl.col("date").max()).item())
        priced = consensus.filter(pl.col("event_id").is_in(ids)).group_by("event_id").agg(pl.col("as_of").min())
        starts = starts.join(priced.collect(), on="event_id").filter(pl.col("as_of") <= pl.col("until"))
    return starts.select("event_id", "date")


def _computed(platform: Platform) -> Iterator[Finding]:
    """The days that are out of date; a database that is not made yet knows of none."""
    if platform.database.revision() is None:
        yield Finding("days", "ok", "none has been computed yet")
    else:
        yield from _days(platform)


def _days(platform: Platform) -> Iterator[Finding]:
    stale = stale_days(platform)
    today = dt.datetime.now(dt.UTC).date()
    stale = stale.filter((pl.col("date") < today) | (pl.col("reason") != "not computed yet"))
    for (sport_key, reason), days in stale.group_by("sport_key", "reason", maintain_order=True):
        dates = days["date"].sort()
        span = f"{dates[0]} to {dates[-1]}"
        yield Finding(
            "days",
            "warning",
            f"{sport_key}: {days.height} {'day' if days.height == 1 else 'days'} out of date ({reason}; {span})",
            "stratum backfill --stale",
        )
    undone = [(step, waiting) for step in STEPS if (waiting := days_waiting(platform, step)) and waiting.first < today]
    for step, waiting in undone:
        what = "closing lines and their value" if step == "settle" else "scorecards"
        span = f"from {waiting.first} on" if waiting.last == OPEN_END else f"of {waiting.first} to {waiting.last}"
        seen = f"{what} {span} are not up to date: a run was stopped before them, or is still at work"
        yield Finding("days", "warning", seen, "stratum backfill --stale")
    if stale.is_empty() and not undone:
        yield Finding("days", "ok", "every computed day follows from its answers")


def _quarantine(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    since = now - dt.timedelta(days=7)
    recent = platform.lake.scan(Quarantine, first=since.date()).group_by("reason").len().sort("reason").collect()
    if recent.is_empty():
        yield Finding("quarantine", "ok", "nothing refused in the last 7 days")
    for reason, count in recent.iter_rows():
        yield Finding(
            "quarantine",
            "warning",
            f"{count:,} refused in the last 7 days: {reason}",
            'stratum sql "select reason, detail, count(*) from quarantine group by all order by 3 desc limit 10"',
        )


def _leftovers(platform: Platform) -> Iterator[Finding]:
    """Files that count no more, and lie where nothing sweeps by itself."""
    left = find_leftovers(platform)
    if not left.n:
        yield Finding("leftovers", "ok", "no file lies about that nobody reads any more")
        return
    files = "1 file that nobody reads" if left.n == 1 else f"{left.n:,} files that nobody reads"
    seen = f"{files} any more, {left.n_bytes / 1e6:,.1f} MB, such as {left.first}"
    state: State = "warning" if left.n_bytes > MANY_LEFT_BYTES else "ok"
    yield Finding("leftovers", state, seen, "The next stratum backfill deletes them.")
