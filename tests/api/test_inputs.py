"""What an endpoint does not take is refused in the words of the caller: on every endpoint, and by the same mechanism."""

import pytest

from stratum_api.app import endpoints
from tests.api.conftest import Api, problem
from tests.api.seeded_market import GAME, OLD_SIGNAL

VALUES = {
    "signal_id": OLD_SIGNAL,
    "event_id": GAME,
    "key_id": "sk_7Hq2Zk1pQ0aB",
    "endpoint_id": "we_5f0c2a9d31b7e846",
    "code": "fault",
    "share_id": "sh_7Hq2Zk1pQ0aB",
    "token": "sh_none",
}
DOCUMENT = endpoints()
OPERATIONS = [
    (method.upper(), path.format(**VALUES), [one for one in operation.get("parameters", ()) if one["in"] == "query"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
ASKED_WRONGLY: list[tuple[str, list[str]]] = [
    ("intel/signals?event=%20", ["event"]),
    ("intel/signals?type=%20&min_score=many", ["min_score"]),
    ("intel/signals?type=%20", ["type"]),
    ("intel/export/signals?format=xml", ["format"]),
    ("intel/books/freshness?state=odd", ["state"]),
    ("intel/consensus/history", ["event"]),
    ("intel/clv/summary?by=colour", ["by"]),
    ("intel/clv/recap?day=yesterday&span=year", ["day", "span"]),
    ("stream?topic=odd", ["topic"]),
    ("stream?last_event_id=ninety", ["last_event_id"]),
    (f"stream?last_event_id={'9' * 30}", ["last_event_id"]),
    ("account/usage/history?periods=0&more=1", ["'more'"]),
]
WRONG_BODIES: list[tuple[object, str]] = [
    ({"name": 1}, "name"),
    ({"name": "x", "scopes": []}, "scopes"),
    ({"name": "x", "scopes": ["intel:read", 3]}, "scopes[1]"),
    ({"name": "\n"}, "name"),
    ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ({"name": "x", "colour": "red"}, "body"),
    ({}, "body"),
    ([], "body"),
    (None, "body"),
]


@pytest.fixture
def everything(start_api) -> tuple[Api, str]:
    """An API with every part switched on, and a key that may do everything."""
    api = start_api(STRATUM_API_ENABLE_WEBHOOKS="true")
    return api, api.key("enterprise", requests_per_minute=60_000)


def test_no_endpoint_passes_over_a_parameter_it_does_not_know(everything: tuple[Api, str]) -> None:
    api, key = everything
    assert len(OPERATIONS) > 30
    for method, path, taken in OPERATIONS:
        said = problem(api.ask(method, path, key, params={"sprot": "a"}, json={} if method != "GET" else None))
        assert (said["code"], said["errors"][0]["name"]) == ("parameter_invalid", "'sprot'"), (method, path)
        for one in taken:
            assert one["name"] in said["detail"]


def test_no_endpoint_takes_the_last_of_two_values_where_one_is_meant(everything: tuple[Api, str]) -> None:
    api, key = everything
    n_single = 0
    for method, path, taken in OPERATIONS:
        for one in taken:
            kinds = [one["schema"], *one["schema"].get("oneOf", ()), *one["schema"].get("anyOf", ())]
            if any(kind.get("type") == "array" for kind in kinds):
                continue
            n_single += 1
            said = problem(api.get(f"{path}?{one['name']}=1&{one['name']}=2", key))
            named = [(error["name"], error["message"]) for error in said["errors"]]
            assert (one["name"], "is given more than once, and takes one value") in named, (method, path, said)
    assert n_single > 60


def test_what_may_be_given_several_times_still_may(api: Api) -> None:
    key = api.key()
    assert api.get(f"/api/v1/intel/signals?event={GAME}&event=other&type=MOVE&type=STEAM", key).status_code == 200


def test_a_problem_names_what_the_caller_wrote(api: Api) -> None:
    key = api.key()
    for path, names in ASKED_WRONGLY:
        said = problem(api.get(f"/api/v1/{path}", key))
        assert said["code"] == "parameter_invalid"
        assert [one["name"] for one in said["errors"]] == names, said
        assert all(f"{name}: " in said["detail"] for name in names)


def test_a_header_is_named_as_it_is_written(api: Api) -> None:
    said = problem(api.get("/api/v1/stream", api.key(), headers={"Last-Event-ID": "9" * 30}))
    assert [one["name"] for one in said["errors"]] == ["Last-Event-ID"]


def test_a_field_of_a_body_is_named_by_its_place(api: Api) -> None:
    key = api.key()
    for body, name in WRONG_BODIES:
        said = problem(api.ask("POST", "/api/v1/account/keys", key, json=body))
        assert said["code"] == "parameter_invalid"
        assert [one["name"] for one in said["errors"]] == [name], said


def test_what_the_desk_of_webhooks_refuses_is_named(everything: tuple[Api, str]) -> None:
    api, key = everything
    wanted = {"url": "https://127.0.0.1/x", "event_types": ["signal.detected"]}
    said = problem(api.ask("POST", "/api/v1/partner/webhooks", key, json=wanted))
    assert [one["name"] for one in said["errors"]] == ["url"]
    said = problem(api.ask("POST", "/api/v1/partner/webhooks", key, json=wanted | {"filters": {"min_score": "x"}}))
    assert [one["name"] for one in said["errors"]] == ["filters.min_score"]


def test_access_comes_before_the_question(api: Api) -> None:
    assert problem(api.get("/api/v1/intel/signals?sprot=a"))["code"] == "key_missing"
    assert problem(api.get("/api/v1/intel/export/signals?sprot=a", api.key("community")))["code"] == "plan_insufficient"


def test_ids_in_an_address_hold_nothing_that_means_something_else_there(api: Api) -> None:
    key = api.key()
    for odd in ("a%2Fb", "..%2Fhealth", "a%20b", "a%22b", "a%3Cb%3E", "%E2%80%8B", "-a", "a%25b", "a" * 201):
        said = problem(api.get(f"/api/v1/intel/events/{odd}", key))
        assert said["code"] in ("parameter_invalid", "not_found"), odd
        assert said["code"] == "not_found" or said["errors"][0]["name"] == "event_id"
    assert problem(api.get("/api/v1/intel/events/a%22b", key))["code"] == "parameter_invalid"
    assert problem(api.get("/api/v1/intel/events/sim:2026-01~a@b+c.d_e", key))["code"] == "not_found"
    assert problem(api.get("/problems/Fault"))["errors"][0]["name"] == "code"
