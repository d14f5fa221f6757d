"""What the account has used: in this billing period, in earlier ones, and by key."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.access import Access
from stratum_api.headers import Usage
from stratum_api.routes import Serving, Visiting, reads
from stratum_api.scopes import ACCOUNT_READ
from stratum_api.visitor import Visitor
from warehouse.database.billing_periods import BillingPeriod
from warehouse.database.usage import WHOLE_ACCOUNT, UsageTotal


class PeriodUsage(msgspec.Struct):
    """Billable requests of one billing period. `included` null means nothing is counted against a limit."""

    period_start_at: dt.datetime
    period_end_at: dt.datetime
    used: Annotated[int, msgspec.Meta(examples=[10250])]
    included: Annotated[int | None, msgspec.Meta(examples=[10000])]
    remaining: Annotated[int | None, msgspec.Meta(examples=[0])]
    overage: Annotated[int, msgspec.Meta(examples=[250])]
    overage_amount: Annotated[
        int, msgspec.Meta(description="What the overage costs so far, in US cents.", examples=[50])
    ]


class UsageHistory(msgspec.Struct):
    """Billing periods, newest first; one without a request is left out."""

    periods: list[PeriodUsage]


class KeyUsage(msgspec.Struct):
    """Billable requests of one key."""

    key_id: Annotated[str, msgspec.Meta(examples=["sk_7Hq2Zk1pQ0aB"])]
    used: Annotated[int, msgspec.Meta(examples=[812])]


class UsageByKey(msgspec.Struct):
    """Billable requests of one billing period by key."""

    period_start_at: dt.datetime
    period_end_at: dt.datetime
    keys: list[KeyUsage]


class UsageController(Controller):
    """Usage of the account."""

    path = "/api/v1/account/usage"
    tags = ("usage",)

    @reads("/", "getUsage", Access(ACCOUNT_READ))
    async def current(self, service: Serving, visit: Visiting) -> PeriodUsage:
        """The billing period that is running. What was requested within the last seconds may be missing."""
        period = visit.visitor.period(dt.datetime.now(dt.UTC))
        totals = await asyncio.to_thread(service.meter.book.totals, visit.visitor.account_id, period.start_at)
        return _period(visit.visitor, period, _used(totals))

    @reads("/history", "getUsageHistory", Access(ACCOUNT_READ))
    async def history(
        self,
        service: Serving,
        visit: Visiting,
        periods: Annotated[int, QueryParameter(ge=1, le=36, description="How many periods at most.")] = 12,
    ) -> UsageHistory:
        """Earlier billing periods and the one that is running, by what the account includes now."""
        totals = await asyncio.to_thread(service.meter.book.totals, visit.visitor.account_id)
        whole = [one for one in totals if one.key_id == WHOLE_ACCOUNT][:periods]
        return UsageHistory(
            [_period(visit.visitor, visit.visitor.period(one.period_start_at), one.used) for one in whole]
        )

    @reads("/keys", "getUsageByKey", Access(ACCOUNT_READ))
    async def by_key(self, service: Serving, visit: Visiting) -> UsageByKey:
        """The billing period that is running, by key, the most used first."""
        period = visit.visitor.period(dt.datetime.now(dt.UTC))
        totals = await asyncio.to_thread(service.meter.book.totals, visit.visitor.account_id, period.start_at)
        keys = [KeyUsage(one.key_id, one.used) for one in totals if one.key_id != WHOLE_ACCOUNT]
        return UsageByKey(period.start_at, period.end_at, sorted(keys, key=lambda one: (-one.used, one.key_id)))


def _used(totals: Sequence[UsageTotal]) -> int:
    return sum(one.used for one in totals if one.key_id == WHOLE_ACCOUNT)


def _period(visitor: Visitor, period: BillingPeriod, used: int) -> PeriodUsage:
    usage = Usage(used, visitor.included)
    return PeriodUsage(
        period.start_at,
        period.end_at,
        usage.used,
        usage.included,
        usage.remaining,
        usage.overage,
        overage_amount(usage.overage, visitor.overage_rate),
    )


def overage_amount(overage: int, rate: int) -> int:
    """What so many requests above the included ones cost, in minor units: every thousand that was begun in proportion, rounded up.

    Examples:
        >>> overage_amount(250, 200)
        50
        >>> overage_amount(1, 200)
        1
    """
    return -(-overage * rate // 1000)
