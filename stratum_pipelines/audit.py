"""What can be checked about a stored day: that its rows are what their table says, and that they follow from the answers.

Every function looks at one day and returns findings; when to look, and what to do about it, is decided elsewhere.
"""

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.reading import Answer, Reading
from stratum_pipelines.raw import read_answers
from warehouse.tables import BY_NAME, OddsSnapshots, Polls, Quarantine, RawOdds, Table

# A book that is still quoted may have been written weeks ago, when it last changed.
CARRIED_DAYS = 120
SHOWN = 20
QUOTE = ["event_id", "bookmaker", "market", "outcome", "description", "line"]


@dataclass
class Finding:
    """What looking at one day of a table found: how many rows were looked at, and every fault as a sentence.

    `remarks` are true and worth knowing, and no fault.
    """

    rows: int = 0
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def schema_of_day(platform: Platform, table: type[Table], day: dt.date) -> Finding:
    """Types, nulls and bounds of a stored day; repeated keys are left to `key_of_day`."""
    frame = platform.lake.scan(table, first=day, last=day).collect()
    return Finding(frame.height, [fault for fault in table.faults(frame) if ": the key (" not in fault])


def key_of_day(platform: Platform, table: type[Table], day: dt.date) -> Finding:
    """Whether the key of a table is unique within a stored day."""
    key = list(table.key)
    counted = platform.lake.scan(table, first=day, last=day).select(key).group_by(key).len().collect()
    repeated = counted.filter(pl.col("len") > 1)
    faults = [
        f"The key {dict(zip(key, row[:-1], strict=True))} stands {row[-1]} times."
        for row in repeated.head(SHOWN).iter_rows()
    ]
    return Finding(int(counted["len"].sum()), faults)


def freshness_of_day(platform: Platform, day: dt.date) -> Finding:
    """Whether every sport's polls reach as far as its answers do."""

    def last(table: type[Table]) -> pl.DataFrame:
        scan = platform.lake.scan(table, first=day, last=day)
        return scan.group_by("sport_key").agg(last=pl.col("received_at").max()).sort("sport_key").collect()

    raw, polls = last(RawOdds), last(Polls)
    late = raw.join(polls, on="sport_key", how="left", suffix="_poll").filter(
        pl.col("last_poll").is_null() | (pl.col("last_poll") < pl.col("last"))
    )
    faults = [
        f"{sport_key}: the last answer came at {came}, the last poll computed is of {polled or 'no answer'}."
        for sport_key, came, polled in late.iter_rows()
    ]
    return Finding(raw.height, faults)


def answers_and_polls(platform: Platform, day: dt.date) -> Finding:
    """Whether every answer has a poll, every poll an answer, and the counts in polls are those of the rows written."""
    lake = platform.lake
    raw = lake.scan(RawOdds, first=day, last=day).select("response_id").collect()
    polls = lake.scan(Polls, first=day, last=day).collect()
    written = (
        lake.scan(OddsSnapshots, first=day, last=day)
        .group_by("response_id")
        .agg(changed=(~pl.col("is_suspended")).sum().cast(pl.Int64), suspended=pl.col("is_suspended").sum().cast(pl.Int64))
        .collect()
    )
    refused = lake.scan(Quarantine, first=day, last=day).group_by("response_id").agg(refused=pl.len().cast(pl.Int64)).collect()
    faults = [
        f"Answer {rid} has no poll: it has not been computed."
        for rid in raw.join(polls, on="response_id", how="anti")["response_id"].head(SHOWN)
    ]
    faults += [
        f"Poll of answer {rid}: that answer is not in raw_odds."
        for rid in polls.join(raw, on="response_id", how="anti")["response_id"].head(SHOWN)
    ]
    counted = (
        polls.select("response_id", "n_changed", "n_suspended", "n_refused")
        .join(written, on="response_id", how="full", coalesce=True)
        .join(refused, on="response_id", how="full", coalesce=True)
        .fill_null(0)
    )
    for column, rows, table in (
        ("n_changed", "changed", "odds_snapshots"),
        ("n_suspended", "suspended", "odds_snapshots"),
        ("n_refused", "refused", "quarantine"),
    ):
        wrong = counted.filter(pl.col(column) != pl.col(rows)).select("response_id", column, rows)
        faults += [
            f"Answer {rid}: {column} is {said} in polls, {n} rows stand in {table}."
            for rid, said, n in wrong.head(SHOWN).iter_rows()
        ]
    return Finding(raw.height, faults)


