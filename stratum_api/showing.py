"""How an endpoint of intelligence is declared: a billable read, whose every answer goes through the veil of its type.

    @shows("/signals", "listSignals", CursorInvalid, example=EXAMPLE)
    async def signals(self, service: Serving, sight: Seeing, …) -> SignalPage: …

The handler takes the visitor's `sight` and returns structs of `stratum_api.tiers`; that their fields say who sees them is looked at
here, when the endpoint is declared. `example` is an answer of that type, shown in the description both whole and redacted.
"""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from stratum_api.access import Access
from stratum_api.problems import Problem
from stratum_api.routes import Serving, reads, visiting
from stratum_api.scopes import INTEL_READ
from stratum_api.tiers import Sight, veil_of

INTEL = Access(INTEL_READ, is_billable=True)
JSON = "application/json"
encode = msgspec.json.Encoder().encode

Seeing = NamedDependency[SkipValidation[Sight]]
"""The sight of whoever makes the request: what every handler of intelligence takes."""


def seeing(request: Request[Any, Any, Any], service: Serving) -> Sight:
    """What whoever makes the request may see.

    The service is asked for so that it comes first: what can be found at once Litestar finds in a group of tasks, and making one takes
    longer than everything else around an endpoint.
    """
    return Sight.of(visiting(request).visitor.plan, service.settings.flags, service.now())


def shows(
    path: str, operation: str, *problems: type[Problem], example: msgspec.Struct, access: Access = INTEL
) -> Callable[[Callable[..., Any]], Any]:
    """A GET endpoint whose answers are shown as the visitor's plan allows. Raises TypeError for a type that does not say how."""

    def declare(handler: Callable[..., Any]) -> Any:
        found = signature(handler)
        if "sight" not in found.parameters:
            raise TypeError(f"{operation} takes no sight: it has to ask for no more than the visitor may see.")
        veil = veil_of(found.return_annotation)

        @wraps(handler)
        async def answer(*given: Any, **named: Any) -> Response[bytes]:
            shown = veil.over(await handler(*given, **named), named["sight"])
            return Response(encode(shown), media_type=JSON)

        return reads(path, operation, access, *problems, veil=veil, example=example)(answer)

    return declare
