"""The account a key belongs to: its standing, its entitlement and what its plan includes."""

import datetime as dt
from typing import Annotated

import msgspec
from litestar import Controller

from stratum_api.access import Access
from stratum_api.plans import Plan
from stratum_api.routes import Serving, Visiting, reads
from stratum_api.scopes import ACCOUNT_READ


class Standing(msgspec.Struct):
    """An account as its own keys see it."""

    account_id: Annotated[str, msgspec.Meta(examples=["acc_5f0c2a9d31b7e846"])]
    name: Annotated[str, msgspec.Meta(examples=["Example Analytics"])]
    status: Annotated[str, msgspec.Meta(examples=["active"])]
    api_access_enabled: bool
    api_plan_code: Annotated[str, msgspec.Meta(examples=["builder"])]
    api_usage_soft_limit: Annotated[int | None, msgspec.Meta(examples=[10000])]
    api_overage_rate: Annotated[int, msgspec.Meta(description="US cents per 1,000 requests.", examples=[200])]
    entitlement_status: Annotated[str, msgspec.Meta(examples=["active"])]
    period_start_at: dt.datetime
    period_end_at: dt.datetime
    plan: Annotated[Plan, msgspec.Meta(description="What the plan includes, with what was agreed otherwise.")]
    key_id: Annotated[str, msgspec.Meta(description="The key of this request.", examples=["sk_7Hq2Zk1pQ0aB"])]
    scopes: list[str]


class AccountController(Controller):
    """The account."""

    path = "/api/v1/account"
    tags = ("account",)

    @reads("/", "getAccount", Access(ACCOUNT_READ))
    async def show(self, service: Serving, visit: Visiting) -> Standing:
        """The account, its entitlement, its plan and the key of this request."""
        visitor = visit.visitor
        ((name, status, is_enabled, entitlement),) = await service.rows.fetch(
            "select a.name, a.status, e.api_access_enabled, e.status from accounts a "
            "join entitlements e on e.account_id = a.account_id where a.account_id = $1",
            visitor.account_id,
        )
        period = visitor.period(dt.datetime.now(dt.UTC))
        return Standing(
            account_id=visitor.account_id,
            name=name,
            status=status,
            api_access_enabled=bool(is_enabled),
            api_plan_code=visitor.plan.code,
            api_usage_soft_limit=visitor.included,
            api_overage_rate=visitor.overage_rate,
            entitlement_status=entitlement,
            period_start_at=period.start_at,
            period_end_at=period.end_at,
            plan=visitor.plan,
            key_id=visitor.key_id,
            scopes=sorted(visitor.scopes),
        )
