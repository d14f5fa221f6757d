"""Every question the API answers, each as a `Call` for a client to send."""

# Made by `make docs` from the API's description; changes here are lost.
# fmt: off
# ruff: noqa: A002

import datetime as dt
from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

from stratum_api.client import answers
from stratum_api.client.exchange import Call
from stratum_api.client.following import Message


def list_plans() -> Call[answers.Plans]:
    """What each plan includes. Null is no bound; money is in US cents."""
    return Call("/api/v1/plans", answers.Plans)


def get_account() -> Call[answers.Standing]:
    """The account, its entitlement, its plan and the key of this request.

    Needs the scope `account:read`.
    """
    return Call("/api/v1/account", answers.Standing)


def list_keys() -> Call[answers.Keys]:
    """Every key of the account, oldest first, without their secrets.

    Needs the scope `account:read`.
    """
    return Call("/api/v1/account/keys", answers.Keys)


def issue_key(body: answers.KeyWanted) -> Call[answers.NewlyIssued]:
    """Issue a key. It can have no scope that the key of this request lacks. The key is shown this once.

    Needs the scope `keys:manage`.
    """
    return Call("/api/v1/account/keys", answers.NewlyIssued, method="POST", body=body)


def revoke_key(key_id: str) -> Call[answers.Key]:
    """End a key for good, on every server within a second. Revoking it again changes nothing.

    Needs the scope `keys:manage`.
    """
    return Call(f"/api/v1/account/keys/{quote(key_id, safe='')}", answers.Key, method="DELETE")


def rotate_key(key_id: str, body: answers.RotationWanted) -> Call[answers.NewlyIssued]:
    """Issue a key in the place of another, which goes on working for the overlap. The new key is shown this once.

    Needs the scope `keys:manage`.
    """
    return Call(f"/api/v1/account/keys/{quote(key_id, safe='')}/rotate", answers.NewlyIssued, method="POST", body=body)


def get_usage_by_key(*, day: dt.date | None = None) -> Call[answers.UsageByKey]:
    """A billing period by key, the most used first, and what the account used in it.

    Needs the scope `account:read`.

    `day`: A day of the billing period, by UTC. The period that is running unless said.
    """
    return Call("/api/v1/account/usage/keys", answers.UsageByKey, {"day": day})


def get_usage() -> Call[answers.PeriodUsage]:
    """The billing period that is running. What was requested within the last seconds may be missing.

    Needs the scope `account:read`.
    """
    return Call("/api/v1/account/usage", answers.PeriodUsage)


def get_usage_history(*, periods: int | None = None) -> Call[answers.UsageHistory]:
    """Earlier billing periods and the one that is running, each by the terms that were in force in it.

    Needs the scope `account:read`.

    `periods`: How many periods at most.
    """
    return Call("/api/v1/account/usage/history", answers.UsageHistory, {"periods": periods})


def list_signals(*, type: Sequence[str] | None = None, signal_type: Sequence[str] | None = None, sport: str | None = None, market: str | None = None, event: Sequence[str] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, min_score: float | None = None, velocity_gt: float | None = None, time_bucket: Literal["0-15m", "15-60m", "1-3h", "3-6h", "6-24h", "1-3d", "3d+", "live"] | None = None, tier: Literal["High", "Medium", "Low"] | None = None, structural_core: bool | None = None, order: Literal["chronological", "ranked"] | None = None, since_sequence: int | None = None, cursor: str | None = None, limit: int | None = None) -> Call[answers.SignalPage]:
    """Signals by filters, a page at a time.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `type`: A type of signal, as in KEY_CROSS; several may be named.
    `signal_type`: The same as `type`.
    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `event`: The id of a game; several may be named, as many as the plan follows.
    `since`: From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history.
    `until`: Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now.
    `min_score`: Composite score of at least so much.
    `velocity_gt`: Faster than so much per minute. Only for plans that show the velocity.
    `time_bucket`: Time to start at detection.
    `tier`: The band of the composite score: High from 75, Medium from 55, else Low.
    `structural_core`: Only signals of the structural core, or only others; by default both, and the core alone for plans that see nothing else.
    `order`: The newest first, or the highest composite score first.
    `since_sequence`: Signals announced after this number of the stream, in its order; go on with the `sequence` of the page.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    `limit`: How many rows at most.
    """
    return Call("/api/v1/intel/signals", answers.SignalPage, {"type": type, "signal_type": signal_type, "sport": sport, "market": market, "event": event, "since": since, "until": until, "min_score": min_score, "velocity_gt": velocity_gt, "time_bucket": time_bucket, "tier": tier, "structural_core": structural_core, "order": order, "since_sequence": since_sequence, "cursor": cursor, "limit": limit})


