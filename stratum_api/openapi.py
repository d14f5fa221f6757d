"""The OpenAPI document: what Litestar knows of the endpoints, with every problem, header and scope they share added to it."""

import datetime as dt
import re
from collections.abc import Iterator
from inspect import getdoc
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from msgspec.inspect import CollectionType, DateTimeType, Metadata, StructType, Type, UnionType, type_info

from stratum_api.access import Access
from stratum_api.exporting import Dataset
from stratum_api.formats import FORMATS
from stratum_api.plans import community
from stratum_api.problems import (
    MEDIA_TYPE,
    AccessEnded,
    AddressTooLong,
    BadRequest,
    BodyTooLarge,
    Fault,
    HeadTooLarge,
    KeyMissing,
    KeyRefused,
    MediaTypeUnsupported,
    NotFound,
    ParameterInvalid,
    PartSwitchedOff,
    PlanInsufficient,
    Problem,
    RequestTooSlow,
    ScopeMissing,
    TooManyRequests,
    Unavailable,
    explained,
)
from stratum_api.tiers import Sight, Veil

# Beside a field of an answer: who sees it.
TIER = "x-tier"
# When examples are looked at: everything in them is older.
LONG_AFTER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457; problems add members of their own.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "The page that explains it."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "The name a program tells it by."},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
FIRST = ("signals", "stream")
# Addresses whose requests are counted against a limit.
LIMITED = ("/api/", "/share/")
BESIDE = ("description", "health")
LIMIT_HEADERS: dict[str, str] = {
    "RateLimit-Policy": 'The limit per minute, as in `"minute";q=60;w=60`.',
    "RateLimit": 'What is left of it and for how many seconds it holds, as in `"minute";r=59;t=31`.',
    "X-RateLimit-Limit": "Requests a minute.",
    "X-RateLimit-Remaining": "What is left of them.",
    "X-RateLimit-Reset": "When the next minute begins, in seconds since 1970.",
}
USAGE_HEADERS: dict[str, str] = {
    "X-Usage-Used": "Billable requests of the account in its billing period.",
    "X-Usage-Included": "How many the period includes.",
    "X-Usage-Remaining": "What is left of them.",
    "X-Usage-Overage-To-Date": "How many were made above them.",
}


def describe(app: Litestar) -> dict[str, Any]:
    """The whole document, as JSON takes it."""
    document = app.openapi_schema.to_schema()
    document["components"]["schemas"] |= {"Problem": PROBLEM_SCHEMA, **_schemas(app)}
    for path, method, handler in _handlers(app):
        if "veil" in handler.opt:
            _tell_fields(document["components"]["schemas"], handler.opt["veil"])
        operation = document["paths"].get(path, {}).get(method)
        if operation is not None:
            _complete(operation, handler, path, method)
    # What people come for stands first.
    met = {
        tag: None
        for item in document["paths"].values()
        for operation in item.values()
        for tag in operation.get("tags", ())
    }
    document["tags"] = [{"name": tag} for tag in sorted(met, key=lambda tag: (tag in BESIDE, tag not in FIRST))]
    document["paths"] = {path: item for path, item in document["paths"].items() if item}
    return document


def _handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        path = getattr(route, "path_format", "")
        for handler in getattr(route, "route_handlers", ()):
            for method in getattr(handler, "http_methods", ()):
                yield path, method.lower(), handler


def _complete(operation: dict[str, Any], handler: HTTPRouteHandler, path: str, method: str) -> None:
    access: Access = handler.opt["access"]
    said = (operation.get("description") or operation["operationId"]).partition("\n")[0]
    operation["summary"] = re.split(r"(?<=[.:;])\s", said, maxsplit=1)[0].rstrip(".:;")
    is_limited = path.startswith(LIMITED)
    headers = {name: _header(said) for name, said in LIMIT_HEADERS.items()} if is_limited else {}
    headers["X-Request-ID"] = _header("The id of the request, the caller's own where it sent one.")
    if access.scope:
        operation["security"] = [{"key": []}, {"key_header": []}]
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds the scope `{access.scope}`.".strip()
        headers |= {name: _header(said) for name, said in USAGE_HEADERS.items()}
    if access.is_billable:
        operation["description"] += " Billed when it is answered with a status below 400."
    for status, response in operation["responses"].items():
        if int(status) < 400:
            response.setdefault("headers", {}).update(headers)
    if "dataset" in handler.opt:
        operation["responses"]["200"]["content"] = _documents(handler.opt["dataset"])
    if "answer" in handler.opt:
        # The same in several forms, of which one is JSON.
        ref = {"$ref": f"#/components/schemas/{handler.opt['answer'].__name__}"}
        content = {one: {"schema": {"type": "string"}} for one in handler.opt["forms"]}
        operation["responses"]["200"]["content"] = {**content, "application/json": {"schema": ref}}
    if "example" in handler.opt:
        operation["responses"]["200"]["content"]["application/json"]["examples"] = _examples(handler)
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in _problems(access, handler, path, method, operation):
        by_status.setdefault(problem.status, []).append(problem)
    for status, problems in sorted(by_status.items()):
        operation["responses"][str(status)] = {
            "description": " ".join(f"`{problem.code()}`: {explained(problem)[0]}" for problem in problems),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {problem.code(): {"value": problem().document("4f7c1f0a")} for problem in problems},
                }
            },
        }


