"""Every answer that is no success is a problem of the tree, documented on its page and reachable where its type leads."""

import re

import pytest

from stratum_api import problems
from stratum_api.app import as_problem
from stratum_api.problem_page import problem_page
from stratum_api.problems import Problem, every_problem
from tests.api.conftest import Api, problem


def test_every_problem_is_on_the_page_with_what_to_do() -> None:
    rows = re.findall(r'^\| <a id="\w+"></a>`(\w+)` \| (\d+) \| .+? \| (.+) \|$', problem_page(), re.MULTILINE)
    assert [(code, int(status)) for code, status, _ in rows] == [(one.code(), one.status) for one in every_problem()]
    assert all(remedy.endswith((".", "…`.")) for _, _, remedy in rows)


def test_only_gathering_problems_are_left_out_and_the_tree_at_the_top_names_all() -> None:
    declared = [one for one in vars(problems).values() if isinstance(one, type) and issubclass(one, Problem)]
    silent = set(declared) - set(every_problem()) - {Problem}
    assert all(one.__subclasses__() for one in silent)
    drawn = re.findall(r"[├└]── (\w+) (\d+)", problems.__doc__ or "")
    assert {name: int(status) for name, status in drawn} == {
        one.__name__: one.status for one in declared if one is not Problem
    }


@pytest.mark.parametrize("one", every_problem(), ids=lambda one: one.code())
def test_a_problem_says_its_own_name_and_what_to_do(one: type[Problem]) -> None:
    said = one("because", feature="x").document("id")
    assert (said["code"], said["status"], said["detail"], said["feature"]) == (one.code(), one.status, "because", "x")


def test_the_type_of_every_problem_leads_to_its_meaning(api: Api) -> None:
    for one in every_problem():
        answer = api.get(one().document()["type"])
        assert (answer.status_code, answer.json()["code"]) == (200, one.code())


def test_an_unknown_address_method_and_problem_are_problems(api: Api) -> None:
    key = api.key()
    assert problem(api.get("/nowhere", key))["code"] == "not_found"
    assert problem(api.get("/problems/nonsense"))["code"] == "not_found"
    answer = api.ask("PUT", "/api/v1/account", key)
    assert problem(answer)["code"] == "method_not_allowed"
    assert {"GET"} <= set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD", "OPTIONS"}
    answer = api.get(f"/api/v1/account/keys/{key[:15]}", key)
    assert "DELETE" in answer.headers["allow"]


def test_what_a_parameter_lacks_is_named(api: Api) -> None:
    key = api.key()
    for path in ("periods=0", "periods=many", "periods=99"):
        said = problem(api.get(f"/api/v1/account/usage/history?{path}", key))
        assert (said["status"], said["code"]) == (400, "parameter_invalid")
        assert [one["name"] for one in said["errors"]] == ["periods"]


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"\xff\xfe", b'{"name": 1}', b'{"name": "x", "more": 1}', b"[]", b"null", b""),
        b"[" * 40_000,
        b'{"more": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_a_body_that_cannot_be_used_is_a_bad_request(api: Api, body: bytes) -> None:
    answer = api.ask(
        "POST", "/api/v1/account/keys", api.key(), content=body, headers={"Content-Type": "application/json"}
    )
    assert problem(answer)["code"] in ("bad_request", "parameter_invalid")


def test_a_nul_an_endless_address_and_a_large_body_are_refused(api: Api) -> None:
    key = api.key()
    assert problem(api.get("/api/v1/account?x=%00", key))["code"] == "bad_request"
    assert problem(api.get("/api/v1/account/%00", key))["code"] == "bad_request"
    assert problem(api.get(f"/api/v1/account?x={'y' * 9000}", key))["code"] == "address_too_long"
    said = problem(api.ask("POST", "/api/v1/account/keys", key, json={"name": "x" * 70_000}))
    assert (said["code"], said["max_bytes"]) == ("body_too_large", 65_536)


def test_a_body_without_a_length_is_cut_off_as_well(api: Api) -> None:
    async def pieces():
        for _ in range(200):
            yield b"x" * 1000

    headers = {"Content-Type": "application/json"}
    answer = api.ask("POST", "/api/v1/account/keys", api.key(), content=pieces(), headers=headers)
    assert problem(answer)["code"] == "body_too_large"


def test_a_fault_of_ours_says_nothing_about_itself() -> None:
    said = as_problem(KeyError("password hunter2"))
    assert (said.status, said.code()) == (500, "fault")
    assert b"hunter2" not in said.body("id")