def get_signal(signal_id: str) -> Call[answers.SignalTrace]:
    """A signal and what it rests on: quotes, consensus, and the answers they came in, by the digest of their bytes.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.
    """
    return Call(f"/api/v1/intel/signals/{quote(signal_id, safe='')}", answers.SignalTrace)


def get_consensus_history(*, event: str, market: str | None = None, outcome: str | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, cursor: str | None = None, limit: int | None = None) -> Call[answers.ConsensusPage]:
    """The path of one game's consensus: every row in which it changed, the oldest first.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `event`: The id of the game.
    `market`: A market: h2h, spreads or totals.
    `outcome`: An outcome as the feed names it: a team, Draw, Over or Under.
    `since`: From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history.
    `until`: Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    `limit`: How many rows at most.
    """
    return Call("/api/v1/intel/consensus/history", answers.ConsensusPage, {"event": event, "market": market, "outcome": outcome, "since": since, "until": until, "cursor": cursor, "limit": limit})


def get_consensus(*, sport: str | None = None, market: str | None = None, event: Sequence[str] | None = None, as_of: dt.datetime | None = None, cursor: str | None = None, limit: int | None = None) -> Call[answers.ConsensusPage]:
    """The consensus in force, now or at a moment, by game, market and outcome.

    Of games to come and those that began up to six hours before; of any others where they are named. At a moment in the past
    rows up to a week older than it are found.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `event`: The id of a game; several may be named, as many as the plan follows.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    `limit`: How many rows at most.
    """
    return Call("/api/v1/intel/consensus", answers.ConsensusPage, {"sport": sport, "market": market, "event": event, "as_of": as_of, "cursor": cursor, "limit": limit})


def list_dislocations(*, sport: str | None = None, market: str | None = None, event: Sequence[str] | None = None, book: str | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, upcoming: bool | None = None, cursor: str | None = None, limit: int | None = None) -> Call[answers.DislocationPage]:
    """Books that came to stand apart, the newest first. They are signals: plans that see only the structural core see none.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `event`: The id of a game; several may be named, as many as the plan follows.
    `book`: A bookmaker, as in pinnacle.
    `since`: From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history.
    `until`: Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now.
    `upcoming`: Only of games that have not begun.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    `limit`: How many rows at most.
    """
    return Call("/api/v1/intel/dislocations", answers.DislocationPage, {"sport": sport, "market": market, "event": event, "book": book, "since": since, "until": until, "upcoming": upcoming, "cursor": cursor, "limit": limit})


def open_stream(*, topic: Sequence[str] | None = None, sport: Sequence[str] | None = None, type: Sequence[str] | None = None, signal_type: Sequence[str] | None = None, market: Sequence[str] | None = None, event: Sequence[str] | None = None, min_score: float | None = None, last_event_id: str | None = None) -> Call[Message]:
    """Follow every message in its order, as server-sent events. Without a place to resume from it begins with what comes next.

    Needs the scope `stream:read`.

    `topic`: Only these topics: signal.clv_finalized, signal.detected, system.limit_alert. Several may be named.
    `sport`: Only these sports, as in americanfootball_nfl. Several may be named.
    `type`: Only signals of these types, as in KEY_CROSS. Several may be named.
    `signal_type`: The same as `type`. Several may be named.
    `market`: Only these markets: h2h, spreads or totals. Several may be named.
    `event`: Only these games, by their id. Several may be named.
    `min_score`: Only signals with a composite score of at least so much.
    `last_event_id`: The same, for clients that cannot set headers.
    """
    return Call("/api/v1/stream", Message, {"topic": topic, "sport": sport, "type": type, "signal_type": signal_type, "market": market, "event": event, "min_score": min_score, "last_event_id": last_event_id})


def list_games(*, sport: str | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, status: Literal["scheduled", "live", "closed", "vanished"] | None = None, cursor: str | None = None, limit: int | None = None) -> Call[answers.GamePage]:
    """Games by when they start, the earliest first: those to come and of the last day unless said otherwise.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `sport`: A sport, as in americanfootball_nfl.
    `since`: Starts from this moment on: ISO 8601 with Z or an offset, within the plan's history. A day ago unless said.
    `until`: Starts up to this moment, included: ISO 8601 with Z or an offset. No end unless said.
    `status`: Only games that stand so.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    `limit`: How many rows at most.
    """
    return Call("/api/v1/intel/events", answers.GamePage, {"sport": sport, "since": since, "until": until, "status": status, "cursor": cursor, "limit": limit})


