"""The reference page of the outbox: which messages there are, when each is written, and what is in it.

The examples are messages the code has made: a simulated day is taken through the whole chain.
"""

import datetime as dt
import json
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from stratum_pipelines.markdown import MADE, table
from stratum_pipelines.platform import open_platform
from stratum_pipelines.simulation_run import import_simulation
from warehouse.database.limit_alerts import LimitAlerts
from warehouse.database.outbox import TOPICS, WEBHOOK_TEST, Message, Topic, as_json, draft
from warehouse.database.webhook_notices import DisabledWebhooks, WebhookTests
from warehouse.describe import column_schema
from warehouse.settings import HOME, read_settings
from warehouse.tables import COUNTED_CONVENTION, TABLES, ClvRecords, Signals

ABOUT = (
    "Live polling tells others what happened through the table `outbox` of the database. A message is committed in one transaction\n"
    "with the rows it tells of, so neither is there without the other. The [stream](stream.md) of the API tells them to whoever follows it;\n"
    "`stratum dispatch` delivers them to webhooks, in the [envelope](#as-a-webhook) below; who has the database reads them in their order:\n"
    "\n"
    "```\n"
    "select * from outbox where sequence > :last_seen order by sequence limit 100\n"
    "```\n"
    "\n"
    "A reader that keeps the last `sequence` it has worked through misses none. One that fails half-way meets some again: it tells them\n"
    "by `outbox_id`, which is the same for the same thing, always. A message is not called back when a day is recomputed."
)
ENVELOPE: dict[str, tuple[str, str]] = {
    "sequence": ("whole number", "Grows in the order of commits; there are gaps, and no number is given out twice."),
    "outbox_id": ("text", "First 32 hex digits of SHA-256 over the type and what the message is about."),
    "topic": ("text", "The type: one of the headings below."),
    "subject_id": ("text", "What it is about: a signal, or an account."),
    "payload": ("text", "A JSON object with the fields below, in their order."),
    "created_at": ("time", "When the message was written, UTC; on SQLite in microseconds since 1970."),
}
JSON_TYPES = {
    "text": "string",
    "float64": "number",
    "int32": "whole number",
    "int64": "whole number",
    "boolean": "true or false",
    "timestamp, UTC microseconds": "string, a time as in the example",
    "list of text": "array of strings",
}
DIGITS = 6
WEBHOOK = (
    "What a webhook carries is the message in an envelope: `type` (the heading below), `version` (it rises when a field changes its\n"
    "meaning or goes away), `id` (the `outbox_id`, also the header `webhook-id`, the same in every attempt for ever), `timestamp` (when the\n"
    "message was written) and `data` (the payload). It is always shorter than 20,000 bytes: a longer payload is cut down to what identifies\n"
    "it, and `is_truncated` says so. An endpoint that takes batches gets several of one type in one body, of `type` `batch`, whose `data` is\n"
    "a list of such envelopes."
)
LIMIT_ALERT_ROW = {
    "account_id": "acc_5f0c2a9d31b7e846",
    "period_start_at": dt.datetime(2026, 11, 5, tzinfo=dt.UTC),
    "threshold_percent": 90,
    "used": 9_000,
    "soft_limit": 10_000,
    "overage": 0,
    "noted_at": dt.datetime(2026, 11, 21, 14, 30, 12, 250_000, tzinfo=dt.UTC),
}
TEST_ROW = {
    "test_id": "wt_2f6a8c01d94b7e35",
    "account_id": "acc_5f0c2a9d31b7e846",
    "endpoint_id": "we_81d3c5a7f2e94b06",
    "asked_at": dt.datetime(2026, 11, 21, 14, 30, 12, 250_000, tzinfo=dt.UTC),
}
DISABLED_ROW = {
    "endpoint_id": "we_81d3c5a7f2e94b06",
    "account_id": "acc_5f0c2a9d31b7e846",
    "reason": "failing",
    "n_failures": 431,
    "failing_since": dt.datetime(2026, 11, 18, 14, 29, 57, 125_000, tzinfo=dt.UTC),
    "disabled_at": dt.datetime(2026, 11, 21, 14, 30, 12, 250_000, tzinfo=dt.UTC),
}


