"""Finds the PostgreSQL server the tests may use, and makes fresh databases on it.

`python -m tests.postgres` prints the server's URL, or says what was tried and exits with 1.
"""

import getpass
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import psycopg
from sqlalchemy.engine import URL, make_url

VARIABLE = "STRATUM_TEST_POSTGRES_URL"
SOCKET_FOLDERS = ("/var/run/postgresql", "/run/postgresql", "/tmp")


class NoServer(Exception):
    """No PostgreSQL server answered; the message says which were asked and what to do."""


def candidates(environ: Mapping[str, str]) -> list[URL]:
    """Servers to ask, best first: the one named, else PGHOST and PGPORT, else this machine's sockets and loopback."""
    if environ.get(VARIABLE):
        return [make_url(environ[VARIABLE]).set(drivername="postgresql+psycopg")]
    port = int(environ.get("PGPORT") or 5432)
    user = environ.get("PGUSER") or getpass.getuser()
    hosts = [environ["PGHOST"]] if environ.get("PGHOST") else [*SOCKET_FOLDERS, "127.0.0.1"]
    return [_url(host, port, name) for host in hosts for name in dict.fromkeys([user, "postgres"])]


def _url(host: str, port: int, user: str) -> URL:
    if host.startswith("/"):
        query = {"host": host, "port": str(port)}
        return URL.create("postgresql+psycopg", username=user, database="postgres", query=query)
    return URL.create("postgresql+psycopg", username=user, host=host, port=port, database="postgres")


def _place(url: URL) -> str:
    """User, host and port: a password stays out of messages."""
    return f"{url.username}@{url.host or url.query.get('host')}:{url.port or url.query.get('port')}"


@cache
def find_server() -> URL:
    """The first server that lets us create databases, asked once per process."""
    refusals = []
    for url in candidates(os.environ):
        try:
            with _connect(url) as connection:
                may = connection.execute("select rolsuper or rolcreatedb from pg_roles where rolname = current_user")
                if may.fetchone() == (True,):
                    return url
            refusals.append(f"{_place(url)} (may not create databases)")
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[0].rpartition("failed: ")[2]
            refusals.append(f"{_place(url)} ({reason})")
    raise NoServer(
        f"No PostgreSQL server was found. Start one, or set {VARIABLE} to postgresql://user:password@host:port/postgres. "
        f"Asked: {'; '.join(refusals)}."
    )


@contextmanager
def fresh_database(template: str = "template0") -> Iterator[str]:
    """URL of an empty database of its own, or a copy of another; dropped afterwards with every open connection."""
    server = find_server()
    name = f"stratum_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{uuid.uuid4().hex[:12]}"
    with _connect(server) as connection:
        connection.execute(f'create database "{name}" template "{template}"')
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with _connect(server) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')


def _connect(url: URL) -> psycopg.Connection:
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(conninfo, autocommit=True, connect_timeout=3)


if __name__ == "__main__":
    try:
        print(find_server().render_as_string(hide_password=False))
    except NoServer as error:
        sys.exit(str(error))
