"""What the OpenAPI document promises is kept, whatever is sent: by Schemathesis, for every operation, on both databases.

Requests are made up from the document, right and wrong ones; no answer may be a fault of ours, have a status or a type that the document
does not name, or hold something else than it says.
"""

import contextlib
import logging
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from stratum_api.app import endpoints
from tests.api.conftest import Api
from tests.api.seeded_market import GAME, OLD_SIGNAL, seed

PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = endpoints()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
FOUND = [one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)]
OPERATIONS = {one.definition.raw["operationId"]: one for one in FOUND}
# A stream does not end; its own tests ask it everything.
ENDLESS = {"openStream"}
# What stands for itself is met often enough only when it is named: ids that exist.
KNOWN = {"signal_id": OLD_SIGNAL, "event_id": GAME, "event": GAME, "type": "hour"}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """A report of a failure without thousands of lines about answers that were right."""
    caplog.set_level(logging.WARNING)


@pytest.fixture
def asked(start_api: Callable[..., Api]) -> tuple[Api, str]:
    """An API with rows in it, and a key that may do everything as often as it likes."""
    api = start_api(STRATUM_API_ENABLE_WEBHOOKS="true")
    api.service.destinations._resolver = lambda *_: []  # made-up hosts are asked of nobody
    seed(api)
    return api, api.key("enterprise", requests_per_minute=60_000_000)


def send(api: Api, key: str, case: Any) -> int:
    """Send a made-up request and hold the answer against the document; gives its status."""
    request = case.as_transport_kwargs(base_url="http://api.test")
    headers = {name: value for name, value in request.pop("headers").items() if name.lower() != "user-agent"}
    request.pop("cookies", None)
    if isinstance(request.get("data"), str | bytes):
        request["content"] = request.pop("data")
    method, url = request.pop("method"), request.pop("url")
    answer = api.ask(method, url.removeprefix("http://api.test"), key, headers=headers, **request)
    case.validate_response(answer, checks=PROMISES)
    return answer.status_code


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_one_the_document_names(
    asked: tuple[Api, str], mode: schemathesis.GenerationMode, subtests: pytest.Subtests
) -> None:
    api, key = asked
    met: set[int] = set()
    for operation in sorted(OPERATIONS.keys() - ENDLESS):
        with subtests.test(operation):
            met |= statuses(api, key, operation, mode)
    # What is made up is looked at by the endpoints too, and not only kept out by what stands before them.
    assert met >= ({200, 404} if mode is schemathesis.GenerationMode.POSITIVE else {400})


def statuses(api: Api, key: str, operation: str, mode: schemathesis.GenerationMode) -> set[int]:
    """The statuses of answers to made-up requests for one operation."""
    found: set[int] = set()

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[operation].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        found.add(send(api, key, case))

    with contextlib.suppress(Unsatisfiable):  # nothing can be wrong where nothing is asked
        ask()
    return found


def test_rows_that_exist_are_as_the_document_says(asked: tuple[Api, str]) -> None:
    api, key = asked
    for operation in sorted(OPERATIONS.keys() - ENDLESS):
        one = OPERATIONS[operation]
        if one.method.upper() != "GET":
            continue
        given_path = {
            parameter.name: KNOWN[parameter.name] for parameter in one.path_parameters if parameter.name in KNOWN
        }
        query = {parameter.name: KNOWN[parameter.name] for parameter in one.query if parameter.is_required}
        if len(given_path) < len(list(one.path_parameters)):
            continue
        case = one.Case(path_parameters=given_path, query=query)
        send(api, key, case)


def test_the_document_is_an_openapi_document_with_an_example_for_every_answer() -> None:
    SCHEMA.validate()
    assert [one["name"] for one in DOCUMENT["tags"]][:1] == ["signals"]
    assert DOCUMENT["paths"]["/api/v1/account/keys"]["post"]["summary"] == "Issue a key"
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            if path.startswith("/api/v1/intel"):
                answers = operation["responses"]["200"]["content"]
                assert any(one.get("examples") or one.get("example") for one in answers.values()), path
