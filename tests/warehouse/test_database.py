"""The database itself: migrations, transactions and times, the same on SQLite and PostgreSQL."""

import datetime as dt
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.warehouse.market_rows import NOON
from warehouse.database import METADATA, Database, Marks
from warehouse.database.operations import leases, marks
from warehouse.errors import DatabaseNewer, DatabaseUnreachable, SettingInvalid
from warehouse.tables import BY_NAME

MIRRORED = {"events": "events", "consensus": "current_consensus", "signals": "signals"} | {
    name: name for name in ("closing_lines", "clv_records")
}


def test_the_migrated_schema_is_the_declared_one(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


@pytest.mark.parametrize(("table", "stored"), MIRRORED.items())
def test_a_hot_table_has_the_columns_of_its_class(database: Database, table: str, stored: str) -> None:
    found = {column["name"]: column["nullable"] for column in sa.inspect(database.engine).get_columns(stored)}
    assert found == {name: column.nullable for name, column in BY_NAME[table].columns.items()}


def test_migrations_can_be_taken_back_and_made_again(database: Database) -> None:
    assert database.revision() in database.known_revisions()
    database.downgrade("base")
    assert database.revision() is None
    assert sa.inspect(database.engine).get_table_names() == ["alembic_version"]
    database.migrate()
    assert set(METADATA.tables) < set(sa.inspect(database.engine).get_table_names())


def test_many_processes_may_migrate_at_once(database_url: str) -> None:
    program = f"from warehouse.database import Database; Database({database_url!r}).migrate()"
    running = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(3)]
    told = [process.communicate(timeout=60)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 3, told
    with Database(database_url) as database:
        assert database.revision() is not None


def test_threads_may_migrate_at_once(database_url: str) -> None:
    failures: list[BaseException] = []
    databases = [Database(database_url) for _ in range(6)]

    def migrate(one: Database) -> None:
        try:
            one.migrate()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(one,)) for one in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in databases:
        one.close()
    assert not failures


def test_a_migration_that_fails_leaves_nothing(database_url: str) -> None:
    database = Database(database_url)
    with database.begin() as connection:  # a table of that name is in the way of the last one
        connection.execute(sa.text("create table signals (x integer)"))
    with pytest.raises(sa.exc.DBAPIError):
        database.migrate()
    assert set(sa.inspect(database.engine).get_table_names()) <= {"signals", "alembic_version"}
    assert database.revision() is None
    database.close()


def test_a_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match="9999"):
        database.migrate()


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    row = {"key": "a", "value": "1", "updated_at": NOON}

    def write_and_fail() -> None:
        with database.begin() as connection:
            connection.execute(sa.insert(marks).values(**row))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert Marks(database).read("a") is None


def test_a_reader_sees_one_moment_and_does_not_wait_for_a_writer(database: Database) -> None:
    Marks(database).write("a", "before", NOON)
    query = sa.select(marks.c.value).where(marks.c.key == "a")
    with database.read() as reader:
        assert reader.execute(query).scalar_one() == "before"
        with database.begin() as writer:
            writer.execute(sa.update(marks).values(value="after"))
            assert reader.execute(query).scalar_one() == "before"
        assert reader.execute(query).scalar_one() == "before"
    assert Marks(database).read("a") == "after"


def test_writers_take_turns_instead_of_failing(database: Database) -> None:
    Marks(database).write("n", "0", NOON)

    def count() -> None:
        for _ in range(20):
            with database.begin() as connection:
                n = connection.execute(sa.select(marks.c.value).with_for_update()).scalar_one()
                connection.execute(sa.update(marks).values(value=str(int(n) + 1)))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Marks(database).read("n") == "80"


def test_times_come_back_to_the_microsecond_in_utc(database: Database) -> None:
    elsewhere = dt.timezone(dt.timedelta(hours=5, minutes=45))
    moments = [
        dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC),
        dt.datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=dt.UTC),
        dt.datetime(2038, 1, 19, 3, 14, 8, 123457, tzinfo=elsewhere),
    ]
    for n, moment in enumerate(moments):
        Marks(database).write(str(n), "", moment)
    with database.read() as connection:
        found = list(connection.execute(sa.select(marks.c.updated_at).order_by(marks.c.updated_at)).scalars())
    assert found == moments
    assert all(moment.tzinfo is dt.UTC for moment in found)


def test_times_compare_as_times_do(database: Database) -> None:
    # As text, "12:00:00.5" would come before "12:00:00Z", and a time with another offset anywhere.
    for name, moment in {"half": NOON.replace(microsecond=500_000), "whole": NOON.replace(microsecond=0)}.items():
        Marks(database).write(name, "", moment)
    later = marks.c.updated_at > NOON.replace(microsecond=0).astimezone(dt.timezone(dt.timedelta(hours=-8)))
    with database.read() as connection:
        assert list(connection.execute(sa.select(marks.c.key).where(later)).scalars()) == ["half"]


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = sa.select(marks).where(marks.c.updated_at > NOON.replace(tzinfo=None))
    with database.read() as connection, pytest.raises(sa.exc.StatementError, match="has no zone"):
        connection.execute(naive)


def test_microseconds_are_times_too(database: Database) -> None:
    Marks(database).write("noon", "", NOON)
    micros = int(NOON.timestamp()) * 1_000_000 + NOON.microsecond
    with database.read() as connection:
        found = connection.execute(sa.select(marks.c.key).where(marks.c.updated_at == micros)).scalar_one()
    assert found == "noon"


def test_sqlite_is_set_up_for_a_writer_beside_readers(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'stratum.db'}")
    database.migrate()
    with database.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"pragma {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 15_000}
    database.close()


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    database = Database("postgresql://stratum:hunter2@127.0.0.1:9/stratum")
    with pytest.raises(DatabaseUnreachable, match=r"127\.0\.0\.1:9/stratum.*STRATUM_DATABASE_URL") as failure:
        database.migrate()
    assert "hunter2" not in str(failure.value) + repr(database)
    with pytest.raises(SettingInvalid):
        Database("mysql://127.0.0.1/stratum")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "stratum.db"
    folder.mkdir()
    with pytest.raises(DatabaseUnreachable, match=r"stratum\.db.*writable"):
        Database(f"sqlite:///{folder}").migrate()


def test_every_table_has_a_key() -> None:
    assert [name for name, table in METADATA.tables.items() if not list(table.primary_key)] == []
    assert leases.c.token.type.python_type is int
