"""Keys: shown once, stored as a digest, checked alike whatever is wrong, and ended everywhere within a second."""

import asyncio
import datetime as dt
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_api.credentials import LENGTH, digest, hide_keys, key_id_of, make_key
from stratum_api.doorkeeper import DOUBTS_AT_ONCE
from stratum_api.key_cache import FIND
from stratum_api.key_desk import MOST_LIVE_KEYS, KeyDesk
from stratum_api.rows.postgres import PostgresRows
from stratum_api.rows.sqlite import SqliteRows
from stratum_api.scopes import ACCOUNT_READ, INTEL_READ, KEYS_MANAGE, SCOPES, USUAL
from tests.api.conftest import Api, make_account, problem
from warehouse.database import Accounts, AuditTrail, Keys
from warehouse.errors import KeyEnded, OperationInvalid

KEYS = "/api/v1/account/keys"
HOUR = dt.timedelta(hours=1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


# -- what a key looks like ------------------------------------------------------------------------------------------------


def test_a_key_has_an_id_a_secret_and_a_checksum() -> None:
    made = make_key()
    assert made.text.startswith(made.key_id + "_") and len(made.text) == LENGTH
    assert key_id_of(made.text) == made.key_id
    assert made.text not in repr(made)


@given(st.integers(min_value=16, max_value=LENGTH - 1), st.sampled_from("0aZ"))
def test_a_mistyped_key_is_known_by_its_checksum(place: int, letter: str) -> None:
    text = make_key().text
    changed = text[:place] + letter + text[place + 1 :]
    assert (key_id_of(changed) is None) == (changed != text)


@given(st.text())
def test_no_text_is_taken_for_a_key_by_mistake(text: str) -> None:
    assert key_id_of(text) is None


def test_the_digest_depends_on_the_servers_secret() -> None:
    made = make_key()
    assert digest(made.text, b"a" * 32) != digest(made.text, b"b" * 32)
    assert hide_keys(f"x {made.text} y") == f"x {made.key_id}_*** y"


# -- by endpoint ------------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_stored_only_as_a_digest(api: Api, environ: dict[str, str]) -> None:
    key = api.key()
    answer = api.ask("POST", KEYS, key, json={"name": "build  server"})
    assert answer.status_code == 201
    issued = answer.json()
    assert issued["key"]["name"] == "build server"
    assert set(issued["key"]["scopes"]) == set(USUAL)
    listed = api.get(KEYS, key)
    assert issued["secret"] not in listed.text and key not in listed.text
    assert {one["key_id"] for one in listed.json()["keys"]} == {issued["key"]["key_id"], key_id_of(key)}
    assert api.get("/api/v1/account", issued["secret"]).json()["key_id"] == issued["key"]["key_id"]
    if "STRATUM_DATABASE_URL" not in environ:
        with sqlite3.connect(f"{environ['STRATUM_HOME']}/stratum.db") as connection:
            dump = "\n".join(connection.iterdump())
        connection.close()
        assert issued["secret"][16:] not in dump and key[16:] not in dump


def test_a_key_passes_on_no_scope_it_lacks(api: Api) -> None:
    account = api.account()
    limited = api.issue(account, KEYS_MANAGE, INTEL_READ).secret.text
    said = problem(api.ask("POST", KEYS, limited, json={"name": "x", "scopes": [ACCOUNT_READ]}))
    assert (said["code"], said["scope"]) == ("scope_missing", ACCOUNT_READ)
    assert api.ask("POST", KEYS, limited, json={"name": "x", "scopes": [INTEL_READ]}).status_code == 201
    assert problem(api.get(KEYS, limited))["scope"] == ACCOUNT_READ


def test_keys_of_others_look_like_none(api: Api) -> None:
    mine, theirs = api.key(), api.issue(api.account())
    for method, path in (("DELETE", f"{KEYS}/{theirs.key.key_id}"), ("POST", f"{KEYS}/{theirs.key.key_id}/rotate")):
        said = problem(api.ask(method, path, mine, **({"json": {}} if method == "POST" else {})))
        assert said["code"] == "not_found"
    assert api.get("/api/v1/account", theirs.secret.text).status_code == 200


def test_a_rotated_key_goes_on_for_the_overlap_and_not_longer(api: Api) -> None:
    account = api.account()
    old, manager = api.issue(account), api.issue(account).secret.text
    answer = api.ask("POST", f"{KEYS}/{old.key.key_id}/rotate", manager, json={"overlap_s": 1})
    assert answer.status_code == 201
    new = answer.json()
    ends_at = dt.datetime.fromisoformat(Keys(api.service.database).get(old.key.key_id).expires_at.isoformat())
    assert abs((ends_at - now()).total_seconds() - 1) < 30
    assert api.get("/api/v1/account", new["secret"]).status_code == 200
    while now() <= ends_at:
        time.sleep(0.1)
    assert api.get("/api/v1/account", old.secret.text).status_code == 401
    again = problem(api.ask("POST", f"{KEYS}/{old.key.key_id}/rotate", manager, json={}))
    assert again["code"] == "conflict"


def test_an_expired_key_is_refused_without_anybody_changing_it(api: Api) -> None:
    expires_at = now() + dt.timedelta(seconds=1.5)
    issued = api.issue(api.account(), expires_at=expires_at)
    assert api.get("/api/v1/account", issued.secret.text).status_code == 200
    while now() <= expires_at:
        time.sleep(0.1)
    assert problem(api.get("/api/v1/account", issued.secret.text))["code"] == "key_refused"


def test_a_revoked_key_is_refused_by_every_worker_within_a_second(start_api: Callable[..., Api]) -> None:
    workers = [start_api(), start_api()]
    account = workers[0].account()
    ended, manager = workers[0].issue(account), workers[0].issue(account).secret.text
    for worker in workers:  # both have it in memory
        for _ in range(2):
            assert worker.get("/api/v1/account", ended.secret.text).status_code == 200
    assert workers[0].ask("DELETE", f"{KEYS}/{ended.key.key_id}", manager).json()["is_live"] is False
    time.sleep(1.0)
    assert [worker.get("/api/v1/account", ended.secret.text).status_code for worker in workers] == [401, 401]


def test_a_worker_that_has_not_asked_for_a_second_asks_before_it_lets_in(api: Api) -> None:
    issued = api.issue(api.account())
    assert api.get("/api/v1/account", issued.secret.text).status_code == 200
    api.service.keys._asking.cancel()  # type: ignore[union-attr]
    Keys(api.service.database).revoke(issued.key.key_id, actor="test", now=now())
    time.sleep(1.0)
    assert api.get("/api/v1/account", issued.secret.text).status_code == 401


@pytest.mark.parametrize("change", ["suspended", "closed", "disabled", "past_due", "canceled"])
def test_access_needs_an_active_entitlement_and_good_standing(api: Api, change: str) -> None:
    from dataclasses import replace

    account = api.account()
    key = api.issue(account).secret.text
    accounts = Accounts(api.service.database)
    before = accounts.get(account).entitlement
    assert before is not None and api.get("/api/v1/account", key).status_code == 200
    if change in ("suspended", "closed"):
        accounts.set_status(account, change, actor="test", now=now())
    else:
        changed = replace(before, api_access_enabled=False) if change == "disabled" else replace(before, status=change)
        accounts.entitle(account, changed, actor="test", now=now())
    time.sleep(1.0)
    assert problem(api.get("/api/v1/account", key))["code"] == "access_ended"
    accounts.set_status(account, "active", actor="test", now=now())
    accounts.entitle(account, before, actor="test", now=now())
    time.sleep(1.0)
    assert api.get("/api/v1/account", key).status_code == 200


def test_every_failure_of_a_key_reads_the_same_and_takes_a_time_that_says_nothing(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    api = start_api(STRATUM_API_ANONYMOUS_LIMIT="1000")
    revoked = api.issue(api.account())
    Keys(api.service.database).revoke(revoked.key.key_id, actor="test", now=now())
    time.sleep(0.6)
    genuine, unknown = api.key(), make_key().text
    presented = {
        "garbled": "sk_" + "!" * 50,
        "mistyped": genuine[:-1] + ("A" if genuine[-1] != "A" else "B"),
        "unknown": unknown,
        "another secret": genuine[:16] + unknown[16:],
        "revoked": revoked.secret.text,
        "empty": "",
        "unicode": "sk_\u00fcber",
    }
    said = {}
    for name, text in presented.items():
        answer = api.get("/api/v1/account", headers={"Authorization": b"Bearer " + text.encode("latin-1")})
        found = problem(answer)
        del found["request_id"]
        said[name] = (answer.status_code, str(found), answer.headers["www-authenticate"])
    assert len(set(said.values())) == 1, said
    # The clock of the door: each refusal leaves at a multiple of the step after the request came.
    spent: list[float] = []
    record = api.service.request_log.add
    monkeypatch.setattr(api.service.request_log.__class__, "add", lambda _, visit, seconds: spent.append(seconds))
    for text in presented.values():
        api.get("/api/v1/account", headers={"Authorization": b"Bearer " + text.encode("latin-1")})
    assert record is not None and len(spent) == len(presented)
    assert all(seconds >= 0.0099 for seconds in spent)


def test_guessing_ends_after_the_limit_of_the_address_and_keys_that_were_accepted_go_on(api: Api) -> None:
    key, wrong = api.key(), make_key().text
    assert api.get("/api/v1/account", key, address="198.51.100.6").status_code == 200
    codes = [api.get("/api/v1/account", wrong, address="198.51.100.7").status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert api.get("/api/v1/account", key, address="198.51.100.7").status_code == 200
    assert api.get("/api/v1/account", wrong, address="198.51.100.8").status_code == 401


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of keys the database was asked for, as they are asked for."""
    asked: list[str] = []
    for kind in (SqliteRows, PostgresRows):
        fetch = kind.fetch

        async def counted(self, sql: str, *values, _fetch=fetch):
            if sql == FIND:
                asked.append(values[0])
            return await _fetch(self, sql, *values)

        monkeypatch.setattr(kind, "fetch", counted)
    return asked


def flood(api: Api, keys: list[str], address: str) -> list[int]:
    """The statuses of requests with these keys, all at once from one address."""

    async def ask_all() -> list[int]:
        transport = httpx.ASGITransport(api.app, client=(address, 40_000))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            asked = (client.get("/api/v1/account", headers={"Authorization": f"Bearer {key}"}) for key in keys)
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    return api.loop.run(ask_all())


def test_a_flood_of_made_up_keys_costs_the_database_no_more_than_its_address_may_ask(
    api: Api, asked_for: list[str]
) -> None:
    begun = time.time() // 60
    statuses = flood(api, [make_key().text for _ in range(300)], "198.51.100.7")
    minutes = 1 + int(time.time() // 60 - begun)  # it may run over the end of one
    assert statuses.count(401) <= 10 * minutes and set(statuses) == {401, 429}
    assert 0 < len(asked_for) <= (10 + DOUBTS_AT_ONCE) * minutes
    asked_for.clear()
    statuses = flood(api, ["sk_" + "!" * 50, "", *(make_key().text for _ in range(50))], "198.51.100.7")
    if time.time() // 60 == begun:
        assert set(statuses) == {429} and asked_for == []


def test_a_key_that_was_accepted_goes_on_from_an_address_that_is_used_up_also_after_a_change(
    api: Api, asked_for: list[str]
) -> None:
    key, other = api.key(), make_key().text
    address = "198.51.100.9"
    assert api.get("/api/v1/account", key, address=address).status_code == 200
    begun = time.time() // 60
    flood(api, [make_key().text for _ in range(40)], address)
    api.account()  # any change empties what is in memory
    time.sleep(0.6)
    asked_for.clear()
    assert api.get("/api/v1/account", key, address=address).status_code == 200
    assert asked_for == [key[:15]], "a key that is only recognised is read again before it opens anything"
    stolen = key[:16] + other[16:]  # the id alone, which everybody may see, is not enough
    status = api.get("/api/v1/account", stolen, address=address).status_code
    assert status == 429 or time.time() // 60 > begun


def test_many_good_keys_behind_one_address_come_in_at_once_after_a_start(
    start_api: Callable[..., Api], api: Api
) -> None:
    keys = [api.key() for _ in range(25)]
    started = start_api(STRATUM_API_ANONYMOUS_LIMIT="1")
    assert flood(started, keys, "198.51.100.10") == [200] * 25


def test_a_key_may_come_in_either_header_and_authorization_wins(api: Api) -> None:
    key, wrong = api.key(), make_key().text
    assert api.get("/api/v1/account", headers={"X-API-Key": key}).status_code == 200
    assert api.get("/api/v1/account", key, headers={"X-API-Key": wrong}).status_code == 200
    assert api.get("/api/v1/account", wrong, headers={"X-API-Key": key}).status_code == 401
    document = api.get("/docs/openapi.json").json()
    (name,) = (n for n, one in document["components"]["securitySchemes"].items() if one.get("name") == "X-API-Key")
    assert document["paths"]["/api/v1/account"]["get"]["security"] == [{"key": []}, {name: []}]


def test_the_last_use_of_a_key_is_remembered_in_batches(api: Api) -> None:
    issued = api.issue(api.account())
    asked_at = now()
    api.get("/api/v1/account", issued.secret.text)
    api.loop.run(api.service.meter._note_use())
    seen = Keys(api.service.database).get(issued.key.key_id).last_used_at
    assert seen is not None and abs((seen - asked_at).total_seconds()) < 5
    Keys(api.service.database).note_use({issued.key.key_id: seen - HOUR})
    assert Keys(api.service.database).get(issued.key.key_id).last_used_at == seen


def test_no_key_and_no_password_reaches_a_log(api: Api, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)
    key = api.key()
    log = api.service.request_log
    log.is_on, log._descriptor = True, os.open(tmp_path / "requests.log", os.O_WRONLY | os.O_CREAT)
    api.get(f"/api/v1/account?k={key}", key)
    api.get(f"/{key}", key)
    api.get("/api/v1/account", make_key().text)
    time.sleep(0.5)
    lines = (tmp_path / "requests.log").read_text()
    os.close(log._descriptor)
    assert lines.count(key[:15]) == 3  # the id of the key is there, twice as whose it was and once in a path
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert key[16:] not in lines + ours
    assert api.service.secret.decode() not in lines + ours
    assert api.service.secret.decode() not in repr(api.service)


# -- the desk ---------------------------------------------------------------------------------------------------------------


def test_every_change_of_a_key_leaves_an_entry_with_who_and_what(api: Api) -> None:
    database = api.service.database
    account = make_account(database)
    desk = KeyDesk(Keys(database), api.service.secret, "somebody")
    issued = desk.issue(account, "x", list(SCOPES), now=now())
    rotated = desk.rotate(issued.key.key_id, overlap=HOUR, now=now())
    desk.revoke(rotated.key.key_id, now=now())
    desk.revoke(rotated.key.key_id, now=now())
    entries = AuditTrail(database).entries(account_id=account)
    assert [(one.actor, one.action) for one in entries[-3:]] == [
        ("somebody", "key.issued"),
        ("somebody", "key.rotated"),
        ("somebody", "key.revoked"),
    ]
    assert entries[-2].detail["replaced_by"] == rotated.key.key_id
    assert [one.action for one in entries[:2]] == ["account.created", "entitlement.changed"]
    assert issued.secret.text[16:] not in str(entries)


def test_the_desk_refuses_what_makes_no_sense(api: Api) -> None:
    database = api.service.database
    account = make_account(database)
    desk = KeyDesk(Keys(database), api.service.secret, "somebody")
    for name, scopes, ends in (("", USUAL, None), ("x", (), None), ("x", ("root",), None), ("x", USUAL, now() - HOUR)):
        with pytest.raises(OperationInvalid):
            desk.issue(account, name, scopes, now=now(), expires_at=ends)
    key = desk.issue(account, "x", USUAL, now=now()).key
    desk.revoke(key.key_id, now=now())
    with pytest.raises(KeyEnded):
        desk.rotate(key.key_id, overlap=HOUR, now=now())
    with pytest.raises(OperationInvalid):
        desk.rotate(key.key_id, overlap=dt.timedelta(days=31), now=now())
    for _ in range(MOST_LIVE_KEYS):
        desk.issue(account, "x", USUAL, now=now())
    with pytest.raises(OperationInvalid, match="revoke one first"):
        desk.issue(account, "x", USUAL, now=now())
