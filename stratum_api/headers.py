"""The headers that tell a caller where it stands: three ways of writing one decision, and usage of the billing period.

`RateLimit-Policy` and `RateLimit` are those of the IETF draft (draft-ietf-httpapi-ratelimit-headers, structured fields),
`X-RateLimit-*` what most clients know, `X-Partner-RateLimit-*` the same for partner plans, and `X-Usage-*` count billable requests.
"""

from dataclasses import dataclass

from stratum_api.limits import Decision
from stratum_api.visitor import Visitor

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account has used in its billing period. `included` None means nothing is counted against a limit."""

    used: int
    included: int | None

    @property
    def remaining(self) -> int | None:
        """What is left of the included requests."""
        return None if self.included is None else max(self.included - self.used, 0)

    @property
    def overage(self) -> int:
        """How many requests were made above the included ones."""
        return 0 if self.included is None else max(self.used - self.included, 0)


def limit_headers(decision: Decision, visitor: Visitor) -> Headers:
    """The decision in every way it is written."""
    limit, remaining = b"%d" % decision.limit, b"%d" % decision.remaining
    reset_at = b"%d" % decision.reset_at
    headers = [
        (b"ratelimit-policy", b'"minute";q=%b;w=60' % limit),
        (b"ratelimit", b'"minute";r=%b;t=%d' % (remaining, decision.reset_in_s)),
        (b"x-ratelimit-limit", limit),
        (b"x-ratelimit-remaining", remaining),
        (b"x-ratelimit-reset", reset_at),
    ]
    if visitor.plan.is_partner:
        headers += [
            (b"x-partner-ratelimit-limit", limit),
            (b"x-partner-ratelimit-remaining", remaining),
            (b"x-partner-ratelimit-reset", reset_at),
        ]
    return headers


def usage_headers(usage: Usage) -> Headers:
    """What is used, left and to be paid for in this billing period."""
    headers = [(b"x-usage-used", b"%d" % usage.used)]
    if usage.included is not None and usage.remaining is not None:
        headers += [
            (b"x-usage-included", b"%d" % usage.included),
            (b"x-usage-remaining", b"%d" % usage.remaining),
            (b"x-usage-overage-to-date", b"%d" % usage.overage),
        ]
    return headers
