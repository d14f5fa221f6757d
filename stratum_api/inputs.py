"""What an endpoint takes from a request, by the names callers write, and what it makes of a request that does not fit.

Held for every endpoint in one place, before the endpoint: a parameter that is misspelt, or given twice where one value is meant, would
else be passed over, and what was not asked would be answered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import ParameterKwarg, QueryParameter
from litestar.typing import FieldDefinition

from stratum_api.problems import ParameterInvalid
from warehouse.errors import OperationInvalid

BODY = "body"
LONGEST_SHOWN = 60
# Handlers call the body so; what is wrong with the whole of it is named so, what is wrong within by its place alone.
OWN_NAME_OF_BODY = "data"


@dataclass(frozen=True)
class Inputs:
    """The query parameters an endpoint takes and needs, which of them several times, and how callers write what handlers name."""

    takes: frozenset[str]
    needs: tuple[str, ...]
    several: frozenset[str]
    written: Mapping[str, str]

    def check(self, connection: ASGIConnection) -> None:
        """Raises ParameterInvalid for every parameter that is unknown, missing, or given too often."""
        errors: list[tuple[str, str]] = []
        met: set[str] = set()
        if connection.scope["query_string"]:
            for name, _ in connection.query_params.multi_items():
                if name not in self.takes:
                    errors.append((shown(name), f"there is no such parameter, there are {self._known()}"))
                elif name in met and name not in self.several:
                    errors.append((name, "is given more than once, and takes one value"))
                met.add(name)
        errors += [(name, "has to be given") for name in self.needs if name not in met]
        if errors:
            raise ParameterInvalid.of(*errors)

    def _known(self) -> str:
        return ", ".join(sorted(self.takes)) or "none"


@cache
def inputs_of(handler: BaseRouteHandler) -> Inputs:
    """What an endpoint takes, its dependencies included."""
    fields = list(_fields(handler.parsed_fn_signature.parameters, handler))
    asked = {name: field for name, field in fields if isinstance(field.kwarg_definition, QueryParameter)}
    written = {name: _written(name, field) for name, field in fields}
    return Inputs(
        takes=frozenset(written[name] for name in asked),
        needs=tuple(sorted(written[name] for name, field in asked.items() if _is_needed(field))),
        several=frozenset(written[name] for name, field in asked.items() if field.is_non_string_sequence),
        written=written,
    )


def check_inputs(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """Raises ParameterInvalid where the query of a request is not what its endpoint takes."""
    inputs_of(handler).check(connection)


def explained(error: ValidationException, handler: BaseRouteHandler | None) -> ParameterInvalid:
    """What the framework found wrong with values, in the words of the caller; without a handler by the names it has."""
    written = inputs_of(handler).written if handler is not None else {}
    found = error.extra if isinstance(error.extra, list) else []
    errors = []
    for one in found:
        name, message = str(one.get("key", "")), str(one.get("message", ""))
        if one.get("source") == BODY:
            name = BODY if name in ("", OWN_NAME_OF_BODY) else name
        else:
            name = written.get(name, name)
        errors.append((name, message))
    return ParameterInvalid.of(*errors) if errors else ParameterInvalid(error.detail, errors=[])


def unusable(error: OperationInvalid) -> ParameterInvalid:
    """What the desk refused of a body, by the field it is about."""
    return ParameterInvalid.of((error.field or BODY, str(error).rstrip(".")))


def shown(name: str) -> str:
    """A name that somebody wrote, fit for an answer."""
    return ascii(name[:LONGEST_SHOWN])


def _fields(
    parameters: Mapping[str, FieldDefinition], handler: BaseRouteHandler
) -> Iterator[tuple[str, FieldDefinition]]:
    """The fields of a function, and of whatever provides any of them."""
    provided = handler.resolve_dependencies()
    for name, field in parameters.items():
        if name in provided:
            yield from _fields(provided[name].parsed_fn_signature.parameters, handler)
        else:
            yield name, field


def _written(name: str, field: FieldDefinition) -> str:
    kind = field.kwarg_definition
    return (kind.name if isinstance(kind, ParameterKwarg) else None) or name


def _is_needed(field: FieldDefinition) -> bool:
    return field.is_required and not field.is_optional
