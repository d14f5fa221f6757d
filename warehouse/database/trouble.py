"""What the drivers report, said as the warehouse's own errors: one line, and what to do.

Only what a person can meet and mend is translated. A statement the database does not understand, or a row that breaks a
constraint, is a fault of our code and stays what the driver made of it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from warehouse.errors import DatabaseBusy, DatabaseDamaged, DatabaseError, DatabaseRefuses, DatabaseUnreachable
from warehouse.settings import hide_secrets

Kind = type[DatabaseError]

# SQLite's primary result codes, https://www.sqlite.org/rescode.html.
SQLITE: dict[int, Kind] = {
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnreachable,
    sqlite3.SQLITE_READONLY: DatabaseRefuses,
    sqlite3.SQLITE_FULL: DatabaseRefuses,
    sqlite3.SQLITE_IOERR: DatabaseRefuses,
    sqlite3.SQLITE_PERM: DatabaseRefuses,
    sqlite3.SQLITE_AUTH: DatabaseRefuses,
}
# PostgreSQL's SQLSTATE by its beginning, https://www.postgresql.org/docs/current/errcodes-appendix.html.
POSTGRESQL: dict[str, Kind] = {
    "08": DatabaseUnreachable,  # the connection broke
    "28": DatabaseUnreachable,  # name or password
    "3D": DatabaseUnreachable,  # no database of that name
    "57P": DatabaseUnreachable,  # the server starts or stops
    "40": DatabaseBusy,  # deadlock, serialization
    "55P03": DatabaseBusy,  # a lock was not given
    "57014": DatabaseBusy,  # the server's own time-out
    "53": DatabaseRefuses,  # disk, memory or connections are used up
    "25006": DatabaseRefuses,  # a copy that is only read
    "42501": DatabaseRefuses,  # no rights
    "42P01": DatabaseDamaged,  # no such table
    "58": DatabaseDamaged,  # the server cannot read its own files
    "XX": DatabaseDamaged,
}
FILL_IT = "then bring back a backup (stratum restore FOLDER) or compute all of it again (stratum backfill --stale)."
# What is the matter, and what to do about it: with a file of SQLite, and with a PostgreSQL server.
SAYS: dict[Kind, tuple[str, str, str]] = {
    DatabaseUnreachable: (
        "cannot be reached",
        "Is the folder there and writable?",
        "Is the server running, and are host, name and password in STRATUM_DATABASE_URL right?",
    ),
    DatabaseBusy: (
        "is locked",
        "Run it again; when it stays so, end the process that keeps the file open, such as a database browser.",
        "Run it again; when it stays so, end what keeps a transaction open.",
    ),
    DatabaseDamaged: (
        "is damaged",
        f"Move the file away, {FILL_IT}",
        f"Name a new database in STRATUM_DATABASE_URL, {FILL_IT}",
    ),
    DatabaseRefuses: (
        "refuses",
        "Is there room on the disk, and may this user write the file and its folder?",
        "Has the server room and connections left, and may this user write there?",
    ),
}


@contextmanager
def told_plainly(url: str) -> Iterator[None]:
    """Raises a DatabaseError in the place of what the driver reports about the database at `url`."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        is_sqlite = url.startswith("sqlite")
        kind = _sqlite_kind(error) if is_sqlite else _postgresql_kind(error)
        if kind is None:
            raise
        matter, with_a_file, with_a_server = SAYS[kind]
        reason = hide_secrets(str(error.orig).strip().partition("\n")[0])
        advice = with_a_file if is_sqlite else with_a_server
        # The driver's own error is left out: it may quote a part of the password.
        raise kind(f"The database {hide_secrets(url)} {matter} ({reason}).", advice) from None


def _sqlite_kind(error: sa.exc.DBAPIError) -> Kind | None:
    # An extended code holds the primary one in its lowest byte.
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_ERROR and "no such table" in str(error.orig):
        return DatabaseDamaged
    return SQLITE.get(code & 0xFF) if code is not None else None


def _postgresql_kind(error: sa.exc.DBAPIError) -> Kind | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        # No state: there was no server to give one.
        return DatabaseUnreachable if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) else None
    return next((kind for start, kind in POSTGRESQL.items() if state.startswith(start)), None)