def board_and_last_answers(platform: Platform, day: dt.date) -> Finding:
    """Whether the board rebuilt from snapshots quotes what the last complete answer of each sport and provider says.

    The answer is read once more and compared quote by quote, by another way than the one that wrote the rows. Quotes of an
    answer that were refused, or that other providers quote too, are not compared.
    """
    found = Finding()
    index = platform.lake.scan(RawOdds, first=day, last=day).select("sport_key", "provider", "received_at", "is_complete").collect()
    for sport_key in index["sport_key"].unique().sort():
        mine = index.filter(pl.col("sport_key") == sport_key)
        if platform.rules.league(sport_key) is None:
            continue
        if mine["provider"].n_unique() > 1:
            found.remarks.append(f"{sport_key}: several providers quote it, so no single answer is the board.")
            continue
        _compare_last(platform, day, sport_key, found)
    return found


def _compare_last(platform: Platform, day: dt.date, sport_key: str, found: Finding) -> None:
    answer, reading = _last_full(platform, day, sport_key)
    if answer is None or reading is None:
        found.remarks.append(f"{sport_key}: no complete answer on this day.")
        return
    said = _quotes(platform, answer, reading)
    board = _board(platform, day, answer)
    found.rows += len(said)
    odd = Counter[str]()
    examples: dict[str, str] = {}
    for key in sorted(said.keys() | board.keys()):
        fault = _difference(said.get(key), board.get(key))
        if fault:
            odd[fault] += 1
            examples.setdefault(fault, " / ".join(key))
    found.faults += [
        f"{sport_key}: {n} quotes {fault} (answer {answer.response_id}), the first: {examples[fault]}." for fault, n in odd.items()
    ]


def _difference(said: tuple[float, float] | None, held: tuple[float, float] | None) -> str:
    if held is None:
        return "of the last answer are not on the board"
    if said is None:
        return "on the board are not in the last answer"
    return "" if all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(said, held, strict=True)) else "differ in price or point"


def _last_full(platform: Platform, day: dt.date, sport_key: str) -> tuple[Answer | None, Reading | None]:
    """The last answer of the day that lists everything there is, and what it says."""
    last = (
        platform.lake.scan(Polls, first=day, last=day)
        .filter((pl.col("sport_key") == sport_key) & pl.col("is_complete"))
        .select(pl.col("received_at").max())
        .collect()
        .item()
    )
    if last is None:
        return None, None
    after = int(last.timestamp() * 1_000_000) - 1
    for answer in read_answers(platform.lake, day, sport_key, after=after):
        reading = platform.rules.providers[answer.provider].read(answer)
        if reading.is_complete and reading.kind == "full":
            return answer, reading
    return None, None


Place = tuple[str, str, str, str]


def _quotes(platform: Platform, answer: Answer, reading: Reading) -> dict[Place, tuple[float, float]]:
    """Decimal price and point per game, book, market and outcome of an answer; a quote that stands twice counts once."""
    quotes: dict[Place, tuple[float, float]] = {}
    for i, (game, name, market, outcome) in enumerate(
        zip(reading.event, reading.bookmaker, reading.market, reading.outcome, strict=True)
    ):
        book = platform.rules.reference.book(name)
        if book is None:
            continue
        price = float(reading.price[i])
        if reading.odds_format == "american":
            price = 1 + (price / 100 if price > 0 else 100 / -price) if price else math.nan
        point = 0.0 if market == "h2h" else float(reading.point[i])
        quotes.setdefault((reading.games[game].event_id, book.key, market, outcome), (price, point))
    return quotes


def _board(platform: Platform, day: dt.date, answer: Answer) -> dict[Place, tuple[float, float]]:
    """Decimal price and point of every quote in force after an answer, from snapshots alone."""
    moment = pl.lit(answer.received_at).cast(OddsSnapshots.schema()["received_at"])
    last = (
        platform.lake.scan(OddsSnapshots, first=day - dt.timedelta(days=CARRIED_DAYS), last=day)
        .filter((pl.col("sport_key") == answer.sport_key) & (pl.col("received_at") <= moment))
        .sort("received_at")
        .group_by(QUOTE)
        .agg(pl.col("price_decimal", "point", "is_suspended").last())
        .filter(~pl.col("is_suspended"))
        .select("event_id", "bookmaker", "market", "outcome", "price_decimal", pl.col("point").fill_null(0.0))
        .collect()
    )
    return {(e, b, m, o): (price, point) for e, b, m, o, price, point in last.iter_rows()}


def tables_with_days() -> list[type[Table]]:
    """The tables kept in daily partitions."""
    return [table for table in BY_NAME.values() if table.partition_by]
