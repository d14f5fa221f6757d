"""The audit trail only grows, whoever asks, on both engines; and its numbers grow in the order of commits."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from warehouse.database import Accounts, AuditTrail, Database
from warehouse.database.access import audit_entries
from warehouse.database.audit_trail import note_change
from warehouse.errors import AccountUnknown, OperationInvalid

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def note(connection: sa.Connection, name: str) -> None:
    note_change(connection, actor="a", action="b", account_id="c", subject_id=name, detail={"n": name}, now=NOW)


@pytest.mark.parametrize("statement", ["update audit_entries set actor = 'x'", "delete from audit_entries"])
def test_an_entry_is_not_changed_or_deleted(database: Database, statement: str) -> None:
    with database.begin() as connection:
        note(connection, "one")
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), database.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    (entry,) = AuditTrail(database).entries()
    assert (entry.actor, entry.subject_id, entry.detail) == ("a", "one", {"n": "one"})


def test_an_entry_is_not_replaced_by_another_of_its_number(database: Database) -> None:
    with database.begin() as connection:
        note(connection, "one")
    (entry,) = AuditTrail(database).entries()
    if database.is_sqlite:
        columns = ", ".join(
            f"'tampered' as {column.name}" if column.name == "action" else column.name
            for column in audit_entries.columns
        )
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"insert or replace into audit_entries select {columns} from audit_entries")
    assert AuditTrail(database).entries() == [entry]


def test_the_whole_table_is_not_emptied_at_once(database: Database) -> None:
    if database.is_sqlite:
        return  # it has no such statement: delete is the only way, and is refused
    with database.begin() as connection:
        note(connection, "one")
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), database.engine.begin() as connection:
        connection.exec_driver_sql("truncate audit_entries")


def test_an_entry_is_there_only_with_its_change(database: Database) -> None:
    def change_and_fail() -> None:
        with database.begin() as connection:
            note(connection, "one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert AuditTrail(database).entries() == []


def test_whoever_has_seen_the_newest_number_has_seen_all(database: Database) -> None:
    seen: list[int] = []
    done = threading.Event()

    def write(name: str) -> None:
        for turn in range(10):
            with database.begin() as connection:
                note(connection, f"{name}{turn}")

    def watch() -> None:
        last = 0
        while not done.is_set() or AuditTrail(database).entries(after=last):
            for entry in AuditTrail(database).entries(after=last):
                seen.append(entry.audit_id)
                last = entry.audit_id

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    watcher = threading.Thread(target=watch)
    watcher.start()
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    done.set()
    watcher.join(60)
    with database.read() as connection:
        every = list(
            connection.execute(sa.select(audit_entries.c.audit_id).order_by(audit_entries.c.audit_id)).scalars()
        )
    assert seen == every and len(every) == 30


def test_an_account_that_is_not_there_and_words_that_mean_nothing_are_refused(database: Database) -> None:
    accounts = Accounts(database)
    with pytest.raises(AccountUnknown):
        accounts.get("acc_0")
    for name in ("", " ", "x" * 201, "a\x00b"):
        with pytest.raises(OperationInvalid):
            accounts.create(name, actor="a", now=NOW)
    made = accounts.create("  My   desk ", actor="a", now=NOW)
    assert (made.name, made.status, made.entitlement) == ("My desk", "active", None)
    with pytest.raises(OperationInvalid):
        accounts.set_status(made.account_id, "gone", actor="a", now=NOW)
    assert [one.account_id for one in accounts.every()] == [made.account_id]
