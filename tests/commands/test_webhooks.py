"""`stratum webhooks`: the operator's way to what accounts do by endpoint, and the receiver for a try."""

import asyncio
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stratum_api.commands import listen
from stratum_api.commands.speaking import CommandFailed
from stratum_api.commands.webhooks import webhooks
from stratum_api.dispatcher.dispatcher import Dispatcher
from stratum_api.dispatcher.settings import read_dispatch_settings
from stratum_api.local_receiver import LocalReceiver
from stratum_api.secret_box import SecretBox
from stratum_api.server_secret import server_secret
from tests.api.conftest import make_account
from tests.api.server import free_port
from tests.webhook_rows import NOW, SECOND, claim, fan_out_to, tried, write_messages
from warehouse.database import Database
from warehouse.database.webhooks.queue import record
from warehouse.outbound import DestinationRules, Poster
from warehouse.settings import read_settings

PORT = free_port()
LOCAL = f"http://127.0.0.1:{PORT}/"


@pytest.fixture(params=["sqlite", "postgres"])
def environ(request: pytest.FixtureRequest, home: Path) -> dict[str, str]:
    """The environment of a home on each engine."""
    settings = {"STRATUM_HOME": str(home)}
    if request.param == "postgres":
        settings["STRATUM_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    return settings


@pytest.fixture
def said(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `stratum webhooks` on a database of either kind; local receivers are allowed."""
    for name, value in {**environ, "STRATUM_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1", "COLUMNS": "300"}.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(webhooks, list(arguments), standalone_mode=False)


@pytest.fixture
def database(environ: dict[str, str]) -> Iterator[Database]:
    """The database of that home, migrated."""
    with Database(read_settings(environ).database_url) as opened:
        opened.migrate()
        yield opened


def add(said: Callable[..., Result], database: Database, *options: str) -> dict[str, Any]:
    result = said("add", make_account(database), LOCAL, "--json", *options)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_webhook_is_added_shown_changed_rotated_and_removed(said: Callable[..., Result], database: Database) -> None:
    made = add(said, database, "--min-score", "60", "--ordered", "--ed25519", "--queue", "own")
    one, secret = made["endpoint_id"], made["secret"]
    assert secret.startswith("whsec_") and made["public_key"].startswith("whpk_")
    assert said("change", one, "--disable", "--timeout", "10").exit_code == 0
    shown = json.loads(said("show", one).stdout)
    assert (shown["queue"], shown["stats"]["n_delivered"], shown["webhook"]["disabled_reason"]) == ("own", 0, "partner")
    assert (shown["webhook"]["filters"], shown["webhook"]["timeout_s"]) == ({"min_score": 60.0}, 10.0)
    assert said("change", one, "--sport", "soccer_epl").exit_code == 0
    both = {"min_score": 60.0, "sport_keys": ["soccer_epl"]}
    assert json.loads(said("show", one).stdout)["webhook"]["filters"] == both
    assert said("change", one, "--no-filters", "--market", "h2h").exit_code == 0
    assert json.loads(said("show", one).stdout)["webhook"]["filters"] == {"markets": ["h2h"]}
    assert said("change", one, "--no-filters").exit_code == 0
    assert json.loads(said("show", one).stdout)["webhook"]["filters"] == {}
    rotated = json.loads(said("rotate", one, "--overlap", "1", "--json").stdout)
    (ends_at,) = rotated["old_end_at"].values()
    assert rotated["secret"].startswith("whsec_") and rotated["secret"] != secret
    assert dt.datetime.fromisoformat(ends_at) > dt.datetime.now(dt.UTC)
    for words in (("list",), ("list", "--json"), ("show", one), ("logs", "--endpoint", one)):
        text = said(*words).output
        assert secret not in text and rotated["secret"] not in text
    assert "disabled (partner)" in said("list").stdout
    assert said("remove", one).exit_code == 0 and "There are no webhooks" in said("list").stdout


def test_what_cannot_be_done_is_one_clear_line(said: Callable[..., Result], database: Database) -> None:
    account = make_account(database, "builder")
    assert said("add", account, LOCAL).exit_code == 0
    asked: dict[str, tuple[str, ...]] = {
        "as many as it may": ("add", account, LOCAL),
        "not public": ("add", make_account(database), "https://10.0.0.7/"),
        "no account": ("add", "acc_none", LOCAL),
        "Event types are": ("add", make_account(database), LOCAL, "--event", "signal.invented"),
        "no webhook endpoint": ("test", "we_none"),
        "Say what should change": ("change", "we_none"),
        "Say which deliveries": ("replay", "we_none", "--dry-run"),
        "Say whose": ("logs",),
        "no secret of a webhook": ("listen", "--secret", "nothing!", "--port", "0"),
    }
    for words, arguments in asked.items():
        result = said(*arguments)
        assert isinstance(result.exception, CommandFailed), arguments
        assert words in result.exception.message and "\n" not in result.exception.message, arguments


def test_the_log_is_listed_and_what_was_given_up_is_replayed(said: Callable[..., Result], database: Database) -> None:
    one = add(said, database)["endpoint_id"]
    (written,) = write_messages(database, "m1")
    fan_out_to(database, one)
    (claimed,) = claim(database, **{one: 1})
    with database.begin() as connection:
        record(connection, [tried(claimed, "dead")], NOW + SECOND)
    (row,) = json.loads(said("logs", "--endpoint", one, "--failed", "--json").stdout)
    assert (row["webhook_id"], row["status_code"], row["error"]) == (written, 500, "status")
    assert said("logs", "--endpoint", one, "--status", "200", "--json").stdout.strip() == "[]"
    # It was tried at 12:00:00 on 4 January.
    for options, n in ((("--since", "2026-01-04T12:00:00Z"), 1), (("--until", "2026-01-04T12:00:00Z"), 0)):
        assert len(json.loads(said("logs", "--endpoint", one, "--json", *options).stdout)) == n
    assert "1 deliveries would go out again" in said("replay", one, "--only-failed", "--dry-run").stdout
    assert "0 deliveries would go" in said("replay", one, "--until", "2026-01-04", "--dry-run").stdout
    assert "1 deliveries go out again" in said("replay", one, "--id", written).stdout
    assert "0 deliveries would go" in said("replay", one, "--only-failed", "--dry-run").stdout


def test_a_test_is_delivered_to_whoever_listens(
    said: Callable[..., Result],
    database: Database,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = add(said, database)
    arriving = said("test", made["endpoint_id"]).stdout.strip()
    listening = threading.Event()
    serve = LocalReceiver.serve
    monkeypatch.setattr(LocalReceiver, "serve", lambda self: (listening.set(), serve(self)))
    results: list[Result] = []
    options = ["--secret", made["secret"], "--port", str(PORT), "--count", "1"]
    runner = threading.Thread(target=lambda: results.append(CliRunner().invoke(listen.listen, options)))
    runner.start()
    assert listening.wait(20)
    box = SecretBox(server_secret("", read_settings(environ).home))

    async def deliver() -> None:
        poster = Poster(DestinationRules(vouched_for=["127.0.0.1"]))
        dispatcher = Dispatcher(database, box, poster, read_dispatch_settings({}))
        running = asyncio.create_task(dispatcher.run())
        await asyncio.to_thread(runner.join, 30)
        dispatcher.stop()
        await running

    asyncio.run(deliver())
    assert f"webhook.test  {arriving}  verified -> 200" in results[0].stdout
    (row,) = json.loads(said("logs", "--endpoint", made["endpoint_id"], "--json").stdout)
    assert (row["webhook_id"], row["is_delivered"]) == (arriving, True)
