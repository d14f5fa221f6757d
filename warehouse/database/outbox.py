"""The outbox: what others are to be told, committed together with what it tells."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.inserting import Insert
from warehouse.database.limit_alerts import LimitAlerts
from warehouse.database.operations import outbox
from warehouse.database.webhook_notices import DisabledWebhooks, WebhookTests
from warehouse.tables import COUNTED_CONVENTION, TIME, ClvRecords, Signals, Table

SIGNAL_DETECTED = "signal.detected"
CLV_FINALIZED = "signal.clv_finalized"
LIMIT_ALERT = "system.limit_alert"
WEBHOOK_DISABLED = "system.webhook_disabled"
WEBHOOK_TEST = "webhook.test"
# The mark that says up to which sequence messages were handed on to whoever delivers them.
DISPATCHED = "dispatcher.sequence"


@dataclass(frozen=True)
class Topic:
    """A kind of message: its payload is a row of `table` (a table of the lake, or a declaration of its own), and `identity` names the columns that tell two of them apart.

    `when` says when one is written, in the words of the documentation. The first column of the identity is the subject's id.
    `version` rises when a field of the payload changes its meaning or goes away; a field that is added does not raise it.
    """

    name: str
    table: type[Table]
    identity: tuple[str, ...]
    when: str
    version: int = 1


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic(
            SIGNAL_DETECTED,
            Signals,
            ("signal_id",),
            "Live polling found a signal: in the transaction that stores it, once per signal. Days that are computed anew "
            "write none.",
        ),
        Topic(
            CLV_FINALIZED,
            ClvRecords,
            ("signal_id", "convention", "version"),
            f"The closing-line value of a signal is final, by default an hour after the start (convention "
            f"`{COUNTED_CONVENTION}` only): in the transaction that stores it as final, once per signal and version, if the "
            "outbox has told of the signal. What changes later (a start moved after it had passed, answers that came late, a "
            "day computed anew with other numbers) is a new version with a message of its own; `reason` says which. Where the "
            "close is missing the message says so (`quality`), and its values are null. Imported archives write none.",
        ),
        Topic(
            LIMIT_ALERT,
            LimitAlerts,
            ("account_id", "period_start_at", "threshold_percent"),
            "An account's billable requests reached 80, 90, 100 or 120 % of what its billing period includes: in the transaction that "
            "counts them, once per account, period and threshold. Requests go on being answered above it.",
        ),
        Topic(
            WEBHOOK_DISABLED,
            DisabledWebhooks,
            ("endpoint_id", "disabled_at"),
            "The dispatcher disabled a webhook endpoint, because it answered 410 or failed for too long: in the transaction that "
            "disables it. It goes to the other endpoints of the same account that ask for it.",
        ),
        Topic(
            WEBHOOK_TEST,
            WebhookTests,
            ("test_id",),
            "Somebody asked for a test of a webhook endpoint. It goes to that endpoint alone, whichever types that asks for.",
        ),
    )
}

# Below the most variables SQLite takes in one statement.
IDS_AT_ONCE = 1_000
# Writers of the outbox take turns on PostgreSQL, so that rows become visible in the order of their sequence: a reader
# who goes on from the last sequence it saw never misses one. On SQLite writers take turns anyway.
TURN_LOCK = 7_283_002
# What PostgreSQL calls out (NOTIFY) when messages are committed. A call says nothing but that there is something.
CALLED_OUT = "stratum_outbox"

_INSERT = Insert(outbox, "keep", conflict=("outbox_id",), returning="outbox_id")


@dataclass(frozen=True)
class Draft:
    """A message to be written: its topic, the parts that identify what it is about, and its content.

    The first part of the identity is the subject's id.
    """

    topic: str
    identity: tuple[str, ...]
    content: Mapping[str, Any]

    @property
    def outbox_id(self) -> str:
        """First 32 hex digits of SHA-256 over topic and identity: the same message always has the same id."""
        return hashlib.sha256("\x1f".join((self.topic, *self.identity)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Message:
    """A message of the outbox; `sequence` grows in the order of commits, with gaps."""

    sequence: int
    outbox_id: str
    topic: str
    subject_id: str
    payload: str
    created_at: dt.datetime


def draft(topic: str, row: Mapping[str, Any]) -> Draft:
    """The message of a topic about a row of its table."""
    return Draft(topic, tuple(str(row[name]) for name in TOPICS[topic].identity), row)


def told_before(connection: sa.Connection, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those CLV records whose signal, or an earlier version of which, the outbox has told of."""
    wanted = [_told(row) for row in records]
    every = sorted({outbox_id for ids in wanted for outbox_id in ids})
    found: set[str] = set()
    for start in range(0, len(every), IDS_AT_ONCE):
        some = every[start : start + IDS_AT_ONCE]
        query = sa.select(outbox.c.outbox_id).where(outbox.c.outbox_id.in_(some))
        found.update(connection.execute(query).scalars())
    return [row for row, ids in zip(records, wanted, strict=True) if found.intersection(ids)]


def _told(row: Mapping[str, Any]) -> list[str]:
    """The ids of the messages about the signal of a record and about its earlier versions."""
    earlier = [draft(CLV_FINALIZED, {**row, "version": version}) for version in range(1, row["version"])]
    return [one.outbox_id for one in (draft(SIGNAL_DETECTED, row), *earlier)]


def add_to_outbox(connection: sa.Connection, drafts: list[Draft], now: dt.datetime) -> int:
    """How many messages were new. Written in the caller's transaction; one that is there already stays as it is."""
    if not drafts:
        return 0
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN_LOCK)))
    frame = pl.DataFrame(
        {
            "outbox_id": [draft.outbox_id for draft in drafts],
            "topic": [draft.topic for draft in drafts],
            "subject_id": [draft.identity[0] for draft in drafts],
            "payload": [as_json(draft.content) for draft in drafts],
            "created_at": pl.Series([now] * len(drafts), dtype=TIME),
        }
    )
    written = _INSERT.rows(connection, frame)
    if written and connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_notify(CALLED_OUT, "")))
    return len(written)


def as_json(row: Mapping[str, Any]) -> str:
    """A row as JSON: keys in their order, no spaces, times in UTC with microseconds and Z.

    Examples:
        >>> as_json({"at": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "n": 1})
        '{"at":"2026-01-02T03:04:05.000000Z","n":1}'
    """
    return json.dumps(row, default=_time_as_text, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _time_as_text(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    raise TypeError(f"{value!r} of type {type(value).__name__} has no form in JSON.")


class Outbox:
    """Reads the outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def after(self, sequence: int = 0, *, limit: int = 100) -> list[Message]:
        """The next messages after a sequence, oldest first."""
        query = sa.select(outbox).where(outbox.c.sequence > sequence).order_by(outbox.c.sequence).limit(limit)
        with self.database.read() as connection:
            return [Message(**row) for row in connection.execute(query).mappings()]
