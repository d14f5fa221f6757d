"""The client knows every operation of the API, and its page every error of the client."""

import inspect
import re
from typing import get_type_hints

import msgspec
import pytest

from stratum_api.app import endpoints
from stratum_api.client import StratumError, answers, ask
from stratum_api.client_code import name_of
from tests.conftest import REPOSITORY

OPERATIONS = {
    operation["operationId"]: operation
    for path, item in endpoints()["paths"].items()
    for operation in item.values()
    if path.startswith("/api/")
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_can_be_asked_with_every_parameter_it_has(operation: str) -> None:
    question = getattr(ask, name_of(operation))
    taken = set(inspect.signature(question).parameters) - {"body"}
    wanted = {one["name"] for one in OPERATIONS[operation].get("parameters", ()) if one["in"] in ("path", "query")}
    assert taken == wanted
    assert get_type_hints(question)["return"].__args__


def test_answers_hold_what_the_description_says() -> None:
    schemas = endpoints()["components"]["schemas"]
    compared = 0
    for name, schema in schemas.items():
        kind = getattr(answers, name.removeprefix("Shown"), None)
        if kind is not None:
            assert {field.name for field in msgspec.structs.fields(kind)} == set(schema["properties"]), name
            compared += 1
    assert compared >= 10


def test_moments_are_described_as_moments() -> None:
    for name, schema in endpoints()["components"]["schemas"].items():
        for field, said in schema["properties"].items():
            if field.endswith("_at") and name != "Problem":
                assert "date-time" in str(said), f"{name}.{field}"


def test_the_page_of_the_client_names_every_error() -> None:
    page = (REPOSITORY / "docs/how-to/use-the-python-client.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))

    def below(kind: type[Exception]) -> set[str]:
        return {one.__name__ for one in kind.__subclasses__()}.union(*map(below, kind.__subclasses__()))

    assert named == below(StratumError)
