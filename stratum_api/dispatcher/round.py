"""One round: what came of the last claims is recorded and new ones are taken, in one transaction.

So an attempt and what follows from it are there together, and a commit carries as many as have gathered.
"""

import datetime as dt
import logging
import random
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from stratum_api.dispatcher.breaker import after, reason_to_disable
from stratum_api.dispatcher.directory import Recipient
from stratum_api.dispatcher.envelope import batch, envelope
from stratum_api.dispatcher.lane import Load
from stratum_api.dispatcher.pace import allowance, paced
from stratum_api.dispatcher.settings import Rules
from stratum_api.dispatcher.verdicts import Sent, judge, message_gone
from warehouse.database import Database, Endpoints
from warehouse.database.outbox import WEBHOOK_DISABLED, draft
from warehouse.database.webhooks.health import WELL, Health, locked, store, troubled
from warehouse.database.webhooks.queue import Claim, claim_due, give_back, messages, record
from warehouse.database.webhooks.tables import DEAD
from warehouse.errors import DatabaseError

logger = logging.getLogger("stratum.dispatcher")

# While the trial of an open breaker is on its way, nobody else tries.
PROBE = dt.timedelta(seconds=30)
BODIES_KEPT = 2_000
ACTOR = "dispatcher"


@dataclass(frozen=True)
class Done:
    """What a round brought: loads to send, and the reasons for which endpoints were disabled."""

    loads: list[Load] = field(default_factory=list)
    disabled: dict[str, str] = field(default_factory=dict)
    n_recorded: int = 0
    n_dead: int = 0


