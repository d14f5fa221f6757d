"""What keeps the database from being used, said so that a person can mend it; on SQLite and PostgreSQL."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.warehouse.market_rows import NOON
from warehouse.database import Database, Marks, engine
from warehouse.database.operations import marks
from warehouse.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseError,
    DatabaseNewer,
    DatabaseRefuses,
    DatabaseUnreachable,
)

ROW = {"key": "a", "value": "1", "updated_at": NOON}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A filled SQLite database that nobody holds open; locks are waited for a moment only."""
    monkeypatch.setattr(engine, "BUSY_MS", 20)
    with Database(f"sqlite:///{tmp_path / 'stratum.db'}") as database:
        database.migrate()
        for n in range(200):
            Marks(database).write(f"mark {n}", "x" * 500, NOON)
    return tmp_path / "stratum.db"


@pytest.fixture
def of_file(file: Path) -> Iterator[Database]:
    """The database in it, not opened yet."""
    with Database(f"sqlite:///{file}") as database:
        yield database


def reads(database: Database) -> object:
    return Marks(database).read("mark 100")


def writes(database: Database) -> object:
    return Marks(database).write("a", "1", NOON)


def migrates(database: Database) -> object:
    return database.migrate()


EVERY_USE = pytest.mark.parametrize("use", [reads, writes, migrates])


@EVERY_USE
@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"odds and ends " * 1000),
        lambda file: os.truncate(file, file.stat().st_size // 3),
        lambda file: file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000),
    ],
    ids=["another file", "cut short", "garbage behind its head"],
)
def test_a_damaged_file_is_named_with_the_way_back(
    file: Path, of_file: Database, damage: Callable[[Path], object], use: Callable[[Database], object]
) -> None:
    damage(file)
    with pytest.raises(DatabaseDamaged) as failure:
        use(of_file)
    assert failure.value.said.startswith(f"The database sqlite:///{file} is damaged (")
    assert failure.value.remedy.startswith("Move the file away, then bring back a backup (stratum restore FOLDER)")
    assert str(failure.value) == f"{failure.value.said} {failure.value.remedy}"


def test_a_table_that_is_gone_is_damage(file: Path, of_file: Database) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("drop table marks")
    with pytest.raises(DatabaseDamaged, match="no such table: marks"):
        reads(of_file)


def test_a_file_that_stays_locked_is_busy_and_readers_go_on(file: Path, of_file: Database) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("begin immediate")
        with pytest.raises(DatabaseBusy, match=r"is locked \(database is locked\)\. Run it again"):
            writes(of_file)
        assert reads(of_file) == "x" * 500
    writes(of_file)


def test_a_file_held_by_one_alone_is_busy_for_readers_too(file: Path, of_file: Database) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("pragma locking_mode = exclusive")
        holder.execute("begin exclusive")
        with pytest.raises(DatabaseBusy, match="is locked"):
            reads(of_file)


def test_a_file_that_may_only_be_read_is_refused(file: Path) -> None:
    with (
        Database(f"sqlite:///file:{file}?mode=ro&uri=true") as database,
        pytest.raises(DatabaseRefuses, match=r"refuses \(attempt to write a readonly database\)\. Is there room"),
    ):
        writes(database)


def test_a_disk_that_is_full_is_refused_and_leaves_nothing(file: Path, of_file: Database) -> None:
    def fill() -> None:
        with of_file.begin() as connection:
            connection.exec_driver_sql("pragma max_page_count = 1")
            connection.execute(sa.insert(marks), [{**ROW, "key": f"more {n}", "value": "x" * 5000} for n in range(100)])

    with pytest.raises(DatabaseRefuses, match=r"database or disk is full"):
        fill()
    assert Marks(of_file).read("more 0") is None


def test_a_folder_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    with (
        Database(f"sqlite:///{tmp_path / 'gone' / 'stratum.db'}") as database,
        pytest.raises(DatabaseUnreachable, match=r"gone/stratum\.db cannot be reached .* Is the folder there"),
    ):
        reads(database)


def test_looking_at_the_revision_makes_no_file(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'gone' / 'stratum.db'}") as database:
        assert database.revision() is None
        assert database.checked_revision() is None
    assert list(tmp_path.iterdir()) == []


def test_the_revision_of_a_newer_program_is_refused_by_looking_too(of_file: Database) -> None:
    assert of_file.checked_revision() == of_file.revision() is not None
    with of_file.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match="9999"):
        of_file.checked_revision()


@EVERY_USE
def test_a_server_that_does_not_answer_is_unreachable_and_its_password_unseen(
    use: Callable[[Database], object],
) -> None:
    with (
        Database("postgresql://stratum:hunter2 and more@127.0.0.1:9/stratum") as database,
        pytest.raises(
            DatabaseUnreachable, match=r"127\.0\.0\.1:9/stratum cannot be reached .*STRATUM_DATABASE_URL"
        ) as failure,
    ):
        use(database)
    shown = str(failure.value) + repr(failure.value)
    assert "hunter2" not in shown and "and more" not in shown
    assert failure.value.__cause__ is None, "the driver's own error may quote the password"


def test_a_server_that_knows_no_such_user_is_unreachable(postgres_url: str) -> None:
    other = sa.make_url(postgres_url).set(username="nobody_of_that_name", password="hunter2")
    with (
        Database(other.render_as_string(hide_password=False)) as database,
        pytest.raises(DatabaseUnreachable) as failure,
    ):
        reads(database)
    assert "hunter2" not in str(failure.value)


def test_a_server_without_that_database_is_unreachable(postgres_url: str) -> None:
    other = sa.make_url(postgres_url).set(database="none_of_that_name")
    with (
        Database(other.render_as_string(hide_password=False)) as database,
        pytest.raises(DatabaseUnreachable, match="none_of_that_name"),
    ):
        reads(database)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("select * from marks", DatabaseDamaged),  # not migrated: there is no such table
        ("set transaction read only; create table t (x int)", DatabaseRefuses),
        ("set local statement_timeout = 1; select pg_sleep(1)", DatabaseBusy),
        ("select pg_terminate_backend(pg_backend_pid())", DatabaseUnreachable),
        ("do $$ begin raise exception using errcode = '53100', message = 'disk full'; end $$", DatabaseRefuses),
        ("do $$ begin raise exception using errcode = 'XX001', message = 'torn page'; end $$", DatabaseDamaged),
        ("do $$ begin raise exception using errcode = '42501', message = 'denied'; end $$", DatabaseRefuses),
    ],
)
def test_what_a_server_reports_is_told_by_its_state(
    postgres_url: str, statement: str, kind: type[DatabaseError]
) -> None:
    with Database(postgres_url) as database:
        with pytest.raises(kind) as failure, database.begin() as connection:
            connection.exec_driver_sql(statement)
        assert type(failure.value) is kind
        with database.read() as connection:
            assert connection.execute(sa.text("select 1")).scalar_one() == 1, "it is usable again"


@pytest.mark.parametrize("statement", ["selec 1", "insert into marks (key) values (null)"])
def test_a_fault_of_our_own_stays_what_the_driver_made_of_it(database: Database, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.begin() as connection:
        connection.exec_driver_sql(statement)