def get_game(event_id: str, *, market: str | None = None, points: int | None = None) -> Call[answers.GameDetail]:
    """A game: the path of its consensus by market and outcome, its signals, and its closing lines by the scheduled convention.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `market`: A market: h2h, spreads or totals.
    `points`: How many points each path has at most: the newest.
    """
    return Call(f"/api/v1/intel/events/{quote(event_id, safe='')}", answers.GameDetail, {"market": market, "points": points})


def get_book_freshness(*, sport: str | None = None, market: str | None = None, book: str | None = None, state: Literal["idle", "fresh", "late", "silent", "paused"] | None = None) -> Call[answers.BookFreshnessAnswer]:
    """How books stand, market by market, with the ages of their quotes over the last hour or so, and their breaches.

    Only markets of which something is expected. A plan that sees late sees the last stretch that was over then.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `book`: A bookmaker, as in pinnacle.
    `state`: Only books that stand so, and breaches that came to it.
    """
    return Call("/api/v1/intel/books/freshness", answers.BookFreshnessAnswer, {"sport": sport, "market": market, "book": book, "state": state})


def get_clv_summary(*, since: dt.datetime | None = None, until: dt.datetime | None = None, signal_type: str | None = None, sport: str | None = None, market: str | None = None, by: Sequence[Literal["signal_type", "sport_key", "market", "time_bucket"]] | None = None) -> Call[answers.Summary]:
    """How often and by how much signals beat the close: of games that closed between two moments, by the scheduled close.

    Rates come with the number behind them and two intervals: one takes signals as independent, one games. The wider one is the
    safer.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `since`: From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history.
    `until`: Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now.
    `signal_type`: A type of signal, as in KEY_CROSS.
    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `by`: What groups are told apart by; several may be named. By signal_type unless said.
    """
    return Call("/api/v1/intel/clv/summary", answers.Summary, {"since": since, "until": until, "signal_type": signal_type, "sport": sport, "market": market, "by": by})


def get_clv_recap(*, day: dt.date | None = None, span: Literal["day", "week"] | None = None, sport: str | None = None, limit: int | None = None, cursor: str | None = None) -> Call[answers.Recap]:
    """The finished games of a day or a week, each with how its signals compare with the close.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `day`: The day, or the last day of the week, by UTC. Yesterday unless said.
    `span`: That day, or the seven days up to and including it.
    `sport`: A sport, as in americanfootball_nfl.
    `limit`: How many rows at most.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    """
    return Call("/api/v1/intel/clv/recap", answers.Recap, {"day": day, "span": span, "sport": sport, "limit": limit, "cursor": cursor})


def list_clv_records(*, since: dt.datetime | None = None, until: dt.datetime | None = None, signal_type: str | None = None, sport: str | None = None, market: str | None = None, event: Sequence[str] | None = None, time_bucket: Literal["0-15m", "15-60m", "1-3h", "3-6h", "6-24h", "1-3d", "3d+", "live"] | None = None, beat_close: bool | None = None, limit: int | None = None, cursor: str | None = None) -> Call[answers.RecordPage]:
    """Signals against the scheduled close of their games, the newest close first. Of each signal the version in force.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `since`: From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history.
    `until`: Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now.
    `signal_type`: A type of signal, as in KEY_CROSS.
    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `event`: The id of a game; several may be named, as many as the plan follows.
    `time_bucket`: Time to start at detection.
    `beat_close`: Only what beat the close, or only what did not; ties are neither.
    `limit`: How many rows at most.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    """
    return Call("/api/v1/intel/clv/records", answers.RecordPage, {"since": since, "until": until, "signal_type": signal_type, "sport": sport, "market": market, "event": event, "time_bucket": time_bucket, "beat_close": beat_close, "limit": limit, "cursor": cursor})


def list_scorecards(*, signal_type: str | None = None, sport: str | None = None, market: str | None = None, time_bucket: Literal["all", "0-15m", "15-60m", "1-3h", "3-6h", "6-24h", "1-3d", "3d+", "live"] | None = None, window: Literal["all", "90d", "30d", "7d"] | None = None, tier: Literal["S", "A", "B"] | None = None, is_ready: bool | None = None, limit: int | None = None, cursor: str | None = None) -> Call[answers.CardPage]:
    """The scorecards of the newest day that has any, by name.

    `all` asks for cards over all types, sports, markets or buckets; a filter that is left out, for every card. `tier` holds
    against looking daily, `tier_naive` goes by the plain rate.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `signal_type`: A type of signal, as in KEY_CROSS.
    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `time_bucket`: Time to start at detection.
    `window`: How far back closes are counted.
    `tier`: Only cards of this tier.
    `is_ready`: Only cards with enough signals behind them, or only others.
    `limit`: How many rows at most.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    """
    return Call("/api/v1/intel/clv/scorecards", answers.CardPage, {"signal_type": signal_type, "sport": sport, "market": market, "time_bucket": time_bucket, "window": window, "tier": tier, "is_ready": is_ready, "limit": limit, "cursor": cursor})


