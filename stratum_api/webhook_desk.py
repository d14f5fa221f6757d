"""The desk where webhook endpoints are registered, changed, tested and replayed, for the command line and for an account's own requests."""

import datetime as dt
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import msgspec

from stratum_api.dispatcher.filters import Filters
from stratum_api.dispatcher.signing import SigningSecret, make_secret
from stratum_api.secret_box import SecretBox
from warehouse.database import Database, Endpoint, Endpoints
from warehouse.database.outbox import TOPICS, WEBHOOK_TEST, add_to_outbox, draft
from warehouse.database.webhooks import EndpointTerms, NewSecret, Replays, ReplaySelection, StoredSecret, WebhookSecrets
from warehouse.database.webhooks.secrets import ED25519, HMAC_SHA256
from warehouse.errors import EndpointUnknown, OperationInvalid, RequestRefused
from warehouse.outbound import DestinationRules

LONGEST_DESCRIPTION = 200
LONGEST_OVERLAP = dt.timedelta(days=7)
USUAL_OVERLAP = dt.timedelta(hours=24)
TIMEOUT_S = (1.0, 15.0)
BATCH_SIZE = (1, 100)
RATE_PER_S = (0.1, 1000.0)
DEFAULT_QUEUE = "default"
QUEUE = re.compile(r"[a-z0-9_-]{1,40}")
SCHEMES = (HMAC_SHA256, ED25519)
# What an endpoint may ask for; tests come whether it asks or not.
EVENT_TYPES = tuple(name for name in TOPICS if name != WEBHOOK_TEST)


@dataclass(frozen=True)
class Registered:
    """An endpoint with secrets that were just made. They are shown this once by whoever asked."""

    endpoint: Endpoint
    secrets: tuple[SigningSecret, ...] = field(repr=False)