def _schemas(app: Litestar) -> dict[str, Any]:
    """Every struct that answers and bodies are made of. msgspec writes them: Litestar does not see what a generic one holds."""
    handlers = [handler for _, _, handler in _handlers(app)]
    signatures = [handler.parsed_fn_signature for handler in handlers]
    bodies = {one.parameters["data"].annotation for one in signatures if "data" in one.parameters}
    shown = {kind for handler in handlers if "veil" in handler.opt for kind in handler.opt["veil"].hidden}
    shown |= {handler.opt["answer"] for handler in handlers if "answer" in handler.opt}
    found = bodies | shown | {one.return_type.annotation for one in signatures}
    structs = _with_inner([kind for kind in found if isinstance(kind, type) and issubclass(kind, msgspec.Struct)])
    _, schemas = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    for name in schemas.keys() - {kind.__name__ for kind in bodies}:
        # Answers gain fields: no program may rely on there being no others.
        schemas[name].pop("additionalProperties", None)
    for kind in structs:
        schemas[kind.__name__]["description"] = getdoc(kind)
        for field in type_info(kind).fields:  # type: ignore[attr-defined]
            if _holds_moment(field.type):
                _text_in(schemas[kind.__name__]["properties"][field.name])["format"] = "date-time"
    return schemas


def _with_inner(structs: list[type[msgspec.Struct]]) -> list[type[msgspec.Struct]]:
    """These structs, and those that their fields hold."""
    waiting: list[Type] = [type_info(kind) for kind in structs]
    found: dict[type[msgspec.Struct], None] = {}
    while waiting:
        one = waiting.pop()
        if isinstance(one, Metadata):
            waiting.append(one.type)
        elif isinstance(one, CollectionType):
            waiting.append(one.item_type)
        elif isinstance(one, UnionType):
            waiting += one.types
        elif isinstance(one, StructType) and one.cls not in found:
            found[one.cls] = None
            waiting += [field.type for field in one.fields]
    return list(found)


def _holds_moment(found: Type) -> bool:
    if isinstance(found, Metadata):
        return _holds_moment(found.type)
    return isinstance(found, DateTimeType) or (isinstance(found, UnionType) and any(map(_holds_moment, found.types)))


def _text_in(schema: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in (schema, *schema.get("anyOf", ())) if one.get("type") == "string")


def _tell_fields(schemas: dict[str, Any], veil: Veil) -> None:
    """What the fields of an answer mean, by the table they come from, and which of them only some plans show."""
    for kind, hidden in veil.hidden.items():
        schema = schemas.get(kind.__name__)
        table = getattr(kind, "table", None)
        if schema is None:
            continue
        for name, said in schema["properties"].items():
            if TIER in said:
                continue  # of an endpoint before
            said[TIER] = "full" if name in hidden else "open"
            if table is not None and name in table.columns:
                said.setdefault("description", table.columns[name].description)
            if name in hidden:
                said["description"] = f"{said.get('description', '')} Null for redacted plans.".strip()


def _documents(dataset: Dataset) -> dict[str, Any]:
    """What an export is in every format."""
    rows = {"$ref": f"#/components/schemas/{type(dataset.example).__name__}"}
    document = {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": rows}}}
    example = msgspec.to_builtins(dataset.example)
    made: dict[str, Any] = {one.media_type: {"schema": {"type": "string"}} for one in FORMATS.values()}
    made["application/json"] = {
        "schema": document,
        "example": {"items": [{name: example[name] for name in dataset.columns}]},
    }
    return made


def _examples(handler: HTTPRouteHandler) -> dict[str, Any]:
    """The answer of an endpoint as a plan with every field sees it, and as a redacted one does."""
    example = handler.opt["example"]
    redacted = Sight(community(), LONG_AFTER, LONG_AFTER, None, is_core_only=False)
    shown = {"full": example, "redacted": handler.opt["veil"].over(example, redacted)}
    return {name: {"value": msgspec.to_builtins(one)} for name, one in shown.items()}


def _problems(
    access: Access, handler: HTTPRouteHandler, path: str, method: str, operation: dict[str, Any]
) -> Iterator[type[Problem]]:
    """Every problem the endpoint can answer with."""
    yield from (BadRequest, ParameterInvalid, Fault, Unavailable)
    if path.startswith(LIMITED):
        yield from (KeyRefused, AccessEnded, TooManyRequests)
    yield from (RequestTooSlow, AddressTooLong, HeadTooLarge)
    if "{" in path:
        yield NotFound
    if access.scope:
        yield from (KeyMissing, ScopeMissing)
    if access.feature or "veil" in handler.opt:
        yield PlanInsufficient
    if access.flag or not access.scope:
        yield PartSwitchedOff
    if method in ("post", "patch"):
        yield MediaTypeUnsupported
    yield BodyTooLarge
    yield from handler.opt.get("problems", ())


def _header(said: str) -> dict[str, Any]:
    return {"description": said, "schema": {"type": "string"}}
