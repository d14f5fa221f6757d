"""The part of the client that is made from the API's description: what answers hold (`answers`), and every question (`ask`).

So the client knows each endpoint, parameter and field as soon as the API does, with the same words.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from textwrap import indent
from typing import Any

MADE = "# Made by `make docs` from the API's description; changes here are lost.\n# fmt: off"
METHODS = ("get", "post", "patch", "delete")


def client_code(description: Mapping[str, Any]) -> dict[str, str]:
    """The generated modules by their path in the repository; `description` is the OpenAPI document."""
    used: dict[str, None] = {}
    questions = [_question(*found, used) for found in _operations(description)]
    return {
        "stratum_api/client/answers.py": _answers(description["components"]["schemas"], used),
        "stratum_api/client/ask.py": _asking(questions),
    }


def name_of(operation: str) -> str:
    """The name of the function that asks what an operation answers.

    Examples:
        >>> name_of("getUsageByKey")
        'get_usage_by_key'
    """
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()


def _operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in description["paths"].items():
        for method in METHODS:
            if method in item and path.startswith("/api/"):
                yield path, method, item[method]


def _question(path: str, method: str, operation: Mapping[str, Any], used: dict[str, None]) -> str:
    def kind_of(schema: Mapping[str, Any]) -> str:
        return _type(schema, used, "answers.")

    parameters = [one for one in operation.get("parameters", ()) if one["in"] in ("path", "query")]
    places = [one for one in parameters if one["in"] == "path"]
    choices = [one for one in parameters if one["in"] == "query"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answer = _answer(operation, kind_of)
    given = [f"{one['name']}: {kind_of(one['schema'])}" for one in places]
    if body is not None:
        given.append(f"body: {kind_of(body)}")
    if choices:
        given.append("*")
    given += [f"{one['name']}: {_wanted(one, kind_of)}" for one in choices]
    address = re.sub(r"\{(\w+)\}", r"{quote(\1, safe='')}", path)
    parts = [f'f"{address}"' if places else f'"{address}"', answer]
    if choices:
        parts.append("{" + ", ".join(f'"{one["name"]}": {one["name"]}' for one in choices) + "}")
    if method != "get":
        parts.append(f'method="{method.upper()}"')
    if body is not None:
        parts.append("body=body")
    said = [operation["description"].strip(), ""] if choices else [operation["description"].strip()]
    said += [f"`{one['name']}`: {one['description']}" for one in choices if one.get("description")]
    return "\n".join(
        [
            f"def {name_of(operation['operationId'])}({', '.join(given)}) -> Call[{answer}]:",
            indent(_docstring("\n".join(said)), "    "),
            f"    return Call({', '.join(parts)})",
        ]
    )


def _answer(operation: Mapping[str, Any], kind_of: Callable[[Mapping[str, Any]], str]) -> str:
    content = next(one["content"] for status, one in operation["responses"].items() if int(status) < 400)
    if "text/event-stream" in content:
        return "Message"
    if set(content) != {"application/json"}:
        return "bytes"
    return kind_of(content["application/json"]["schema"])


def _wanted(parameter: Mapping[str, Any], kind_of: Callable[[Mapping[str, Any]], str]) -> str:
    kind = kind_of(parameter["schema"]).replace("list[", "Sequence[")
    if parameter.get("required"):
        return kind
    return f"{kind.removesuffix(' | None')} | None = None"


def _answers(schemas: Mapping[str, Any], used: dict[str, None]) -> str:
    written: dict[str, str] = {}

    def write(name: str) -> None:
        if name in written:
            return
        written[name] = ""
        inner: dict[str, None] = {}
        text = _struct(name, schemas[name], inner)
        for one in inner:
            write(one)
        # What a class holds stands before it.
        del written[name]
        written[name] = text

    for name in list(used):
        write(name)
    body = "\n\n\n".join(written.values())
    return _module(
        "What the API answers with. Fields that later versions add are passed over.", body, ["import msgspec"]
    )


def _struct(name: str, schema: Mapping[str, Any], used: dict[str, None]) -> str:
    required = set(schema.get("required", ()))
    lines = [f"class {_class_name(name)}(msgspec.Struct, kw_only=True, omit_defaults=True):"]
    if schema.get("description"):
        lines.append(indent(_docstring(schema["description"]), "    ") + "\n")
    for field, said in schema.get("properties", {}).items():
        kind = _type(said, used)
        default = ""
        if "default" in said:
            default = f" = {said['default']!r}"
        elif field not in required:
            # Left out and null are two things where a change is asked for.
            kind, default = _union([*kind.split(" | "), "msgspec.UnsetType"]), " = msgspec.UNSET"
        elif kind.endswith("| None"):
            default = " = None"
        lines.append(f"    {field}: {kind}{default}")
        if said.get("description"):
            lines.append(indent(_docstring(said["description"]), "    "))
    return "\n".join(lines)


def _asking(questions: list[str]) -> str:
    ours = [
        "from stratum_api.client import answers",
        "from stratum_api.client.exchange import Call",
        "from stratum_api.client.following import Message",
    ]
    about = "Every question the API answers, each as a `Call` for a client to send."
    return _module(about, "\n\n\n".join(questions), ours)


def _module(about: str, body: str, ours: list[str]) -> str:
    """A file of Python with the imports that its body needs."""
    typing = [name for name in ("Any", "Literal") if re.search(rf"\b{name}\b", body)]
    imports = [
        *(["import datetime as dt"] if "dt." in body else []),
        *(["from collections.abc import Sequence"] if "Sequence[" in body else []),
        *([f"from typing import {', '.join(typing)}"] if typing else []),
        *(["from urllib.parse import quote"] if "quote(" in body else []),
    ]
    noqa = ["# ruff: noqa: A002"] if re.search(r"\b(type|format): ", body) else []
    return "\n".join([f'"""{about}"""', "", MADE, *noqa, "", *imports, "", *ours, "", "", body, ""])


def _type(schema: Mapping[str, Any], used: dict[str, None], prefix: str = "") -> str:
    """A schema as Python writes it, structs behind `prefix`; None stands last."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        used[name] = None
        return prefix + _class_name(name)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        # What stands beside the choices, as a format does, is meant for each of them.
        beside = {key: value for key, value in schema.items() if key == "format"}
        return _union([_type({**beside, **one}, used, prefix) for one in several])
    if "enum" in schema:
        values = [value for value in schema["enum"] if value is not None]
        return _union([f"Literal[{', '.join(map(json.dumps, values))}]", *(["None"] * (None in schema["enum"]))])
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union([_type({**schema, "type": one}, used, prefix) for one in kind])
    if kind == "array":
        return f"list[{_type(schema.get('items', {}), used, prefix)}]"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"dict[str, {_type(inner, used, prefix) if isinstance(inner, Mapping) else 'Any'}]"
    if kind == "string" and schema.get("format") in ("date-time", "date"):
        return {"date-time": "dt.datetime", "date": "dt.date"}[schema["format"]]
    return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}.get(
        kind or "", "Any"
    )


def _union(kinds: list[str]) -> str:
    found = list(dict.fromkeys(kinds))
    return " | ".join([one for one in found if one != "None"] + ["None"] * ("None" in found))


def _class_name(schema: str) -> str:
    return schema.removeprefix("Shown")


def _docstring(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"""', "'''").strip()
    return f'"""{escaped}"""' if "\n" not in escaped else f'"""{escaped}\n"""'
