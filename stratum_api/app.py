"""The application: every controller in one list, what all of them share, and the door in front."""

import gc
import logging
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
from litestar import Litestar, Request, Response
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import HTTPRoute
from litestar.types import Scope

from stratum_api.access import guard, takes_head
from stratum_api.controllers.account import AccountController
from stratum_api.controllers.analytics import AnalyticsController
from stratum_api.controllers.books import BookController
from stratum_api.controllers.charts import ChartController
from stratum_api.controllers.clv_recap import ClvRecapController
from stratum_api.controllers.clv_records import ClvRecordController
from stratum_api.controllers.clv_summary import ClvSummaryController
from stratum_api.controllers.consensus import ConsensusController
from stratum_api.controllers.dislocations import DislocationController
from stratum_api.controllers.documentation import DocumentationController
from stratum_api.controllers.exports import ExportController
from stratum_api.controllers.games import GameController
from stratum_api.controllers.health import HealthController
from stratum_api.controllers.keys import KeyController
from stratum_api.controllers.plans import PlanController
from stratum_api.controllers.scorecards import ScorecardController
from stratum_api.controllers.shared import SharedController
from stratum_api.controllers.shares import ShareController
from stratum_api.controllers.signals import SignalController
from stratum_api.controllers.stream import StreamController
from stratum_api.controllers.trades import TradeController
from stratum_api.controllers.usage import UsageController
from stratum_api.controllers.webhook_log import WebhookLogController
from stratum_api.controllers.webhooks import WebhookController
from stratum_api.dispatcher.settings import read_destination_rules
from stratum_api.door import RETRY_AFTER_S, App, Door
from stratum_api.inputs import explained
from stratum_api.logs import set_up_logs
from stratum_api.openapi import describe
from stratum_api.problems import (
    MEDIA_TYPE,
    BadRequest,
    BodyTooLarge,
    Fault,
    MediaTypeUnsupported,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Problem,
    Unavailable,
)
from stratum_api.routes import visiting
from stratum_api.service import Service, make_service
from stratum_api.settings import read_api_settings
from stratum_api.showing import seeing
from stratum_api.stopping import told_to_stop
from stratum_api.visit import visit_of
from warehouse.errors import DatabaseError, LakeError
from warehouse.settings import read_settings

logger = logging.getLogger("stratum.api")

VERSION = "1.0.0"
# Objects made and not yet freed before the youngest are looked through.
GARBAGE_AFTER = 10_000
# A promise, so they are listed.
CONTROLLERS = (
    HealthController,
    DocumentationController,
    PlanController,
    AccountController,
    KeyController,
    UsageController,
    SignalController,
    ConsensusController,
    DislocationController,
    StreamController,
    GameController,
    BookController,
    ClvSummaryController,
    ClvRecapController,
    ClvRecordController,
    ScorecardController,
    ExportController,
    AnalyticsController,
    TradeController,
    ChartController,
    ShareController,
    SharedController,
    WebhookController,
    WebhookLogController,
)
EXPOSED = (
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-ID",
    "X-Usage-Included",
    "X-Usage-Overage-To-Date",
    "X-Usage-Remaining",
    "X-Usage-Used",
)
BY_STATUS: dict[int, type[Problem]] = {
    400: BadRequest,
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    413: BodyTooLarge,
    415: MediaTypeUnsupported,
}


def make_app(service: Service) -> Door:
    """The application over a service; the door is what a server calls."""
    settings = service.settings

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        async with service.running():
            with told_to_stop(service.streams.stop):
                yield
        door.spans.close()
        service.database.close()

    app = Litestar(
        route_handlers=CONTROLLERS,
        dependencies=_dependencies(service),
        guards=[guard],
        exception_handlers={Exception: answer_problem},
        after_exception=[note_problem],
        openapi_config=_open_api(),
        cors_config=_cross_origin(settings.cors_origins),
        request_max_body_size=settings.max_body_bytes,
        lifespan=[lifespan],
        state=State({"service": service}),
        logging_config=None,
        debug=False,
    )
    app.state.description = msgspec.json.encode(describe(app))
    door = Door(cast(App, app), service)
    return door


