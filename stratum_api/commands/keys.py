"""`stratum keys`: issue, rotate, revoke and list the keys of accounts."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click

from stratum_api.commands.speaking import ACTOR, json_option, now, opened_database, show_json, show_rows

if TYPE_CHECKING:
    from stratum_api.key_desk import Issued, KeyDesk


@click.group(name="keys")
def keys() -> None:
    """Issue, rotate, revoke and list keys of the API."""


@keys.command(name="issue")
@click.argument("account")
@click.option("--name", default="default", show_default=True, help="What the key is called in lists.")
@click.option("--scope", "scopes", multiple=True, help="A scope, several times for several; by default all that read.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until the key ends; by default it does not.")
@json_option
def issue(account: str, name: str, scopes: tuple[str, ...], days: int | None, as_json: bool) -> None:
    """Issue a key for ACCOUNT and show it, this once."""
    from stratum_api.scopes import USUAL

    with desk() as found:
        at = now()
        ends = at + dt.timedelta(days=days) if days else None
        made = found.issue(account, name, scopes or USUAL, now=at, expires_at=ends)
    show_issued(made, as_json)


@keys.command(name="rotate")
@click.argument("key_id")
@click.option(
    "--overlap", default=24.0, show_default=True, type=click.FloatRange(0, 720), help="Hours the old key goes on."
)
@json_option
def rotate(key_id: str, overlap: float, as_json: bool) -> None:
    """Issue a key in the place of KEY_ID, which goes on working for the overlap."""
    with desk() as found:
        made = found.rotate(key_id, overlap=dt.timedelta(hours=overlap), now=now())
    show_issued(made, as_json)


@keys.command(name="revoke")
@click.argument("key_id")
@json_option
def revoke(key_id: str, as_json: bool) -> None:
    """End KEY_ID for good, on every server within a second."""
    with desk() as found:
        ended = found.revoke(key_id, now=now())
    if as_json:
        show_json({"key_id": ended.key_id, "revoked_at": ended.revoked_at})
    else:
        click.echo(f"{ended.key_id} is revoked.")


@keys.command(name="list")
@click.option("--account", default="", help="Only those of one account.")
@json_option
def list_keys(account: str, as_json: bool) -> None:
    """List keys, ended ones included, without their secrets."""
    from warehouse.database import Keys

    with opened_database() as (_, database):
        found = Keys(database).of_account(account)
    rows = [
        {
            "key_id": key.key_id,
            "account_id": key.account_id,
            "name": key.name,
            "state": "live" if key.is_live(now()) else "ended",
            "scopes": list(key.scopes),
            "expires_at": key.revoked_at or key.expires_at,
            "last_used_at": key.last_used_at,
        }
        for key in found
    ]
    show_rows(rows, as_json=as_json, nothing="There are no keys. Issue one: stratum keys issue ACCOUNT")


@contextmanager
def desk() -> "Iterator[KeyDesk]":
    """The desk of this database, with this server's secret."""
    from stratum_api.key_desk import KeyDesk
    from stratum_api.server_secret import server_secret
    from stratum_api.settings import read_api_settings
    from warehouse.database import Keys

    with opened_database() as (settings, database):
        secret = server_secret(read_api_settings(os.environ).secret, settings.home)
        yield KeyDesk(Keys(database), secret, ACTOR)


def show_issued(issued: "Issued", as_json: bool) -> None:
    """Print a new key: it cannot be shown again."""
    if as_json:
        show_json({"key_id": issued.key.key_id, "account_id": issued.key.account_id, "key": issued.secret.text})
        return
    click.echo(issued.secret.text)
    click.echo("This is the only time the key is shown; what is stored cannot be turned back into it.", err=True)
