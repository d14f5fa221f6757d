"""`stratum webhooks`: register, show, rotate, test, log, replay and remove webhooks of accounts, and receive them for a try."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import rich_click as click

from stratum_api.commands.listen import listen
from stratum_api.commands.speaking import ACTOR, CommandFailed, json_option, now, opened_database, show_json, show_rows

if TYPE_CHECKING:
    from stratum_api.webhook_desk import WebhookDesk
    from warehouse.database import Database

FILTERS = ("sport_keys", "signal_types", "markets", "min_score")
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"])


@click.group(name="webhooks")
def webhooks() -> None:
    """Register, change, test and replay webhooks of accounts; receive them on this machine for a try."""


webhooks.add_command(listen)


@webhooks.command(name="add")
@click.argument("account")
@click.argument("url")
@click.option(
    "--event", "events", multiple=True, help="A type of message, several times for several; by default signal.detected."
)
@click.option("--sport", "sports", multiple=True, help="Only signals on this sport, as in americanfootball_nfl.")
@click.option("--signal-type", "signal_types", multiple=True, help="Only signals of this type, as in KEY_CROSS.")
@click.option("--market", "markets", multiple=True, help="Only signals on this market.")
@click.option("--min-score", type=click.FloatRange(0, 100), default=0.0, help="Only signals with at least this score.")
@click.option("--description", default="", help="What it is called in lists.")
@click.option("--ordered", is_flag=True, help="Messages about one game go out one after the other.")
@click.option("--batch", default=1, show_default=True, help="How many messages a body holds at most.")
@click.option("--rate", type=float, help="Deliveries a second it takes at most; by default any number.")
@click.option("--timeout", default=5.0, show_default=True, help="Seconds it has for a complete answer.")
@click.option("--queue", default="default", show_default=True, help="Which dispatchers deliver to it.")
@click.option("--ed25519", "with_ed25519", is_flag=True, help="An ed25519 key signs as well.")
@json_option
def add(
    account: str,
    url: str,
    events: tuple[str, ...],
    sports: tuple[str, ...],
    signal_types: tuple[str, ...],
    markets: tuple[str, ...],
    min_score: float,
    description: str,
    ordered: bool,
    batch: int,
    rate: float | None,
    timeout: float,
    queue: str,
    with_ed25519: bool,
    as_json: bool,
) -> None:
    """Register URL for ACCOUNT, within its plan, and show the secret deliveries are signed with, this once."""
    from stratum_api.dispatcher.directory import most_endpoints
    from stratum_api.plans import community, find_plan
    from warehouse.database import Accounts
    from warehouse.database.outbox import SIGNAL_DETECTED
    from warehouse.database.webhooks import EndpointTerms

    terms = EndpointTerms(
        url=url,
        event_types=events or (SIGNAL_DETECTED,),
        filters={"sport_keys": sports, "signal_types": signal_types, "markets": markets, "min_score": min_score},
        description=description,
        is_ordered=ordered,
        batch_size=batch,
        rate_per_s=rate,
        timeout_s=timeout,
        queue=queue,
    )
    with opened_desk() as (database, desk):
        have = Accounts(database).get(account).entitlement
        plan = community() if have is None else find_plan(have.api_plan_code).with_terms(have.terms)
        made = desk.register(account, terms, most=most_endpoints(plan), now=now(), with_ed25519=with_ed25519)
    if as_json:
        keys = {"public_key": made.secrets[1].public_key} if with_ed25519 else {}
        show_json({"endpoint_id": made.endpoint.endpoint_id, "secret": made.secrets[0].text, **keys})
        return
    click.echo(f"{made.endpoint.endpoint_id} {made.secrets[0].text}")
    click.echo("This is the only time the secret is shown; `stratum webhooks rotate` makes another.", err=True)


@webhooks.command(name="list")
@click.option("--account", default="", help="Only those of one account.")
@json_option
def list_webhooks(account: str, as_json: bool) -> None:
    """List webhooks, without their secrets."""
    with opened_desk() as (_, desk):
        found = desk.endpoints.of_account(account)
    rows = [
        {
            "endpoint_id": one.endpoint_id,
            "account_id": one.account_id,
            # Path and query may hold a secret of the receiver's.
            "host": urlsplit(one.terms.url).netloc,
            "event_types": list(one.terms.event_types),
            "state": "enabled" if one.terms.is_enabled else f"disabled ({one.disabled_reason})",
            "description": one.terms.description,
        }
        for one in found
    ]
    show_rows(rows, as_json=as_json, nothing="There are no webhooks. Register one: stratum webhooks add ACCOUNT URL")


@webhooks.command(name="show")
@click.argument("endpoint_id")
@click.option(
    "--hours", default=24.0, show_default=True, type=click.FloatRange(0.1, 10_000), help="Attempts of how long."
)
def show(endpoint_id: str, hours: float) -> None:
    """Show a webhook as JSON: its terms, what signs, and how it fared."""
    from dataclasses import asdict

    from stratum_api.webhook_forms import shown_webhook
    from warehouse.database.webhooks import AttemptLog

    with opened_desk() as (database, desk):
        found = desk.get(endpoint_id)
        signing = desk.secrets.signing([endpoint_id], now())
        stats = AttemptLog(database).stats(endpoint_id, now() - dt.timedelta(hours=hours))
    shown = {"account_id": found.account_id, "queue": found.terms.queue}
    show_json({**shown, "webhook": shown_webhook(found, signing), "stats": asdict(stats)})


@webhooks.command(name="change")
@click.argument("endpoint_id")
@click.option("--enable/--disable", "is_enabled", default=None, help="Whether messages are delivered to it.")
@click.option("--url", help="Another address.")
@click.option("--event", "event_types", multiple=True, help="Other types of messages, several times for several.")
@click.option("--no-filters", is_flag=True, help="Without the filters it had; those named beside this hold.")
@click.option("--sport", "sport_keys", multiple=True, help="Only signals on these sports.")
@click.option("--signal-type", "signal_types", multiple=True, help="Only signals of these types.")
@click.option("--market", "markets", multiple=True, help="Only signals on these markets.")
@click.option("--min-score", type=click.FloatRange(0, 100), help="Only signals with at least this score.")
@click.option("--description", help="What it is called in lists.")
@click.option("--ordered/--unordered", "is_ordered", default=None, help="Whether order within a game matters.")
@click.option("--batch", "batch_size", type=int, help="How many messages a body holds at most.")
@click.option("--rate", "rate_per_s", type=float, help="Deliveries a second it takes at most.")
@click.option("--timeout", "timeout_s", type=float, help="Seconds it has for a complete answer.")
@click.option("--queue", help="Which dispatchers deliver to it.")
def change(endpoint_id: str, no_filters: bool, **wanted: Any) -> None:
    """Change what is named of ENDPOINT_ID, and nothing else."""
    given = {name: value for name, value in wanted.items() if value not in (None, ())}
    filters = {name: given.pop(name) for name in FILTERS if name in given}
    if not (given or filters or no_filters):
        raise CommandFailed("Say what should change: stratum webhooks change --help")
    with opened_desk() as (_, desk):
        if filters or no_filters:
            had = {} if no_filters else desk.get(endpoint_id).terms.filters
            given["filters"] = {**had, **filters}
        desk.change(endpoint_id, given, now=now())
    click.echo(f"{endpoint_id} is changed: {', '.join(sorted(given))}.")


@webhooks.command(name="rotate")
@click.argument("endpoint_id")
@click.option(
    "--overlap", default=24.0, show_default=True, type=click.FloatRange(0, 168), help="Hours the old secret signs too."
)
@click.option(
    "--scheme", default="v1", show_default=True, type=click.Choice(["v1", "v1a"]), help="HMAC-SHA256, or ed25519."
)
@json_option
def rotate(endpoint_id: str, overlap: float, scheme: str, as_json: bool) -> None:
    """Make a new secret and show it, this once; old and new both sign for the overlap."""
    with opened_desk() as (_, desk):
        made, signing = desk.rotate(endpoint_id, now=now(), scheme=scheme, overlap=dt.timedelta(hours=overlap))
    # Of an ed25519 key the receiver needs the public half, and nobody the other.
    text = made.public_key or made.text
    if as_json:
        ends = {one.secret_id: one.ends_at for one in signing if one.ends_at is not None}
        show_json({"endpoint_id": endpoint_id, "public_key" if made.public_key else "secret": text, "old_end_at": ends})
        return
    click.echo(text)
    click.echo(f"The old one goes on signing for {overlap:g} hours.", err=True)


@webhooks.command(name="test")
@click.argument("endpoint_id")
def test(endpoint_id: str) -> None:
    """Send a webhook.test to ENDPOINT_ID, and print the id under which it arrives."""
    with opened_desk() as (_, desk):
        click.echo(desk.test(endpoint_id, now=now()))


@webhooks.command(name="logs")
@click.option("--account", default="", help="Only attempts for this account; needed without --endpoint.")
@click.option("--endpoint", "endpoint_id", help="Only attempts to this webhook.")
@click.option("--webhook-id", help="Only attempts of this delivery.")
@click.option("--event", "topic", help="Only messages of this type.")
@click.option("--failed", "is_failed", is_flag=True, help="Only attempts that failed.")
@click.option("--status", "status_code", type=click.IntRange(100, 599), help="Only those answered with this status.")
@click.option("--since", type=MOMENT, help="Only attempts from this moment on, UTC.")
@click.option("--until", type=MOMENT, help="Only attempts before this moment, UTC.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
@json_option
def logs(
    account: str,
    is_failed: bool,
    since: dt.datetime | None,
    until: dt.datetime | None,
    limit: int,
    as_json: bool,
    **wanted: Any,
) -> None:
    """List attempts to deliver, the newest first."""
    from dataclasses import asdict

    from warehouse.database.webhooks import AttemptFilter, AttemptLog

    with opened_desk() as (database, desk):
        if not account:
            if not wanted["endpoint_id"]:
                raise CommandFailed("Say whose: --account ACCOUNT or --endpoint ENDPOINT_ID.")
            account = desk.get(wanted["endpoint_id"]).account_id
        is_delivered = False if is_failed else None
        chosen = AttemptFilter(is_delivered=is_delivered, since=_utc(since), until=_utc(until), **wanted)
        found = [asdict(one) for one in AttemptLog(database).page(account, chosen, limit=limit)]
    shown = ("attempted_at", "endpoint_id", "topic", "webhook_id", "attempt", "status_code", "error", "latency_ms")
    rows = found if as_json else [{name: one[name] for name in shown} for one in found]
    show_rows(rows, as_json=as_json, nothing="Nothing was tried yet. Is `stratum dispatch` running?")


@webhooks.command(name="replay")
@click.argument("endpoint_id")
@click.option("--id", "webhook_ids", multiple=True, help="This delivery, several times for several.")
@click.option("--event", "topic", help="Only messages of this type.")
@click.option("--since", type=MOMENT, help="Deliveries made from this moment on, UTC.")
@click.option("--until", type=MOMENT, help="Deliveries made before this moment, UTC.")
@click.option("--only-failed", is_flag=True, help="Only what was given up.")
@click.option("--dry-run", is_flag=True, help="Count them and send nothing.")
def replay(
    endpoint_id: str,
    webhook_ids: tuple[str, ...],
    topic: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
    only_failed: bool,
    dry_run: bool,
) -> None:
    """Send deliveries to ENDPOINT_ID again, under the ids they always had, and print how many."""
    from warehouse.database.webhooks import ReplaySelection

    selection = ReplaySelection(webhook_ids, topic, _utc(since), _utc(until), only_failed)
    if selection == ReplaySelection():
        raise CommandFailed("Say which deliveries: --id, --event, --since, --until or --only-failed.")
    with opened_desk() as (_, desk):
        n = desk.replay(endpoint_id, selection, now=now(), is_dry_run=dry_run)
    click.echo(f"{n} deliveries {'would go' if dry_run else 'go'} out again.")


@webhooks.command(name="remove")
@click.argument("endpoint_id")
def remove(endpoint_id: str) -> None:
    """Delete ENDPOINT_ID and its secrets; its log stays for as long as logs are kept."""
    with opened_desk() as (_, desk):
        desk.delete(endpoint_id, now=now())
    click.echo(f"{endpoint_id} is deleted.")


@contextmanager
def opened_desk() -> "Iterator[tuple[Database, WebhookDesk]]":
    """The database and its desk, with this server's secret and rules for addresses."""
    from stratum_api.dispatcher.settings import read_destination_rules
    from stratum_api.secret_box import SecretBox
    from stratum_api.server_secret import server_secret
    from stratum_api.settings import read_api_settings
    from stratum_api.webhook_desk import WebhookDesk

    with opened_database() as (settings, database):
        box = SecretBox(server_secret(read_api_settings(os.environ).secret, settings.home))
        yield database, WebhookDesk(database, box, read_destination_rules(os.environ), ACTOR)


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.replace(tzinfo=dt.UTC)
