"""Who makes a request: a key of an account on a plan, or somebody unknown at an address."""

import datetime as dt
from dataclasses import dataclass

from stratum_api.plans import Plan, community
from warehouse.database.billing_periods import BillingPeriod, billing_period


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever makes a request. Without a key, `key_id` and `account_id` are empty and the plan is the community's.

    `included` is how many billable requests a period includes (None: not counted against anything), `overage_rate` what
    1,000 more cost in minor units.
    """

    key_id: str
    account_id: str
    scopes: frozenset[str]
    plan: Plan
    included: int | None
    overage_rate: int
    billing_anchor_at: dt.datetime | None

    @property
    def has_key(self) -> bool:
        """Whether a valid key came with the request."""
        return bool(self.key_id)

    def period(self, now: dt.datetime) -> BillingPeriod:
        """The billing period of the account at a moment; a calendar month where nothing is anchored."""
        return billing_period(self.billing_anchor_at or dt.datetime(1970, 1, 1, tzinfo=dt.UTC), now)


ANONYMOUS = Visitor("", "", frozenset(), community(), None, 0, None)
