"""The reference page of endpoints, made from the same description that the API serves."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from stratum_api.problem_page import MADE

ABOUT = """Every endpoint, as `/docs` of a running server shows it too, with examples; `/docs/openapi.json` is the same for programs. What can go
wrong is under [problems](problems.md), plans and scopes [here](plans.md). A billed request counts when it is answered with a status
below 400.

Fields of answers are added in later versions, never renamed or removed; any of them may be null. **full** fields are null for redacted
plans, and `is_redacted` of the row says so. Plans with a delay see nothing that became known later, and nobody sees further back than
the plan's history: a question that reaches back further is refused (`plan_insufficient`), one that does not say since when begins there.

A key is sent as `Authorization: Bearer sk_…`, or in the header `X-API-Key`; where both are there, `Authorization` counts. `/health/…`, `/docs` and
`/problems/…` take no key and count against no limit: probes must get through. What readiness costs is bounded instead: its answer is kept for a
second or two.

HEAD is answered as GET is, without the body, and is billed and limited as GET is; not on the stream and on exports, whose answers are long. What is no
HTTP, headers above 32 kB (431) or not there within 15 seconds (408), and a body that does not come in time (408) are answered with a problem too,
and the connection is closed.

A parameter that an endpoint does not have is refused on every endpoint, and so is one that is given twice where it takes one value
(`parameter_invalid`): `errors` names each as it was written, a field of a body by its place, as in `filters.min_score`, and the whole body as `body`.

Lists come in pages. `next_cursor` leads to the next one, sent back as `cursor` with the same filters; null is the end. Moments are
ISO 8601 with `Z` or an offset."""


def endpoint_page(document: dict[str, Any]) -> str:
    """The page, from the OpenAPI document."""
    parts = ["# Endpoints", MADE, ABOUT]
    shown: dict[str, None] = {}
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, item in sorted(document["paths"].items()):
        for method, operation in item.items():
            by_tag.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    for tag, found in sorted(by_tag.items()):
        parts.append(f"## {tag.capitalize()}")
        for method, path, operation in found:
            parts += _operation(method, path, operation)
            shown |= dict.fromkeys(_rows_of(operation, document))
    parts.append("## Rows of answers")
    for name in shown:
        schema = document["components"]["schemas"][name]
        fields = [_field(field, said) for field, said in schema["properties"].items()]
        parts += [f"### {name}", schema.get("description", ""), _table(("field", "seen by", "means"), fields)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### {method} {path}"
    yield f"`{operation['operationId']}`. {operation['description']}"
    rows = [
        (
            f"`{one['name']}`" + (" (needed)" if one["required"] else ""),
            _bounds(one["schema"]),
            one.get("description", ""),
        )
        for one in operation.get("parameters", ())
    ]
    if rows:
        yield _table(("parameter", "takes", "means"), rows)


def _rows_of(operation: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """The schemas of an answer that say who sees their fields, in the order in which they are met."""
    schemas = document["components"]["schemas"]
    waiting: list[Any] = [operation["responses"].get("200", {})]
    met: set[str] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, dict):
            name = str(one.get("$ref", "")).rpartition("/")[2]
            if name and name not in met:
                met.add(name)
                if any("x-tier" in said for said in schemas[name].get("properties", {}).values()):
                    yield name
                waiting.append(schemas[name])
            waiting += [value for key, value in one.items() if key != "examples"]
        elif isinstance(one, list):
            waiting += one


def _field(name: str, said: dict[str, Any]) -> tuple[str, str, str]:
    return f"`{name}`", "full" if said.get("x-tier") == "full" else "all", said.get("description", "")


def _bounds(schema: dict[str, Any]) -> str:
    """What a parameter takes, in a few words."""
    kinds = [one for one in schema.get("oneOf", [schema]) if one.get("type") != "null"]
    kind = kinds[0] if kinds else {}
    if "enum" in kind:
        return ", ".join(f"`{value}`" for value in kind["enum"] if value is not None)
    is_several = kind.get("type") == "array"
    words = ["several texts" if is_several else str(schema.get("format") or kind.get("type", ""))]
    for name, word in (("minimum", "from"), ("maximum", "to")):
        bound = schema.get(name, kind.get(name))
        if bound is not None:
            words.append(f"{word} {bound:,.0f}" if bound >= 1000 else f"{word} {bound:g}")
    if schema.get("default") is not None:
        words[-1] += f", {json.dumps(schema['default'])} by default"
    return " ".join(words)


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"| {' | '.join('---' for _ in header)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(_cell(value) for value in row)} |" for row in rows)])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
