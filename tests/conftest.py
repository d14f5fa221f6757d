"""What every test can ask for: recorded data, a fresh PostgreSQL database, a home of its own, golden files.

Tests never reach another machine, never see settings of the one they run on, and take every warning as an error.
What could not run for want of a server or data is said loudly at the end; where CI=true it is a failure.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from tests.network import only_this_machine
from tests.postgres import VARIABLE, NoServer, find_server, fresh_database

REPOSITORY = Path(__file__).resolve().parent.parent
GOLDEN = REPOSITORY / "tests" / "golden"
IS_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
NOT_RUN = {
    "PostgreSQL": f"start a server on this machine or set {VARIABLE}",
    "Recorded data": "set STRATUM_TEST_DATA to the folder of recorded answers",
    "Browser": "install Chromium",
    "JavaScript": "install Node.js and run npm ci --prefix tests/javascript",
}

settings.register_profile(
    "stratum",
    deadline=None,
    derandomize=IS_CI,
    max_examples=50,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("stratum")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden files anew instead of comparing")


def pytest_configure(config: pytest.Config) -> None:
    """Shut the network and forget this machine's settings, before any module of ours is imported."""
    for name in list(os.environ):
        if name.startswith(("STRATUM_", "ODDS_API_", "DAGSTER_")) and not name.startswith("STRATUM_TEST_"):
            del os.environ[name]
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ["MPLBACKEND"] = "Agg"
    guard = only_this_machine()
    guard.__enter__()
    config.add_cleanup(lambda: guard.__exit__(None, None, None))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Rewriting golden files runs only the tests that have one."""
    if config.getoption("rewrite_golden"):
        golden = [item for item in items if "golden" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in golden])
        items[:] = golden


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what did not run, so that a green line is not mistaken for a complete one."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)]
    for missing, remedy in NOT_RUN.items():
        n = sum(f"{missing} tests did not run" in reason for reason in reasons)
        if n:
            terminalreporter.write_line(
                f"NOT RUN: {n} tests, because {missing.lower()} is missing: {remedy}.".replace(
                    "postgresql", "PostgreSQL"
                ),
                red=True,
                bold=True,
            )


def not_run(missing: str, detail: str) -> None:
    """Leave the test out loudly, or fail it where CI=true: there everything has to run."""
    message = f"{missing} tests did not run: {detail}"
    if IS_CI:
        pytest.fail(f"{message} With CI=true they have to.", pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded answers: STRATUM_TEST_DATA, by default ../shared/data beside the repository."""
    named = os.environ.get("STRATUM_TEST_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        not_run("Recorded data", f"there is no folder {folder}.")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """URL of a PostgreSQL server that lets us create databases."""
    try:
        return find_server().render_as_string(hide_password=False)
    except NoServer as error:
        return not_run("PostgreSQL", str(error))


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database of the test's own."""
    with fresh_database() as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of a PostgreSQL database shared by the tests of one module, empty for the first of them."""
    with fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: migrating takes longer than most tests."""
    from warehouse.database import Database

    file = tmp_path_factory.mktemp("migrated") / "stratum.db"
    with Database(f"sqlite:///{file}") as database:
        database.migrate()
        with database.begin() as connection:
            connection.exec_driver_sql("select 1")
    with sqlite3.connect(file) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    return file


@pytest.fixture(scope="session")
def migrated_name(postgres_server: str) -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy."""
    from warehouse.database import Database

    with fresh_database() as url:
        with Database(url) as database:
            database.migrate()
        yield str(make_url(url).database)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty STRATUM_HOME of the test's own, and Dagster's home inside it."""
    folder = tmp_path / "home"
    (folder / "dagster").mkdir(parents=True)
    monkeypatch.setenv("STRATUM_HOME", str(folder))
    monkeypatch.setenv("DAGSTER_HOME", str(folder / "dagster"))
    return folder


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares text with a reviewed file in tests/golden; `make golden` writes it anew."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("rewrite_golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"There is no golden file tests/golden/{name}: run make golden and read what it wrote."
        expected = file.read_text(encoding="utf-8")
        assert text == expected, (
            f"tests/golden/{name} differs. If the change is meant: make golden, and read the difference."
        )

    return compare
