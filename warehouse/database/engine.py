"""The database: SQLite in one file by default, PostgreSQL in production, the same code on both."""

import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from warehouse.database.trouble import told_plainly
from warehouse.errors import DatabaseNewer
from warehouse.settings import hide_secrets, name_driver

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, as long as nothing else on the server takes a lock with it.
MIGRATION_LOCK = 7_283_001
BUSY_MS = 15_000


class Database:
    """One database, opened when it is first used.

    `begin` gives a transaction that writes, `read` one that only reads. On SQLite a writing transaction takes the write
    lock at once (BEGIN IMMEDIATE): taking it in the middle would fail instead of waiting when another process wrote
    meanwhile. What keeps either from being used is a DatabaseError that says what to do.
    """

    def __init__(self, url: str) -> None:
        """`url` is sqlite:///FILE or postgresql://…; nothing is opened yet."""
        self.url = name_driver(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        # The file of an SQLite database, None for a server or one in memory.
        named = self.engine.url.database if self.is_sqlite else None
        self.file = Path(named) if named and named != ":memory:" else None
        # Who forgets to close it leaves no open connections behind.
        weakref.finalize(self, self.engine.dispose)

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Database({hide_secrets(self.url)!r})"

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A connection in a transaction that writes: committed at the end, undone on an error."""
        with told_plainly(self.url), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection in a transaction that reads and sees one moment throughout; it never waits for a writer."""
        options: dict[str, Any] = {"stratum_reads": True}
        if not self.is_sqlite:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            told_plainly(self.url),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to a revision, by default the newest; does nothing when it is there.

        Several processes may do it at once: the first one works, the others wait and find it done. On SQLite the file and
        its folder are made.
        """
        from alembic import command

        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        config = self._alembic()
        if revision == "head" and self.revision() == self.newest_revision():
            return
        with self._one_migration_at_a_time() as connection:
            config.attributes["connection"] = connection
            found = _revision(connection)
            self._refuse_newer(found)
            command.upgrade(config, revision)

    def downgrade(self, revision: str) -> None:
        """Take the schema back to an older revision; "base" leaves no table. Rows of dropped tables are lost."""
        from alembic import command

        config = self._alembic()
        with self._one_migration_at_a_time() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, revision)

    def revision(self) -> str | None:
        """The revision of the schema, None in an empty database; looking makes no file where there is none."""
        if self.file is not None and not self.file.exists():
            return None
        with self.read() as connection:
            return _revision(connection)

    def checked_revision(self) -> str | None:
        """The revision as `revision` gives it, refused when this program does not know it."""
        found = self.revision()
        self._refuse_newer(found)
        return found

    def known_revisions(self) -> set[str]:
        """The revisions this program can migrate from and to."""
        from alembic.script import ScriptDirectory

        return {one.revision for one in ScriptDirectory.from_config(self._alembic()).walk_revisions()}

    def newest_revision(self) -> str | None:
        """The revision this program migrates to."""
        from alembic.script import ScriptDirectory

        return ScriptDirectory.from_config(self._alembic()).get_current_head()

    def close(self) -> None:
        """Close every open connection; the next use opens new ones."""
        self.engine.dispose()

    def _refuse_newer(self, revision: str | None) -> None:
        if revision is not None and revision not in self.known_revisions():
            raise DatabaseNewer(
                f"{self} has revision {revision}, which this program does not know.",
                "A newer one has migrated it: install that version, or restore a backup made before.",
            )

    def _alembic(self) -> Any:
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return config

    @contextmanager
    def _one_migration_at_a_time(self) -> Iterator[sa.Connection]:
        # Both locks end with the transaction, also when the process dies. On SQLite BEGIN IMMEDIATE is the lock.
        with self.begin() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            yield connection


def _revision(connection: sa.Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _postgres_engine(url: str) -> sa.Engine:
    return sa.create_engine(
        url,
        pool_pre_ping=True,  # a server that was restarted costs a reconnect, not a failed cycle
        connect_args={"options": "-c timezone=UTC", "application_name": "stratum", "connect_timeout": 10},
    )


def _sqlite_engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Set what SQLite forgets with every connection.

    synchronous=NORMAL: in WAL mode a killed process loses nothing and a power cut may lose the last commits, but never
    damages the file. That is enough: raw answers are synced in the lake before the database is written, and the next
    start computes again what raw has and the database lacks, under the same ids.
    """
    connection.isolation_level = None  # Python's driver would otherwise begin transactions by itself, and late
    for pragma in (f"busy_timeout = {BUSY_MS}", "foreign_keys = on", "synchronous = normal"):
        connection.execute(f"pragma {pragma}")
    deadline = time.monotonic() + BUSY_MS / 1000
    while connection.execute("pragma journal_mode").fetchone()[0] != "wal":
        # The change to WAL needs the file alone and does not wait for it, so two first starts at once meet here.
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("stratum_reads", False)
    connection.exec_driver_sql("begin" if reads else "begin immediate")
