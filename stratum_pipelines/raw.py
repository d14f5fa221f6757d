"""Raw answers in and out of the lake: stored first, byte for byte, and read back in order of receipt."""

import datetime as dt
import gzip
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from stratum_pipelines.providers.reading import Answer
from warehouse.lake import Lake
from warehouse.tables import TIME, RawOdds

ANSWERS_PER_FILE = 250
GZIP_LEVEL = 3


@dataclass
class Stored:
    """What an import stored: answers seen, those that were new, and the days and providers of all that were seen."""

    n_answers: int = 0
    n_new: int = 0
    days: set[dt.date] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)


def raw_row(answer: Answer) -> dict[str, object]:
    """The row of raw_odds for an answer, with its body compressed; times still in microseconds."""
    return {
        "response_id": answer.response_id,
        "provider": answer.provider,
        "sport_key": answer.sport_key,
        "endpoint": answer.endpoint,
        "requested_at": answer.requested_at,
        "received_at": answer.received_at,
        "status_code": answer.status_code,
        "credits_used": answer.credits_used,
        "credits_remaining": answer.credits_remaining,
        "credits_last": answer.credits_last,
        "is_complete": answer.is_complete,
        "body_sha256": answer.body_sha256,
        "body": gzip.compress(answer.body, GZIP_LEVEL, mtime=0),
        "source": answer.source,
    }


def raw_frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of `raw_row` in the columns of raw_odds."""
    moments = ("requested_at", "received_at")
    schema = {name: pl.Int64 if name in moments else dtype for name, dtype in RawOdds.schema().items()}
    return pl.DataFrame(rows, schema=schema).with_columns(pl.col(name).cast(TIME) for name in moments)


def day_of(received_at: int) -> dt.date:
    """The UTC date of a moment in microseconds."""
    return dt.datetime.fromtimestamp(received_at // 1_000_000, dt.UTC).date()


def store_answers(lake: Lake, answers: Iterable[Answer], progress: Callable[[Stored], None] | None = None) -> Stored:
    """Store answers that are not stored yet, a file per day and few hundred answers, before anything is computed.

    An interrupted import is simply run again: what is there already is skipped.
    """
    stored = Stored()
    known: dict[dt.date, set[str]] = {}
    waiting: dict[dt.date, list[dict[str, object]]] = {}
    for answer in answers:
        day = day_of(answer.received_at)
        if day not in known:
            known[day] = set(response_ids(lake, day))
            stored.days.add(day)
        stored.n_answers += 1
        stored.providers.add(answer.provider)
        if answer.response_id in known[day]:
            continue
        known[day].add(answer.response_id)
        rows = waiting.setdefault(day, [])
        rows.append(raw_row(answer))
        if len(rows) >= ANSWERS_PER_FILE:
            _write(lake, waiting.pop(day), day, stored, progress)
        for earlier in [other for other in waiting if other < day]:
            _write(lake, waiting.pop(earlier), earlier, stored, progress)
    for day, rows in sorted(waiting.items()):
        _write(lake, rows, day, stored, progress)
    return stored


def _write(
    lake: Lake, rows: list[dict[str, object]], day: dt.date, stored: Stored, progress: Callable[[Stored], None] | None
) -> None:
    ids = "".join(str(row["response_id"]) for row in rows)
    lake.append(RawOdds, raw_frame(rows), batch=f"import-{hashlib.sha256(ids.encode()).hexdigest()[:16]}")
    stored.n_new += len(rows)
    if progress:
        progress(stored)


def response_ids(lake: Lake, day: dt.date, sport_key: str | None = None) -> list[str]:
    """The ids of the answers stored for a day, of one sport if named."""
    scan = lake.scan(RawOdds, first=day, last=day)
    if sport_key is not None:
        scan = scan.filter(pl.col("sport_key") == sport_key)
    return scan.select("response_id").collect()["response_id"].to_list()


def count_answers(lake: Lake, days: Collection[dt.date]) -> int:
    """How many answers are stored for these days."""
    if not days:
        return 0
    scan = lake.scan(RawOdds, first=min(days), last=max(days)).select(
        pl.col("received_at").dt.date().is_in(list(days)).sum()
    )
    return int(scan.collect().item() or 0)


def sports_on(lake: Lake, day: dt.date) -> list[str]:
    """The sports with answers on a day, sorted."""
    scan = lake.scan(RawOdds, first=day, last=day).select(pl.col("sport_key").unique().sort())
    return scan.collect()["sport_key"].to_list()


def read_answers(lake: Lake, day: dt.date, sport_key: str, *, after: int | None = None) -> Iterator[Answer]:
    """The answers of a sport on a day, in order of receipt, received after `after` (UTC microseconds)."""
    return map(answer_of, stored_rows(lake, day, sport_key, after=after))


def stored_rows(lake: Lake, day: dt.date, sport_key: str, *, after: int | None = None) -> Iterator[dict[str, Any]]:
    """The rows behind `read_answers`, bodies still compressed, times in microseconds; a few hundred in memory at once."""
    scan = lake.scan(RawOdds, first=day, last=day).filter(pl.col("sport_key") == sport_key)
    index = scan.select("response_id", "received_at").collect().sort("received_at", "response_id")
    if after is not None:
        index = index.filter(pl.col("received_at").to_physical() > after)
    for start in range(0, index.height, ANSWERS_PER_FILE):
        part = index.slice(start, ANSWERS_PER_FILE)
        rows = scan.filter(pl.col("received_at").is_between(part["received_at"].min(), part["received_at"].max())).join(
            part.lazy().select("response_id"), on="response_id", how="semi"
        )
        ordered = rows.collect().sort("received_at", "response_id")
        yield from ordered.with_columns(pl.col("requested_at", "received_at").to_physical()).iter_rows(named=True)


def answer_of(row: dict[str, Any]) -> Answer:
    """The answer a row of raw_odds holds, its body unpacked."""
    fields = {name: value for name, value in row.items() if name in Answer.__dataclass_fields__}
    answer = Answer(**{**fields, "body": gzip.decompress(row["body"])})
    # The digests were worked out when the answer was stored; hashing every body again would double the work.
    answer.__dict__["body_sha256"] = row["body_sha256"]
    answer.__dict__["response_id"] = row["response_id"]
    return answer
