"""One round: what came of the last claims is recorded and new ones are taken, in one transaction.

So an attempt and what follows from it are there together, and a commit carries as many as have gathered.
"""

import datetime as dt
import random
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

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
from warehouse.errors import EndpointUnknown

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
            unwell = troubled(connection)
            changed = self._judge_endpoints(connection, sent, unwell, now)
            loads = self._claim(connection, rooms, recipients, unwell | changed, now) if rooms else []
        reasons = self._reasons(changed, sent)
        for endpoint_id, (reason, health) in reasons.items():
            self._disable(endpoint_id, reason, health, now)
        return Done(
            loads,
            {endpoint_id: reason for endpoint_id, (reason, _) in reasons.items()},
            len(tried),
            sum(one.state == "dead" for one in tried),
        )

    def _judge_endpoints(
        self, connection: sa.Connection, sent: Sequence[Sent], unwell: Mapping[str, Health], now: dt.datetime
    ) -> dict[str, Health]:
        """Bring the health of endpoints up to date; gives what changed. Healthy ones cost nothing."""
        by_endpoint = {
            endpoint_id: list(attempts)
            for endpoint_id, attempts in groupby(
                sorted(sent, key=lambda one: one.claim.endpoint_id), key=lambda one: one.claim.endpoint_id
            )
        }
        concerned = [
            endpoint_id
            for endpoint_id, attempts in by_endpoint.items()
            if endpoint_id in unwell or not all(one.is_delivered for one in attempts)
        ]
        if not concerned:
            return {}
        before = locked(connection, concerned)
        changed = {
            endpoint_id: after(health, by_endpoint[endpoint_id], self.rules, now)
            for endpoint_id, health in before.items()
        }
        store(connection, changed)
        return changed

    def _reasons(self, changed: Mapping[str, Health], sent: Sequence[Sent]) -> dict[str, tuple[str, Health]]:
        """Those that have to be disabled, and why."""
        found = {}
        for endpoint_id, health in changed.items():
            attempts = [one for one in sent if one.claim.endpoint_id == endpoint_id]
            if reason := reason_to_disable(health, attempts, self.rules):
                found[endpoint_id] = (reason, health)
        return found

    def _claim(
        self,
        connection: sa.Connection,
        rooms: Mapping[str, int],
        recipients: Mapping[str, Recipient],
        unwell: Mapping[str, Health],
        now: dt.datetime,
    ) -> list[Load]:
        wanted = dict(rooms)
        for endpoint_id, health in unwell.items():
            if health.paused_until is not None and health.paused_until > now:
                wanted.pop(endpoint_id, None)
        probing = {one for one in wanted if one in unwell and unwell[one].is_open}
        wanted |= dict.fromkeys(probing, 1)
        rated = {one: rate for one in wanted if (rate := recipients[one].endpoint.terms.rate_per_s) is not None}
        held = locked(connection, probing | set(rated)) if probing or rated else {}
        for endpoint_id, rate in rated.items():
            wanted[endpoint_id] = min(wanted[endpoint_id], allowance(held.get(endpoint_id, WELL), rate, now))
        for endpoint_id in probing:
            # Another dispatcher may have begun the trial since.
            if (held[endpoint_id].paused_until or now) > now:
                wanted.pop(endpoint_id)
        wanted = {endpoint_id: n for endpoint_id, n in wanted.items() if n > 0}
        ordered = frozenset(one for one in wanted if recipients[one].endpoint.terms.is_ordered)
        claims = claim_due(connection, wanted, ordered, now, now + self.rules.claim) if wanted else []
        self._note_claims(connection, claims, held, rated, probing, now)
        return self._loads(connection, claims, probing, now)

    def _note_claims(
        self,
        connection: sa.Connection,
        claims: Sequence[Claim],
        held: Mapping[str, Health],
        rated: Mapping[str, float],
        probing: set[str],
        now: dt.datetime,
    ) -> None:
        changed: dict[str, Health] = {}
        for endpoint_id, health in held.items():
            n = sum(one.endpoint_id == endpoint_id for one in claims)
            if n and endpoint_id in rated:
                health = paced(health, rated[endpoint_id], n, now)
            if n and endpoint_id in probing:
                health = replace(health, paused_until=now + PROBE)
            if n:
                changed[endpoint_id] = health
        store(connection, changed)

    def _loads(
        self, connection: sa.Connection, claims: Sequence[Claim], probing: set[str], now: dt.datetime
    ) -> list[Load]:
        """The claims with their bodies; those whose messages are gone are given up here."""
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
        return loads

    def _disable(self, endpoint_id: str, reason: str, health: Health, now: dt.datetime) -> None:
        endpoints = Endpoints(self.database)
        try:
            account_id = endpoints.get(endpoint_id).account_id
        except EndpointUnknown:
            return
        row = {
            "endpoint_id": endpoint_id,
            "account_id": account_id,
            "reason": reason,
            "n_failures": health.n_failures,
            "failing_since": health.failing_since,
            "disabled_at": now,
        }
        endpoints.disable(endpoint_id, reason, draft(WEBHOOK_DISABLED, row), actor=ACTOR, now=now)