def get_clv_teaser() -> Call[answers.Teaser]:
    """How often signals beat the close, up to the last whole day, for everybody: no key is needed.

    All signals together over each window, and each type that enough of them stand behind.
    """
    return Call("/api/v1/intel/clv/teaser", answers.Teaser)


def export_clv(*, since: dt.datetime | None = None, until: dt.datetime | None = None, sport: str | None = None, market: str | None = None, event: Sequence[str] | None = None, signal_type: str | None = None, format: Literal["json", "csv", "arrow", "parquet"] | None = None) -> Call[bytes]:
    """Signals against the scheduled close, by when their game closed, the oldest first: the last day unless said otherwise.

    Needs the scope `intel:export`. Billed when it is answered with a status below 400.

    `since`: From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history.
    `until`: Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now.
    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `event`: The id of a game; several may be named, as many as the plan follows.
    `signal_type`: A type of signal, as in KEY_CROSS.
    `format`: The format; without it what `Accept` likes best, else JSON.
    """
    return Call("/api/v1/intel/export/clv", bytes, {"since": since, "until": until, "sport": sport, "market": market, "event": event, "signal_type": signal_type, "format": format})


def export_consensus(*, since: dt.datetime | None = None, until: dt.datetime | None = None, sport: str | None = None, market: str | None = None, event: Sequence[str] | None = None, format: Literal["json", "csv", "arrow", "parquet"] | None = None) -> Call[bytes]:
    """Every change of the consensus, the oldest first: of the last day unless said otherwise.

    Needs the scope `intel:export`. Billed when it is answered with a status below 400.

    `since`: From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history.
    `until`: Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now.
    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `event`: The id of a game; several may be named, as many as the plan follows.
    `format`: The format; without it what `Accept` likes best, else JSON.
    """
    return Call("/api/v1/intel/export/consensus", bytes, {"since": since, "until": until, "sport": sport, "market": market, "event": event, "format": format})


def export_signals(*, since: dt.datetime | None = None, until: dt.datetime | None = None, sport: str | None = None, market: str | None = None, event: Sequence[str] | None = None, signal_type: str | None = None, format: Literal["json", "csv", "arrow", "parquet"] | None = None) -> Call[bytes]:
    """Signals by when they were detected, the oldest first: the last day unless said otherwise.

    Needs the scope `intel:export`. Billed when it is answered with a status below 400.

    `since`: From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history.
    `until`: Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now.
    `sport`: A sport, as in americanfootball_nfl.
    `market`: A market: h2h, spreads or totals.
    `event`: The id of a game; several may be named, as many as the plan follows.
    `signal_type`: A type of signal, as in KEY_CROSS.
    `format`: The format; without it what `Accept` likes best, else JSON.
    """
    return Call("/api/v1/intel/export/signals", bytes, {"since": since, "until": until, "sport": sport, "market": market, "event": event, "signal_type": signal_type, "format": format})


def get_attribution(*, account: str | None = None, strategy: str | None = None, symbol: str | None = None, source: Sequence[Literal["bot", "manual", "paper", "backtest"]] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, currency: str | None = None, zone: str | None = None, starting_balance: int | None = None, risk_free_rate: float | None = None, as_of: dt.datetime | None = None) -> Call[answers.Attribution]:
    """Who earned what: bot, manual, paper and backtest, by the type of signal their trades followed.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `account`: The account trades were made in.
    `strategy`: The strategy that made them.
    `symbol`: What was traded: EURUSD, or the sport of bets.
    `source`: Where trades come from; several may be named. All that the account may see unless said: `bot` and `manual` are real money, which is shown only where it was granted.
    `since`: Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history.
    `until`: Trades that ended up to then, included. Now by default.
    `currency`: By ISO 4217, as in USD. Has to be given where trades are in more than one.
    `zone`: The time zone in which days begin, as in Europe/London.
    `starting_balance`: What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.
    `risk_free_rate`: What could be had without risk, a share a year: 0.03 is 3 %.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    """
    return Call("/api/v1/analytics/attribution", answers.Attribution, {"account": account, "strategy": strategy, "symbol": symbol, "source": source, "since": since, "until": until, "currency": currency, "zone": zone, "starting_balance": starting_balance, "risk_free_rate": risk_free_rate, "as_of": as_of})


