"""Webhooks of the account: registered, changed, tested, replayed and deleted by itself."""

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import TypeVar

import msgspec
from litestar import Controller
from litestar.params import JSONBody

from stratum_api.access import Access
from stratum_api.dispatcher.directory import most_endpoints
from stratum_api.inputs import BODY, unusable
from stratum_api.problems import Conflict, NotFound, PlanInsufficient
from stratum_api.routes import Serving, Visiting, changes, ends, makes, reads
from stratum_api.scopes import WEBHOOKS_MANAGE
from stratum_api.secret_box import SecretBox
from stratum_api.service import Service
from stratum_api.tiers.sight import invalid
from stratum_api.visit import Visit
from stratum_api.webhook_desk import WebhookDesk
from stratum_api.webhook_forms import (
    EndpointId,
    RegisteredWebhook,
    Replayed,
    ReplayWanted,
    RotatedSecret,
    SecretWanted,
    SentTest,
    ShownWebhook,
    ShownWebhooks,
    WebhookChanges,
    WebhookWanted,
    shown_secret,
    shown_webhook,
)
from warehouse.database.webhooks import Endpoint, EndpointTerms, ReplaySelection
from warehouse.errors import EndpointsExhausted, EndpointUnknown, OperationInvalid, OutboundError

WEBHOOKS = Access(WEBHOOKS_MANAGE, flag="webhooks")
T = TypeVar("T")


