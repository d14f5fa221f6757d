"""A billing period is billed by the terms that were in force in it, whatever was agreed later; keys share what their account used."""

import datetime as dt
from dataclasses import replace

from tests.api.conftest import Api
from warehouse.database import Accounts
from warehouse.database.billing_periods import billing_period
from warehouse.database.billing_terms import Billing
from warehouse.database.usage import UsageBook, UsageEvent

USAGE = "/api/v1/account/usage"


def anchored(api: Api, plan: str, at: dt.datetime) -> str:
    """The id of a new account whose periods begin on the day of a moment."""
    account = api.account(plan)
    store = Accounts(api.service.database)
    before = store.get(account).entitlement
    assert before is not None
    store.entitle(account, replace(before, billing_anchor_at=at), actor="test", now=at)
    return account


def use(api: Api, account: str, start_at: dt.datetime, n: int, key_id: str = "sk_1") -> None:
    """Bring in billable requests of a period."""
    made = [
        UsageEvent(f"{account}{key_id}{start_at}{i}", account, key_id, start_at, start_at, "getPaid", 200, 1, "r")
        for i in range(n)
    ]
    assert UsageBook(api.service.database).add(made, start_at) == n


def agree(api: Api, account: str, now: dt.datetime, **terms: object) -> None:
    """Another plan or other numbers, from a moment on."""
    store = Accounts(api.service.database)
    before = store.get(account).entitlement
    assert before is not None
    store.entitle(account, replace(before, **terms), actor="test", now=now)


def test_a_change_of_the_plan_changes_the_running_period_and_none_that_is_over(api: Api) -> None:
    day = dt.timedelta(days=1)
    first = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
    second, third = dt.datetime(2026, 4, 10, tzinfo=dt.UTC), dt.datetime(2026, 5, 10, tzinfo=dt.UTC)
    account = anchored(api, "builder", first)
    agree(api, account, first, api_usage_soft_limit=3)
    use(api, account, first, 5)  # 2 above 3, at 200 cents for 1,000: 0.4 of a cent, rounded up
    use(api, account, second, 2)
    # In the middle of the second period: more is included, and it costs half.
    agree(api, account, second + 7 * day, api_plan_code="pro_infra", api_usage_soft_limit=50_000, api_overage_rate=100)
    use(api, account, second, 2, key_id="sk_2")
    agree(api, account, third, api_usage_soft_limit=1)
    use(api, account, third, 2001)
    found = Billing(api.service.database).periods(account)
    assert [(one.start_at, one.end_at) for one in found] == [
        (third, dt.datetime(2026, 6, 10, tzinfo=dt.UTC)),
        (second, third),
        (first, second),
    ]
    assert [(one.plan_code, one.used, one.included, one.overage, one.overage_amount) for one in found] == [
        ("pro_infra", 2001, 1, 2000, 200),
        ("pro_infra", 4, 50_000, 0, 0),
        ("builder", 5, 3, 2, 1),
    ]
    shown = api.get(f"{USAGE}/history?periods=3", api.issue(account).secret.text).json()["periods"]
    assert [(one["api_plan_code"], one["included"], one["api_overage_rate"]) for one in shown] == [
        ("pro_infra", 1, 100),
        ("pro_infra", 50_000, 100),
        ("builder", 3, 200),
    ]
    assert [(one["overage"], one["overage_amount"], one["remaining"]) for one in shown] == [
        (2000, 200, 0),
        (0, 0, 49_996),
        (2, 1, 0),
    ]


def test_usage_by_key_sums_to_the_account_and_says_what_is_included(api: Api) -> None:
    now = api.service.now()
    account = anchored(api, "builder", now - dt.timedelta(days=100))
    running = billing_period(now - dt.timedelta(days=100), now)
    earlier = billing_period(now - dt.timedelta(days=100), running.start_at - dt.timedelta(days=1))
    agree(api, account, now, api_usage_soft_limit=2)
    use(api, account, running.start_at, 3, "sk_1")
    use(api, account, running.start_at, 1, "sk_2")
    use(api, account, earlier.start_at, 7, "sk_3")
    key = api.issue(account).secret.text
    found = api.get(f"{USAGE}/keys", key).json()
    assert found["keys"] == [
        {"key_id": "sk_1", "used": 3, "share": 0.75},
        {"key_id": "sk_2", "used": 1, "share": 0.25},
    ]
    whole = found["account"]
    assert whole == api.get(USAGE, key).json()
    assert (whole["used"], whole["included"], whole["overage"], whole["overage_amount"]) == (4, 2, 2, 1)
    before = api.get(f"{USAGE}/keys?day={earlier.start_at.date()}", key).json()
    assert before["keys"] == [{"key_id": "sk_3", "used": 7, "share": 1.0}]
    assert (before["period_start_at"], before["account"]["used"]) == (earlier.start_at.isoformat()[:19] + "Z", 7)
    tomorrow = (now + dt.timedelta(days=1)).date()
    assert api.get(f"{USAGE}/keys?day={tomorrow}", key).status_code == 400


def test_a_period_without_a_request_is_shown_by_the_terms_of_now(api: Api) -> None:
    found = api.get(f"{USAGE}/keys", api.key("builder")).json()
    assert found["keys"] == []
    assert (found["account"]["used"], found["account"]["included"], found["account"]["api_plan_code"]) == (
        0,
        10_000,
        "builder",
    )
    assert api.get(f"{USAGE}/history", api.key("builder")).json() == {"periods": []}


def test_periods_of_an_older_database_take_the_terms_of_when_it_is_migrated(api: Api) -> None:
    start = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
    account = anchored(api, "builder", start)
    use(api, account, start, 5)
    database = api.service.database
    database.downgrade("0014")
    database.migrate()
    (found,) = Billing(database).periods(account)
    assert (found.plan_code, found.used, found.included, found.overage_rate) == ("builder", 5, 10_000, 200)
    assert found.end_at == dt.datetime(2026, 2, 28, tzinfo=dt.UTC)
