"""`stratum accounts` and `stratum keys`: what an operator types, what comes out, and what is said when it cannot be done."""

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warehouse.database import Database
from warehouse.database.billing_periods import billing_period
from warehouse.database.usage import UsageBook, UsageEvent
from warehouse.settings import read_settings

Run = Callable[[str], Any]


@pytest.fixture(params=["sqlite", "postgres"])
def run(request: pytest.FixtureRequest, home: Path, invoke: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a line on a home of each engine, as a shell would."""
    monkeypatch.setenv("STRATUM_HOME", str(home))
    if request.param == "postgres":
        monkeypatch.setenv("STRATUM_DATABASE_URL", request.getfixturevalue("postgres_url"))
    return lambda line: invoke(*line.split())


def told(run: Run, line: str) -> Any:
    """What a command says to a program."""
    result = run(f"{line} --json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_an_account_and_its_keys_from_the_first_to_the_last(run: Run) -> None:
    account = run("accounts create Desk --plan builder").stdout.strip()
    assert [(one["account_id"], one["api_plan_code"]) for one in told(run, "accounts list")] == [(account, "builder")]

    issued = run(f"keys issue {account} --name bot --scope intel:read")
    secret = issued.stdout.strip()
    assert secret.startswith("sk_") and "only time" in issued.stderr
    key_id = told(run, f"keys list --account {account}")[0]["key_id"]
    assert secret.startswith(key_id)

    rotated = told(run, f"keys rotate {key_id} --overlap 1")
    assert [one["state"] for one in told(run, "keys list")] == ["live", "live"]
    assert run(f"keys revoke {rotated['key_id']}").stdout == f"{rotated['key_id']} is revoked.\n"
    states = {one["key_id"]: one["state"] for one in told(run, "keys list")}
    assert states == {key_id: "live", rotated["key_id"]: "ended"}

    for line in ("keys list", "accounts list", f"accounts audit {account}"):
        shown = run(line).stdout + json.dumps(told(run, line))
        assert secret.removeprefix(f"{key_id}_") not in shown, f"{line} shows the secret"


def test_what_was_changed_about_an_account_is_listed_in_order(run: Run) -> None:
    account = run("accounts create Desk").stdout.strip()
    run(f"accounts entitle {account} --plan pro_infra --term requests_per_minute=900 --term history_days=none")
    run(f"accounts status {account} suspended")
    found = told(run, f"accounts audit {account}")
    assert [one["action"] for one in found] == [
        "account.created",
        "entitlement.changed",
        "entitlement.changed",
        "account.status_changed",
    ]
    (shown,) = told(run, "accounts list")
    assert shown["terms"] == {"requests_per_minute": 900, "history_days": None}
    assert (shown["api_usage_soft_limit"], shown["api_overage_rate"], shown["status"]) == (50_000, 200, "suspended")


def test_an_account_is_made_with_numbers_of_its_own(run: Run) -> None:
    made = told(
        run,
        "accounts create Desk --plan enterprise --soft-limit 5000000 --overage-rate 50 "
        "--term requests_per_minute=6000 --term webhooks=40 --term history_days=none",
    )
    assert made["terms"] == {"requests_per_minute": 6000, "webhooks": 40, "history_days": None}
    assert (made["api_plan_code"], made["api_usage_soft_limit"], made["api_overage_rate"]) == (
        "enterprise",
        5000000,
        50,
    )
    assert told(run, "accounts create Desk --plan builder --soft-limit 0")["api_usage_soft_limit"] == 0
    assert len(told(run, "accounts list")) == 2


def test_usage_says_by_which_terms_each_period_is_billed(run: Run) -> None:
    account = run("accounts create Desk --plan builder --soft-limit 2").stdout.strip()
    at = dt.datetime.now(dt.UTC)
    with Database(read_settings(os.environ).database_url) as database:
        start_at = billing_period(at, at).start_at
        UsageBook(database).add(
            [UsageEvent(f"e{n}", account, f"sk_{n % 2}", start_at, at, "getPaid", 200, 1, "r") for n in range(3)], at
        )
    whole, *keys = told(run, f"accounts usage {account}")
    assert (whole["key_id"], whole["used"], whole["plan"], whole["included"]) == ("(all)", 3, "builder", 2)
    assert (whole["overage"], whole["overage_amount"]) == (1, 1)  # 200 cents for 1,000: a fifth of a cent, rounded up
    assert [(one["key_id"], one["used"], one["included"]) for one in keys] == [("sk_0", 2, None), ("sk_1", 1, None)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("accounts create Desk --plan enterprise --term colour=3", "no term of a plan"),
        ("accounts create Desk --plan enterprise --term requests_per_minute=0", "must not be that small"),
        ("accounts create Desk --plan enterprise --term included_per_month=9", "--soft-limit"),
        ("accounts create Desk --plan gold", "There is no plan 'gold'"),
        ("accounts entitle acc_0 --plan pro", "acc_0"),
        ("accounts usage acc_0", "acc_0"),
        ("keys issue acc_0", "acc_0"),
        ("keys rotate sk_0", "sk_0"),
        ("keys revoke sk_0", "sk_0"),
    ],
)
def test_what_does_not_exist_is_one_clear_line(run: Run, line: str, said: str) -> None:
    result = run(line)
    assert result.exit_code != 0
    assert said in result.stderr and len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("stratum: ")


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("requests_per_minute", "has no value"),
        ("requests_per_minute=many", "neither a whole number"),
        ("requests_per_minute=0", "must not be that small"),
        ("colour=3", "no term of a plan"),
        ("exports=7", "cannot be used"),
    ],
)
def test_a_term_that_makes_no_sense_changes_nothing(run: Run, term: str, said: str) -> None:
    account = run("accounts create Desk --plan pro").stdout.strip()
    result = run(f"accounts entitle {account} --term {term}")
    assert result.exit_code != 0 and said in result.stderr
    assert told(run, "accounts list")[0]["terms"] == {}


def test_an_empty_home_says_what_to_do_first(run: Run) -> None:
    assert "stratum accounts create" in run("accounts list").stdout
    assert "stratum keys issue" in run("keys list").stdout
    assert told(run, "accounts list") == told(run, "keys list") == []