class WebhookController(Controller):
    """Webhooks of the account."""

    path = "/api/v1/partner/webhooks"
    tags = ("webhooks",)

    @reads("/", "listWebhooks", WEBHOOKS)
    async def every(self, service: Serving, visit: Visiting) -> ShownWebhooks:
        """Every webhook of the account, oldest first, without their secrets."""
        desk = desk_of(service, visit)
        found = await asyncio.to_thread(desk.endpoints.of_account, visit.visitor.account_id)
        return ShownWebhooks(await _all_shown(desk, found), most_endpoints(visit.visitor.plan))

    @makes("/", "registerWebhook", WEBHOOKS, PlanInsufficient)
    async def register(self, service: Serving, visit: Visiting, data: JSONBody[WebhookWanted]) -> RegisteredWebhook:
        """Register an address that messages are delivered to. The secret they are signed with is shown this once."""
        plan = visit.visitor.plan
        await _check_address(service, data.url)
        wanted = msgspec.structs.asdict(data)
        with_ed25519 = wanted.pop("with_ed25519")
        wanted |= {"event_types": tuple(data.event_types), "filters": msgspec.to_builtins(data.filters)}
        desk = desk_of(service, visit)
        try:
            made = await asked(
                lambda: desk.register(
                    visit.visitor.account_id,
                    EndpointTerms(**wanted),
                    most=most_endpoints(plan),
                    now=service.now(),
                    with_ed25519=with_ed25519,
                )
            )
        except EndpointsExhausted:
            most = most_endpoints(plan)
            raise PlanInsufficient(
                f"The plan {plan.code} includes {most} webhooks, and the account has as many.",
                feature="webhooks",
                webhooks=most,
            ) from None
        (shown,) = await _all_shown(desk, [made.endpoint])
        return RegisteredWebhook(shown, made.secrets[0].text)

    @reads("/{endpoint_id:str}", "getWebhook", WEBHOOKS)
    async def one(self, service: Serving, visit: Visiting, endpoint_id: EndpointId) -> ShownWebhook:
        """One webhook, without its secret."""
        desk = desk_of(service, visit)
        found = await asked(lambda: desk.get(endpoint_id, visit.visitor.account_id))
        return (await _all_shown(desk, [found]))[0]

    @changes("/{endpoint_id:str}", "changeWebhook", WEBHOOKS)
    async def change(
        self, service: Serving, visit: Visiting, endpoint_id: EndpointId, data: JSONBody[WebhookChanges]
    ) -> ShownWebhook:
        """Change a webhook. One that is enabled again gets messages written from now on, and what was still waiting for it."""
        desk = desk_of(service, visit)
        await asked(lambda: desk.get(endpoint_id, visit.visitor.account_id))
        given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET}
        if not given:
            raise invalid(BODY, "names nothing that should change")
        if "url" in given:
            await _check_address(service, given["url"])
        if "event_types" in given:
            given["event_types"] = tuple(given["event_types"])
        if "filters" in given:
            given["filters"] = msgspec.to_builtins(given["filters"])
        changed = await asked(
            lambda: desk.change(endpoint_id, given, now=service.now(), account_id=visit.visitor.account_id)
        )
        return (await _all_shown(desk, [changed]))[0]

    @ends("/{endpoint_id:str}", "deleteWebhook", WEBHOOKS)
    async def delete(self, service: Serving, visit: Visiting, endpoint_id: EndpointId) -> ShownWebhook:
        """Delete a webhook and its secrets. What was delivered to it stays in the log for as long as the log is kept."""
        desk, account_id = desk_of(service, visit), visit.visitor.account_id
        found = await asked(lambda: desk.get(endpoint_id, account_id))
        await asked(lambda: desk.delete(endpoint_id, now=service.now(), account_id=account_id))
        return shown_webhook(found, [])

    @makes("/{endpoint_id:str}/secret", "rotateWebhookSecret", WEBHOOKS)
    async def rotate(
        self, service: Serving, visit: Visiting, endpoint_id: EndpointId, data: JSONBody[SecretWanted]
    ) -> RotatedSecret:
        """Make a new secret, shown this once. Old and new both sign every delivery for the overlap, then the new one alone."""
        desk = desk_of(service, visit)
        made, signing = await asked(
            lambda: desk.rotate(
                endpoint_id,
                now=service.now(),
                scheme=data.scheme,
                overlap=dt.timedelta(seconds=data.overlap_s),
                account_id=visit.visitor.account_id,
            )
        )
        return RotatedSecret(None if made.public_key else made.text, [shown_secret(one) for one in signing])

    @makes("/{endpoint_id:str}/test", "testWebhook", WEBHOOKS, Conflict, status_code=202)
    async def test(self, service: Serving, visit: Visiting, endpoint_id: EndpointId) -> SentTest:
        """Send a `webhook.test` to this webhook, signed and tried like every delivery."""
        desk, account_id = desk_of(service, visit), visit.visitor.account_id
        if not (await asked(lambda: desk.get(endpoint_id, account_id))).terms.is_enabled:
            raise Conflict("The webhook is disabled, so nothing is delivered to it: enable it first.")
        return SentTest(await asked(lambda: desk.test(endpoint_id, now=service.now(), account_id=account_id)))

    @makes("/{endpoint_id:str}/replay", "replayWebhook", WEBHOOKS, status_code=200)
    async def replay(
        self, service: Serving, visit: Visiting, endpoint_id: EndpointId, data: JSONBody[ReplayWanted]
    ) -> Replayed:
        """Send deliveries again, each under the id it always had; a dry run says how many that would be."""
        selection = ReplaySelection(data.webhook_ids, data.event_type, data.since, data.until, data.only_failed)
        if selection == ReplaySelection(data.webhook_ids[:0]):
            raise invalid(BODY, "says nothing of which deliveries: name ids, a type, a range, or only_failed")
        desk = desk_of(service, visit)
        n = await asked(
            lambda: desk.replay(
                endpoint_id,
                selection,
                now=service.now(),
                is_dry_run=data.is_dry_run,
                account_id=visit.visitor.account_id,
            )
        )
        return Replayed(n, data.is_dry_run)


async def _check_address(service: Service, url: str) -> None:
    """Raises ParameterInvalid for an address that nothing would be delivered to, the name resolved."""
    try:
        await service.destinations.check(url)
    except OutboundError as error:
        raise invalid("url", str(error)) from None


async def asked(work: Callable[[], T]) -> T:
    """What the desk says, with its refusals as problems."""
    try:
        return await asyncio.to_thread(work)
    except EndpointUnknown as error:
        raise NotFound(str(error)) from None
    except OperationInvalid as error:
        raise unusable(error) from None


async def _all_shown(desk: WebhookDesk, found: list[Endpoint]) -> list[ShownWebhook]:
    ids = [one.endpoint_id for one in found]
    signing = await asyncio.to_thread(desk.secrets.signing, ids, dt.datetime.now(dt.UTC))
    return [shown_webhook(one, signing) for one in found]


def desk_of(service: Service, visit: Visit) -> WebhookDesk:
    """The desk as whoever makes the request comes to it."""
    box, rules = SecretBox(service.secret), service.destinations.rules
    return WebhookDesk(service.database, box, rules, f"key {visit.visitor.key_id}")
