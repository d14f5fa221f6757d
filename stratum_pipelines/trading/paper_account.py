"""The paper account in the lake: bets on the signals of days, settled as results come, never doubled."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl

from stratum_pipelines.locks import PATIENCE_S, trading_alone
from stratum_pipelines.platform import Platform
from stratum_pipelines.trading.ledger import ORIGIN
from stratum_pipelines.trading.paper_bets import (
    ACCOUNT,
    equity_returns,
    last_known_starts,
    paper_bets,
    starting_deposit,
)
from stratum_pipelines.waiting import Waiting, days_waiting, note_done
from warehouse.database import Marks
from warehouse.lake import Lake
from warehouse.tables import EquityPoints, EventChanges, Polls, Results, Signals, Table, Trades

# The mark that says on which terms the account was made.
TERMS = "paper terms"
MINE = (pl.col("account") == ACCOUNT) & (pl.col("source") == "paper")
DAY = pl.col("entry_at").dt.date()
# What the balance before a bet is worked out from.
CLOSINGS = ("trade_id", "entry_at", "exit_at", "profit", "percent_equity_return")


@dataclass(frozen=True)
class PaperBets:
    """The days of `trades` and `equity_points` that were written, and how many paper bets were looked at."""

    days: dict[str, list[dt.date]]
    n_bets: int


def bet_days(
    platform: Platform,
    days: Collection[dt.date] = (),
    *,
    as_of: int | None = None,
    patience_s: float = PATIENCE_S,
) -> PaperBets:
    """Bet the signals of these days on paper, and settle whatever can be settled as of `as_of` (UTC microseconds).

    Without `as_of`, as of the last answer or result received. Made again are also the days that wait for it, and
    those with open bets on a game that has a result or another start by now; all days when the terms have changed. Bets whose signal is no more are taken out. Only days that change
    are written, each at once: doing it again changes nothing, and completes what a process that was stopped left half
    done. Nothing is done while paper betting is off. Raises LakeBusy when another process is recording trades for longer
    than `patience_s`.
    """
    lake, marks, terms = platform.lake, Marks(platform.database), platform.paper
    if not terms.is_on:
        # What is missed meanwhile is bet when it is on again: the account is made anew then.
        marks.swap(TERMS, marks.read(TERMS), None, dt.datetime.now(dt.UTC))
        return PaperBets({Trades.name: [], EquityPoints.name: []}, 0)
    with trading_alone(lake, patience_s):
        now = dt.datetime.now(dt.UTC)
        waiting = days_waiting(platform, "bet")
        is_anew = marks.read(TERMS) != terms.as_mark
        as_of = _last_received(lake) if as_of is None else as_of
        account = lake.scan(Trades).filter(MINE)
        chosen = _days_to_bet(lake, account, days, waiting, as_of, is_anew=is_anew)
        written: dict[str, list[dt.date]] = {Trades.name: [], EquityPoints.name: []}
        n_bets = 0
        if chosen:
            made = _made(platform, chosen, as_of, now)
            n_bets = made.height
            beside = account.filter(~DAY.is_in(chosen)).select(pl.col("entry_at").min()).collect().item()
            first = min((at for at in (beside, made["entry_at"].min()) if isinstance(at, dt.datetime)), default=None)
            written[EquityPoints.name] = _write_deposit(platform, first, now)
            written[Trades.name] = _write_bets(lake, account, made, chosen, terms.balance, now)
        note_done(platform, "bet", waiting)
        if is_anew:
            marks.write(TERMS, terms.as_mark, now)
        return PaperBets(written, n_bets)


def _last_received(lake: Lake) -> int:
    """The moment of the last answer or result, in UTC microseconds; 0 where nothing was received."""
    newest = [
        lake.scan(table).select(pl.col("received_at").max().dt.epoch("us")).collect().item()
        for table in (Polls, Results)
    ]
    return max((at for at in newest if at is not None), default=0)


def _days_to_bet(
    lake: Lake, account: pl.LazyFrame, days: Collection[dt.date], waiting: Waiting | None, as_of: int, *, is_anew: bool
) -> list[dt.date]:
    """The days whose bets are made again: those asked for, those that wait, and those with bets that may no longer be open."""
    known = {*lake.days(Trades), *lake.days(Signals)}
    if is_anew:
        return sorted(known)
    due = _open_and_due(lake, account, as_of)
    return sorted(known.intersection(days) | {day for day in known if waiting and day in waiting} | due)


def _open_and_due(lake: Lake, account: pl.LazyFrame, as_of: int) -> set[dt.date]:
    """The days of open bets whose game has a result, has left the feed before its start, or starts at another time."""
    open_bets = account.filter(pl.col("status") == "open").select("event_id", "commence_at", day=DAY)
    starts = last_known_starts(lake.scan(EventChanges), as_of).rename({"commence_at": "starts_at"})
    resulted = lake.scan(Results).select("event_id", has_result=pl.lit(value=True)).unique()
    found = open_bets.join(starts, on="event_id", how="left").join(resulted, on="event_id", how="left")
    is_due = pl.col("has_result") | pl.col("has_left") | (pl.col("starts_at") != pl.col("commence_at"))
    return set(found.filter(is_due).select(pl.col("day").unique()).collect().to_series())


def _made(platform: Platform, chosen: list[dt.date], as_of: int, now: dt.datetime) -> pl.DataFrame:
    """The bets on the signals of these days."""
    lake = platform.lake
    signals = (
        lake.scan(Signals, first=chosen[0], last=chosen[-1])
        .filter(pl.col("detected_at").dt.date().is_in(chosen), pl.col("entry_price_decimal").is_not_null())
        .select(
            *("signal_id", "signal_type", "rule_version", "event_id", "sport_key", "market", "outcome", "direction"),
            *("detected_at", "commence_at", "entry_point", "entry_price_decimal", "entry_bookmaker"),
        )
        .collect()
    )
    leagues = platform.rules.reference.leagues
    return paper_bets(signals, lake.scan(EventChanges), lake.scan(Results), leagues, platform.paper, as_of, now)


def _write_bets(
    lake: Lake, account: pl.LazyFrame, made: pl.DataFrame, chosen: list[dt.date], balance: int, now: dt.datetime
) -> list[dt.date]:
    """Put the bets of the chosen days in place, and what they change for the balance before other bets; the days written."""
    others = account.filter(~DAY.is_in(chosen)).select(CLOSINGS).collect()
    known = equity_returns(pl.concat([others, made.select(CLOSINGS)]), balance).select(
        "trade_id", percent="percent_equity_return"
    )
    changed = others.join(known, on="trade_id").filter(pl.col("percent_equity_return").ne_missing(pl.col("percent")))
    beside = changed.select(DAY.unique().sort()).to_series().to_list()
    was = account.filter(DAY.is_in([*beside, *chosen])).collect()
    bets = pl.concat([was.filter(DAY.is_in(beside)), made]).drop("percent_equity_return")
    bets = bets.join(known, on="trade_id").rename({"percent": "percent_equity_return"})
    # The chosen days come last: a process that is stopped before them finds them to be made again.
    return sorted(_put(lake, Trades, [*beside, *chosen], bets, was, now))


def _write_deposit(platform: Platform, first: dt.datetime | None, now: dt.datetime) -> list[dt.date]:
    """Put the deposit that fills the account at the moment of its first bet; the days written."""
    lake = platform.lake
    deposit = EquityPoints.empty() if first is None else starting_deposit(first, platform.paper, now)
    was = lake.scan(EquityPoints).filter(MINE).collect()
    days = pl.concat([was, deposit]).select(pl.col("noted_at").dt.date().unique().sort()).to_series().to_list()
    return list(_put(lake, EquityPoints, days, deposit, was, now))


def _put(
    lake: Lake, table: type[Table], days: list[dt.date], rows: pl.DataFrame, was: pl.DataFrame, now: dt.datetime
) -> Iterator[dt.date]:
    """Put the rows in the place of the paper rows that were there on these days, beside all others; gives the days written.

    A row that stands already keeps the moment at which it was recorded, and a day on which all do is not written.
    """
    told = [name for name in table.columns if name not in ORIGIN]
    stood = was.select(*told, first_recorded_at="recorded_at")
    found = rows.join(stood, on=told, how="left", nulls_equal=True)
    kept = table.conform(found.with_columns(recorded_at=pl.col("first_recorded_at").fill_null(now)))
    day = pl.col(table.partition_by).dt.date()
    now_there, before = (
        {date: part.sort(table.sort_by()) for (date,), part in frame.group_by(day)} for frame in (kept, was)
    )
    held = set(lake.days(table))
    for date in days:
        mine = now_there.get(date, table.empty())
        if not mine.equals(before.get(date, table.empty())):
            others = lake.scan(table, first=date, last=date).filter(~MINE).collect() if date in held else table.empty()
            lake.replace(table, date, pl.concat([others, mine]).sort(table.sort_by()))
            yield date
