"""What an endpoint asks of whoever calls it, in one place: every route says it by `access=…`, and one guard holds it."""

from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from stratum_api.flags import Flags
from stratum_api.inputs import check_inputs
from stratum_api.plans import Plan
from stratum_api.problems import KeyMissing, MethodNotAllowed, NotFound, PartSwitchedOff, PlanInsufficient, ScopeMissing
from stratum_api.visit import visit_of
from stratum_api.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Access:
    """What an endpoint asks: a scope (none: no key is needed), a feature of the plan, a flag; and whether it is billed.

    `feature` names a field of `Plan` that has to be true or above 0. A billable request counts when it is answered with
    a status below 400. A probe is answered without a key whatever is switched off.
    """

    scope: str = ""
    feature: str = ""
    flag: str = ""
    is_billable: bool = False
    is_probe: bool = False


PUBLIC = Access()


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises the problem that keeps the visitor or the question out, if any; a route that does not say what it asks lets nobody in.

    It waits for nothing and is asynchronous all the same: any other guard is called in a thread, which costs each request more than
    all the rest of what is asked here.
    """
    access: Access | None = handler.opt.get("access")
    if access is None:
        if connection.scope.get("method") == "OPTIONS":
            return  # which methods an address takes is no secret
        raise NotFound
    visit = visit_of(connection.scope)
    if visit.method == "HEAD" and not takes_head(handler):
        raise MethodNotAllowed
    visit.operation = handler.opt["operation"]
    if access.flag:
        require_flag(connection.app.state.service.settings.flags, access.flag)
    if access.scope:
        require_scope(visit.visitor, access.scope)
    elif not visit.visitor.has_key and not access.is_probe:
        require_flag(connection.app.state.service.settings.flags, "anonymous")
    if access.feature:
        require_feature(visit.visitor.plan, access.feature)
    visit.is_billable = access.is_billable and visit.visitor.has_key
    check_inputs(connection, handler)


def takes_head(handler: BaseRouteHandler) -> bool:
    """Whether a GET endpoint answers HEAD: not where an answer is long or endless or uses something up, for nobody would see it."""
    return not (handler.opt.get("is_long", False) or handler.opt.get("uses_up", False))


def require_scope(visitor: Visitor, scope: str) -> None:
    """Raises KeyMissing or ScopeMissing."""
    if not visitor.has_key:
        raise KeyMissing(headers={"WWW-Authenticate": "Bearer"})
    if scope not in visitor.scopes:
        raise ScopeMissing(f"The key {visitor.key_id} does not have the scope {scope}.", scope=scope)


def require_feature(plan: Plan, feature: str) -> None:
    """Raises PlanInsufficient."""
    if not getattr(plan, feature):
        raise PlanInsufficient(f"The plan {plan.code} does not include {feature}.", feature=feature)


def require_flag(flags: Flags, name: str) -> None:
    """Raises PartSwitchedOff."""
    if name not in flags:
        raise PartSwitchedOff(flag=name)