def get_buckets(*, account: str | None = None, strategy: str | None = None, symbol: str | None = None, source: Sequence[Literal["bot", "manual", "paper", "backtest"]] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, currency: str | None = None, zone: str | None = None, starting_balance: int | None = None, risk_free_rate: float | None = None, as_of: dt.datetime | None = None, type: Literal["hour", "weekday", "month_of_year", "month", "year", "session", "time_to_start"], moment: Literal["entry", "exit"] | None = None, heatmap: Literal["hour", "weekday", "month_of_year", "month", "year", "session", "time_to_start"] | None = None, value: Literal["n", "profit", "mean_profit"] | None = None) -> Call[answers.Buckets]:
    """What came of trades by hour, weekday, month, session or time to the start, on the clocks of the zone.

    Every bucket is there; an empty one has n = 0 and zeros.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `account`: The account trades were made in.
    `strategy`: The strategy that made them.
    `symbol`: What was traded: EURUSD, or the sport of bets.
    `source`: Where trades come from; several may be named. All that the account may see unless said: `bot` and `manual` are real money, which is shown only where it was granted.
    `since`: Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history.
    `until`: Trades that ended up to then, included. Now by default.
    `currency`: By ISO 4217, as in USD. Has to be given where trades are in more than one.
    `zone`: The time zone in which days begin, as in Europe/London.
    `starting_balance`: What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.
    `risk_free_rate`: What could be had without risk, a share a year: 0.03 is 3 %.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    `type`: What trades are sorted by.
    `moment`: The moment that decides.
    `heatmap`: Another kind, laid across the first: weekday by hour, year by month_of_year.
    `value`: What the heatmap shows.
    """
    return Call("/api/v1/analytics/buckets", answers.Buckets, {"account": account, "strategy": strategy, "symbol": symbol, "source": source, "since": since, "until": until, "currency": currency, "zone": zone, "starting_balance": starting_balance, "risk_free_rate": risk_free_rate, "as_of": as_of, "type": type, "moment": moment, "heatmap": heatmap, "value": value})


def get_drawdown(*, account: str | None = None, strategy: str | None = None, symbol: str | None = None, source: Sequence[Literal["bot", "manual", "paper", "backtest"]] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, currency: str | None = None, zone: str | None = None, starting_balance: int | None = None, risk_free_rate: float | None = None, as_of: dt.datetime | None = None, points: int | None = None, episodes: int | None = None) -> Call[answers.DrawdownCurve]:
    """How far the balance lay below its highest, and the deepest falls: depth, length, recovery.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `account`: The account trades were made in.
    `strategy`: The strategy that made them.
    `symbol`: What was traded: EURUSD, or the sport of bets.
    `source`: Where trades come from; several may be named. All that the account may see unless said: `bot` and `manual` are real money, which is shown only where it was granted.
    `since`: Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history.
    `until`: Trades that ended up to then, included. Now by default.
    `currency`: By ISO 4217, as in USD. Has to be given where trades are in more than one.
    `zone`: The time zone in which days begin, as in Europe/London.
    `starting_balance`: What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.
    `risk_free_rate`: What could be had without risk, a share a year: 0.03 is 3 %.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    `points`: How many points at most. Ends are kept, and of every stretch its lowest and highest.
    `episodes`: How many of the deepest falls.
    """
    return Call("/api/v1/analytics/drawdown", answers.DrawdownCurve, {"account": account, "strategy": strategy, "symbol": symbol, "source": source, "since": since, "until": until, "currency": currency, "zone": zone, "starting_balance": starting_balance, "risk_free_rate": risk_free_rate, "as_of": as_of, "points": points, "episodes": episodes})