def event_page() -> str:
    """The page of every type of message."""
    about = [(f"`{field.name}`", *ENVELOPE[field.name]) for field in fields(Message)]
    parts = ["# Events", MADE, ABOUT, "## The message", table(("column", "type", "means"), about)]
    parts += ["## As a webhook", WEBHOOK, f"```json\n{webhook_example()}\n```"]
    for topic in TOPICS.values():
        parts += _topic(topic)
    return "\n\n".join(parts) + "\n"


def _topic(topic: Topic) -> list[str]:
    rows = [
        (
            f"`{column.name}`",
            JSON_TYPES[column.type] + (" or null" if column.is_nullable else ""),
            column.unit,
            "; ".join(column.constraints),
            column.description,
        )
        for column in column_schema(topic.table)
    ]
    identity = ", ".join(f"`{name}`" for name in topic.identity)
    return [
        f"## {topic.name}",
        topic.when,
        f"- About: {identity}\n- Payload: {_payload(topic)}",
        table(("field", "type", "unit", "values", "means"), rows),
        f"For example (numbers cut to {DIGITS} digits here):",
        f"```json\n{example(topic)}\n```",
    ]


def _payload(topic: Topic) -> str:
    if topic.table in TABLES:
        return f"a row of [`{topic.table.name}`](tables.md#{topic.table.name})"
    return "the fields below"


def example(topic: Topic) -> str:
    """A message of this type about a simulated signal or a made-up account, as indented JSON."""
    made = draft(topic.name, _example_rows()[topic.table.name])
    message = {
        "sequence": list(TOPICS).index(topic.name) + 1,
        "outbox_id": made.outbox_id,
        "topic": made.topic,
        "subject_id": made.identity[0],
        "payload": json.loads(as_json({name: _cut(value) for name, value in made.content.items()})),
    }
    return json.dumps(message, indent=2, ensure_ascii=False)


def webhook_example() -> str:
    """A message in the envelope in which it goes out, as indented JSON."""
    made, topic = draft(WEBHOOK_TEST, TEST_ROW), TOPICS[WEBHOOK_TEST]
    data = json.loads(as_json(made.content))
    message = {
        "type": topic.name,
        "version": topic.version,
        "id": made.outbox_id,
        "timestamp": data["asked_at"],
        "data": data,
    }
    return json.dumps(message, indent=2, ensure_ascii=False)


def _cut(value: Any) -> Any:
    """The last digits of a computed number may differ from machine to machine; a page must not."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


@cache
def _example_rows() -> Mapping[str, dict[str, Any]]:
    """A simulated signal with its closing-line value, the first that has one, and a made-up notice to an account."""
    with tempfile.TemporaryDirectory() as folder:
        platform = open_platform(read_settings({HOME.name: str(Path(folder))}))
        import_simulation(platform, days=1, sports=("soccer_epl",), seed=7, cadence_s=900)
        signals = platform.lake.scan(Signals).collect()
        counted = (pl.col("convention") == COUNTED_CONVENTION) & pl.col("is_current")
        closed = platform.lake.scan(ClvRecords).filter(pl.col("clv_prob").is_not_null(), counted).collect()
        platform.database.close()
    found = closed.sort("detected_at", "signal_id").head(1)
    (record,) = found.to_dicts()
    (signal,) = signals.filter(pl.col("signal_id") == record["signal_id"]).to_dicts()
    # A live game is announced a minute after its close is final; the moment of this run would make the page differ from itself.
    record["computed_at"] = record["final_at"] + dt.timedelta(minutes=1)
    return {
        Signals.name: signal,
        ClvRecords.name: record,
        LimitAlerts.name: LIMIT_ALERT_ROW,
        DisabledWebhooks.name: DISABLED_ROW,
        WebhookTests.name: TEST_ROW,
    }