class WebhookDesk:
    """Registers and changes endpoints. `actor` is whoever asks, as the audit trail names it.

    Every method that takes an `account_id` raises EndpointUnknown for an endpoint of another account; an empty one stands for the
    operator, who may touch all.
    """

    def __init__(self, database: Database, box: SecretBox, destinations: DestinationRules, actor: str) -> None:
        self.database = database
        self.endpoints = Endpoints(database)
        self.secrets = WebhookSecrets(database)
        self.replays = Replays(database)
        self.actor = actor
        self._box = box
        self._destinations = destinations

    def register(
        self, account_id: str, terms: EndpointTerms, *, most: int, now: dt.datetime, with_ed25519: bool = False
    ) -> Registered:
        """A new endpoint, unless the account has `most`. Raises OperationInvalid, EndpointsExhausted and AccountUnknown."""
        self._check_address(terms.url)
        _check(terms)
        endpoint_id = f"we_{secrets.token_hex(8)}"
        made = [make_secret(scheme) for scheme in (SCHEMES if with_ed25519 else SCHEMES[:1])]
        endpoint = self.endpoints.add(
            endpoint_id=endpoint_id,
            account_id=account_id,
            terms=_cleaned(terms),
            secrets=[self._sealed(endpoint_id, secret) for secret in made],
            most=most,
            actor=self.actor,
            now=now,
        )
        return Registered(endpoint, tuple(made))

    def change(
        self, endpoint_id: str, changes: Mapping[str, Any], *, now: dt.datetime, account_id: str = ""
    ) -> Endpoint:
        """The endpoint with some of its terms changed, by their names in EndpointTerms. Raises OperationInvalid and EndpointUnknown."""
        before = self.get(endpoint_id, account_id)
        try:
            terms = replace(before.terms, **changes)
        except TypeError:
            known = ", ".join(asdict(before.terms))
            raise OperationInvalid(f"A webhook endpoint can change {known}, and nothing else.") from None
        if "url" in changes:  # one that was allowed when it was registered can still be disabled
            self._check_address(terms.url)
        _check(terms)
        cleaned = _cleaned(terms)
        return self.endpoints.change(
            endpoint_id, {name: getattr(cleaned, name) for name in changes}, actor=self.actor, now=now
        )

    def delete(self, endpoint_id: str, *, now: dt.datetime, account_id: str = "") -> None:
        """Delete the endpoint and its secrets. Raises EndpointUnknown."""
        self.get(endpoint_id, account_id)
        self.endpoints.end(endpoint_id, actor=self.actor, now=now)

    def get(self, endpoint_id: str, account_id: str = "") -> Endpoint:
        """The endpoint. Another account's looks from outside like one that is not there. Raises EndpointUnknown."""
        found = self.endpoints.get(endpoint_id)
        if account_id and found.account_id != account_id:
            raise EndpointUnknown(f"There is no webhook endpoint {endpoint_id!r}.")
        return found

    def rotate(
        self,
        endpoint_id: str,
        *,
        now: dt.datetime,
        scheme: str = HMAC_SHA256,
        overlap: dt.timedelta = USUAL_OVERLAP,
        account_id: str = "",
    ) -> tuple[SigningSecret, list[StoredSecret]]:
        """A new secret, and all that sign from now on: the old ones of its scheme go on for `overlap`.

        Raises OperationInvalid and EndpointUnknown.
        """
        if scheme not in SCHEMES:
            raise OperationInvalid(f"Secrets are of {' or '.join(SCHEMES)}, not of {scheme!r}.", "scheme")
        if not dt.timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise OperationInvalid(f"Two secrets overlap for 0 to {LONGEST_OVERLAP.days} days.", "overlap_s")
        self.get(endpoint_id, account_id)
        made = make_secret(scheme)
        sealed = self._sealed(endpoint_id, made)
        return made, self.secrets.rotate(endpoint_id, sealed, overlap=overlap, actor=self.actor, now=now)

    def test(self, endpoint_id: str, *, now: dt.datetime, account_id: str = "") -> str:
        """Write a `webhook.test` for the endpoint; gives the id under which it will arrive. Raises OperationInvalid where it is disabled."""
        found = self.get(endpoint_id, account_id)
        if not found.terms.is_enabled:
            raise OperationInvalid("The endpoint is disabled, so nothing is sent to it: enable it first.")
        row = {
            "test_id": f"wt_{secrets.token_hex(8)}",
            "account_id": found.account_id,
            "endpoint_id": endpoint_id,
            "asked_at": now,
        }
        message = draft(WEBHOOK_TEST, row)
        with self.database.begin() as connection:
            add_to_outbox(connection, [message], now)
        return message.outbox_id

    def replay(
        self,
        endpoint_id: str,
        selection: ReplaySelection,
        *,
        now: dt.datetime,
        is_dry_run: bool = False,
        account_id: str = "",
    ) -> int:
        """How many deliveries are sent again, or would be. Raises OperationInvalid and EndpointUnknown."""
        found = self.get(endpoint_id, account_id)
        if is_dry_run:
            return self.replays.count(endpoint_id, selection)
        return self.replays.start(endpoint_id, found.account_id, selection, actor=self.actor, now=now)

    def _sealed(self, endpoint_id: str, secret: SigningSecret) -> NewSecret:
        return NewSecret(
            f"ws_{secrets.token_hex(8)}", secret.scheme, self._box.seal(secret.text, endpoint_id), secret.public_key
        )

    def _check_address(self, url: str) -> None:
        """Raises OperationInvalid, which says what is allowed."""
        try:
            self._destinations.check(url)
        except RequestRefused as error:
            raise OperationInvalid(str(error), "url") from None


def _check(terms: EndpointTerms) -> None:
    """Raises OperationInvalid, which says what is allowed."""
    unknown = sorted(set(terms.event_types) - set(EVENT_TYPES))
    if unknown or not terms.event_types:
        raise OperationInvalid(f"Event types are one or more of {', '.join(EVENT_TYPES)}.", "event_types")
    if len(terms.description) > LONGEST_DESCRIPTION or not (terms.description or " ").isprintable():
        raise OperationInvalid(f"A description has at most {LONGEST_DESCRIPTION} printable characters.", "description")
    for name, value, (least, most) in (
        ("timeout_s", terms.timeout_s, TIMEOUT_S),
        ("batch_size", terms.batch_size, BATCH_SIZE),
        ("rate_per_s", terms.rate_per_s, RATE_PER_S),
    ):
        if value is not None and not least <= value <= most:
            raise OperationInvalid(f"{name} is {value:g}, and has to be from {least:g} to {most:g}.", name)
    if not QUEUE.fullmatch(terms.queue):
        raise OperationInvalid(
            "The name of a queue has 1 to 40 small letters, digits, hyphens and underscores.", "queue"
        )
    try:
        msgspec.convert(dict(terms.filters), Filters)
    except msgspec.ValidationError as error:
        raise OperationInvalid(f"These filters cannot be used: {error}.", "filters") from None


def _cleaned(terms: EndpointTerms) -> EndpointTerms:
    """Types once each in their order, and filters without those that let everything through."""
    filters = msgspec.to_builtins(msgspec.convert(dict(terms.filters), Filters))
    types = tuple(name for name in EVENT_TYPES if name in terms.event_types)
    return replace(terms, event_types=types, filters=filters, description=" ".join(terms.description.split()))
