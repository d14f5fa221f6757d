"""`stratum dispatch`: what keeps it from starting is one clear line."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from stratum_api.commands.dispatch import dispatch_command
from stratum_api.commands.speaking import CommandFailed
from stratum_api.dispatcher.running import alone
from warehouse.database import Database
from warehouse.settings import read_settings


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(dispatch_command, list(arguments), standalone_mode=False)
    assert isinstance(result.exception, CommandFailed), result.output
    return result.exception.message


def test_a_second_dispatcher_on_a_file_is_told_so_and_not_of_a_port(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATUM_HOME", str(home))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "--metrics-port" in refused("--metrics-port", port)
        with Database(read_settings({"STRATUM_HOME": str(home)}).database_url) as database, alone(database):
            assert "Another dispatcher serves" in refused("--metrics-port", port)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRATUM_DISPATCH_RETRY_SECONDS", "1,1e15"),
        ("STRATUM_DISPATCH_METRICS_PORT", "70000"),
        ("STRATUM_DISPATCH_DISABLE_SECONDS", "1e15"),
        ("STRATUM_WEBHOOK_PORTS", "443,70000"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("STRATUM_HOME", str(home))
    monkeypatch.setenv(name, value)
    assert name in refused()
