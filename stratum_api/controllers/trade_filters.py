"""The filters that every endpoint about trades takes, as one question that reaches no further than its visitor may see."""

import datetime as dt
from typing import Annotated, Literal

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation

from stratum_api.analytics import Asked
from stratum_api.parameters import AsOf, moment, moment_parameter, zone_of
from stratum_api.showing import Seeing
from stratum_api.tiers import Sight

TEXT = "^[ -~]{1,200}$"
CURRENCY = "^[A-Z]{3}$"
ZONE = "^[A-Za-z0-9_+/-]{1,60}$"
MOST_MONEY = 10**15

Asking = NamedDependency[SkipValidation[Asked]]
"""What a request asks about trades."""

Account = Annotated[str | None, QueryParameter(pattern=TEXT, description="The account trades were made in.")]
Strategy = Annotated[str | None, QueryParameter(pattern=TEXT, description="The strategy that made them.")]
Symbol = Annotated[
    str | None, QueryParameter(pattern=TEXT, description="What was traded: EURUSD, or the sport of bets.")
]
Source = Literal["bot", "manual", "paper", "backtest"]
Sources = Annotated[
    list[Source] | None,
    QueryParameter(
        name="source",
        max_items=4,
        description="Where trades come from; several may be named. All that the account may see unless said: "
        "`bot` and `manual` are real money, which is shown only where it was granted.",
    ),
]
ExitSince = Annotated[
    str | None,
    moment_parameter(
        "since", "Trades that ended from then on: ISO 8601 with Z or an offset, within the plan's history."
    ),
]
ExitUntil = Annotated[str | None, moment_parameter("until", "Trades that ended up to then, included. Now by default.")]
Currency = Annotated[
    str | None,
    QueryParameter(
        pattern=CURRENCY, description="By ISO 4217, as in USD. Has to be given where trades are in more than one."
    ),
]
Zone = Annotated[
    str, QueryParameter(pattern=ZONE, description="The time zone in which days begin, as in Europe/London.")
]
StartingBalance = Annotated[
    int | None,
    QueryParameter(
        ge=1,
        le=MOST_MONEY,
        description="What there was at `since`, in minor units. By default what the accounts noted, else 1,000,000.",
    ),
]
RiskFreeRate = Annotated[
    float, QueryParameter(ge=-0.5, le=10, description="What could be had without risk, a share a year: 0.03 is 3 %.")
]


def asked_of(
    sight: Seeing,
    account: Account = None,
    strategy: Strategy = None,
    symbol: Symbol = None,
    sources: Sources = None,
    since: ExitSince = None,
    until: ExitUntil = None,
    currency: Currency = None,
    zone: Zone = "UTC",
    starting_balance: StartingBalance = None,
    risk_free_rate: RiskFreeRate = 0.0,
    as_of: AsOf = None,
) -> Asked:
    """The question. Raises ParameterInvalid and PlanInsufficient."""
    shown = sight.check_sources(sources)
    first, last = sight.between(moment("since", since), moment("until", until))
    known_at = sight.as_of(moment("as_of", as_of))
    return Asked(
        sources=shown,
        until=min(last, known_at),
        as_of=known_at,
        since=_whole_day(sight, first) if since is None else first,
        account=account,
        strategy=strategy,
        symbol=symbol,
        currency=currency,
        zone=zone_of("zone", zone),
        starting_balance=starting_balance,
        risk_free_rate=risk_free_rate,
    )


def _whole_day(sight: Sight, first: dt.datetime | None) -> dt.datetime | None:
    """The first midnight that the plan reaches back to, so that what is asked all day long is one question."""
    if first is None or sight.oldest_at is None:
        return first
    day = dt.datetime.combine(first.astimezone(dt.UTC).date(), dt.time(), dt.UTC)
    return day if day == first else day + dt.timedelta(days=1)


TRADE_FILTERS = {"asked": Provide(asked_of, sync_to_thread=False)}
