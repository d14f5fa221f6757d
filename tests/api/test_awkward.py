"""Whatever is sent to whichever parameter of an intelligence endpoint, the answer is one the description names, and never a fault."""

from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

import httpx

from tests.api.conftest import Api, problem
from tests.api.seeded_market import GAME, OLD_SIGNAL, seed

AWKWARD = (
    "",
    "0",
    "-1",
    "1e400",
    "nan",
    "9" * 25,
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-02-30T00:00:00Z",
    "'; drop table signals; --",
    "$1",
    "\u200b",
    "\U0001f3c8",
    "a\u0301" * 30,
    "\u202egnp.exe",
)
VALUES = {"signal_id": OLD_SIGNAL, "event_id": GAME, "event": GAME}


def questions(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, str], set[str]]]:
    """Every endpoint with every awkward value in the place of each of its parameters, and the statuses it may answer with."""
    for path, item in document["paths"].items():
        if not path.startswith("/api/v1/intel") or "get" not in item:
            continue
        given: list[dict[str, Any]] = item["get"].get("parameters", [])
        needed = {one["name"]: VALUES[one["name"]] for one in given if one["in"] == "query" and one["required"]}
        for one, value in product(given, AWKWARD):
            if one["in"] == "query":
                yield path.format(**VALUES), {**needed, one["name"]: value}, set(item["get"]["responses"])
            elif value.strip():  # without anything it is another address
                address = path.format(**{**VALUES, one["name"]: quote(value, safe="")})
                yield address, needed, set(item["get"]["responses"])


def test_no_value_of_any_parameter_is_a_fault(api: Api) -> None:
    seed(api)
    key = api.key("enterprise", requests_per_minute=1_000_000)
    asked = list(questions(api.get("/docs/openapi.json").json()))
    assert len(asked) > 400

    async def ask_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(api.app)  # type: ignore[arg-type]
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
            return [await client.get(path, params=values) for path, values, _ in asked]

    for (path, values, documented), answer in zip(asked, api.loop.run(ask_all()), strict=True):
        assert answer.status_code < 500 and str(answer.status_code) in documented, (path, values, answer.text)
        assert answer.status_code < 400 or problem(answer)
