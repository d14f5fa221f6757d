"""The reference page of the stream: its addresses, its messages, and the codes a WebSocket closes with."""

import datetime as dt

from stratum_api.problem_page import MADE
from stratum_api.stream import CONTROL, Frame, frames
from stratum_api.stream.wanted import TOPICS

ABOUT = """`GET /api/v1/stream` answers with server-sent events, `/api/v1/stream/ws` is a WebSocket; both tell the same, to plans whose
[`streams`](plans.md) is above 0 and keys with the scope `stream:read`. [Follow the stream](../how-to/follow-the-stream.md) shows how.

Every message is one JSON object with a `topic`. Those of the outbox hold `sequence`, `outbox_id`, `topic`, `subject_id`, `created_at` and `payload`; their
topics and payloads are those of [events](events.md). In server-sent events `id` is the sequence and `event` the topic. `sequence` grows in the
order of commits, on every server alike, and is the same that `since_sequence` and `sequence` of the REST endpoints mean. A plan with a delay hears
everything that much later, a redacted plan gets the fields it does not include as null, with `is_redacted` true."""

PARAMETERS = """| parameter | means |
| --- | --- |
| `Last-Event-ID` (header) | the last sequence that was received: the stream goes on after it, without a gap; wins over the parameter |
| `last_event_id` | the same, for clients that cannot set headers |
| `topic`, `sport`, `type` or `signal_type`, `market`, `event` | only messages with one of these values; each may be given several times |
| `min_score` | only messages about signals with at least this composite score |

Filters other than `topic` are about markets: `system.limit_alert` passes them, and goes to its own account alone. Other topics ({hidden}) go to nobody."""

BROKEN = """A WebSocket that closes with another code broke off: 1006 without a word, 1009 when the client sent something too long, 1011 when it did not answer
pings. Resume. What keeps a stream from opening is a [problem](problems.md) with its status, on both wires: 400, 401, 403, 429."""


def stream_page() -> str:
    """The page."""
    now = dt.datetime(2026, 11, 21, 17, 31, 10, tzinfo=dt.UTC)
    examples: dict[str, Frame] = {
        "ready": frames.ready(48120),
        "heartbeat": frames.heartbeat(48120, now),
        "snapshot_required": frames.snapshot_required(31877, 48120),
        "slow_consumer": frames.slow_consumer(1000),
        "access_ended": frames.access_ended(),
        "reconnect": frames.reconnect("the server stops", 2731),
    }
    rows = [f"| `{one.topic}` | {one.close_code or '-'} | {one.when} | {one.remedy} |" for one in CONTROL.values()]
    blocks = [
        f"```\n{examples[topic].sse.decode().strip()}\n```\n\n```json\n{examples[topic].text}\n```" for topic in CONTROL
    ]
    topics = ", ".join(f"`{topic}`" for topic in TOPICS)
    return (
        "\n\n".join(
            [
                "# The stream",
                MADE,
                ABOUT,
                "## Parameters",
                PARAMETERS.format(hidden="such as `webhook.test`"),
                f"Topics: {topics}.",
                "## Messages of the stream's own",
                "A WebSocket closes with the code after the message; server-sent events just end. `-` goes on.",
                "\n".join(["| topic | code | when | do |", "| --- | --- | --- | --- |", *rows]),
                BROKEN,
                "The same as server-sent events and on a WebSocket:",
                *blocks,
            ]
        )
        + "\n"
    )