def get_equity(*, account: str | None = None, strategy: str | None = None, symbol: str | None = None, source: Sequence[Literal["bot", "manual", "paper", "backtest"]] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, currency: str | None = None, zone: str | None = None, starting_balance: int | None = None, risk_free_rate: float | None = None, as_of: dt.datetime | None = None, points: int | None = None) -> Call[answers.EquityCurve]:
    """The balance over time, in minor units: before anything, and after each moment at which something closed.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `account`: The account trades were made in.
    `strategy`: The strategy that made them.
    `symbol`: What was traded: EURUSD, or the sport of bets.
    `source`: Where trades come from; several may be named. All that the account may see unless said: `bot` and `manual` are real money, which is shown only where it was granted.
    `since`: Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history.
    `until`: Trades that ended up to then, included. Now by default.
    `currency`: By ISO 4217, as in USD. Has to be given where trades are in more than one.
    `zone`: The time zone in which days begin, as in Europe/London.
    `starting_balance`: What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.
    `risk_free_rate`: What could be had without risk, a share a year: 0.03 is 3 %.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    `points`: How many points at most. Ends are kept, and of every stretch its lowest and highest.
    """
    return Call("/api/v1/analytics/equity", answers.EquityCurve, {"account": account, "strategy": strategy, "symbol": symbol, "source": source, "since": since, "until": until, "currency": currency, "zone": zone, "starting_balance": starting_balance, "risk_free_rate": risk_free_rate, "as_of": as_of, "points": points})


def get_performance(*, account: str | None = None, strategy: str | None = None, symbol: str | None = None, source: Sequence[Literal["bot", "manual", "paper", "backtest"]] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, currency: str | None = None, zone: str | None = None, starting_balance: int | None = None, risk_free_rate: float | None = None, as_of: dt.datetime | None = None, window: Sequence[Literal["30d", "90d", "365d", "all"]] | None = None, basis: Sequence[Literal["trading_days", "calendar_days", "betting_days"]] | None = None) -> Call[answers.Figures]:
    """Every figure with its interval, the number behind it and its definition; one that has no value says why.

    A window of 30 days are the trades that ended within the last 30 days.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `account`: The account trades were made in.
    `strategy`: The strategy that made them.
    `symbol`: What was traded: EURUSD, or the sport of bets.
    `source`: Where trades come from; several may be named. All that the account may see unless said: `bot` and `manual` are real money, which is shown only where it was granted.
    `since`: Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history.
    `until`: Trades that ended up to then, included. Now by default.
    `currency`: By ISO 4217, as in USD. Has to be given where trades are in more than one.
    `zone`: The time zone in which days begin, as in Europe/London.
    `starting_balance`: What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.
    `risk_free_rate`: What could be had without risk, a share a year: 0.03 is 3 %.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    `window`: How far back; several may be named. All by default.
    `basis`: What a year is made of, for figures a year. All three by default, side by side.
    """
    return Call("/api/v1/analytics/metrics", answers.Figures, {"account": account, "strategy": strategy, "symbol": symbol, "source": source, "since": since, "until": until, "currency": currency, "zone": zone, "starting_balance": starting_balance, "risk_free_rate": risk_free_rate, "as_of": as_of, "window": window, "basis": basis})


def export_trades(*, account: str | None = None, strategy: str | None = None, symbol: str | None = None, source: Sequence[Literal["bot", "manual", "paper", "backtest"]] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, currency: str | None = None, zone: str | None = None, starting_balance: int | None = None, risk_free_rate: float | None = None, as_of: dt.datetime | None = None, status: Literal["closed", "void", "cancelled"] | None = None, format: Literal["json", "csv", "arrow", "parquet"] | None = None) -> Call[bytes]:
    """Trades that are over, the oldest entry first, as far back as the plan reaches. The plan has to include exports.

    Needs the scope `intel:export`. Billed when it is answered with a status below 400.

    `account`: The account trades were made in.
    `strategy`: The strategy that made them.
    `symbol`: What was traded: EURUSD, or the sport of bets.
    `source`: Where trades come from; several may be named. All that the account may see unless said: `bot` and `manual` are real money, which is shown only where it was granted.
    `since`: Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history.
    `until`: Trades that ended up to then, included. Now by default.
    `currency`: By ISO 4217, as in USD. Has to be given where trades are in more than one.
    `zone`: The time zone in which days begin, as in Europe/London.
    `starting_balance`: What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.
    `risk_free_rate`: What could be had without risk, a share a year: 0.03 is 3 %.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    `status`: Closed trades count in figures; void and cancelled ones never took place.
    `format`: The format; without it what `Accept` likes best, else JSON.
    """
    return Call("/api/v1/analytics/export", bytes, {"account": account, "strategy": strategy, "symbol": symbol, "source": source, "since": since, "until": until, "currency": currency, "zone": zone, "starting_balance": starting_balance, "risk_free_rate": risk_free_rate, "as_of": as_of, "status": status, "format": format})


