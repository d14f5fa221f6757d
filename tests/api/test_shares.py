"""Shared links: what they show and to whom, once or for a day, exactly once whoever comes at the same time."""

import asyncio
import datetime as dt
import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from stratum_api.analytics import TradeBook
from stratum_api.controllers import shares as controller
from stratum_api.credentials import hide_keys
from stratum_api.shares import ShareTokens
from tests.api.conftest import Api, problem
from tests.api.traded import DAY, NOON, put, trade, worked_week
from warehouse.database import Accounts, AuditTrail
from warehouse.database.shares import share_links

SHARES = "/api/v1/analytics/shares"
JSON = {"Accept": "application/json"}
CALLERS = 64


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake is looked at for every question."""
    monkeypatch.setitem(TradeBook.__init__.__kwdefaults__, "fresh_s", 0.0)


@pytest.fixture
def api(start_api: Callable[..., Api]) -> Api:
    """An API that lets one address ask often, with a week of trades."""
    made = start_api(STRATUM_API_ANONYMOUS_LIMIT="10000")
    worked_week(made.service.lake)
    return made


def share(api: Api, key: str, **wanted: Any) -> dict[str, Any]:
    answer = api.ask("POST", SHARES, key, json={"kind": "equity", **wanted})
    assert answer.status_code == 201, answer.text
    return answer.json()


def is_over(answer: httpx.Response) -> bool:
    """Whether a link no longer opens, in the one way they all say it."""
    return answer.status_code == 404 and problem(answer)["detail"] == "There is no such link, or it has ended."


def test_a_link_shows_returns_in_percent_by_day_to_somebody_without_a_key(api: Api) -> None:
    made = share(api, api.key(), title="Autumn <on> paper", is_single_use=False)
    told = api.get(made["path"], headers=JSON).json()
    # 100,000 to 110,000, 99,000, 104,500, 115,500 and 103,950; the first day begins before anything.
    assert [one["percent"] for one in told["points"]] == [10.0, -1.0, 4.5, 15.5, 3.95]
    assert told["points"][0]["on"] == "2025-01-06"
    page = api.get(made["path"])
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Autumn &lt;on&gt; paper" in page.text and "<polyline" in page.text and "<script" not in page.text
    picture = api.get(made["path"], headers={"Accept": "image/png"})
    assert picture.content.startswith(b"\x89PNG") and picture.headers["content-type"] == "image/png"
    fall = share(api, api.key(), kind="drawdown")
    assert [one["percent"] for one in api.get(fall["path"], headers=JSON).json()["points"]] == [0, 10.0, 5.0, 0, 10.0]


def test_nobody_on_the_way_keeps_or_lists_it_and_the_page_runs_nothing(api: Api) -> None:
    page = api.get(share(api, api.key())["path"])
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert page.headers["referrer-policy"] == "no-referrer"
    (policy,) = page.headers.get_list("content-security-policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert " style=" not in page.text and " on" not in page.text.split("<svg")[1].split(">")[0]


def test_no_money_account_signal_stake_or_book_is_in_it(api: Api) -> None:
    put(
        api.service.lake,
        trade(
            9, NOON + 9 * DAY, 73_117, account="CANARY a", signal_id="CANARY b", bookmaker="CANARY c", strategy="CANARY d",
            symbol="CANARY e", event_id="CANARY f", outcome="CANARY g", stake=55_511, currency="USD",
        ),
    )  # fmt: skip
    key = api.key()
    for kind in ("equity", "drawdown", "metrics"):
        for accept in ("application/json", "text/html"):
            made = share(api, key, kind=kind, account="CANARY a", strategy="CANARY d")
            told = api.get(made["path"], headers={"Accept": accept})
            assert told.status_code == 200
            for never in ("CANARY", "73117", "73,117", "55511", "55,511", "1000000", "1,000,000", "USD", "minor"):
                assert never not in told.text, f"{kind} {accept} {never}"
    measures = api.get(share(api, key, kind="metrics")["path"], headers=JSON).json()["measures"]
    names = {one["measure"] for one in measures}
    assert {"sharpe", "win_rate", "max_drawdown"} <= names and not names & {"net_profit", "expectancy", "total_staked"}


def test_a_link_for_single_use_opens_for_exactly_one_of_many_who_come_at_once(api: Api) -> None:
    path = share(api, api.key())["path"]

    async def all_at_once() -> list[int]:
        transport = httpx.ASGITransport(api.app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            return [one.status_code for one in await asyncio.gather(*(client.get(path) for _ in range(CALLERS)))]

    statuses = api.loop.run(all_at_once())
    assert sorted(statuses) == [200] + [404] * (CALLERS - 1)
    assert is_over(api.get(path))


def test_what_cannot_be_shown_uses_nothing_up(api: Api) -> None:
    path = share(api, api.key())["path"]
    assert problem(api.get(path, headers={"Accept": "audio/ogg"}))["code"] == "not_acceptable"
    assert api.ask("HEAD", path).status_code == 405
    assert api.get(path).status_code == 200


def test_links_end_when_they_are_revoked_or_expire_or_the_account_does(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = api.account()
    key = api.issue(account).secret.text
    first, second, third = (share(api, key, is_single_use=False, expires_in_s=3600) for _ in range(3))
    assert api.get(first["path"]).status_code == 200
    ended = api.ask("DELETE", f"{SHARES}/{first['share']['share_id']}", key)
    assert (ended.status_code, ended.json()["is_live"], ended.json()["n_opened"]) == (200, False, 1)
    assert api.ask("DELETE", f"{SHARES}/{first['share']['share_id']}", key).json() == ended.json()
    assert is_over(api.get(first["path"]))
    ends_at = dt.datetime.fromisoformat(second["share"]["expires_at"])
    assert ends_at - dt.datetime.fromisoformat(second["share"]["created_at"]) == dt.timedelta(hours=1)
    monkeypatch.setattr(type(api.service), "now", lambda _: ends_at)
    assert is_over(api.get(second["path"]))
    monkeypatch.undo()
    assert api.get(third["path"]).status_code == 200
    Accounts(api.service.database).set_status(account, "suspended", actor="test", now=dt.datetime.now(dt.UTC))
    assert is_over(api.get(third["path"]))


def test_a_link_that_was_made_up_or_changed_looks_like_one_that_has_ended(api: Api) -> None:
    path = share(api, api.key(), is_single_use=False)["path"]
    wrong = path[:-1] + ("0" if path[-1] != "0" else "1")
    other = ShareTokens(b"x" * 32).make().text
    unknown = ShareTokens(api.service.secret).make().text
    for one in (wrong, f"/share/{other}", f"/share/{unknown}", "/share/x", path.replace("sh_", "sk_")):
        assert is_over(api.get(one)), one
    # Ours by its signature, with the id of one that is there, and still not the one that was made.
    assert api.get(path).status_code == 200


def test_the_database_alone_makes_no_link_and_logs_hold_none(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = share(api, api.key())
    token = made["path"].removeprefix("/share/")
    with api.service.database.read() as connection:
        row = connection.execute(sa.select(share_links)).mappings().one()
    hidden = token.split("_")[2]
    assert hidden not in json.dumps({name: str(value) for name, value in row.items()})
    assert row["digest"] == ShareTokens(api.service.secret).digest(token)
    api.get(made["path"])
    ours = [
        one.getMessage() for one in caplog.records if one.name != "httpx"
    ]  # the client of this test writes addresses
    assert hidden not in " ".join(ours)
    assert hide_keys(made["path"]) == f"/share/{made['share']['share_id']}_***"
    with api.service.database.read() as connection:
        assert connection.execute(sa.select(share_links.c.content)).scalar_one() == "", "what was used up is erased"


def test_an_account_sees_its_own_links_alone_and_every_change_is_in_the_audit_trail(api: Api) -> None:
    account = api.account()
    key, other = api.issue(account).secret.text, api.key()
    made = share(api, key, title="Mine")
    (listed,) = api.get(SHARES, key).json()["shares"]
    assert listed == made["share"] and listed["title"] == "Mine" and "path" not in listed
    assert api.get(SHARES, other).json()["shares"] == []
    assert problem(api.ask("DELETE", f"{SHARES}/{listed['share_id']}", other))["code"] == "not_found"
    api.get(made["path"])
    api.ask("DELETE", f"{SHARES}/{listed['share_id']}", key)
    trail = [one for one in AuditTrail(api.service.database).entries(account_id=account) if "share" in one.action]
    assert [(one.action, one.subject_id) for one in trail] == [
        (action, listed["share_id"]) for action in ("share.created", "share.used", "share.revoked")
    ]


def test_a_link_needs_a_plan_a_scope_and_the_flag_and_reaches_no_further_than_its_maker(
    start_api: Callable[..., Api], api: Api
) -> None:
    wanted = {"json": {"kind": "equity"}}
    assert problem(api.ask("POST", SHARES, api.key("community"), **wanted))["feature"] == "analytics"
    assert problem(api.ask("POST", SHARES, api.key("pro", "intel:read"), **wanted))["scope"] == "shares:manage"
    assert problem(api.ask("POST", SHARES, **wanted))["code"] == "key_missing"
    key = api.key()
    for body, code in (
        ({"kind": "equity", "source": ["manual"]}, "plan_insufficient"),
        ({"kind": "equity", "expires_in_s": 86_401}, "parameter_invalid"),
        ({"kind": "trades"}, "parameter_invalid"),
        ({"kind": "equity", "title": "a\u0007"}, "parameter_invalid"),
        ({"kind": "equity", "zone": "Mars/Base"}, "parameter_invalid"),
        ({"kind": "equity", "since": "2999-01-01T00:00:00Z"}, "parameter_invalid"),
    ):
        assert problem(api.ask("POST", SHARES, key, json=body))["code"] == code, body
    path = share(api, key)["path"]
    closed = start_api(STRATUM_API_ENABLE_SHARES="false", STRATUM_API_ANONYMOUS_LIMIT="10000")
    for said in (problem(closed.get(path)), problem(closed.ask("POST", SHARES, key, **wanted))):
        assert (said["code"], said.get("flag")) == ("part_switched_off", "shares")


def test_an_account_has_so_many_links_that_open_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller, "MOST_LIVE", 2)
    key = api.key()
    first, _ = share(api, key), share(api, key)
    assert problem(api.ask("POST", SHARES, key, json={"kind": "equity"}))["code"] == "conflict"
    api.get(first["path"])
    share(api, key)


def test_links_are_limited_by_address_like_everything_without_a_key(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_ANONYMOUS_LIMIT="3")
    statuses = [api.get("/share/x", address="198.51.100.7").status_code for _ in range(4)]
    assert statuses == [404, 404, 404, 429]
