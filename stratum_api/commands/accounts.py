"""`stratum accounts`: make accounts, entitle them to a plan, suspend them, see what they used and what was changed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import rich_click as click

from stratum_api.commands.speaking import ACTOR, CommandFailed, json_option, now, opened_database, show_json, show_rows

if TYPE_CHECKING:
    from warehouse.database import Account


# What a table has room for; --json holds all.
LISTED = ("account_id", "name", "status", "api_plan_code", "entitlement_status", "api_usage_soft_limit")


TERM = click.option(
    "--term", "terms", multiple=True, help="A number of the plan agreed otherwise, as in requests_per_minute=900."
)
SOFT_LIMIT = click.option("--soft-limit", type=click.IntRange(0), help="Billable requests a billing period includes.")
OVERAGE_RATE = click.option("--overage-rate", type=click.IntRange(0), help="US cents per 1,000 requests above those.")


@click.group(name="accounts")
def accounts() -> None:
    """Make accounts, entitle them to a plan, suspend them, and see what they used."""


@accounts.command(name="create")
@click.argument("name")
@click.option("--plan", "code", default="community", show_default=True, help="The plan the account gets.")
@SOFT_LIMIT
@OVERAGE_RATE
@TERM
@json_option
def create(
    name: str,
    code: str,
    soft_limit: int | None,
    overage_rate: int | None,
    terms: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make an account called NAME, entitled to a plan and to what was agreed otherwise, and print its id."""
    from stratum_api.plans import find_plan
    from warehouse.database import Accounts, Entitlement

    with opened_database() as (_, database):
        plan, agreed, store, at = find_plan(code), read_terms(terms), Accounts(database), now()
        plan.with_terms(agreed)
        entitlement = Entitlement(
            api_access_enabled=True,
            api_plan_code=plan.code,
            api_usage_soft_limit=plan.included_per_month if soft_limit is None else soft_limit,
            api_overage_rate=plan.overage_rate if overage_rate is None else overage_rate,
            status="active",
            terms=agreed,
            billing_anchor_at=at,
        )
        made = store.create(name, actor=ACTOR, now=at)
        made = store.entitle(made.account_id, entitlement, actor=ACTOR, now=at)
    show_json(shown(made)) if as_json else click.echo(made.account_id)


@accounts.command(name="entitle")
@click.argument("account")
@click.option("--plan", "code", help="Another plan, with its numbers; what was agreed otherwise ends.")
@click.option("--enable/--disable", "is_enabled", default=None, help="Whether the account may use the API.")
@click.option("--status", help="State of the entitlement: active, past_due or canceled.")
@SOFT_LIMIT
@OVERAGE_RATE
@TERM
@json_option
def entitle(
    account: str,
    code: str | None,
    is_enabled: bool | None,
    status: str | None,
    soft_limit: int | None,
    overage_rate: int | None,
    terms: tuple[str, ...],
    as_json: bool,
) -> None:
    """Change what ACCOUNT is entitled to; it holds on every server within a second."""
    from stratum_api.plans import find_plan
    from warehouse.database import Accounts

    with opened_database() as (_, database):
        store, at = Accounts(database), now()
        have = store.get(account).entitlement
        if have is None:
            raise CommandFailed(f"The account {account} has no entitlement to change.")
        if code is not None:
            plan = find_plan(code)
            have = replace(
                have,
                api_plan_code=code,
                api_usage_soft_limit=plan.included_per_month,
                api_overage_rate=plan.overage_rate,
                terms={},
            )
        given: dict[str, Any] = {
            "api_access_enabled": is_enabled,
            "status": status,
            "api_usage_soft_limit": soft_limit,
            "api_overage_rate": overage_rate,
        }
        agreed = {**have.terms, **read_terms(terms)}
        find_plan(have.api_plan_code).with_terms(agreed)
        have = replace(have, **{name: value for name, value in given.items() if value is not None}, terms=agreed)
        made = store.entitle(account, have, actor=ACTOR, now=at)
    show_json(shown(made)) if as_json else click.echo(f"{account} is entitled to {have.api_plan_code} ({have.status}).")


