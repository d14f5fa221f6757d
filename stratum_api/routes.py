"""How an endpoint is declared: an address, an operation id, what it asks of its caller, and what can go wrong."""

from typing import Any

from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from stratum_api.access import Access
from stratum_api.problems import Problem
from stratum_api.service import Service
from stratum_api.visit import Visit

Serving = NamedDependency[SkipValidation[Service]]
Visiting = NamedDependency[SkipValidation[Visit]]


def visiting(request: Request[Any, Any, Any]) -> Visit:
    """The visit that a request is."""
    return request.scope["state"]["visit"]


def reads(path: str, operation: str, access: Access, *problems: type[Problem], **options: Any) -> Any:
    """A GET endpoint; `problems` are those that only this one has."""
    return get(path, **_declared(operation, access, problems), **options)


def makes(path: str, operation: str, access: Access, *problems: type[Problem], **options: Any) -> Any:
    """A POST endpoint."""
    return post(path, **_declared(operation, access, problems), **options)


def changes(path: str, operation: str, access: Access, *problems: type[Problem], **options: Any) -> Any:
    """A PATCH endpoint: what the body names is changed, what it leaves out stays as it is."""
    return patch(path, **_declared(operation, access, problems), **options)


def ends(path: str, operation: str, access: Access, *problems: type[Problem], **options: Any) -> Any:
    """A DELETE endpoint that answers with what was ended."""
    return delete(path, **_declared(operation, access, problems), status_code=200, **options)


def _declared(operation: str, access: Access, problems: tuple[type[Problem], ...]) -> dict[str, Any]:
    return {
        "operation_id": operation,
        "opt": {"access": access, "operation": operation, "problems": problems},
    }