def list_trades(*, account: str | None = None, strategy: str | None = None, symbol: str | None = None, source: Sequence[Literal["bot", "manual", "paper", "backtest"]] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, currency: str | None = None, zone: str | None = None, starting_balance: int | None = None, risk_free_rate: float | None = None, as_of: dt.datetime | None = None, status: Literal["closed", "void", "cancelled"] | None = None, limit: int | None = None, cursor: str | None = None) -> Call[answers.TradePage]:
    """Trades that are over, the newest entry first, in any currency.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `account`: The account trades were made in.
    `strategy`: The strategy that made them.
    `symbol`: What was traded: EURUSD, or the sport of bets.
    `source`: Where trades come from; several may be named. All that the account may see unless said: `bot` and `manual` are real money, which is shown only where it was granted.
    `since`: Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history.
    `until`: Trades that ended up to then, included. Now by default.
    `currency`: By ISO 4217, as in USD. Has to be given where trades are in more than one.
    `zone`: The time zone in which days begin, as in Europe/London.
    `starting_balance`: What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.
    `risk_free_rate`: What could be had without risk, a share a year: 0.03 is 3 %.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    `status`: Closed trades count in figures; void and cancelled ones never took place.
    `limit`: How many rows at most.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    """
    return Call("/api/v1/analytics/trades", answers.TradePage, {"account": account, "strategy": strategy, "symbol": symbol, "source": source, "since": since, "until": until, "currency": currency, "zone": zone, "starting_balance": starting_balance, "risk_free_rate": risk_free_rate, "as_of": as_of, "status": status, "limit": limit, "cursor": cursor})


def get_chart(*, account: str | None = None, strategy: str | None = None, symbol: str | None = None, source: Sequence[Literal["bot", "manual", "paper", "backtest"]] | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, currency: str | None = None, zone: str | None = None, starting_balance: int | None = None, risk_free_rate: float | None = None, as_of: dt.datetime | None = None, kind: Literal["equity", "drawdown", "months", "hours", "results", "rolling"] | None = None, measure: Literal["total_return", "volatility", "sharpe", "sortino", "max_drawdown", "calmar"] | None = None, theme: Literal["light", "dark"] | None = None, width: int | None = None, height: int | None = None, scale: int | None = None) -> Call[bytes]:
    """A PNG of equity, drawdown, results by month or by hour, the spread of results, or a rolling figure.

    It comes with an `ETag`: sent back as `If-None-Match`, it is answered with 304 while the picture is the same.

    Needs the scope `intel:read`. Billed when it is answered with a status below 400.

    `account`: The account trades were made in.
    `strategy`: The strategy that made them.
    `symbol`: What was traded: EURUSD, or the sport of bets.
    `source`: Where trades come from; several may be named. All that the account may see unless said: `bot` and `manual` are real money, which is shown only where it was granted.
    `since`: Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history.
    `until`: Trades that ended up to then, included. Now by default.
    `currency`: By ISO 4217, as in USD. Has to be given where trades are in more than one.
    `zone`: The time zone in which days begin, as in Europe/London.
    `starting_balance`: What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.
    `risk_free_rate`: What could be had without risk, a share a year: 0.03 is 3 %.
    `as_of`: The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default.
    `kind`: What is drawn.
    `measure`: The figure of a rolling chart.
    `theme`: Its colours.
    `width`: Pixels of a page.
    `height`: Pixels of a page.
    `scale`: Pixels of the picture for each of the page: 2 is sharp on most screens.
    """
    return Call("/api/v1/analytics/chart.png", bytes, {"account": account, "strategy": strategy, "symbol": symbol, "source": source, "since": since, "until": until, "currency": currency, "zone": zone, "starting_balance": starting_balance, "risk_free_rate": risk_free_rate, "as_of": as_of, "kind": kind, "measure": measure, "theme": theme, "width": width, "height": height, "scale": scale})


def list_shares() -> Call[answers.Shares]:
    """The links of the account, newest first, without their secrets.

    Needs the scope `shares:manage`.
    """
    return Call("/api/v1/analytics/shares", answers.Shares)


def make_share(body: answers.ShareWanted) -> Call[answers.NewShare]:
    """Make a link that shows a curve or figures to whoever has it, without a key, as they stand now.

    Shown are returns in percent by day, and ratios: no money, account, stake, signal or book. It opens once, or for
    at most 24 hours.

    Needs the scope `shares:manage`.
    """
    return Call("/api/v1/analytics/shares", answers.NewShare, method="POST", body=body)


def revoke_share(share_id: str) -> Call[answers.Share]:
    """End a link for good, at once. Revoking it again changes nothing.

    Needs the scope `shares:manage`.
    """
    return Call(f"/api/v1/analytics/shares/{quote(share_id, safe='')}", answers.Share, method="DELETE")


