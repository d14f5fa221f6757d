"""What a webhook looks like in requests and answers. A secret stands only in the answer to whoever has just made it."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from litestar.params import PathParameter

from stratum_api.dispatcher.filters import Filters
from stratum_api.webhook_desk import BATCH_SIZE, EVENT_TYPES, LONGEST_DESCRIPTION, RATE_PER_S, TIMEOUT_S
from warehouse.database.outbox import IDS_AT_ONCE
from warehouse.database.webhooks import Endpoint, StoredSecret
from warehouse.outbound.destinations import LONGEST_URL

MOST_OVERLAP_S = 604_800

EndpointId = Annotated[
    str, PathParameter(pattern="^we_[0-9a-f]{16}$", description="The id of a webhook: we_ and 16 hex digits.")
]
Scheme = Literal["v1", "v1a"]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
Url = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=LONGEST_URL,
        description="Where deliveries are posted to: https, on a public host.",
        examples=["https://partner.example/stratum"],
    ),
]
EventTypes = Annotated[
    list[str],
    msgspec.Meta(
        min_length=1,
        max_length=20,
        description=f"Types of messages it gets: {', '.join(EVENT_TYPES)}.",
        examples=[["signal.detected"]],
    ),
]
Wanted = Annotated[
    Filters,
    msgspec.Meta(
        description="What messages about signals have to be; all conditions hold, and none lets every one through."
    ),
]
Description = Annotated[str, msgspec.Meta(max_length=LONGEST_DESCRIPTION, examples=["production"])]
IsEnabled = Annotated[bool, msgspec.Meta(description="Whether messages are delivered to it.")]
IsOrdered = Annotated[
    bool,
    msgspec.Meta(
        description="Whether messages about one game go out one after the other, each when the one before is through."
    ),
]
BatchSize = Annotated[
    int, msgspec.Meta(ge=BATCH_SIZE[0], le=BATCH_SIZE[1], description="How many messages a body holds at most.")
]
Rate = Annotated[
    Annotated[float, msgspec.Meta(ge=RATE_PER_S[0], le=RATE_PER_S[1])] | None,
    msgspec.Meta(description="Deliveries a second it takes at most; null is no bound."),
]
Timeout = Annotated[
    float,
    msgspec.Meta(ge=TIMEOUT_S[0], le=TIMEOUT_S[1], description="How many seconds it has for a complete answer."),
]


class ShownSecret(msgspec.Struct):
    """A secret that signs, without the secret. Of an ed25519 key `public_key` is what a receiver verifies with."""

    secret_id: str
    scheme: Annotated[Scheme, msgspec.Meta(description="v1 is HMAC-SHA256, v1a ed25519.")]
    public_key: str | None
    created_at: dt.datetime
    ends_at: Annotated[dt.datetime | None, msgspec.Meta(description="Until when it signs; null until it is rotated.")]


class ShownWebhook(msgspec.Struct):
    """A registered webhook."""

    endpoint_id: Annotated[str, msgspec.Meta(examples=["we_5f0c2a9d31b7e846"])]
    url: str
    description: str
    event_types: EventTypes
    filters: Wanted
    is_enabled: IsEnabled
    disabled_reason: Annotated[
        Literal["partner", "gone", "failing"] | None,
        msgspec.Meta(description="Why nothing is delivered: its owner did it, it answered 410, or it failed for days."),
    ]
    is_ordered: IsOrdered
    batch_size: BatchSize
    rate_per_s: Rate
    timeout_s: Timeout
    signing: Annotated[list[ShownSecret], msgspec.Meta(description="What signs deliveries now, newest first.")]
    created_at: dt.datetime
    updated_at: dt.datetime
    enabled_at: Annotated[dt.datetime, msgspec.Meta(description="Messages written before are not for it.")]


class ShownWebhooks(msgspec.Struct):
    """Every webhook of the account, oldest first, and how many its plan includes."""

    webhooks: list[ShownWebhook]
    included: int


class RegisteredWebhook(msgspec.Struct):
    """A new webhook. `secret` is shown this once and cannot be shown again."""

    webhook: ShownWebhook
    secret: Annotated[str, msgspec.Meta(description="What deliveries are verified with, shown this once.")]


class RotatedSecret(msgspec.Struct):
    """A new secret, shown this once: null for ed25519, whose public key stands in `signing`."""

    secret: str | None
    signing: Annotated[
        list[ShownSecret], msgspec.Meta(description="What signs now, newest first; `ends_at` is when an old one stops.")
    ]


class WebhookWanted(msgspec.Struct, forbid_unknown_fields=True):
    """What a new webhook should be."""

    url: Url
    event_types: EventTypes
    filters: Wanted = msgspec.field(default_factory=Filters)
    description: Description = ""
    is_enabled: IsEnabled = True
    is_ordered: IsOrdered = False
    batch_size: BatchSize = 1
    rate_per_s: Rate = None
    timeout_s: Timeout = 5.0
    with_ed25519: Annotated[bool, msgspec.Meta(description="Whether an ed25519 key signs as well.")] = False


class WebhookChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What should change; whatever is left out stays as it is."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    event_types: EventTypes | msgspec.UnsetType = msgspec.UNSET
    filters: Wanted | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    is_enabled: IsEnabled | msgspec.UnsetType = msgspec.UNSET
    is_ordered: IsOrdered | msgspec.UnsetType = msgspec.UNSET
    batch_size: BatchSize | msgspec.UnsetType = msgspec.UNSET
    rate_per_s: Rate | msgspec.UnsetType = msgspec.UNSET
    timeout_s: Timeout | msgspec.UnsetType = msgspec.UNSET


class SecretWanted(msgspec.Struct, forbid_unknown_fields=True):
    """How the secret is rotated."""

    overlap_s: Annotated[
        int,
        msgspec.Meta(ge=0, le=MOST_OVERLAP_S, description="For how many seconds the old secret goes on signing too."),
    ] = 86_400
    scheme: Annotated[Scheme, msgspec.Meta(description="Which of its secrets; one it lacks is added.")] = "v1"


class SentTest(msgspec.Struct):
    """A test on its way: it arrives under this id, and stands in the log when it has been tried."""

    webhook_id: str


class ReplayWanted(msgspec.Struct, forbid_unknown_fields=True):
    """Which deliveries go out again: those that fulfil everything named here. Something has to be named."""

    webhook_ids: Annotated[
        list[str], msgspec.Meta(max_length=IDS_AT_ONCE, description="The ids the receiver saw as `webhook-id`.")
    ] = msgspec.field(default_factory=list)
    event_type: Annotated[str | None, msgspec.Meta(description="Only messages of this type.")] = None
    since: Annotated[Moment | None, msgspec.Meta(description="Deliveries made at this moment or later.")] = None
    until: Annotated[Moment | None, msgspec.Meta(description="Deliveries made before this moment.")] = None
    only_failed: Annotated[bool, msgspec.Meta(description="Only what was given up.")] = False
    is_dry_run: Annotated[bool, msgspec.Meta(description="Count them and send nothing.")] = False


class Replayed(msgspec.Struct):
    """How many deliveries go out again, each under the id it always had; or would, for a dry run."""

    n_deliveries: int
    is_dry_run: bool


def shown_webhook(endpoint: Endpoint, signing: Iterable[StoredSecret]) -> ShownWebhook:
    """A webhook as answers show it; `signing` may hold secrets of others."""
    terms = endpoint.terms
    return ShownWebhook(
        endpoint_id=endpoint.endpoint_id,
        url=terms.url,
        description=terms.description,
        event_types=list(terms.event_types),
        filters=msgspec.convert(dict(terms.filters), Filters),
        is_enabled=terms.is_enabled,
        disabled_reason=endpoint.disabled_reason or None,  # type: ignore[arg-type]
        is_ordered=terms.is_ordered,
        batch_size=terms.batch_size,
        rate_per_s=terms.rate_per_s,
        timeout_s=terms.timeout_s,
        signing=[shown_secret(one) for one in signing if one.endpoint_id == endpoint.endpoint_id],
        created_at=endpoint.created_at,
        updated_at=endpoint.updated_at,
        enabled_at=endpoint.enabled_at,
    )


def shown_secret(stored: StoredSecret) -> ShownSecret:
    """A secret as answers show it: not the secret."""
    return ShownSecret(
        secret_id=stored.secret_id,
        scheme=stored.scheme,  # type: ignore[arg-type]
        public_key=stored.public_key or None,
        created_at=stored.created_at,
        ends_at=stored.ends_at,
    )
