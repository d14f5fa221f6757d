"""Closes that were missed while polling was down: which they are, what asking for them afterwards costs, and asking.

The provider keeps what it would have answered. One answer per sport and moment, from just before the start, is stored like
any other, at the moment it would have been received; its day is computed anew, and the close is drawn again as a new
version that has passed the plausibility gate.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

import msgspec
import polars as pl

from stratum_pipelines.backfill import backfill
from stratum_pipelines.batch import DayReport
from stratum_pipelines.days import stale_days
from stratum_pipelines.fetch import Fetcher, FetchFailed, open_fetcher
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.provider import Asking
from stratum_pipelines.providers.reading import Answer, Request
from stratum_pipelines.providers.the_odds_api import NAME as THE_ODDS_API
from stratum_pipelines.providers.the_odds_api import historical_odds_request, sports_request
from stratum_pipelines.providers.the_odds_api_answer import iso, microseconds
from stratum_pipelines.purse import Purse
from stratum_pipelines.quant.closing import MAX_AGE_S, with_last_answer
from stratum_pipelines.quant.closing_moments import closing_moments
from stratum_pipelines.raw import store_answers
from stratum_pipelines.settings import PipelineSettings
from stratum_pipelines.settle import settle
from warehouse.tables import COUNTED_CONVENTION, EventChanges, EventLinks, Events, Polls, RawOdds, Signals

# Games that start within so many seconds are asked for with one request, at the first start.
TOGETHER_S = 600
SECOND = 1_000_000

Ask = Callable[[Request], Answer | None]


@dataclass(frozen=True)
class Missed:
    """Games of one sport whose closes one request can bring: the moment to ask for, and signals that wait for them."""

    request: Request
    at: int
    event_ids: tuple[str, ...]
    n_signals: int

    @property
    def sport_key(self) -> str:
        """The sport."""
        return self.request.sport_key

    @property
    def cost(self) -> int:
        """Credits the request costs."""
        return self.request.cost

    def as_record(self) -> dict[str, object]:
        """The request as plain values, for machines."""
        return {
            "sport_key": self.sport_key,
            "at": iso(self.at),
            "games": len(self.event_ids),
            "signals": self.n_signals,
            "credits": self.cost,
        }


@dataclass
class Filled:
    """What asking came to: what was asked, credits charged, games whose close was found, the days computed, what is still missed.

    `troubles` are sentences; `is_out_of_credits` that asking ended because the next request could not be afforded.
    """

    asked: list[Missed] = field(default_factory=list)
    n_credits: int = 0
    n_games: int = 0
    reports: list[DayReport] = field(default_factory=list)
    still_missed: list[Missed] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    is_out_of_credits: bool = False


def missed_closes(platform: Platform, first: dt.date, last: dt.date, now: int, asking: Asking) -> list[Missed]:
    """The requests that bring the closes missed from `first` to `last`: those more signals wait for first, then the newest.

    A close is missed when no answer of its sport came within an hour before it. Only closes that are final by `now` (UTC
    microseconds) on days that are over count, and what was asked for before is not asked for again.
    """
    last = min(last, _day(now) - dt.timedelta(days=1))
    games = _missed_games(platform, first, last, now)
    asked = _asked_before(platform, first, last)
    requests = [missed for missed in _together(games, asking) if missed.request.endpoint not in asked]
    return sorted(requests, key=lambda missed: (-missed.n_signals, -missed.at, missed.sport_key))


def fill_closes(
    platform: Platform,
    first: dt.date,
    last: dt.date,
    *,
    asking: Asking,
    ask: Ask,
    allowed: int,
    now: int | None = None,
    progress: Callable[[DayReport], None] = lambda report: None,
) -> Filled:
    """Ask for missed closes, store what comes, and compute the days it falls on; `allowed` bounds the credits all of it may cost.

    `ask` gives the answer to a request, None where its credits cannot be had, and raises FetchFailed where none came. An
    answer may name games nobody knew of, that started while polling was down as well: asking goes on until there is none.
    Stopped half-way, what was stored is computed with the next backfill of days that are out of date.
    """
    now = time.time_ns() // 1000 if now is None else now
    filled = Filled()
    while True:
        wanted = [one for one in missed_closes(platform, first, last, now, asking) if one not in filled.asked]
        days = {day for one in wanted for day in _ask(platform, one, ask, allowed, filled)}
        if not days:
            break
        stale = set(stale_days(platform)["date"].to_list())
        filled.reports += backfill(platform, sorted(days & stale), progress).reports.values()
        # A backfill goes by the last answer there is; these starts have passed, whatever came since.
        settle(platform, {game for one in filled.asked for game in one.event_ids}, now)
    filled.still_missed = missed_closes(platform, first, last, now, asking)
    missing = set(_missed_games(platform, first, last, now)["event_id"])
    filled.n_games = len({game for one in filled.asked for game in one.event_ids} - missing)
    return filled


def paid_asking(platform: Platform, settings: PipelineSettings, fetcher: Fetcher | None = None) -> Ask:
    """Asks The Odds API, with the credits held before a request leaves. Raises SettingInvalid without a key."""
    asked = fetcher or open_fetcher(settings, allow_loopback=platform.settings.allow_loopback)
    purse = Purse(platform.database, THE_ODDS_API, settings.allowance, settings.retry_attempts)

    def ask(request: Request) -> Answer | None:
        if purse.balance() is None:
            purse.take_in(asked.reach(sports_request()))
        hold = purse.hold(request.cost, f"missed closes of {request.sport_key}", time.time_ns() // 1000)
        if hold is None:
            return None
        answer = asked.fetch(request)
        purse.settle(hold, answer, request.cost)
        return answer

    return ask


def as_recorded(answer: Answer, at: int) -> Answer:
    """The answer as if it had been received when the provider took it; raises ValueError where it does not say, or later than `at`.

    It is no answer of that moment's polling: it has no request and no credits, and `endpoint` says what was asked.
    """
    if answer.status_code != 200:
        raise ValueError(f"the provider answered with status {answer.status_code}")
    try:
        taken_at = microseconds(msgspec.json.decode(answer.body, type=_Wrapper).timestamp)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise ValueError("the answer does not say when it was taken") from None
    if taken_at > at:
        raise ValueError(f"the answer is of {iso(taken_at)}, after the moment asked for")
    return replace(
        answer,
        received_at=taken_at,
        source="archive",
        requested_at=None,
        credits_used=None,
        credits_remaining=None,
        credits_last=None,
    )


class _Wrapper(msgspec.Struct):
    timestamp: str


def _ask(platform: Platform, missed: Missed, ask: Ask, allowed: int, filled: Filled) -> Iterator[dt.date]:
    """The days an answer falls on, once it is stored; none where it was not asked for or could not be used."""
    if filled.is_out_of_credits or filled.n_credits + missed.cost > allowed:
        filled.is_out_of_credits = True
        return
    said = f"{missed.sport_key} at {iso(missed.at)}"
    try:
        answer = ask(missed.request)
    except FetchFailed as error:
        filled.asked.append(missed)
        filled.n_credits += missed.cost
        filled.troubles.append(str(error))
        return
    if answer is None:
        filled.is_out_of_credits = True
        return
    filled.asked.append(missed)
    filled.n_credits += answer.credits_last if answer.credits_last is not None else missed.cost
    try:
        # Stored at once: it was paid for.
        yield from store_answers(platform.lake, [as_recorded(answer, missed.at)]).days
    except ValueError as error:
        filled.troubles.append(f"{said}: {error}.")


def _missed_games(platform: Platform, first: dt.date, last: dt.date, now: int) -> pl.DataFrame:
    """The games whose close was missed: event_id, sport_key, closed_at and n_signals, in the order of their closes."""
    lake = platform.lake
    known = lake.scan(EventLinks).filter(pl.col("provider") == THE_ODDS_API).select("event_id")
    # A start may have been moved since, to another day.
    near = pl.col("commence_at").dt.date().is_between(first - dt.timedelta(days=2), last + dt.timedelta(days=2))
    ids = lake.scan(Events).filter(near).join(known, on="event_id", how="semi").select("event_id").collect()["event_id"]
    changes = lake.scan(EventChanges).filter(pl.col("event_id").is_in(ids.implode()))
    moments = closing_moments(changes, now, platform.final_after).filter(
        "is_current",
        "is_final",
        pl.col("convention") == COUNTED_CONVENTION,
        pl.col("closed_at").dt.date().is_between(first, last),
    )
    aged = with_last_answer(moments, lake.scan(Polls, first=first - dt.timedelta(days=1), last=last))
    signals = lake.scan(Signals, last=last).group_by("event_id").agg(n_signals=pl.len()).collect()
    return (
        aged.filter(pl.col("answer_age_s").is_null() | (pl.col("answer_age_s") > MAX_AGE_S))
        .join(signals, on="event_id", how="left")
        .select("event_id", "sport_key", pl.col("closed_at").to_physical(), pl.col("n_signals").fill_null(0))
        .sort("sport_key", "closed_at", "event_id")
    )


def _together(games: pl.DataFrame, asking: Asking) -> Iterator[Missed]:
    """The games, those of a sport that start within ten minutes by one request at the first start."""
    for sport_key, rows in groupby(games.iter_rows(named=True), key=lambda row: row["sport_key"]):
        group: list[dict[str, object]] = []
        for row in rows:
            if group and row["closed_at"] - group[0]["closed_at"] > TOGETHER_S * SECOND:
                yield _missed(sport_key, group, asking)
                group = []
            group.append(row)
        yield _missed(sport_key, group, asking)


def _missed(sport_key: str, group: list[dict[str, object]], asking: Asking) -> Missed:
    at = int(str(group[0]["closed_at"]))
    request = historical_odds_request(sport_key, at, regions=asking.regions, odds_format=asking.odds_format)
    ids = tuple(str(row["event_id"]) for row in group)
    return Missed(request, at, ids, sum(int(str(row["n_signals"])) for row in group))


def _asked_before(platform: Platform, first: dt.date, last: dt.date) -> set[str]:
    """What was asked of the past, and is stored. The provider takes its answer from up to some days before, where it has gaps."""
    rows = platform.lake.scan(RawOdds, first=first - dt.timedelta(days=7), last=last)
    historical = rows.filter(
        pl.col("source") == "archive", pl.col("endpoint").str.contains("/historical/", literal=True)
    )
    return set(historical.select("endpoint").collect()["endpoint"])


def _day(now: int) -> dt.date:
    return dt.datetime.fromtimestamp(now // SECOND, dt.UTC).date()
