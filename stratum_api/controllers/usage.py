"""What the account has used: in this billing period, in earlier ones, and by key."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Annotated

import msgspec
from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.access import Access
from stratum_api.routes import Serving, Visiting, reads
from stratum_api.scopes import ACCOUNT_READ
from stratum_api.service import Service
from stratum_api.tiers.sight import invalid
from stratum_api.visitor import Visitor
from warehouse.database.billing_terms import WHOLE_ACCOUNT, BilledPeriod, Billing

EARLIEST = dt.date(1970, 1, 8)


class PeriodUsage(msgspec.Struct):
    """Billable requests of one billing period, by the terms it is billed by. `included` null means nothing is counted against a limit."""

    period_start_at: dt.datetime
    period_end_at: dt.datetime
    used: Annotated[int, msgspec.Meta(examples=[10250])]
    included: Annotated[int | None, msgspec.Meta(examples=[10000])]
    remaining: Annotated[int | None, msgspec.Meta(examples=[0])]
    overage: Annotated[int, msgspec.Meta(examples=[250])]
    overage_amount: Annotated[
        int, msgspec.Meta(description="What the overage costs so far, in US cents.", examples=[50])
    ]
    api_plan_code: Annotated[
        str,
        msgspec.Meta(
            description="The plan the period is billed by: the last that was in force in it.", examples=["builder"]
        ),
    ]
    api_overage_rate: Annotated[int, msgspec.Meta(description="US cents per 1,000 requests.", examples=[200])]


class UsageHistory(msgspec.Struct):
    """Billing periods, newest first; one without a request is left out."""

    periods: list[PeriodUsage]


class KeyUsage(msgspec.Struct):
    """Billable requests of one key."""

    key_id: Annotated[str, msgspec.Meta(examples=["sk_7Hq2Zk1pQ0aB"])]
    used: Annotated[int, msgspec.Meta(examples=[812])]
    share: Annotated[float, msgspec.Meta(description="Of what the account used, 0 to 1.", examples=[0.0792])]


class UsageByKey(msgspec.Struct):
    """Billable requests of one billing period by key: they sum to what the account used, which is what is included and billed."""

    period_start_at: dt.datetime
    period_end_at: dt.datetime
    keys: list[KeyUsage]
    account: Annotated[PeriodUsage, msgspec.Meta(description="The whole account in that period.")]


class UsageController(Controller):
    """Usage of the account."""

    path = "/api/v1/account/usage"
    tags = ("usage",)

    @reads("/", "getUsage", Access(ACCOUNT_READ))
    async def current(self, service: Serving, visit: Visiting) -> PeriodUsage:
        """The billing period that is running. What was requested within the last seconds may be missing."""
        visitor, now = visit.visitor, service.now()
        return _shown(await _period(service, visitor, now))

    @reads("/history", "getUsageHistory", Access(ACCOUNT_READ))
    async def history(
        self,
        service: Serving,
        visit: Visiting,
        periods: Annotated[int, QueryParameter(ge=1, le=36, description="How many periods at most.")] = 12,
    ) -> UsageHistory:
        """Earlier billing periods and the one that is running, each by the terms that were in force in it."""
        found = await asyncio.to_thread(Billing(service.database).periods, visit.visitor.account_id, periods)
        return UsageHistory([_shown(one) for one in found])

    @reads("/keys", "getUsageByKey", Access(ACCOUNT_READ))
    async def by_key(
        self,
        service: Serving,
        visit: Visiting,
        day: Annotated[
            dt.date | None,
            QueryParameter(description="A day of the billing period, by UTC. The period that is running unless said."),
        ] = None,
    ) -> UsageByKey:
        """A billing period by key, the most used first, and what the account used in it."""
        visitor, now = visit.visitor, service.now()
        if day is not None and not EARLIEST <= day <= now.date():
            raise invalid("day", f"{day} has not come, or is not within living memory")
        at = now if day is None else min(dt.datetime.combine(day, dt.time.max, dt.UTC), now)
        period = await _period(service, visitor, at)
        totals = await asyncio.to_thread(service.meter.book.totals, visitor.account_id, period.start_at)
        keys = sorted((one for one in totals if one.key_id != WHOLE_ACCOUNT), key=lambda one: (-one.used, one.key_id))
        used = sum(one.used for one in keys)
        return UsageByKey(
            period.start_at,
            period.end_at,
            [KeyUsage(one.key_id, one.used, round(one.used / used, 4)) for one in keys],
            _shown(replace(period, used=used)),
        )


async def _period(service: Service, visitor: Visitor, at: dt.datetime) -> BilledPeriod:
    """The period that a moment lies in; where nothing was used in it, as it would be billed now."""
    found = await asyncio.to_thread(Billing(service.database).periods, visitor.account_id)
    for one in found:
        if one.start_at <= at < one.end_at:
            return one
    period = visitor.period(at)
    return BilledPeriod(period.start_at, period.end_at, 0, visitor.plan.code, visitor.included, visitor.overage_rate)


def _shown(period: BilledPeriod) -> PeriodUsage:
    return PeriodUsage(
        period.start_at,
        period.end_at,
        period.used,
        period.included,
        period.remaining,
        period.overage,
        period.overage_amount,
        period.plan_code,
        period.overage_rate,
    )
