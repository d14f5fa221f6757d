"""Who gets messages now: enabled endpoints of accounts in good standing, with their filters and what signs for them.

Every change of an endpoint, an account or an entitlement leaves an entry in the audit trail, so the newest number says whether what
is in memory still holds.
"""

import datetime as dt
import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from stratum_api.dispatcher.filters import Filters
from stratum_api.dispatcher.signing import Signer
from stratum_api.plans import Plan, community, load_plans
from stratum_api.secret_box import SecretBox
from warehouse.database import Database, Endpoint
from warehouse.database.access import audit_entries
from warehouse.database.webhooks import Endpoints, StoredSecret, WebhookSecrets
from warehouse.errors import OperationInvalid, SettingInvalid

logger = logging.getLogger("stratum.dispatcher")

RECENT_S = 0.1

_NEWEST = sa.select(sa.func.coalesce(sa.func.max(audit_entries.c.audit_id), 0))


@dataclass(frozen=True)
class Recipient:
    """An endpoint that gets messages. Without a signer, because its secret cannot be opened, they wait."""

    endpoint: Endpoint
    filters: Filters
    signer: Signer | None = field(repr=False)


class Directory:
    """Endpoints in memory, read again whenever something changed. Several threads may ask."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self.database = database
        self.box = box
        self._newest = -1
        self._asked_at = -RECENT_S
        self._recipients: dict[str, Recipient] = {}
        self._reading = threading.Lock()

    def current(self, now: dt.datetime) -> dict[str, Recipient]:
        """Recipients by endpoint's id, as the database has them at this moment or later."""
        with self._reading:
            asked_at = time.monotonic()
            with self.database.read() as connection:
                newest: int = connection.execute(_NEWEST).scalar_one()
            if newest != self._newest:
                self._recipients = self._read(now)
                self._newest = newest
            self._asked_at = asked_at
            return self._recipients

    def recent(self, now: dt.datetime) -> dict[str, Recipient]:
        """The same, as the database had them a tenth of a second ago or later: for what is asked again and again."""
        if time.monotonic() - self._asked_at < RECENT_S:
            return self._recipients
        return self.current(now)

    def _read(self, now: dt.datetime) -> dict[str, Recipient]:
        endpoints = entitled(self.database)
        secrets = WebhookSecrets(self.database).signing([one.endpoint_id for one in endpoints], now)
        held: dict[str, list[StoredSecret]] = {}
        for secret in secrets:
            held.setdefault(secret.endpoint_id, []).append(secret)
        found: dict[str, Recipient] = {}
        for endpoint in endpoints:
            signer = self._signer(endpoint.endpoint_id, held.get(endpoint.endpoint_id, []))
            filters = msgspec.convert(dict(endpoint.terms.filters), Filters)
            found[endpoint.endpoint_id] = Recipient(endpoint, filters, signer)
        return found

    def _signer(self, endpoint_id: str, held: list[StoredSecret]) -> Signer | None:
        try:
            return Signer([(one.scheme, self.box.open(one.sealed, endpoint_id), one.ends_at) for one in held])
        except SettingInvalid as error:
            # Sending what cannot be verified would be worse than waiting.
            logger.error("nothing is sent to %s: %s", endpoint_id, error)
            return None


def entitled(database: Database) -> list[Endpoint]:
    """Who may get messages now: of each account in good standing the oldest enabled endpoints, as many as its plan includes."""
    counted: Counter[str] = Counter()
    found: list[Endpoint] = []
    for endpoint, plan_code, terms in Endpoints(database).live():
        counted[endpoint.account_id] += 1
        if counted[endpoint.account_id] <= most_endpoints(_plan(plan_code, terms)):
            found.append(endpoint)
    return found


def most_endpoints(plan: Plan) -> int:
    """How many endpoints a plan includes; none where it shows signals late or in part: messages go out whole and at once."""
    return 0 if plan.is_redacted or plan.delay_s else plan.webhooks


def _plan(code: str, terms: dict[str, object]) -> Plan:
    try:
        return load_plans().get(code, community()).with_terms(terms)
    except OperationInvalid:
        return community()
