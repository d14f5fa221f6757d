"""What the API answers with. Fields that later versions add are passed over."""

# Made by `make docs` from the API's description; changes here are lost.
# fmt: off

import datetime as dt
from typing import Any, Literal

import msgspec


class Plan(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a plan includes; the file says what each field means. None is no bound."""

    code: str
    title: str
    requests_per_minute: int
    overage_rate: int
    delay_s: int
    is_redacted: bool
    clv: bool
    exports: bool
    analytics: bool
    alerts: bool
    webhooks: int
    streams: int
    included_per_month: int | None = None
    watchlist_games: int | None = None
    history_days: int | None = None
    is_partner: bool = False
    real_trades: bool = False


class Plans(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Every plan."""

    plans: list[Plan]


class Standing(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An account as its own keys see it."""

    account_id: str
    name: str
    status: str
    api_access_enabled: bool
    api_plan_code: str
    api_usage_soft_limit: int | None = None
    api_overage_rate: int
    """US cents per 1,000 requests."""
    entitlement_status: str
    period_start_at: dt.datetime
    period_end_at: dt.datetime
    plan: Plan
    """What the plan includes, with what was agreed otherwise."""
    key_id: str
    """The key of this request."""
    scopes: list[str]


class Key(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A key without its secret."""

    key_id: str
    name: str
    scopes: list[str]
    is_live: bool
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    replaced_by: str | None = None
    last_used_at: dt.datetime | None = None
    """To within some seconds."""


class Keys(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Every key of the account, ended ones included."""

    keys: list[Key]


class NewlyIssued(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A new key. `secret` is the key itself; it is shown this once and cannot be shown again."""

    key: Key
    secret: str
    """The key itself, shown this once."""


class KeyWanted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a new key should be."""

    name: str
    scopes: list[str] | msgspec.UnsetType = msgspec.UNSET
    expires_at: dt.datetime | None = None


class RotationWanted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How a key is rotated."""

    overlap_s: int = 86400
    """For how many seconds the old key goes on working."""


class KeyUsage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Billable requests of one key."""

    key_id: str
    used: int
    share: float
    """Of what the account used, 0 to 1."""


class PeriodUsage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Billable requests of one billing period, by the terms it is billed by. `included` null means nothing is counted against a limit."""

    period_start_at: dt.datetime
    period_end_at: dt.datetime
    used: int
    included: int | None = None
    remaining: int | None = None
    overage: int
    overage_amount: int
    """What the overage costs so far, in US cents."""
    api_plan_code: str
    """The plan the period is billed by: the last that was in force in it."""
    api_overage_rate: int
    """US cents per 1,000 requests."""


class UsageByKey(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Billable requests of one billing period by key: they sum to what the account used, which is what is included and billed."""

    period_start_at: dt.datetime
    period_end_at: dt.datetime
    keys: list[KeyUsage]
    account: PeriodUsage
    """The whole account in that period."""


class UsageHistory(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Billing periods, newest first; one without a request is left out."""

    periods: list[PeriodUsage]


class Signal(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One signal: a market moved toward an outcome."""

    signal_id: str
    """First 32 hex digits of SHA-256 over signal_type, rule_version, event_id, market, outcome and detected_at in UTC microseconds, joined by the byte 0x1f."""
    signal_type: str
    """Name of the rule: a file in the signals folder."""
    display_type: str
    """The name shown to people."""
    rule_version: str
    """Version of the rule and its parameters."""
    event_id: str
    """The game."""
    sport_key: str
    """Sport, as the provider spells it."""
    market: str
    """Market key."""
    outcome: str
    """The outcome the market moved toward, as the feed names it."""
    direction: str
    """The outcome's role in the game."""
    detected_at: dt.datetime
    """Receipt of the answer that completed the signal."""
    commence_at: dt.datetime
    """Start, as then known."""
    minutes_to_start: float
    """From detection to the start as then known."""
    time_bucket: str
    """Time to start, in steps."""
    from_value: float | None = None
    """Value before the move: points from the outcome's side, or fair probability for h2h."""
    to_value: float | None = None
    """Value after the move."""
    move: float | None = None
    """to_value less from_value."""
    velocity_per_min: float | None = None
    """Size of the move per minute of its window. Null for redacted plans."""
    n_books: int | None = None
    """Books that took part. Null for redacted plans."""
    n_groups: int | None = None
    """Operator groups among them. Null for redacted plans."""
    bookmakers: list[str] | None = None
    """Canonical keys of the books that took part, sorted. Null for redacted plans."""
    window_s: float | None = None
    """Length of the window the move was seen in. Null for redacted plans."""
    entry_point: float | None = None
    """Point of the best fresh quote at detection. Null for redacted plans."""
    entry_price_decimal: float | None = None
    """Price of that quote. Null for redacted plans."""
    entry_bookmaker: str | None = None
    """The book that quoted it; null when no fresh quote was left to take. Null for redacted plans."""
    strength_score: int | None = None
    """From 1 to 100, from size, speed and books. Null for redacted plans."""
    composite_score: float
    """The score that ranks signals, 1 to 100."""
    score_source: str
    """Where composite_score comes from."""
    priority: str
    """High from 75, Medium from 55, else Low."""
    is_structural_core: bool
    """Whether public surfaces show it: a key-number cross on spreads of strength 55 or more, moved by 3 operator groups or more."""
    meta: dict[str, Any] | None = None
    """What explains the numbers, as JSON with sorted keys. Null for redacted plans."""
    response_id: str
    """The answer that completed the signal, in raw_odds."""
    sequence: int | None = None
    """Its number in the stream; given where `since_sequence` was asked, else null."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class SignalPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Signals, and where the next begin."""

    items: list[Signal]
    next_cursor: str | None = None
    """Null on the last page."""
    sequence: int
    """The newest number of the stream when this was read: whatever is not here yet comes after it."""


class Answer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a provider sent back to one request; its bytes have this digest."""

    response_id: str
    """First 32 hex digits of SHA-256 over provider, sport_key, endpoint, received_at in UTC microseconds and body_sha256, joined by the byte 0x1f."""
    provider: str
    """Who answered: the name of a provider file."""
    endpoint: str
    """What was asked, without credentials; behind a # what was noted on the answer as it came."""
    received_at: dt.datetime
    """When the answer arrived; for an archive the timestamp of its wrapper."""
    source: str
    """Where it came from."""
    status_code: int | None = None
    """HTTP status of the answer."""
    body_sha256: str
    """SHA-256 of the body before compression, in hex."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class Consensus(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the books agreed on for one outcome, from one moment on."""

    event_id: str
    """The game."""
    market: str
    """Market key."""
    outcome: str
    """The outcome as the feed names it."""
    as_of: dt.datetime
    """Receipt of the poll; nothing received later went in."""
    sport_key: str
    """Sport, as the provider spells it."""
    side: str
    """The outcome's role in the game."""
    commence_at: dt.datetime
    """Start, as then known."""
    point_median: float | None = None
    """Median point over operator groups."""
    price_median: float | None = None
    """Median decimal price over operator groups."""
    fair_prob: float | None = None
    """Margin-free probability at fair_point: median over operator groups, scaled to sum to 1."""
    fair_point: float | None = None
    """The point from the outcome's own side at which fair_prob holds: the one quoted most. Null in h2h and in older rows."""
    devig_method: str
    """How the margin was removed; several methods in alphabetical order, joined by +."""
    n_books: int | None = None
    """Books with a fresh quote on every outcome of the market. Null for redacted plans."""
    n_groups: int | None = None
    """Operator groups among those books. Null for redacted plans."""
    n_stale: int | None = None
    """Books left out because their quote is stale. Null for redacted plans."""
    n_at_number: int | None = None
    """Books behind fair_prob: all of n_books but those too far from fair_point to be moved there; null in older rows. Null for redacted plans."""
    n_sharp: int | None = None
    """Sharp books among n_books; null in older rows. Null for redacted plans."""
    n_implausible: int | None = None
    """Books left out because their implied probabilities sum to what no market does; null in older rows. Null for redacted plans."""
    age_median_s: float | None = None
    """Median age, over operator groups, of the quotes behind the row: as_of less when the feed last saw the older of a book's sides. Null for redacted plans."""
    age_max_s: float | None = None
    """Age of the oldest of them. Null for redacted plans."""
    point_mean: float | None = None
    """Mean point over the operator groups near enough to fair_point to be heard. Null for redacted plans."""
    point_std: float | None = None
    """Population standard deviation of the point, over the same. Null for redacted plans."""
    point_mad: float | None = None
    """Median absolute deviation of the point from point_median, over operator groups. Null for redacted plans."""
    point_iqr: float | None = None
    """Interquartile range of the point over operator groups. Null for redacted plans."""
    fair_prob_std: float | None = None
    """Population standard deviation of the books' fair probabilities at fair_point. Null for redacted plans."""
    fair_prob_mad: float | None = None
    """Median absolute deviation of those probabilities from their median, over operator groups. Null for redacted plans."""
    fair_prob_iqr: float | None = None
    """Interquartile range of those probabilities over operator groups. Null for redacted plans."""
    sharp_fair_prob: float | None = None
    """fair_prob with sharp books and exchanges weighing more; null where no sharp book is behind it. Null for redacted plans."""
    sharp_point: float | None = None
    """point_median weighed so; null where no sharp book counts, and in h2h. Null for redacted plans."""
    margin_median: float | None = None
    """Median overround less 1. Null for redacted plans."""
    best_price_decimal: float | None = None
    """Highest fresh decimal price, whatever its point. Null for redacted plans."""
    best_bookmaker: str | None = None
    """The book with that price; the first by name when several share it. Null for redacted plans."""
    response_id: str
    """The answer that caused the row, in raw_odds."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class Quote(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A change of one book's quote for one outcome."""

    bookmaker: str | None = None
    """Canonical key of the book. Null for redacted plans."""
    outcome: str
    """The outcome as the feed names it: a team, Draw, Over or Under."""
    side: str
    """The outcome's role in the game."""
    received_at: dt.datetime
    """Receipt of the answer that showed the change."""
    quoted_at: dt.datetime | None = None
    """When the feed last saw the quote at the book; never after received_at. Null for redacted plans."""
    point: float | None = None
    """Handicap from the outcome's own side, or the total. Null for redacted plans."""
    price_decimal: float | None = None
    """Decimal price; null when suspended. Null for redacted plans."""
    price_american: int | None = None
    """American price as quoted; null in a decimal feed. Null for redacted plans."""
    is_suspended: bool | None = None
    """Whether the quote vanished from a complete answer. Null for redacted plans."""
    response_id: str
    """The answer, in raw_odds."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class SignalTrace(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A signal and what it rests on."""

    signal: Signal
    answer: Answer | None = None
    """The answer that completed it; null where answers of that day are no longer kept."""
    consensus: list[Consensus] | None = None
    """Of its market: the rows within its window, and the last before it. Null for redacted plans."""
    quotes: list[Quote] | None = None
    """Changes of its market within the window, and what each quote moved from. Null for redacted plans."""
    answers: list[Answer] | None = None
    """What all of these came in, the oldest first. Null for redacted plans."""
    is_cut: bool
    """Whether there were more quotes or rows than are shown here."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class ConsensusPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Rows of the consensus, and where the next begin."""

    items: list[Consensus]
    next_cursor: str | None = None
    """Null on the last page."""


class Dislocation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One book's quote that stood away from what all other operator groups agreed on."""

    signal_id: str
    """First 32 hex digits of SHA-256 over signal_type, rule_version, event_id, market, outcome and detected_at in UTC microseconds, joined by the byte 0x1f."""
    event_id: str
    """The game."""
    sport_key: str
    """Sport, as the provider spells it."""
    market: str
    """Market key."""
    outcome: str
    """The outcome the market moved toward, as the feed names it."""
    direction: str
    """The outcome's role in the game."""
    detected_at: dt.datetime
    """Receipt of the answer that completed the signal."""
    commence_at: dt.datetime
    """Start, as then known."""
    time_bucket: str
    """Time to start, in steps."""
    strength_score: int | None = None
    """From 1 to 100, from size, speed and books. Null for redacted plans."""
    composite_score: float
    """The score that ranks signals, 1 to 100."""
    priority: str
    """High from 75, Medium from 55, else Low."""
    response_id: str
    """The answer that completed the signal, in raw_odds."""
    book: str | None = None
    """The book. Null for redacted plans."""
    book_kind: str | None = None
    """Whether it is sharp, retail or an exchange. Null for redacted plans."""
    book_point: float | None = None
    """Its point from the outcome's side; null in h2h. Null for redacted plans."""
    book_price_decimal: float | None = None
    """Its price. Null for redacted plans."""
    book_fair_prob: float | None = None
    """Its probability of the outcome, free of margin. Null for redacted plans."""
    consensus_point: float | None = None
    """The median point of the others; null in h2h. Null for redacted plans."""
    consensus_fair_prob: float | None = None
    """The median probability of the others, at the same number. Null for redacted plans."""
    gap_prob: float | None = None
    """The others' probability less the book's. Null for redacted plans."""
    edge_prob: float | None = None
    """The others' probability at the book's number less 1 / its price. Null for redacted plans."""
    z: float | None = None
    """The gap over how far the others are apart. Null for redacted plans."""
    n_other_groups: int | None = None
    """Operator groups among the others. Null for redacted plans."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class DislocationPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Dislocations, and where the next begin."""

    items: list[Dislocation]
    next_cursor: str | None = None
    """Null on the last page."""


class Game(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One game, as last seen."""

    event_id: str
    """The first provider's id of the game."""
    sport_key: str
    """Sport, as the provider spells it."""
    league: str
    """Short name of the league."""
    commence_at: dt.datetime
    """Start, as last known."""
    home_team: str
    """Home team, as first named."""
    away_team: str
    """Away team, as first named."""
    status: str
    """Where the game stands."""
    first_seen_at: dt.datetime
    """Receipt of the first answer that listed it."""
    n_reschedules: int
    """How often the start was moved."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class GamePage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Games in the order of their starts, and where the next begin."""

    items: list[Game]
    next_cursor: str | None = None
    """Null on the last page."""


class LinePoint(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the books agreed on for an outcome, from a moment on."""

    as_of: dt.datetime
    point_median: float | None = None
    """Null in h2h."""
    price_median: float | None = None
    fair_prob: float | None = None
    """At fair_point."""
    fair_point: float | None = None
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class LinePath(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The path of one outcome's consensus, the oldest point first."""

    market: str
    outcome: str
    side: str
    points: list[LinePoint]


class Close(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One closing line by the scheduled convention: the version in force."""

    market: str
    """Market key."""
    outcome: str
    """The outcome as the feed names it."""
    side: str
    """The outcome's role in the game."""
    bookmaker: str
    """Canonical key of the book, or "consensus"."""
    version: int
    """1 for the first final close, then counting up; a final version is never changed but for is_current."""
    closed_at: dt.datetime
    """The moment of the close: the start as it was known just before it passed (scheduled), as the feed told it afterwards (actual), the end of the last time before play (pregame_end), or the first answer without the game (last_seen)."""
    age_s: float | None = None
    """From the sport's last answer up to the close, cut short or not, to the close; null when the game had left the feed."""
    point: float | None = None
    """Closing point; the median for the consensus."""
    price_decimal: float | None = None
    """Closing price; the median for the consensus."""
    fair_prob: float | None = None
    """Margin-free closing probability, at fair_point."""
    fair_point: float | None = None
    """The point at which fair_prob holds: the consensus's own, or the book's point. Null in h2h and in older rows."""
    n_books: int | None = None
    """Books behind the close: 1 or 0 for a book's own. Null for redacted plans."""
    bookmakers: list[str] | None = None
    """Books with a quote on every outcome at the close, sorted. Where they are more than n_books, the consensus left the rest out as stale. Null in older rows. Null for redacted plans."""
    quality: str
    """Whether the close can be relied on."""
    fault: str | None = None
    """What the plausibility gate found wrong, as a code; "" for nothing. Null in older rows, and what is left out is missing."""
    is_repaired: bool | None = None
    """Whether the gate put back what was meant. Null in older rows."""
    final_at: dt.datetime | None = None
    """When this version becomes final: an hour after its moment was known. Null in older rows."""
    is_final: bool | None = None
    """Whether it was final when it was written; before, it may still be replaced. Null in older rows."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class GameDetail(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A game: its path, its signals, where it closed."""

    game: Game
    lines: list[LinePath]
    """By market and outcome."""
    has_more_points: bool
    """Whether a path has older points: /api/v1/intel/consensus/history has them all."""
    signals: list[Signal]
    """The newest first."""
    has_more_signals: bool
    """Whether there are older ones: /api/v1/intel/signals has them all."""
    closing_lines: list[Close]
    """By market, outcome and book; for redacted plans those of the consensus alone."""


class Book(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How a book stands in one market of a sport, and how old its quotes were over the last stretch of polls."""

    sport_key: str
    bookmaker: str
    market: str
    state: str
    """idle, fresh, late, silent, or paused while nobody polls its sport."""
    since_at: dt.datetime | None = None
    """Since when; null where the plan sees no newer than the stretch."""
    reason: str
    """Why it is late or silent; empty otherwise."""
    as_of: dt.datetime
    """Receipt of the last answer that was looked at."""
    last_sighted_at: dt.datetime | None = None
    """When its newest quote was sighted; null when idle."""
    expected_gap_s: float
    """Expected gap between its sightings, in seconds."""
    limit_s: float
    """Age beyond which it is late, in seconds."""
    stretch_from_at: dt.datetime | None = None
    """First answer of the stretch; null before there is one."""
    stretch_until_at: dt.datetime | None = None
    """Its last answer."""
    n_polls: int | None = None
    """Answers of the stretch."""
    n_late: int | None = None
    """Those at which it was late or silent."""
    age_p50_s: float | None = None
    """Median age of its newest quote, in seconds."""
    age_p95_s: float | None = None
    """95th percentile."""
    age_p99_s: float | None = None
    """99th percentile."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class Breach(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A book that went beyond its limit in a market: how it stood at last."""

    breach_id: str
    """Hash of the book, the sport, the market and noticed_at."""
    version: int
    """1, 2, 3: the highest is how it stands."""
    bookmaker: str
    """Canonical key of the book."""
    sport_key: str
    """Sport, as the provider spells it."""
    market: str
    """Market key: h2h, spreads or totals."""
    as_of: dt.datetime
    """Receipt of the answer that caused this row."""
    began_at: dt.datetime
    """When the limit passed; where polls were too far apart to see it, the answer that showed it."""
    noticed_at: dt.datetime
    """Receipt of the first answer at which it was beyond its limit."""
    ended_at: dt.datetime | None = None
    """Receipt of the answer that ended it; null while it lasts."""
    state: str
    """The worst state so far."""
    reason: str
    """Why, at the answer that brought that state: its quotes stood still, it had none left, or no full answer came."""
    ended_by: str
    """What ended it: it was sighted, its limit rose, or nothing is expected of it any more; empty while it lasts."""
    longest_age_s: float
    """Greatest age at an answer so far."""
    expected_gap_s: float
    """Expected gap when it was noticed."""
    limit_s: float
    """Limit when it was noticed."""
    last_sighted_at: dt.datetime
    """The sighting its age was counted from when it was noticed."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class BookFreshnessAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How books stand, and their breaches of the last two days."""

    books: list[Book]
    """By sport, book and market."""
    breaches: list[Breach]
    """Those that last first, then the newest; a bounded number of them."""


class ClosingValue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How signals compare with the close. Rates are over decided signals: ties are in none. What nothing is known of is null."""

    n: int
    """Signals with an entry and a close to rely on."""
    n_events: int
    """Games behind them."""
    n_ties: int
    """Entries equal to the close."""
    n_beat: int
    """Entries better than the close."""
    beat_rate: float | None = None
    """n_beat over n less ties."""
    beat_low: float | None = None
    """Lower end of its 95 % Wilson interval, signals as independent."""
    beat_high: float | None = None
    """Upper end of it."""
    beat_low_by_game: float | None = None
    """Lower end of its 95 % interval, games as independent."""
    beat_high_by_game: float | None = None
    """Upper end of it."""
    clv_points_mean: float | None = None
    """Mean of clv_points."""
    clv_prob_mean: float | None = None
    """Mean of clv_prob."""
    clv_prob_se: float | None = None
    """Its standard error, clustered by game."""


class GroupValue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The value of a group of signals. What the groups are not told apart by is null."""

    signal_type: str | None = None
    sport_key: str | None = None
    market: str | None = None
    time_bucket: str | None = None
    """Time to start at detection."""
    value: ClosingValue


class Summary(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The value of all signals whose game closed between two moments, and of groups of them."""

    since: dt.datetime | None = None
    """Null for all there is."""
    until: dt.datetime
    total: ClosingValue
    groups: list[GroupValue]
    """Those that hold a signal, by name."""


class FinishedGame(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A game that is over, and the value of the signals on it."""

    event_id: str
    sport_key: str
    commence_at: dt.datetime
    home_team: str
    away_team: str
    value: ClosingValue


class Recap(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The games of a day or a week that are over, in the order of their starts, and the value of the signals on all of them."""

    since: dt.datetime
    until: dt.datetime
    """Not included."""
    n_games: int
    """On all pages together."""
    total: ClosingValue
    """Of all pages together."""
    items: list[FinishedGame]
    next_cursor: str | None = None
    """Null on the last page."""


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One signal against the scheduled close of its game: the version in force."""

    signal_id: str
    """The signal."""
    version: int
    """Version of the close; one more than the last where the record changed and its close did not."""
    event_id: str
    """The game."""
    sport_key: str
    """Sport, as the provider spells it."""
    market: str
    """Market key."""
    outcome: str
    """The outcome taken."""
    signal_type: str
    """Name of the rule."""
    time_bucket: str
    """Time to start at detection."""
    composite_score: float | None = None
    """The signal's score; null in older rows."""
    detected_at: dt.datetime
    """When the signal was detected."""
    entry_point: float | None = None
    """Point taken. Null for redacted plans."""
    entry_price_decimal: float | None = None
    """Price taken. Null for redacted plans."""
    close_point: float | None = None
    """Closing point of the consensus."""
    close_price_decimal: float | None = None
    """Closing median price."""
    close_fair_prob: float | None = None
    """Closing fair probability, at close_fair_point."""
    close_fair_point: float | None = None
    """The point at which close_fair_prob holds; null in h2h and in older rows."""
    clv_points: float | None = None
    """Points by which the entry beats the close; positive is better. Null for redacted plans."""
    clv_points_novig: float | None = None
    """Points by which the entry beats the number at which, by the close, its price would be fair. Null for redacted plans."""
    clv_prob: float | None = None
    """Closing fair probability at the entry's number less 1 / entry price. Null for redacted plans."""
    clv_ev: float | None = None
    """Expected profit per unit staked at the closing probability, pushes returned. Null for redacted plans."""
    clv_cents: float | None = None
    """Entry price less the closing fair price at the entry's number, on the continuous American scale. Null for redacted plans."""
    clv_prob_raw: float | None = None
    """The same with the close's margin left in: 1 / closing price, moved to the entry's number, less 1 / entry price. Null for redacted plans."""
    clv_ev_raw: float | None = None
    """Expected profit per unit staked if the closing price, margin and all, were fair. Null for redacted plans."""
    clv_cents_raw: float | None = None
    """Entry price less the closing price at the entry's number, on the continuous American scale. Null for redacted plans."""
    beat_close: bool | None = None
    """Whether the entry beats the close; null on a tie or without a close."""
    quality: str
    """Quality of the close."""
    close_age_s: float | None = None
    """Age of the close; null in older rows."""
    close_n_books: int | None = None
    """Books behind the close; null in older rows. Null for redacted plans."""
    close_bookmakers: list[str] | None = None
    """Those with a quote on every outcome then; null in older rows. Null for redacted plans."""
    close_version: int | None = None
    """Version of the close this was valued against; null in older rows."""
    closed_at: dt.datetime
    """The moment of the close."""
    computed_at: dt.datetime
    """When this row was computed."""
    final_at: dt.datetime | None = None
    """When the close becomes final. Null in older rows."""
    is_final: bool | None = None
    """Whether the close is final; before, a later answer may replace it."""
    reason: str | None = None
    """Why this version was written. Null in older rows."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class RecordPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Records, the newest close first, and where the next begin."""

    items: list[Record]
    next_cursor: str | None = None
    """Null on the last page."""


class Card(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One scorecard: how a cut of signals compares with the close. An empty name stands for all."""

    signal_type: str
    """Name of the rule, "" for all."""
    sport_key: str
    """Sport, "" for all."""
    market: str
    """Market, "" for all."""
    time_bucket: str
    """Time to start at detection, "" for all."""
    window: str
    """How far back closes are counted."""
    as_of: dt.datetime
    """Closes up to this moment are counted: the last microsecond of the day."""
    n: int
    """Signals with a close and an entry."""
    n_events: int
    """Games behind them."""
    n_ties: int
    """Entries equal to the close: in no rate."""
    n_beat: int
    """Entries better than the close."""
    beat_rate: float | None = None
    """n_beat over n less ties."""
    beat_low: float | None = None
    """Lower end of its 95 % Wilson interval, signals taken as independent."""
    beat_high: float | None = None
    """Upper end of that interval."""
    beat_rate_se: float | None = None
    """Standard error of beat_rate, clustered by game."""
    beat_low_by_game: float | None = None
    """Lower end of its 95 % interval, games taken as independent."""
    beat_high_by_game: float | None = None
    """Upper end of that interval."""
    n_beat_fair: int | None = None
    """Entries whose price beats the close: clv_prob above 0. Exactly 0 counts in neither; null in older rows."""
    beat_fair_rate: float | None = None
    """n_beat_fair over n less those whose clv_prob is exactly 0."""
    beat_fair_low: float | None = None
    """Lower end of its 95 % Wilson interval, signals taken as independent."""
    beat_fair_high: float | None = None
    """Upper end of that interval."""
    clv_points_mean: float | None = None
    """Mean of clv_points."""
    clv_prob_mean: float | None = None
    """Mean of clv_prob."""
    clv_prob_se: float | None = None
    """Standard error of that mean, clustered by game."""
    p_value_s: float | None = None
    """Anytime-valid p-value against a beat rate of at most 0.58, from all closes up to as_of whatever the window; null in older rows."""
    p_value_a: float | None = None
    """The same against at most 0.54."""
    p_value_b: float | None = None
    """The same against at most 0.52."""
    tier: str
    """The highest tier whose p-value is at most 0.05 and whose rate and count the window meets, unless the mean clv_prob is below 0 by its 95 % interval."""
    tier_naive: str
    """Tier by the plain beat rate and sample size."""
    is_ready: bool
    """Whether at least 30 decided signals stand behind it."""
    readiness: float | None = None
    """Decided signals over 30, at most 1; null in older rows."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class CardPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Scorecards by their names, and where the next begin."""

    items: list[Card]
    next_cursor: str | None = None
    """Null on the last page."""


class TeaserFigure(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How often signals beat the close, over a window."""

    signal_type: str
    """Empty for all."""
    window: str
    """How far back closes are counted."""
    n: int
    """Signals with an entry and a close."""
    n_events: int
    """Games behind them."""
    beat_rate: float | None = None
    beat_low: float | None = None
    """Lower end of its 95 % Wilson interval."""
    beat_high: float | None = None
    """Upper end of it."""
    clv_prob_mean: float | None = None
    clv_prob_se: float | None = None
    """Its standard error, clustered by game."""


class Teaser(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What everybody may know of how signals compare with the close."""

    as_of: dt.datetime | None = None
    """The end of the last whole day that was counted; null before there is one."""
    figures: list[TeaserFigure]
    """All signals over each window, and each type that enough signals stand behind."""


class Attributed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What came of the trades of one source on one type of signal."""

    n: int
    n_won: int
    n_lost: int
    profit: int
    """In minor units."""
    stake: int
    """In minor units; bets alone have one."""
    mean_profit: int
    """In whole minor units."""
    win_rate: float
    """Won over won and lost; ties are neither."""
    win_low: float
    """Lower end of its 95 % Wilson interval."""
    win_high: float
    """Upper end of it."""
    source: str = ''
    signal_type: str = ''
    """Empty for trades on no signal, or on one that is not known here."""
    yield_on_stake: float | None = None
    """Profit over stake; null where nothing was staked."""


class Attribution(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Who earned what: by source and type of signal. Money is in minor units of `currency`."""

    as_of: dt.datetime
    """Nothing that ended or was recorded later is in it."""
    sources: list[str]
    """Where its trades come from."""
    currency: str
    """By ISO 4217; empty without trades."""
    groups: list[Attributed]
    """By source, then by type of signal."""


class Bucket(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What came of the trades of one bucket."""

    n: int
    n_won: int
    n_lost: int
    profit: int
    """In minor units."""
    stake: int
    """In minor units; bets alone have one."""
    mean_profit: int
    """In whole minor units."""
    win_rate: float
    """Won over won and lost; ties are neither."""
    win_low: float
    """Lower end of its 95 % Wilson interval."""
    win_high: float
    """Upper end of it."""
    bucket: str = ''
    """Its name, as in 09, monday, london or 1-3h."""


class HeatmapRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One row of a heatmap."""

    bucket: str
    values: list[int]
    """One per column; 0 where nothing fell."""


class Heatmap(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One kind of bucket across another."""

    across: str
    value: str
    """What its numbers are: n, profit or mean_profit."""
    columns: list[str]
    rows: list[HeatmapRow]


class Buckets(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Trades sorted into buckets, every one of which is there. Money is in minor units of `currency`."""

    as_of: dt.datetime
    """Nothing that ended or was recorded later is in it."""
    sources: list[str]
    """Where its trades come from."""
    currency: str
    """By ISO 4217; empty without trades."""
    zone: str
    kind: str
    """The kind of buckets."""
    moment: str
    """The moment that decides: entry or exit."""
    buckets: list[Bucket]
    heatmap: Heatmap | None = None
    """Null where none was asked for."""


class DrawdownPoint(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How far the balance lies below its highest, deposits left out."""

    at: dt.datetime
    drawdown: float | None = None
    """A share of the peak; 0 at a peak."""


class Episode(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One fall from a peak: until it was made good, or until now."""

    depth: float
    """A share of the peak."""
    peak_at: dt.datetime
    trough_at: dt.datetime
    recovered_at: dt.datetime | None = None
    """Null while it is not made good."""
    length_days: float
    """From the peak to the recovery, or to the end."""
    recovery_days: float | None = None
    """From the lowest point to the recovery."""


class DrawdownCurve(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Falls from a peak: how deep, how long, and how long until they were made good."""

    n_points: int
    """How many points the whole curve has."""
    points: list[DrawdownPoint]
    n_episodes: int
    """How many falls there were."""
    episodes: list[Episode]
    """The deepest, the deepest first."""
    as_of: dt.datetime
    """Nothing that ended or was recorded later is in it."""
    since: dt.datetime | None = None
    """Trades that ended from then on; null: all."""
    until: dt.datetime
    """Trades that ended up to then."""
    sources: list[str]
    """Where its trades come from."""
    n_trades: int
    """How many closed trades it is made of."""
    currency: str
    """By ISO 4217; empty without trades."""
    starting_balance: int
    """Before the first of its trades."""
    starting_balance_from: Literal["asked", "equity_points", "usual"]
    """Named in the question, noted by the accounts, or the usual 1,000,000 because neither is known."""


class CurvePoint(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A moment at which something closed, or money came in or went out."""

    at: dt.datetime
    balance: int
    """Just after it."""
    total_return: float | None = None
    """Since the beginning, a share; deposits do not count. Null once nothing was left."""


class EquityCurve(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The balance over time. The first point is the moment before anything."""

    n_points: int
    """How many points the whole curve has; `points` holds fewer where it was thinned."""
    points: list[CurvePoint]
    as_of: dt.datetime
    """Nothing that ended or was recorded later is in it."""
    since: dt.datetime | None = None
    """Trades that ended from then on; null: all."""
    until: dt.datetime
    """Trades that ended up to then."""
    sources: list[str]
    """Where its trades come from."""
    n_trades: int
    """How many closed trades it is made of."""
    currency: str
    """By ISO 4217; empty without trades."""
    starting_balance: int
    """Before the first of its trades."""
    starting_balance_from: Literal["asked", "equity_points", "usual"]
    """Named in the question, noted by the accounts, or the usual 1,000,000 because neither is known."""


class Measure(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One figure, or why it has none."""

    measure: str
    window: str
    """How far back it reaches."""
    basis: str
    """What a year is made of, for figures a year; else empty."""
    value: int | float | None = None
    """Money is in whole minor units. Null has a reason."""
    low: int | float | None = None
    """Lower end of its 95 % interval, where it has one."""
    high: int | float | None = None
    """Upper end of it."""
    n: int
    """Observations behind it: trades, or periods."""
    unit: str
    reason: str
    """What it lacks, where it is null; else empty."""
    definition: str
    """What it is, in a sentence."""


class Figures(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Every figure of the trades, over each window that was asked for."""

    zone: str
    """Where days begin."""
    risk_free_rate: float
    """A share a year."""
    measures: list[Measure]
    as_of: dt.datetime
    """Nothing that ended or was recorded later is in it."""
    since: dt.datetime | None = None
    """Trades that ended from then on; null: all."""
    until: dt.datetime
    """Trades that ended up to then."""
    sources: list[str]
    """Where its trades come from."""
    n_trades: int
    """How many closed trades it is made of."""
    currency: str
    """By ISO 4217; empty without trades."""
    starting_balance: int
    """Before the first of its trades."""
    starting_balance_from: Literal["asked", "equity_points", "usual"]
    """Named in the question, noted by the accounts, or the usual 1,000,000 because neither is known."""


class Trade(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One trade that is over. What tells prices, stakes or the signal behind it is for plans that see those."""

    trade_id: str
    """First 32 hex digits of SHA-256 over where the trade comes from and its id there."""
    source: str
    """Where it comes from."""
    account: str | None = None
    """The account it was made in. Null for redacted plans."""
    strategy: str
    """The strategy that made it; "" when unknown."""
    strategy_version: str
    """Version of the strategy and its parameters; "" when unknown."""
    symbol: str
    """What was traded: an instrument such as EURUSD, or the sport of a bet."""
    timeframe: str
    """Bars the strategy reads, as in H1; "" where it reads none."""
    trade_type: str
    """A bet is settled by a result, a position is closed at a price."""
    direction: str | None = None
    """What was done: a position is bought or sold, a bet backs or lays an outcome. Null for redacted plans."""
    volume: float | None = None
    """Size of a position; null for bets. Null for redacted plans."""
    stake: int | None = None
    """What a bet risks: the stake, or the liability of a lay bet; null for positions. Null for redacted plans."""
    entry_price: float | None = None
    """Price of the entry: decimal odds for bets. Null for redacted plans."""
    exit_price: float | None = None
    """Price of the exit; null for bets that were settled by a result and while a trade is open. Null for redacted plans."""
    take_profit: float | None = None
    """Price at which a position was to be closed with a gain. Null for redacted plans."""
    stop_loss: float | None = None
    """Price at which a position was to be closed with a loss. Null for redacted plans."""
    entry_at: dt.datetime
    """When it was entered."""
    exit_at: dt.datetime
    """When it ended: the exit of a position; for bets when the result came, or the start of the game where that is not known. Null while it is open."""
    duration_hours: float | None = None
    """From entry to exit."""
    profit: int | None = None
    """What came of it after fees; null while it is open. Null for redacted plans."""
    currency: str
    """Currency of all its money, by ISO 4217."""
    pips: float | None = None
    """Price gained, in pips of the symbol; null for bets. Null for redacted plans."""
    risk_reward_ratio: float | None = None
    """Reward aimed at per unit risked at entry. Null for redacted plans."""
    percent_equity_return: float | None = None
    """Profit in percent of the balance just before the entry; null when the balance is unknown. Null for redacted plans."""
    fees: int | None = None
    """Commission, swap and taxes paid; below 0 when they were credited. Null for redacted plans."""
    exit_reason: str | None = None
    """What ended it; null while it is open."""
    status: str
    """Only closed trades count in figures; void and cancelled ones never took place."""
    signal_id: str | None = None
    """The signal it followed; "" for none. Null for redacted plans."""
    event_id: str | None = None
    """The game of a bet; "" for positions. Null for redacted plans."""
    market: str | None = None
    """Market of a bet; "" for positions. Null for redacted plans."""
    outcome: str | None = None
    """Outcome a bet was placed on, as the feed names it; "" for positions. Null for redacted plans."""
    point: float | None = None
    """Point of a bet, from the outcome's own side. Null for redacted plans."""
    bookmaker: str | None = None
    """Book or broker; "" when unknown. Null for redacted plans."""
    commence_at: dt.datetime | None = None
    """Start of the game as last known, for the time to start; null for positions. Null for redacted plans."""
    recorded_at: dt.datetime
    """When this row, as it stands, came to be known here."""
    is_redacted: bool = False
    """Whether fields are null because the plan does not include them."""


class TradePage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Trades, the newest entry first, and where the next begin."""

    items: list[Trade]
    next_cursor: str | None = None
    """Null on the last page."""


class Share(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A link without its secret."""

    share_id: str
    kind: str
    title: str
    is_single_use: bool
    is_live: bool
    """Whether it can still be opened."""
    created_at: dt.datetime
    expires_at: dt.datetime
    n_opened: int
    opened_at: dt.datetime | None = None
    """When it was opened last."""
    revoked_at: dt.datetime | None = None


class Shares(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The newest 500 links of the account, ended ones included."""

    shares: list[Share]


class NewShare(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A new link. `path` is shown this once and cannot be shown again."""

    share: Share
    path: str
    """Behind the address of this server; whoever has it needs no key."""


class ShareWanted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What to share, by the filters of the endpoints about trades, and for how long."""

    kind: Literal["drawdown", "equity", "metrics"]
    """A curve in percent, or the figures that are no money."""
    title: str = 'Performance'
    """What stands above it, as it is."""
    is_single_use: bool = True
    """Whether it opens once; else as often as it is opened."""
    expires_in_s: int = 86400
    """For how many seconds it opens."""
    account: str | None = None
    strategy: str | None = None
    symbol: str | None = None
    source: list[Literal["backtest", "bot", "manual", "paper"]] | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    as_of: dt.datetime | None = None
    currency: str | None = None
    zone: str = 'UTC'
    starting_balance: int | None = None
    risk_free_rate: float = 0.0


class Filters(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Conditions on messages about signals, all of which have to hold; an empty one lets every message through.

    `min_score` is the least composite score, from 1 to 100; a message without a score does not have it.
    """

    sport_keys: list[str] = []
    signal_types: list[str] = []
    markets: list[str] = []
    min_score: float = 0


class Secret(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A secret that signs, without the secret. Of an ed25519 key `public_key` is what a receiver verifies with."""

    secret_id: str
    scheme: Literal["v1", "v1a"]
    """v1 is HMAC-SHA256, v1a ed25519."""
    public_key: str | None = None
    created_at: dt.datetime
    ends_at: dt.datetime | None = None
    """Until when it signs; null until it is rotated."""


class Webhook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A registered webhook."""

    endpoint_id: str
    url: str
    description: str
    event_types: list[str]
    """Types of messages it gets: signal.detected, signal.clv_finalized, system.limit_alert, system.webhook_disabled."""
    filters: Filters
    """What messages about signals have to be; all conditions hold, and none lets every one through."""
    is_enabled: bool
    """Whether messages are delivered to it."""
    disabled_reason: Literal["failing", "gone", "partner"] | None = None
    """Why nothing is delivered: its owner did it, it answered 410, or it failed for days."""
    is_ordered: bool
    """Whether messages about one game go out one after the other, each when the one before is through."""
    batch_size: int
    """How many messages a body holds at most."""
    rate_per_s: float | None = None
    """Deliveries a second it takes at most; null is no bound."""
    timeout_s: float
    """How many seconds it has for a complete answer."""
    signing: list[Secret]
    """What signs deliveries now, newest first."""
    created_at: dt.datetime
    updated_at: dt.datetime
    enabled_at: dt.datetime
    """Messages written before are not for it."""


class WebhookChanges(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What should change; whatever is left out stays as it is."""

    url: str | msgspec.UnsetType = msgspec.UNSET
    """Where deliveries are posted to: https, on a public host."""
    event_types: list[str] | msgspec.UnsetType = msgspec.UNSET
    """Types of messages it gets: signal.detected, signal.clv_finalized, system.limit_alert, system.webhook_disabled."""
    filters: Filters | msgspec.UnsetType = msgspec.UNSET
    """What messages about signals have to be; all conditions hold, and none lets every one through."""
    description: str | msgspec.UnsetType = msgspec.UNSET
    is_enabled: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether messages are delivered to it."""
    is_ordered: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether messages about one game go out one after the other, each when the one before is through."""
    batch_size: int | msgspec.UnsetType = msgspec.UNSET
    """How many messages a body holds at most."""
    rate_per_s: float | msgspec.UnsetType | None = msgspec.UNSET
    """Deliveries a second it takes at most; null is no bound."""
    timeout_s: float | msgspec.UnsetType = msgspec.UNSET
    """How many seconds it has for a complete answer."""


class Webhooks(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Every webhook of the account, oldest first, and how many its plan includes."""

    webhooks: list[Webhook]
    included: int


class RegisteredWebhook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A new webhook. `secret` is shown this once and cannot be shown again."""

    webhook: Webhook
    secret: str
    """What deliveries are verified with, shown this once."""


class WebhookWanted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a new webhook should be."""

    url: str
    """Where deliveries are posted to: https, on a public host."""
    event_types: list[str]
    """Types of messages it gets: signal.detected, signal.clv_finalized, system.limit_alert, system.webhook_disabled."""
    filters: Filters | msgspec.UnsetType = msgspec.UNSET
    """What messages about signals have to be; all conditions hold, and none lets every one through."""
    description: str = ''
    is_enabled: bool = True
    """Whether messages are delivered to it."""
    is_ordered: bool = False
    """Whether messages about one game go out one after the other, each when the one before is through."""
    batch_size: int = 1
    """How many messages a body holds at most."""
    rate_per_s: float | None = None
    """Deliveries a second it takes at most; null is no bound."""
    timeout_s: float = 5.0
    """How many seconds it has for a complete answer."""
    with_ed25519: bool = False
    """Whether an ed25519 key signs as well."""


class Replayed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How many deliveries go out again, each under the id it always had; or would, for a dry run."""

    n_deliveries: int
    is_dry_run: bool


class ReplayWanted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Which deliveries go out again: those that fulfil everything named here. Something has to be named."""

    webhook_ids: list[str] = []
    """The ids the receiver saw as `webhook-id`."""
    event_type: str | None = None
    """Only messages of this type."""
    since: dt.datetime | None = None
    """Deliveries made at this moment or later."""
    until: dt.datetime | None = None
    """Deliveries made before this moment."""
    only_failed: bool = False
    """Only what was given up."""
    is_dry_run: bool = False
    """Count them and send nothing."""


class RotatedSecret(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A new secret, shown this once: null for ed25519, whose public key stands in `signing`."""

    secret: str | None = None
    signing: list[Secret]
    """What signs now, newest first; `ends_at` is when an old one stops."""


class SecretWanted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How the secret is rotated."""

    overlap_s: int = 86400
    """For how many seconds the old secret goes on signing too."""
    scheme: Literal["v1", "v1a"] = 'v1'
    """Which of its secrets; one it lacks is added."""


class SentTest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A test on its way: it arrives under this id, and stands in the log when it has been tried."""

    webhook_id: str


class Attempt(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One attempt to deliver."""

    attempt_id: int
    """Grows in the order in which attempts were noted."""
    webhook_id: str
    """What the receiver saw as `webhook-id`."""
    endpoint_id: str
    event_type: str
    attempt: int
    """Which attempt of its delivery, from 1; a replay begins anew."""
    attempted_at: dt.datetime
    is_delivered: bool
    status_code: int | None = None
    """Null where no answer came."""
    error: str
    """Why it failed: timeout, unreachable, certificate, address_refused, redirect, answer_broken, answer_too_large, status, message_gone; empty where it did not."""
    latency_ms: float
    response_excerpt: str
    """The beginning of the answer, 2 kB at most."""


class AttemptPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Attempts, the newest first, and where the next begin."""

    items: list[Attempt]
    next_cursor: str | None = None
    """Null on the last page."""


class WebhookStats(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How a webhook fared since a moment, and how it stands now."""

    endpoint_id: str
    since_at: dt.datetime
    n_delivered: int
    """Attempts that were answered with 2xx."""
    n_failed: int
    """Attempts that were not."""
    latency_p50_ms: float | None = None
    """Half of the newest answers came within this time; null without any."""
    latency_p95_ms: float | None = None
    last_delivered_at: dt.datetime | None = None
    last_failed_at: dt.datetime | None = None
    n_pending: int
    """Deliveries on their way, however old."""
    n_dead: int
    """Deliveries that were given up and can be replayed."""
    oldest_pending_at: dt.datetime | None = None
    n_failures: int
    """Attempts that failed since the last that did not."""
    failing_since_at: dt.datetime | None = None
    is_paused: bool
    """Whether it failed so often that only single deliveries try whether it answers."""
    paused_until_at: dt.datetime | None = None