def get_webhook(endpoint_id: str) -> Call[answers.Webhook]:
    """One webhook, without its secret.

    Needs the scope `webhooks:manage`.
    """
    return Call(f"/api/v1/partner/webhooks/{quote(endpoint_id, safe='')}", answers.Webhook)


def change_webhook(endpoint_id: str, body: answers.WebhookChanges) -> Call[answers.Webhook]:
    """Change a webhook. One that is enabled again gets messages written from now on, and what was still waiting for it.

    Needs the scope `webhooks:manage`.
    """
    return Call(f"/api/v1/partner/webhooks/{quote(endpoint_id, safe='')}", answers.Webhook, method="PATCH", body=body)


def delete_webhook(endpoint_id: str) -> Call[answers.Webhook]:
    """Delete a webhook and its secrets. What was delivered to it stays in the log for as long as the log is kept.

    Needs the scope `webhooks:manage`.
    """
    return Call(f"/api/v1/partner/webhooks/{quote(endpoint_id, safe='')}", answers.Webhook, method="DELETE")


def list_webhooks() -> Call[answers.Webhooks]:
    """Every webhook of the account, oldest first, without their secrets.

    Needs the scope `webhooks:manage`.
    """
    return Call("/api/v1/partner/webhooks", answers.Webhooks)


def register_webhook(body: answers.WebhookWanted) -> Call[answers.RegisteredWebhook]:
    """Register an address that messages are delivered to. The secret they are signed with is shown this once.

    Needs the scope `webhooks:manage`.
    """
    return Call("/api/v1/partner/webhooks", answers.RegisteredWebhook, method="POST", body=body)


def replay_webhook(endpoint_id: str, body: answers.ReplayWanted) -> Call[answers.Replayed]:
    """Send deliveries again, each under the id it always had; a dry run says how many that would be.

    Needs the scope `webhooks:manage`.
    """
    return Call(f"/api/v1/partner/webhooks/{quote(endpoint_id, safe='')}/replay", answers.Replayed, method="POST", body=body)


def rotate_webhook_secret(endpoint_id: str, body: answers.SecretWanted) -> Call[answers.RotatedSecret]:
    """Make a new secret, shown this once. Old and new both sign every delivery for the overlap, then the new one alone.

    Needs the scope `webhooks:manage`.
    """
    return Call(f"/api/v1/partner/webhooks/{quote(endpoint_id, safe='')}/secret", answers.RotatedSecret, method="POST", body=body)


def test_webhook(endpoint_id: str) -> Call[answers.SentTest]:
    """Send a `webhook.test` to this webhook, signed and tried like every delivery.

    Needs the scope `webhooks:manage`.
    """
    return Call(f"/api/v1/partner/webhooks/{quote(endpoint_id, safe='')}/test", answers.SentTest, method="POST")


def list_webhook_attempts(*, endpoint_id: str | None = None, webhook_id: str | None = None, event_type: str | None = None, is_delivered: bool | None = None, status_code: int | None = None, since: dt.datetime | None = None, until: dt.datetime | None = None, limit: int | None = None, cursor: str | None = None) -> Call[answers.AttemptPage]:
    """Every attempt to deliver to the account's webhooks, the newest first. The log is kept for 30 days, or as the operator says.

    Needs the scope `webhooks:manage`.

    `endpoint_id`: Only those to this webhook.
    `webhook_id`: Only those of this delivery.
    `event_type`: Only messages of this type, as in signal.detected.
    `is_delivered`: Only what was delivered, or only what failed.
    `status_code`: Only those answered with this status.
    `since`: From this moment on: ISO 8601 with Z or an offset.
    `until`: Before this moment: ISO 8601 with Z or an offset.
    `limit`: How many rows at most.
    `cursor`: `next_cursor` of the page before, as it came, with the same filters.
    """
    return Call("/api/v1/partner/webhooks/logs", answers.AttemptPage, {"endpoint_id": endpoint_id, "webhook_id": webhook_id, "event_type": event_type, "is_delivered": is_delivered, "status_code": status_code, "since": since, "until": until, "limit": limit, "cursor": cursor})


def get_webhook_stats(endpoint_id: str, *, since: dt.datetime | None = None) -> Call[answers.WebhookStats]:
    """How a webhook fared since a moment, 24 hours ago by default, and how it stands now.

    Needs the scope `webhooks:manage`.

    `since`: From this moment on: ISO 8601 with Z or an offset.
    """
    return Call(f"/api/v1/partner/webhooks/{quote(endpoint_id, safe='')}/stats", answers.WebhookStats, {"since": since})
