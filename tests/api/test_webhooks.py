"""Webhooks by endpoint: registered within the plan, at addresses that may be reached, shown without secrets, each account its own."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from stratum_api.secret_box import SecretBox
from tests.api.conftest import Api, problem
from tests.webhook_rows import NOW, SECOND, claim, fan_out_to, tried, write_messages
from warehouse.database import Accounts, AuditTrail
from warehouse.database.outbox import WEBHOOK_TEST, Outbox
from warehouse.database.webhooks.queue import record

WEBHOOKS = "/api/v1/partner/webhooks"
LOCAL = "http://127.0.0.1:9000/hook?token=letmein"
WANTED = {"url": LOCAL, "event_types": ["signal.detected"]}


@pytest.fixture
def api(start_api: Callable[..., Api]) -> Api:
    """An API that takes webhooks, also at 127.0.0.1."""
    return start_api(STRATUM_API_ENABLE_WEBHOOKS="true", STRATUM_WEBHOOK_ALLOWED_HOSTS="127.0.0.1")


def register(api: Api, key: str, **terms: Any) -> dict[str, Any]:
    answer = api.ask("POST", WEBHOOKS, key, json=WANTED | terms)
    assert answer.status_code == 201, answer.text
    return answer.json()


def delivered(api: Api, endpoint_id: str, *names: str, **how: Any) -> list[str]:
    """The ids of messages of which each was tried once to be delivered, one after the other."""
    ids = write_messages(api.service.database, *names)
    fan_out_to(api.service.database, endpoint_id)
    for n, one in enumerate(sorted(claim(api.service.database, **{endpoint_id: 100}), key=lambda one: one.delivery_id)):
        made = tried(one, **{"attempted_at": NOW + n * SECOND, **how})
        with api.service.database.begin() as connection:
            record(connection, [made], NOW + n * SECOND)
    return ids


# -- registering ----------------------------------------------------------------------------------------------------------------


def test_a_webhook_is_registered_with_a_secret_that_is_shown_once_and_stored_encrypted(api: Api) -> None:
    key = api.key()
    made = register(api, key, description="my  desk", filters={"min_score": 70}, with_ed25519=True)
    webhook, secret = made["webhook"], made["secret"]
    assert secret.startswith("whsec_") and len(secret) == len("whsec_") + 44
    assert (webhook["url"], webhook["description"], webhook["filters"]) == (LOCAL, "my desk", {"min_score": 70})
    assert (webhook["is_enabled"], webhook["disabled_reason"], webhook["timeout_s"]) == (True, None, 5.0)
    keys = {one["scheme"]: one["public_key"] for one in webhook["signing"]}
    assert keys["v1"] is None and keys["v1a"].startswith("whpk_")
    path = f"{WEBHOOKS}/{webhook['endpoint_id']}"
    shown = [
        api.get(WEBHOOKS, key),
        api.get(path, key),
        api.get(f"{WEBHOOKS}/logs", key),
        api.get(f"{path}/stats", key),
    ]
    assert [one.status_code for one in shown] == [200, 200, 200, 200]
    assert shown[0].json() == {"webhooks": [webhook], "included": 5} and shown[1].json() == webhook
    stored = api.service.database
    with stored.read() as connection:
        sealed = [row[0] for row in connection.exec_driver_sql("select sealed from webhook_secrets")]
    opened = {SecretBox(api.service.secret).open(one, webhook["endpoint_id"]) for one in sealed}
    assert secret in opened and len(opened) == 2
    trail = repr(AuditTrail(stored).entries())
    for text in (*sealed, trail, *(one.text for one in shown)):
        assert not any(one[6:] in text for one in opened)
    assert "letmein" not in trail


def test_a_plan_includes_so_many_webhooks_and_not_one_more(api: Api) -> None:
    one, none, late = api.key("builder"), api.key("pro"), api.key("community", webhooks=5)
    made = register(api, one)
    said = problem(api.ask("POST", WEBHOOKS, one, json=WANTED))
    assert (said["status"], said["code"], said["feature"], said["webhooks"]) == (
        403,
        "plan_insufficient",
        "webhooks",
        1,
    )
    assert api.ask("DELETE", f"{WEBHOOKS}/{made['webhook']['endpoint_id']}", one).status_code == 200
    register(api, one)
    for key in (none, late):  # what is delayed or redacted is pushed to nobody
        assert problem(api.ask("POST", WEBHOOKS, key, json=WANTED))["webhooks"] == 0
    custom = api.key("builder", webhooks=2)
    register(api, custom), register(api, custom)
    assert api.ask("POST", WEBHOOKS, custom, json=WANTED).status_code == 403


def test_webhooks_need_their_scope_and_the_part_switched_on(api: Api, start_api: Callable[..., Api]) -> None:
    account = api.account()
    reading = api.issue(account, "account:read", "intel:read").secret.text
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/logs"), ("POST", "/we_0000000000000000/replay")):
        said = problem(api.ask(method, WEBHOOKS + path, reading, **({"json": {}} if method == "POST" else {})))
        assert (said["code"], said["scope"]) == ("scope_missing", "webhooks:manage")
        assert problem(api.ask(method, WEBHOOKS + path))["code"] == "key_missing"
    off = start_api()
    assert problem(off.get(WEBHOOKS, off.key()))["flag"] == "webhooks"


ADDRESSES = {
    "http://partner.example/hook": "https",
    "https://user:pass@partner.example/hook": "user or password",
    "https://partner.example:22/hook": "port 22",
    "https://10.0.0.7/hook": "not public",
    "https://[::ffff:127.0.0.1]/hook": "not public",
    "https://2130706433/hook": "neither a name nor an address",
    "https://inside.example/hook": "not public",
    "https://nowhere.example/hook": "cannot be resolved",
    "ftp://partner.example/hook": "https",
    "partner.example": "https",
}


def test_an_address_that_may_not_be_reached_is_refused_with_the_reason(api: Api) -> None:
    known = {"inside.example": ["93.184.215.14", "10.0.0.7"], "partner.example": ["93.184.215.14"]}
    api.service.destinations._resolver = lambda host, _: known.get(host, [])
    key = api.key(requests_per_minute=1000)
    made = register(api, key, url="https://partner.example/hook")
    path = f"{WEBHOOKS}/{made['webhook']['endpoint_id']}"
    for url, says in ADDRESSES.items():
        for method, where, body in (("POST", WEBHOOKS, WANTED | {"url": url}), ("PATCH", path, {"url": url})):
            said = problem(api.ask(method, where, key, json=body))
            assert (said["status"], said["code"], said["errors"][0]["name"]) == (400, "parameter_invalid", "url")
            assert says in said["detail"] and "pass@" not in said["detail"] and "/hook" not in said["detail"]
    assert api.get(path, key).json()["url"] == "https://partner.example/hook"


TERMS: list[tuple[dict[str, Any], str]] = [
    ({"event_types": []}, "event_types"),
    ({"event_types": ["signal.invented"]}, "signal.clv_finalized"),
    ({"event_types": [WEBHOOK_TEST]}, "signal.detected"),
    ({"filters": {"sport": ["nfl"]}}, "filters"),
    ({"filters": {"min_score": 101}}, "filters"),
    ({"timeout_s": 15.5}, "timeout_s"),
    ({"batch_size": 0}, "batch_size"),
    ({"rate_per_s": 0}, "rate_per_s"),
    ({"description": "two\nlines"}, "printable"),
    ({"queue": "mine"}, "queue"),
    ({"url": "https://" + "a" * 2048}, "url"),
]


def test_terms_that_make_no_sense_are_refused_by_name(api: Api) -> None:
    key = api.key()
    for terms, says in TERMS:
        said = problem(api.ask("POST", WEBHOOKS, key, json=WANTED | terms))
        assert (said["status"], said["code"]) == (400, "parameter_invalid")
        assert says in json.dumps(said), terms
    assert api.get(WEBHOOKS, key).json()["webhooks"] == []


# -- changing -------------------------------------------------------------------------------------------------------------------


def test_a_change_touches_what_it_names_and_nothing_else(api: Api) -> None:
    key = api.key()
    before = register(api, key, rate_per_s=5, filters={"markets": ["h2h"]})["webhook"]
    path = f"{WEBHOOKS}/{before['endpoint_id']}"
    after = api.ask("PATCH", path, key, json={"is_enabled": False, "timeout_s": 15}).json()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"is_enabled", "disabled_reason", "timeout_s", "updated_at"}
    assert after["disabled_reason"] == "partner"
    assert problem(api.ask("POST", f"{path}/test", key))["code"] == "conflict"
    assert api.ask("PATCH", path, key, json={"rate_per_s": None}).json()["rate_per_s"] is None
    assert api.ask("PATCH", path, key, json={"is_enabled": True}).json()["disabled_reason"] is None
    assert problem(api.ask("PATCH", path, key, json={}))["code"] == "parameter_invalid"
    assert problem(api.ask("PATCH", path, key, json={"account_id": "mine"}))["code"] == "parameter_invalid"


def test_an_address_that_is_no_longer_allowed_keeps_nobody_from_disabling_its_webhook(
    api: Api, start_api: Callable[..., Api]
) -> None:
    key = api.key()
    path = f"{WEBHOOKS}/{register(api, key)['webhook']['endpoint_id']}"
    strict = start_api(STRATUM_API_ENABLE_WEBHOOKS="true")
    assert strict.ask("PATCH", path, key, json={"is_enabled": False}).json()["disabled_reason"] == "partner"
    assert problem(strict.ask("PATCH", path, key, json={"url": LOCAL}))["errors"][0]["name"] == "url"


def test_webhooks_of_others_look_like_none(api: Api) -> None:
    mine, theirs = api.key(), api.key()
    endpoint_id = register(api, theirs)["webhook"]["endpoint_id"]
    delivered(api, endpoint_id, "m1")
    path = f"{WEBHOOKS}/{endpoint_id}"
    asked: list[tuple[str, str, Any]] = [
        ("GET", path, None),
        ("PATCH", path, {"url": LOCAL}),
        ("DELETE", path, None),
        ("POST", f"{path}/secret", {}),
        ("POST", f"{path}/test", None),
        ("POST", f"{path}/replay", {"only_failed": True, "is_dry_run": True}),
        ("GET", f"{path}/stats", None),
    ]
    for method, where, body in asked:
        said = problem(api.ask(method, where, mine, **({} if body is None else {"json": body})))
        assert said["code"] == "not_found", where
        unknown = problem(api.ask(method, where.replace(endpoint_id, "we_00000000000000aa"), mine, json=body or {}))
        assert said["detail"].replace(endpoint_id, "") == unknown["detail"].replace("we_00000000000000aa", "")
    assert api.get(WEBHOOKS, mine).json()["webhooks"] == []
    assert api.get(f"{WEBHOOKS}/logs?endpoint_id={endpoint_id}", mine).json()["items"] == []
    assert len(api.get(f"{WEBHOOKS}/logs", theirs).json()["items"]) == 1
    assert api.get(path, theirs).status_code == 200


def test_a_deleted_webhook_is_gone_and_its_log_stays(api: Api) -> None:
    key = api.key()
    endpoint_id = register(api, key)["webhook"]["endpoint_id"]
    delivered(api, endpoint_id, "m1")
    assert api.ask("DELETE", f"{WEBHOOKS}/{endpoint_id}", key).json()["endpoint_id"] == endpoint_id
    assert problem(api.ask("DELETE", f"{WEBHOOKS}/{endpoint_id}", key))["code"] == "not_found"
    assert api.get(WEBHOOKS, key).json()["webhooks"] == []
    assert len(api.get(f"{WEBHOOKS}/logs", key).json()["items"]) == 1


# -- secrets, tests, the log, replays ----------------------------------------------------------------------------------------------


def test_a_rotated_secret_signs_beside_the_old_one_until_the_overlap_ends(api: Api) -> None:
    key = api.key()
    made = register(api, key)
    path = f"{WEBHOOKS}/{made['webhook']['endpoint_id']}"
    before = dt.datetime.now(dt.UTC)
    answer = api.ask("POST", f"{path}/secret", key, json={"overlap_s": 3600})
    assert answer.status_code == 201
    rotated = answer.json()
    new, old = rotated["signing"]
    assert rotated["secret"].startswith("whsec_") and rotated["secret"] != made["secret"]
    assert old["secret_id"] == made["webhook"]["signing"][0]["secret_id"] and new["ends_at"] is None
    ends_at = dt.datetime.fromisoformat(old["ends_at"])
    assert 3600 <= (ends_at - before).total_seconds() < 3660
    assert rotated["secret"] not in api.get(path, key).text and len(api.get(path, key).json()["signing"]) == 2
    added = api.ask("POST", f"{path}/secret", key, json={"scheme": "v1a"}).json()
    assert added["secret"] is None and added["signing"][0]["public_key"].startswith("whpk_")
    assert problem(api.ask("POST", f"{path}/secret", key, json={"overlap_s": 604_801}))["code"] == "parameter_invalid"


def test_a_test_is_a_message_for_this_webhook_alone(api: Api) -> None:
    account = api.account()
    key = api.issue(account).secret.text
    endpoint_id = register(api, key)["webhook"]["endpoint_id"]
    answer = api.ask("POST", f"{WEBHOOKS}/{endpoint_id}/test", key)
    assert answer.status_code == 202
    (message,) = Outbox(api.service.database).after()
    assert (message.outbox_id, message.topic) == (answer.json()["webhook_id"], WEBHOOK_TEST)
    said = json.loads(message.payload)
    assert (said["endpoint_id"], said["account_id"]) == (endpoint_id, account)


def test_the_log_holds_every_attempt_by_pages_and_filters(api: Api) -> None:
    key = api.key()
    one, two = (register(api, key)["webhook"]["endpoint_id"] for _ in range(2))
    good = delivered(api, one, "m1", "m2", "m3")
    bad = delivered(api, two, "m4", state="dead", status_code=503, error="status", response_excerpt="busy")
    logs = f"{WEBHOOKS}/logs"
    first = api.get(f"{logs}?limit=3", key).json()
    rest = api.get(f"{logs}?limit=3&cursor={first['next_cursor']}", key).json()
    assert [row["webhook_id"] for row in first["items"] + rest["items"]] == [*bad, *reversed(good)]
    assert rest["next_cursor"] is None
    failed = first["items"][0]
    assert (failed["is_delivered"], failed["status_code"], failed["error"]) == (False, 503, "status")
    assert (failed["attempt"], failed["latency_ms"], failed["response_excerpt"]) == (1, 12.5, "busy")

    def found(**asked: Any) -> list[str]:
        return [row["webhook_id"] for row in api.get(logs, key, params=asked).json()["items"]]

    assert found(endpoint_id=two) == found(is_delivered="false") == found(status_code=503) == bad
    assert found(webhook_id=good[1]) == [good[1]]
    assert found(event_type="signal.clv_finalized") == []
    # The three were tried at 12:00:00, :01 and :02, the fourth at 12:00:00.
    assert found(since="2026-01-04T12:00:01Z") == [good[2], good[1]]
    assert found(until="2026-01-04T12:00:01Z", endpoint_id=one) == [good[0]]
    said = problem(api.get(f"{logs}?endpoint_id={one}&cursor={first['next_cursor']}", key))
    assert said["code"] == "cursor_invalid"


def test_stats_count_since_a_moment_and_say_what_waits(api: Api) -> None:
    key = api.key()
    endpoint_id = register(api, key)["webhook"]["endpoint_id"]
    delivered(api, endpoint_id, "m1", "m2")
    delivered(api, endpoint_id, "m3", state="dead", status_code=500, error="status", latency_ms=40.0)
    path = f"{WEBHOOKS}/{endpoint_id}/stats"
    told = api.get(f"{path}?since=2026-01-04T12:00:00Z", key).json()
    assert (told["n_delivered"], told["n_failed"], told["n_pending"], told["n_dead"]) == (2, 1, 0, 1)
    # Of 12.5, 12.5 and 40 ms: two of three reach half, all three reach 95 %.
    assert (told["latency_p50_ms"], told["latency_p95_ms"]) == (12.5, 40.0)
    assert told["is_paused"] is False and told["last_failed_at"] == "2026-01-04T12:00:00Z"
    assert api.get(path, key).json()["n_delivered"] == 0  # the last 24 hours
    assert problem(api.get(f"{path}?since=2199-01-01T00:00:00Z", key))["code"] == "parameter_invalid"


def test_a_replay_sends_what_was_chosen_and_a_dry_run_only_counts_it(api: Api) -> None:
    key = api.key()
    endpoint_id = register(api, key)["webhook"]["endpoint_id"]
    good = delivered(api, endpoint_id, "m1", "m2")
    delivered(api, endpoint_id, "m3", state="dead")
    path = f"{WEBHOOKS}/{endpoint_id}/replay"

    def replayed(**wanted: Any) -> int:
        answer = api.ask("POST", path, key, json=wanted)
        assert answer.status_code == 200 and answer.json()["is_dry_run"] == wanted.get("is_dry_run", False)
        return int(answer.json()["n_deliveries"])

    assert replayed(only_failed=True, is_dry_run=True) == 1
    assert replayed(event_type="signal.detected", is_dry_run=True) == 3
    assert replayed(since="2026-01-04T13:00:00+01:00", until="2026-01-04T12:00:01Z", is_dry_run=True) == 3
    assert replayed(until="2026-01-04T12:00:00Z", is_dry_run=True) == 0
    assert replayed(webhook_ids=[good[0]]) == 1
    assert replayed(event_type="signal.detected", is_dry_run=True) == 2  # one is on its way already
    told = api.get(f"{WEBHOOKS}/{endpoint_id}/stats", key).json()
    assert (told["n_pending"], told["n_dead"]) == (1, 1)
    said = problem(api.ask("POST", path, key, json={"is_dry_run": True}))
    assert "which deliveries" in said["detail"]


def test_an_account_whose_plan_ended_can_still_see_and_delete_its_webhooks(api: Api) -> None:
    from dataclasses import replace

    account = api.account("builder")
    key = api.issue(account).secret.text
    endpoint_id = register(api, key)["webhook"]["endpoint_id"]
    store = Accounts(api.service.database)
    have = store.get(account).entitlement
    assert have is not None
    store.entitle(account, replace(have, terms={"webhooks": 0}), actor="test", now=dt.datetime.now(dt.UTC))
    other = api.issue(account).secret.text  # a key that no memory knows yet
    assert api.get(WEBHOOKS, other).json()["included"] == 0
    assert api.ask("DELETE", f"{WEBHOOKS}/{endpoint_id}", other).status_code == 200
