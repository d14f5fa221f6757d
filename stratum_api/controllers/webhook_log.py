"""Every attempt to deliver to webhooks of the account, and how each webhook fares."""

import asyncio
import datetime as dt
from typing import Annotated

import msgspec
from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.controllers.webhooks import WEBHOOKS, asked, desk_of
from stratum_api.dispatcher.verdicts import ERRORS, MESSAGE_GONE, STATUS_ERROR
from stratum_api.pages import USUAL_LIMIT, CursorText, Limit, Page, Question
from stratum_api.parameters import HEX_ID, moment, moment_parameter
from stratum_api.problems import CursorInvalid
from stratum_api.routes import Serving, Visiting, reads
from stratum_api.tiers.sight import invalid
from stratum_api.webhook_forms import EndpointId
from warehouse.database.webhooks import AttemptFilter, AttemptLog

USUAL_WINDOW = dt.timedelta(hours=24)
ErrorWord = Annotated[
    str,
    msgspec.Meta(
        description=f"Why it failed: {', '.join([*ERRORS.values(), STATUS_ERROR, MESSAGE_GONE])}; empty where it did not."
    ),
]
SinceMoment = Annotated[
    str | None,
    moment_parameter("since", "From this moment on: ISO 8601 with Z or an offset."),
]
UntilMoment = Annotated[
    str | None,
    moment_parameter("until", "Before this moment: ISO 8601 with Z or an offset."),
]


class ShownAttempt(msgspec.Struct):
    """One attempt to deliver."""

    attempt_id: Annotated[int, msgspec.Meta(description="Grows in the order in which attempts were noted.")]
    webhook_id: Annotated[str, msgspec.Meta(description="What the receiver saw as `webhook-id`.")]
    endpoint_id: str
    event_type: str
    attempt: Annotated[int, msgspec.Meta(description="Which attempt of its delivery, from 1; a replay begins anew.")]
    attempted_at: dt.datetime
    is_delivered: bool
    status_code: Annotated[int | None, msgspec.Meta(description="Null where no answer came.")]
    error: ErrorWord
    latency_ms: float
    response_excerpt: Annotated[str, msgspec.Meta(description="The beginning of the answer, 2 kB at most.")]


class AttemptPage(Page[ShownAttempt]):
    """Attempts, the newest first, and where the next begin."""


class WebhookStats(msgspec.Struct):
    """How a webhook fared since a moment, and how it stands now."""

    endpoint_id: str
    since_at: dt.datetime
    n_delivered: Annotated[int, msgspec.Meta(description="Attempts that were answered with 2xx.")]
    n_failed: Annotated[int, msgspec.Meta(description="Attempts that were not.")]
    latency_p50_ms: Annotated[
        float | None, msgspec.Meta(description="Half of the newest answers came within this time; null without any.")
    ]
    latency_p95_ms: float | None
    last_delivered_at: dt.datetime | None
    last_failed_at: dt.datetime | None
    n_pending: Annotated[int, msgspec.Meta(description="Deliveries on their way, however old.")]
    n_dead: Annotated[int, msgspec.Meta(description="Deliveries that were given up and can be replayed.")]
    oldest_pending_at: dt.datetime | None
    n_failures: Annotated[int, msgspec.Meta(description="Attempts that failed since the last that did not.")]
    failing_since_at: dt.datetime | None
    is_paused: Annotated[
        bool, msgspec.Meta(description="Whether it failed so often that only single deliveries try whether it answers.")
    ]
    paused_until_at: dt.datetime | None


class WebhookLogController(Controller):
    """The log of deliveries."""

    path = "/api/v1/partner/webhooks"
    tags = ("webhooks",)

    @reads("/logs", "listWebhookAttempts", WEBHOOKS, CursorInvalid)
    async def attempts(
        self,
        service: Serving,
        visit: Visiting,
        endpoint_id: Annotated[
            str | None, QueryParameter(pattern="^we_[0-9a-f]{16}$", description="Only those to this webhook.")
        ] = None,
        webhook_id: Annotated[
            str | None, QueryParameter(pattern=HEX_ID, description="Only those of this delivery.")
        ] = None,
        event_type: Annotated[
            str | None,
            QueryParameter(pattern="^[a-z_.]{1,60}$", description="Only messages of this type, as in signal.detected."),
        ] = None,
        is_delivered: Annotated[
            bool | None, QueryParameter(description="Only what was delivered, or only what failed.")
        ] = None,
        status_code: Annotated[
            int | None, QueryParameter(ge=100, le=599, description="Only those answered with this status.")
        ] = None,
        since: SinceMoment = None,
        until: UntilMoment = None,
        limit: Limit = USUAL_LIMIT,
        cursor: CursorText = None,
    ) -> AttemptPage:
        """Every attempt to deliver to the account's webhooks, the newest first. The log is kept for 30 days, or as the operator says."""
        question = Question(
            "listWebhookAttempts", endpoint_id, webhook_id, event_type, is_delivered, status_code, since, until
        )
        after = service.cursors.read(cursor, question)
        wanted = AttemptFilter(
            endpoint_id=endpoint_id,
            webhook_id=webhook_id,
            topic=event_type,
            is_delivered=is_delivered,
            status_code=status_code,
            since=moment("since", since),
            until=moment("until", until),
        )
        found = await asyncio.to_thread(
            AttemptLog(service.database).page,
            visit.visitor.account_id,
            wanted,
            before=None if after is None else after[0],
            limit=limit + 1,
        )
        items, next_cursor = service.cursors.page(found, limit, question, lambda one: (one.attempt_id,))
        return AttemptPage(
            [
                ShownAttempt(
                    attempt_id=one.attempt_id,
                    webhook_id=one.webhook_id,
                    endpoint_id=one.endpoint_id,
                    event_type=one.topic,
                    attempt=one.attempt,
                    attempted_at=one.attempted_at,
                    is_delivered=one.is_delivered,
                    status_code=one.status_code,
                    error=one.error,
                    latency_ms=one.latency_ms,
                    response_excerpt=one.response_excerpt,
                )
                for one in items
            ],
            next_cursor,
        )

    @reads("/{endpoint_id:str}/stats", "getWebhookStats", WEBHOOKS)
    async def stats(
        self, service: Serving, visit: Visiting, endpoint_id: EndpointId, since: SinceMoment = None
    ) -> WebhookStats:
        """How a webhook fared since a moment, 24 hours ago by default, and how it stands now."""
        now = service.now()
        begin = moment("since", since) or now - USUAL_WINDOW
        if begin > now:
            raise invalid("since", "lies in the future")
        await asked(lambda: desk_of(service, visit).get(endpoint_id, visit.visitor.account_id))
        told = await asyncio.to_thread(AttemptLog(service.database).stats, endpoint_id, begin)
        return WebhookStats(
            endpoint_id=told.endpoint_id,
            since_at=told.since,
            n_delivered=told.n_delivered,
            n_failed=told.n_failed,
            latency_p50_ms=told.latency_p50_ms,
            latency_p95_ms=told.latency_p95_ms,
            last_delivered_at=told.last_delivered_at,
            last_failed_at=told.last_failed_at,
            n_pending=told.n_pending,
            n_dead=told.n_dead,
            oldest_pending_at=told.oldest_pending_at,
            n_failures=told.n_failures,
            failing_since_at=told.failing_since,
            is_paused=told.is_open,
            paused_until_at=told.paused_until,
        )