def endpoints() -> dict[str, Any]:
    """The OpenAPI document, without a service behind it."""
    return describe(Litestar(CONTROLLERS, dependencies=_dependencies(None), openapi_config=_open_api()))


def serve_app() -> Door:
    """The application as the environment describes it: what each worker of a server calls."""
    settings = read_api_settings(os.environ)
    set_up_logs(settings.log_level)
    door = make_app(make_service(read_settings(os.environ), settings, read_destination_rules(os.environ)))
    # What is there by now stays for good, and so do open streams: looking through all of it for garbage stops everybody, with a thousand
    # streams for a quarter of a second, so it happens seldom and leaves out what was there at the start.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, 10, 10)
    return door


def _open_api() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Stratum",
        version=VERSION,
        description="Betting-market intelligence: signals, consensus and closing-line value, each traceable to its source.",
        components=Components(
            security_schemes={
                "key": SecurityScheme(type="http", scheme="bearer"),
                "key_header": SecurityScheme(
                    type="apiKey",
                    name="X-API-Key",
                    security_scheme_in="header",
                    description="The same key, for clients that cannot set Authorization, which wins where both are sent.",
                ),
            }
        ),
        use_handler_docstrings=True,
        render_plugins=(),
    )


def _dependencies(service: Service | None) -> dict[str, Provide]:
    return {
        "service": Provide(lambda: service, sync_to_thread=False),
        "visit": Provide(visiting, sync_to_thread=False),
        "sight": Provide(seeing, sync_to_thread=False),
    }


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Whatever an endpoint raised, as problem+json."""
    problem = as_problem(error, request.scope.get("route_handler"))
    visit = visiting(request)
    if isinstance(problem, MethodNotAllowed):
        problem.headers["Allow"] = ", ".join(allowed_methods(request.app, request.scope["path"]))
    if problem.status >= 500:
        trace = error if isinstance(problem, Fault) else None
        logger.error("%s", type(error).__name__, exc_info=trace, extra={"request_id": visit.request_id})
    return Response(
        problem.body(visit.request_id), status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers
    )


async def note_problem(error: Exception, scope: Scope) -> None:
    """Keep what keeps a WebSocket from being opened for the door, which answers it."""
    if scope["type"] == ScopeType.WEBSOCKET:
        visit = visit_of(scope)
        visit.problem = as_problem(error, scope.get("route_handler"))
        if visit.problem.status >= 500:
            logger.error("%s", type(error).__name__, exc_info=error, extra={"request_id": visit.request_id})


def as_problem(error: Exception, handler: BaseRouteHandler | None = None) -> Problem:
    """The problem that an error of an endpoint is for whoever made the request. What is a fault of ours says nothing about itself."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DatabaseError):
        return Unavailable("The database does not answer.", headers={"Retry-After": str(RETRY_AFTER_S)})
    if isinstance(error, LakeError):
        logger.warning("%s", error)
        return Unavailable("The lake does not answer.", headers={"Retry-After": str(RETRY_AFTER_S)})
    if isinstance(error, RecursionError):
        return BadRequest("The body is nested too deeply.")
    if isinstance(error, ValidationException):
        return explained(error, handler)
    if isinstance(error, HTTPException) and error.status_code in BY_STATUS:
        detail = "" if error.status_code in (404, 405) else error.detail
        return BY_STATUS[error.status_code](detail)
    return Fault()


def allowed_methods(app: Litestar, path: str) -> list[str]:
    """The methods an address takes, sorted."""
    found: set[str] = set()
    for route in app.routes:
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(route.path_format))
        if isinstance(route, HTTPRoute) and re.fullmatch(pattern, path.rstrip("/") or "/"):
            for handler in route.route_handlers:
                found |= set(handler.http_methods)
                if "GET" in handler.http_methods and takes_head(handler):
                    found.add("HEAD")
    return sorted(found)


def _cross_origin(origins: tuple[str, ...]) -> CORSConfig | None:
    """None, which is the default, lets no page of another origin read an answer."""
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "X-API-Key", "X-Request-ID", "Content-Type", "Last-Event-ID"],
        expose_headers=list(EXPOSED),
        max_age=600,
    )