@accounts.command(name="status")
@click.argument("account")
@click.argument("state", type=click.Choice(["active", "suspended", "closed"]))
def set_status(account: str, state: str) -> None:
    """Set the standing of ACCOUNT; its keys work only while it is active."""
    from warehouse.database import Accounts

    with opened_database() as (_, database):
        Accounts(database).set_status(account, state, actor=ACTOR, now=now())
    click.echo(f"{account} is {state}.")


@accounts.command(name="list")
@json_option
def list_accounts(as_json: bool) -> None:
    """List accounts with their plan and standing."""
    from warehouse.database import Accounts

    with opened_database() as (_, database):
        found = Accounts(database).every()
    rows = [shown(one) for one in found]
    if not as_json:
        rows = [{name: row[name] for name in LISTED} for row in rows]
    show_rows(rows, as_json=as_json, nothing="There are no accounts. Make one: stratum accounts create NAME --plan pro")


@accounts.command(name="usage")
@click.argument("account")
@json_option
def usage(account: str, as_json: bool) -> None:
    """What ACCOUNT used, by billing period and key, and by which terms each period is billed."""
    from warehouse.database import Accounts
    from warehouse.database.billing_terms import WHOLE_ACCOUNT, Billing
    from warehouse.database.usage import UsageBook

    with opened_database() as (_, database):
        Accounts(database).get(account)
        found = UsageBook(database).totals(account)
        billed = {one.start_at: one for one in Billing(database).periods(account)}
    rows = []
    for one in found:
        # Terms are the account's: a key has a part in what was used, and nothing included of its own.
        terms = billed.get(one.period_start_at) if one.key_id == WHOLE_ACCOUNT else None
        rows.append(
            {
                "period_start_at": one.period_start_at,
                "key_id": one.key_id or "(all)",
                "used": one.used,
                "plan": terms.plan_code if terms else None,
                "included": terms.included if terms else None,
                "overage": terms.overage if terms else None,
                "overage_amount": terms.overage_amount if terms else None,
            }
        )
    show_rows(rows, as_json=as_json, nothing="Nothing was used.")


@accounts.command(name="audit")
@click.argument("account", default="")
@json_option
def audit(account: str, as_json: bool) -> None:
    """What was changed about ACCOUNT, or about all, oldest first."""
    import json

    from warehouse.database import AuditTrail

    with opened_database() as (_, database):
        found = AuditTrail(database).entries(account_id=account)
    rows = [
        {
            "audit_id": one.audit_id,
            "occurred_at": one.occurred_at,
            "actor": one.actor,
            "action": one.action,
            "account_id": one.account_id,
            "subject_id": one.subject_id,
            "detail": one.detail if as_json else json.dumps(one.detail),
        }
        for one in found
    ]
    show_rows(rows, as_json=as_json, nothing="Nothing was changed.")


def shown(account: "Account") -> dict[str, Any]:
    """An account as one row."""
    entitlement = account.entitlement
    return {
        "account_id": account.account_id,
        "name": account.name,
        "status": account.status,
        "api_access_enabled": entitlement.api_access_enabled if entitlement else False,
        "api_plan_code": entitlement.api_plan_code if entitlement else None,
        "api_usage_soft_limit": entitlement.api_usage_soft_limit if entitlement else None,
        "api_overage_rate": entitlement.api_overage_rate if entitlement else None,
        "entitlement_status": entitlement.status if entitlement else None,
        "terms": dict(entitlement.terms) if entitlement else {},
        "created_at": account.created_at,
    }


def read_terms(texts: Iterable[str]) -> dict[str, Any]:
    """Terms as they are typed. The numbers that are billed are no terms: they are agreed by options of their own."""
    terms = dict(read_term(one) for one in texts)
    for name, option in (("included_per_month", "--soft-limit"), ("overage_rate", "--overage-rate")):
        if name in terms:
            raise CommandFailed(f"{name} is what is billed: agree it by {option}.")
    return terms


def read_term(text: str) -> tuple[str, Any]:
    """A term as it is typed, as in requests_per_minute=900 or exports=false; "none" is no bound."""
    name, is_given, value = text.partition("=")
    if not is_given:
        raise CommandFailed(f"The term {text!r} has no value: write it as requests_per_minute=900.")
    known = {"true": True, "false": False, "none": None}
    if value.lower() in known:
        return name, known[value.lower()]
    if not value.isdigit():
        raise CommandFailed(f"The term {text!r} has a value that is neither a whole number nor true, false or none.")
    return name, int(value)
