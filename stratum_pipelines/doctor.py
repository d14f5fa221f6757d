"""What is configured, reachable and stale, and what to do about it."""

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from stratum_pipelines.days import stale_days
from stratum_pipelines.platform import Platform
from warehouse.errors import WarehouseError
from warehouse.settings import hide_secrets
from warehouse.tables import TABLES, Events, Polls, Quarantine, RawOdds

State = Literal["ok", "warning", "fault"]
SILENT_AFTER = dt.timedelta(hours=6)
LOW_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, what was seen, and what to do when it is not well."""

    subject: str
    state: State
    seen: str
    remedy: str = ""


def examine(platform: Platform, environ: Mapping[str, str], now: dt.datetime) -> list[Finding]:
    """Look at everything; a look that fails is a finding itself."""
    looks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("settings", lambda: _settings(platform, environ)),
        ("lake", lambda: _lake(platform)),
        ("database", lambda: _database(platform)),
        ("disk", lambda: _disk(platform)),
        ("polling", lambda: _polling(platform, now)),
        ("cycles", lambda: _cycles(platform)),
        ("days", lambda: _days(platform)),
        ("quarantine", lambda: _quarantine(platform, now)),
    ]
    findings: list[Finding] = []
    for subject, look in looks:
        try:
            findings.extend(look())
        except (OSError, WarehouseError, pl.exceptions.PolarsError) as error:
            findings.append(Finding(subject, "fault", hide_secrets(str(error).splitlines()[0])))
    return findings


def _settings(platform: Platform, environ: Mapping[str, str]) -> Iterator[Finding]:
    settings = platform.settings
    yield Finding("home", "ok", str(settings.home))
    if environ.get("ODDS_API_KEY", "").strip():
        yield Finding("feed", "ok", "The Odds API (ODDS_API_KEY is set)")
    else:
        yield Finding("feed", "ok", "the built-in simulator", "Set ODDS_API_KEY to poll the real feed.")


def _lake(platform: Platform) -> Iterator[Finding]:
    """How much each table holds, and whether more can be written."""
    fault = _lake_fault(platform.settings.lake_url)
    if fault:
        yield fault
        return
    rows = {table.name: platform.lake.scan(table).select(pl.len()).collect().item() for table in TABLES}
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
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding("lake", "fault", f"{folder} cannot be read and written", "Give this user the rights to it.")
    return None


def _database(platform: Platform) -> Iterator[Finding]:
    yield Finding(
        "database", "ok", f"{hide_secrets(platform.settings.database_url)}, revision {platform.database.revision()}"
    )


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


def _cycles(platform: Platform) -> Iterator[Finding]:
    """Answers stored without a poll: cycles that were stopped half-way, or days not computed yet."""
    polls = platform.lake.scan(Polls).select("response_id")
    waiting = platform.lake.scan(RawOdds).select("response_id").join(polls, on="response_id", how="anti")
    n = waiting.select(pl.len()).collect().item()
    if n:
        yield Finding("cycles", "warning", f"{n:,} answers have not been worked through", "stratum backfill --stale")
    else:
        yield Finding("cycles", "ok", "every stored answer has been worked through")


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
    if stale.is_empty():
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
