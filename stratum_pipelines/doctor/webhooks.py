"""Webhooks: whether what they wait for is handed on."""

import datetime as dt
from collections.abc import Iterator

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform
from warehouse.database import OutboxRetention

# A dispatcher hands on within seconds; one that is being replaced is away for minutes.
PATIENCE = dt.timedelta(minutes=10)


def look_at_webhooks(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    """Whether a dispatcher goes through the messages that enabled webhooks wait for; without any nothing is found."""
    if platform.database.revision() is None:
        return
    waiting = OutboxRetention(platform.database).waiting(now - PATIENCE)
    if waiting is not None:
        yield Finding(
            "webhooks",
            "warning",
            f"{waiting.n:,} messages wait for a dispatcher, the oldest since {waiting.oldest_at:%Y-%m-%d %H:%M}; none of them "
            "is deleted meanwhile, so the outbox grows",
            "Start one: stratum dispatch. Or disable the webhooks nobody needs: stratum webhooks change ID --disable",
        )