class Rounds:
    """Makes rounds, one at a time."""

    def __init__(self, database: Database, rules: Rules, seed: int | None = None) -> None:
        """`seed` makes the waits those of a test."""
        self.database = database
        self.rules = rules
        self._draw = random.Random(seed)  # noqa: S311 - jitter is no secret
        self._bodies: OrderedDict[str, bytes] = OrderedDict()

    def run(
        self,
        sent: Sequence[Sent],
        returned: Sequence[Claim],
        rooms: Mapping[str, int],
        recipients: Mapping[str, Recipient],
        now: dt.datetime,
    ) -> Done:
        """Record attempts, give back claims that were not tried, and claim for endpoints as much as there is room for.

        Raises DatabaseError; then nothing of it has happened.
        """
        tried = [judge(one, self.rules, self._draw) for one in sent]
        with self.database.begin() as connection:
            record(connection, tried, now)
            give_back(connection, returned)
            health = self._health(connection, _by_endpoint(sent, recipients), rooms, recipients, now)
            loads, n_gone = self._claim(connection, rooms, recipients, health, now) if rooms else ([], 0)
            store(connection, health.changed)
        return Done(
            loads,
            self._disable_those_that_must(health.judged, recipients, now),
            len(tried),
            sum(one.state == DEAD for one in tried) + n_gone,
        )

    def _health(
        self,
        connection: sa.Connection,
        attempts: Mapping[str, Sequence[Sent]],
        rooms: Mapping[str, int],
        recipients: Mapping[str, Recipient],
        now: dt.datetime,
    ) -> "Healths":
        """How endpoints fare after these attempts. Those that are well and have no rate cost nothing.

        What may have to be changed is locked here, all at once: two dispatchers then wait for each other and never lock each other out.
        """
        unwell = troubled(connection)
        failed = {one for one in attempts if one in unwell or not all(sent.is_delivered for sent in attempts[one])}
        tried_out = {one for one in rooms if one in unwell and unwell[one].is_open}
        rated = {one for one in rooms if recipients[one].endpoint.terms.rate_per_s is not None}
        concerned = failed | tried_out | rated
        held = locked(connection, concerned) if concerned else {}
        judged = {one: (after(held[one], attempts[one], self.rules, now), attempts[one]) for one in failed & set(held)}
        changed = {one: health for one, (health, _) in judged.items()}
        return Healths(unwell | held | changed, changed, judged)

    def _claim(
        self,
        connection: sa.Connection,
        rooms: Mapping[str, int],
        recipients: Mapping[str, Recipient],
        health: "Healths",
        now: dt.datetime,
    ) -> tuple[list[Load], int]:
        wanted = {one: n for one, n in rooms.items() if (health.of(one).paused_until or now) <= now}
        probing = {one for one in wanted if health.of(one).is_open}
        wanted |= dict.fromkeys(probing, 1)
        rated = {one: rate for one in wanted if (rate := recipients[one].endpoint.terms.rate_per_s) is not None}
        for endpoint_id, rate in rated.items():
            wanted[endpoint_id] = min(wanted[endpoint_id], allowance(health.of(endpoint_id), rate, now))
        wanted = {endpoint_id: n for endpoint_id, n in wanted.items() if n > 0}
        ordered = frozenset(one for one in wanted if recipients[one].endpoint.terms.is_ordered)
        claims = claim_due(connection, wanted, ordered, now, now + self.rules.claim) if wanted else []
        for endpoint_id, n in Counter(one.endpoint_id for one in claims).items():
            if endpoint_id in rated:
                health.change(endpoint_id, paced(health.of(endpoint_id), rated[endpoint_id], n, now))
            if endpoint_id in probing:
                health.change(endpoint_id, replace(health.of(endpoint_id), paused_until=now + PROBE))
        return self._loads(connection, claims, probing, now)

    def _loads(
        self, connection: sa.Connection, claims: Sequence[Claim], probing: set[str], now: dt.datetime
    ) -> tuple[list[Load], int]:
        """The claims with their bodies; those whose messages are gone are given up here, and counted."""
        missing = {one for claim in claims for one in claim.outbox_ids if one not in self._bodies}
        if missing:
            found = messages(connection, sorted(missing))
            self._bodies.update((outbox_id, envelope(message)) for outbox_id, message in found.items())
        loads, gone = [], []
        for claim in claims:
            parts = [self._bodies.get(one) for one in claim.outbox_ids]
            whole = [part for part in parts if part is not None]
            if len(whole) < len(parts):
                gone.append(message_gone(claim, now))
                continue
            body = whole[0] if len(whole) == 1 else batch(claim.webhook_id, claim.created_at, whole)
            loads.append(Load(claim, body, claim.endpoint_id in probing))
        while len(self._bodies) > BODIES_KEPT:
            self._bodies.popitem(last=False)
        record(connection, gone, now)
        return loads, len(gone)

    def _disable_those_that_must(
        self, judged: Mapping[str, tuple[Health, Sequence[Sent]]], recipients: Mapping[str, Recipient], now: dt.datetime
    ) -> dict[str, str]:
        """Disable endpoints, each in a transaction of its own; gives those that were, and why.

        Where the database does not take part the next attempt leads here again.
        """
        disabled = {}
        for endpoint_id, (health, attempts) in judged.items():
            reason = reason_to_disable(health, attempts, self.rules)
            if not reason or endpoint_id not in recipients:
                continue
            row = {
                "endpoint_id": endpoint_id,
                "account_id": recipients[endpoint_id].endpoint.account_id,
                "reason": reason,
                "n_failures": health.n_failures,
                "failing_since": health.failing_since,
                "disabled_at": now,
            }
            try:
                is_disabled = Endpoints(self.database).disable(
                    endpoint_id,
                    reason,
                    draft(WEBHOOK_DISABLED, row),
                    unchanged_since=max(one.attempted_at for one in attempts),
                    actor=ACTOR,
                    now=now,
                )
            except DatabaseError as error:
                logger.warning("webhook endpoint %s cannot be disabled for now: %s", endpoint_id, error)
                continue
            if is_disabled:
                disabled[endpoint_id] = reason
        return disabled


@dataclass(frozen=True)
class Healths:
    """How endpoints fare within a round: what is known, what of it changed, and what was judged by which attempts."""

    known: dict[str, Health]
    changed: dict[str, Health]
    judged: Mapping[str, tuple[Health, Sequence[Sent]]]

    def of(self, endpoint_id: str) -> Health:
        """How an endpoint fares: well, where nothing else is known."""
        return self.known.get(endpoint_id, WELL)

    def change(self, endpoint_id: str, health: Health) -> None:
        """It fares otherwise now."""
        self.known[endpoint_id] = self.changed[endpoint_id] = health


def _by_endpoint(sent: Sequence[Sent], recipients: Mapping[str, Recipient]) -> dict[str, list[Sent]]:
    """Attempts by their endpoint, in the order they were answered.

    What was sent before an endpoint was last changed says nothing about it as it is now: it may have another address.
    """
    found: dict[str, list[Sent]] = {}
    for one in sent:
        recipient = recipients.get(one.claim.endpoint_id)
        if recipient is None or one.attempted_at >= recipient.endpoint.updated_at:
            found.setdefault(one.claim.endpoint_id, []).append(one)
    return found
