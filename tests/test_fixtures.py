"""What tests can ask for is there and fresh; where it is missing that is said loudly, and fails where CI=true."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from tests.conftest import REPOSITORY
from tests.postgres import VARIABLE, candidates

HERE = "tests/test_fixtures.py"
NEEDS_POSTGRES = f"{HERE}::test_a_test_gets_an_empty_database_of_its_own"
NEEDS_RECORDED = f"{HERE}::test_recorded_answers_are_described_beside_themselves"


def test_recorded_answers_are_described_beside_themselves(recorded: Path) -> None:
    assert (recorded / "README.md").is_file()


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_test_gets_an_empty_database_of_its_own(postgres_url: str, time: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("create table mark (n int)"))  # fails if the other test's table were there
    engine.dispose()


def test_a_home_is_empty_but_for_dagsters(home: Path) -> None:
    assert os.environ["STRATUM_HOME"] == str(home)
    assert [path.name for path in home.rglob("*")] == ["dagster"]


def test_settings_of_this_machine_do_not_reach_the_tests() -> None:
    ours = [name for name in os.environ if name.startswith(("STRATUM_", "ODDS_API_", "DAGSTER_HOME"))]
    assert [name for name in ours if not name.startswith("STRATUM_TEST_")] == []


def outcome(test: str, **environ: str) -> subprocess.CompletedProcess:
    """What pytest says of one test where there is neither a PostgreSQL server nor recorded data."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "STRATUM_", "PG"))}
    inherited.pop("CI", None)
    missing = {"PGHOST": "127.0.0.1", "PGPORT": "1", "STRATUM_TEST_DATA": "/nowhere", "ODDS_API_KEY": "x"}
    command = [sys.executable, "-m", "pytest", "-q", test]
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**inherited, **missing, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (
            NEEDS_POSTGRES,
            f"NOT RUN: 2 tests, because PostgreSQL is missing: start a server on this machine or set {VARIABLE}",
        ),
        (NEEDS_RECORDED, "NOT RUN: 1 tests, because recorded data is missing: set STRATUM_TEST_DATA to the folder"),
    ],
    ids=["postgres", "recorded"],
)
def test_what_is_missing_is_said_loudly_and_fails_in_continuous_integration(test: str, said: str) -> None:
    left_out = outcome(test)
    assert left_out.returncode == 0, left_out.stdout
    assert said in left_out.stdout
    failed = outcome(test, CI="true")
    assert failed.returncode == 1
    assert "With CI=true they have to." in failed.stdout


def test_a_named_server_is_the_only_one_asked() -> None:
    named = {VARIABLE: "postgresql://me:secret@db.example:6000/postgres", "PGHOST": "elsewhere"}
    assert candidates(named) == [make_url("postgresql+psycopg://me:secret@db.example:6000/postgres")]


def test_without_a_name_sockets_and_loopback_are_asked_and_nothing_else() -> None:
    def place(url: URL) -> str:
        host = url.host or url.query["host"]
        assert isinstance(host, str)
        return host

    assert {place(url) for url in candidates({})} == {"/var/run/postgresql", "/run/postgresql", "/tmp", "127.0.0.1"}
    assert {place(url) for url in candidates({"PGHOST": "/elsewhere", "PGPORT": "5433"})} == {"/elsewhere"}
