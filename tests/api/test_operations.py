"""Health, request ids, headers of safety, logs, measures, switches, and the description of every endpoint."""

import json
import logging
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_api.app import CONTROLLERS
from stratum_api.flags import FLAGS, Flags
from stratum_api.logs import JsonFormatter
from stratum_api.plans import find_plan, load_plans
from stratum_api.problems import every_problem
from stratum_api.request_ids import HARMLESS, LONGEST, request_id
from stratum_api.server_secret import server_secret
from stratum_api.settings import read_api_settings
from stratum_api.telemetry import Spans
from stratum_api.visit import Visit
from tests.api.conftest import Api, problem
from tests.api.server import served
from tests.webhook_rows import add_endpoint, fan_out_to, write_messages
from warehouse.database import Marks
from warehouse.database.outbox import DISPATCHED
from warehouse.database.webhooks.health import Health, store
from warehouse.errors import OperationInvalid, SettingInvalid
from warehouse.lake import Lake
from warehouse.settings import read_settings

HTTP = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness that remembers nothing."""
    monkeypatch.setattr("stratum_api.readiness.LOOK_EVERY_S", 0.0)


# -- health -----------------------------------------------------------------------------------------------------------------


def test_a_server_lives_is_ready_and_says_what_is_on(api: Api) -> None:
    assert api.get("/health/live").json() == {"status": "alive"}
    ready = api.get("/health/ready").json()
    assert ready["status"] == "ready"
    assert [(one["name"], one["status"]) for one in ready["checks"]] == [
        ("database", "ok"),
        ("lake", "ok"),
        ("dispatcher", "off"),
        ("deliveries", "ok"),
        ("stream", "ok"),
    ]
    assert api.get("/health/flags").json()["flags"]["staging_mode"] is False


def test_a_database_of_another_revision_is_not_ready(api: Api) -> None:
    with api.service.database.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '0001'")
    said = problem(api.get("/health/ready"))
    assert (said["status"], said["code"]) == (503, "unavailable")
    assert "0001" in said["checks"][0]["detail"]


@pytest.mark.usefixtures("looks_each_time")
def test_an_old_lake_and_a_dispatcher_that_lags_are_not_ready_where_a_bound_is_set(
    start_api: Callable[..., Api],
) -> None:
    api = start_api(STRATUM_API_READY_AGE_SECONDS="60", STRATUM_API_READY_LAG_SECONDS="60")
    assert problem(api.get("/health/ready"))["checks"][1]["status"] == "failed"
    import datetime as dt

    from tests.warehouse.market_rows import event_rows, signal_rows
    from warehouse.database import MarketStore
    from warehouse.tables import Consensus

    old = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    MarketStore(api.service.database).publish(
        events=event_rows("game"), consensus=Consensus.empty(), signals=signal_rows("s1"), now=old
    )
    Marks(api.service.database).write(DISPATCHED, "0", old)
    dispatcher = problem(api.get("/health/ready"))["checks"][2]
    assert dispatcher["status"] == "failed" and dispatcher["age_s"] >= 3600
    Marks(api.service.database).write(DISPATCHED, "1", old)
    assert problem(api.get("/health/ready"))["checks"][2]["status"] == "ok"


@pytest.mark.usefixtures("looks_each_time")
def test_a_delivery_that_is_due_and_not_tried_is_not_ready_where_a_bound_is_set(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_READY_LAG_SECONDS="60")
    database = api.service.database
    add_endpoint(database, api.account())
    write_messages(database, "a")
    fan_out_to(database, "we_one")
    found = problem(api.get("/health/ready"))["checks"][3]
    assert (found["name"], found["status"]) == ("deliveries", "failed") and found["age_s"] > 60
    with database.begin() as connection:
        store(connection, {"we_one": Health(n_failures=1)})
    assert api.get("/health/ready").json()["checks"][3]["status"] == "ok", "one that fails is no fault of ours"


@pytest.mark.usefixtures("looks_each_time")
def test_a_stream_whose_tail_stands_still_is_not_ready(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_READY_LAG_SECONDS="60")
    tail = api.service.streams.tail
    assert tail is not None

    async def stuck() -> float:
        return 3600.0

    tail._read_new = stuck  # type: ignore[method-assign]
    time.sleep(1.1)  # whatever it is waiting for just now is over
    write_messages(api.service.database, "a")  # written long ago, by its own clock
    found = problem(api.get("/health/ready"))["checks"][4]
    assert (found["name"], found["status"]) == ("stream", "failed") and found["age_s"] > 60
    del tail._read_new
    tail._called.set()
    wait_for(lambda: tail.position == 1)
    assert api.get("/health/ready").json()["checks"][4]["detail"] == "has worked everything through"
    api.loop.loop.call_soon_threadsafe(tail._reading.cancel)  # type: ignore[union-attr]
    wait_for(lambda: not tail.is_reading)
    found = problem(api.get("/health/ready"))["checks"][4]
    assert (found["status"], found["detail"]) == ("failed", "does not read what is new")


def test_however_often_readiness_is_asked_the_database_is_asked_once_a_second(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    fetch = api.service.rows.fetch

    async def counted(sql: str, *values: Any) -> list[Any]:
        asked.append(sql)
        return await fetch(sql, *values)

    monkeypatch.setattr(api.service.rows, "fetch", counted)
    begun = time.monotonic()
    assert {api.get("/health/ready").status_code for _ in range(50)} == {200}
    seconds = time.monotonic() - begun
    assert 0 < asked.count("select version_num from alembic_version") <= 1 + seconds


def wait_for(is_so: Callable[[], bool]) -> None:
    """Until something is so, for ten seconds at most."""
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.usefixtures("looks_each_time")
def test_a_database_that_is_gone_is_a_problem_and_probes_still_say_alive(api: Api) -> None:
    key = api.key()
    api.loop.run(api.service.rows.close())
    assert api.get("/health/live").status_code == 200
    assert problem(api.get("/health/ready"))["status"] == 503
    time.sleep(1.0)
    answer = api.get("/api/v1/account", key)
    assert problem(answer)["code"] == "unavailable" and int(answer.headers["retry-after"]) > 0


# -- what every answer has ----------------------------------------------------------------------------------------------------


@given(st.binary(max_size=100))
def test_an_id_is_the_callers_where_it_is_harmless_and_ours_where_not(given_id: bytes) -> None:
    made = request_id(given_id)
    assert HARMLESS.fullmatch(made.encode()) and len(made) <= LONGEST
    assert (made == given_id.decode("latin-1")) == (HARMLESS.fullmatch(given_id) is not None)


def test_the_id_of_a_request_comes_back_also_where_it_is_refused(api: Api) -> None:
    for path in ("/health/live", "/nowhere", "/api/v1/account"):
        assert api.get(path, headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert len(api.get("/health/live", headers={"X-Request-ID": "a b"}).headers["x-request-id"]) == 32


@pytest.mark.parametrize("path", ["/health/live", "/docs", "/api/v1/plans", "/api/v1/account", "/nowhere"])
def test_every_answer_is_safe_to_show_in_a_browser(api: Api, path: str) -> None:
    headers = api.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" in headers and "server" not in headers


def test_no_page_of_another_origin_may_read_an_answer_unless_it_is_named(start_api: Callable[..., Api]) -> None:
    origin = {"Origin": "https://app.example.com"}
    closed = start_api()
    assert "access-control-allow-origin" not in closed.get("/api/v1/plans", headers=origin).headers
    opened = start_api(STRATUM_API_CORS_ORIGINS="https://app.example.com")
    answer = opened.get("/api/v1/plans", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    asked = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    assert opened.ask("OPTIONS", "/api/v1/account", headers=asked).status_code == 204
    assert "access-control-allow-origin" not in opened.get("/api/v1/plans", headers={"Origin": "https://b.c"}).headers


def test_an_answer_that_takes_too_long_is_given_up(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    api = start_api(STRATUM_API_TIMEOUT_SECONDS="0.5")

    async def slow(*_: Any) -> list[Any]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr(api.service.rows.__class__, "fetch", slow)
    said = problem(api.get("/health/ready"))
    assert said["code"] == "unavailable" and "too long" in said["detail"]


def test_a_part_that_is_switched_off_says_so(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_ENABLE_ANONYMOUS="false", STRATUM_API_ENABLE_KEY_MANAGEMENT="false")
    key = api.key()
    assert problem(api.get("/api/v1/plans"))["flag"] == "anonymous"
    assert api.get("/api/v1/plans", key).status_code == 200
    assert problem(api.ask("POST", "/api/v1/account/keys", key, json={"name": "x"}))["flag"] == "key_management"
    assert api.get("/health/live").status_code == 200


def test_staging_mode_switches_everything_on_together() -> None:
    off = {flag.setting.name: "false" for flag in FLAGS}
    assert Flags.read(off).on == frozenset()
    assert Flags.read({**off, "STRATUM_API_STAGING_MODE": "true"}).on == {flag.name for flag in FLAGS}
    assert set(Flags.read({}).shown()) == {"staging_mode", *(flag.name for flag in FLAGS)}


# -- logs, measures, spans ------------------------------------------------------------------------------------------------------


def test_a_log_line_is_json_without_keys_and_passwords() -> None:
    key = "sk_7Hq2Zk1pQ0aB_" + "x" * 38
    record = logging.LogRecord("a", logging.INFO, "f", 1, f"{key} postgresql://u:hunter2@db/x", None, None)
    record.request_id = "r1"
    made = json.loads(JsonFormatter().format(record))
    assert made["request_id"] == "r1" and "hunter2" not in str(made) and "x" * 38 not in str(made)


def test_spans_go_on_with_the_trace_of_the_caller_and_hold_no_key() -> None:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    spans = Spans("", exporter)
    visit = Visit("r1", "GET", "/api/v1/account", "192.0.2.1", 0.0, operation="getAccount", status=200)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = [(b"traceparent", f"00-{trace}-00f067aa0ba902b7-01".encode()), (b"authorization", b"Bearer sk_secret")]
    with spans.around(visit, headers):
        pass
    spans.close()
    (span,) = exporter.get_finished_spans()
    assert span.name == "GET getAccount" and f"{span.context.trace_id:032x}" == trace
    assert span.attributes["http.response.status_code"] == 200 and "sk_secret" not in str(span.to_json())


def test_measures_have_a_listener_of_their_own_and_workers_stop_when_told(
    environ: dict[str, str], tmp_path: Path
) -> None:
    from tests.api.server import free_port

    port = free_port()
    with served({**environ, "STRATUM_API_METRICS_PORT": str(port)}, workers=2, log=tmp_path / "log") as address:
        assert httpx.get(f"{address}/metrics").status_code == 404
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'stratum_api_requests_total{operation="getLive",status="200"}' in text
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert any(line.get("operation") == "getLive" for line in lines)
    spool = Path(environ["STRATUM_HOME"]) / "api" / "usage"
    assert list(spool.iterdir()) == []


# -- settings, plans, secret ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRATUM_API_SECRET", "short"),
        ("STRATUM_API_CORS_ORIGINS", "app.example.com"),
        ("STRATUM_API_CORS_ORIGINS", "https://app.example.com/path"),
        ("STRATUM_API_TRUSTED_PROXIES", "proxy"),
        ("STRATUM_API_WORKERS", "0"),
        ("STRATUM_API_LOG_LEVEL", "loud"),
        ("STRATUM_API_ENABLE_STREAM", "perhaps"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        read_api_settings({name: value})


def test_the_secret_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    made = server_secret("", tmp_path)
    assert server_secret("", tmp_path) == made and len(made) == 64
    file = tmp_path / "api" / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert server_secret("x" * 40, tmp_path) == b"x" * 40
    file.chmod(0o644)
    with pytest.raises(SettingInvalid, match="chmod 600"):
        server_secret("", tmp_path)


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    program = f"from pathlib import Path; from stratum_api.server_secret import server_secret as s; print(s('', Path({str(tmp_path)!r})))"
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=os.environ) for _ in range(3)
    ]
    assert len({process.communicate(timeout=60)[0] for process in running}) == 1


def test_plans_have_the_numbers_that_were_promised() -> None:
    promised = {
        "community": (10, None, 600, True, False, 0),
        "pro": (60, None, 0, False, True, 0),
        "builder": (30, 10_000, 0, False, True, 1),
        "pro_infra": (120, 50_000, 0, False, True, 5),
    }
    for code, numbers in promised.items():
        plan = find_plan(code)
        assert numbers == (
            plan.requests_per_minute,
            plan.included_per_month,
            plan.delay_s,
            plan.is_redacted,
            plan.exports,
            plan.webhooks,
        )
    assert find_plan("community").watchlist_games == 3 and find_plan("builder").overage_rate == 200
    assert set(load_plans()) == {*promised, "enterprise"}


def test_terms_of_an_account_change_single_numbers_and_nothing_else() -> None:
    plan = find_plan("enterprise").with_terms({"requests_per_minute": 900, "exports": False})
    assert (plan.requests_per_minute, plan.exports, plan.webhooks) == (900, False, find_plan("enterprise").webhooks)
    for terms in ({"speed": 1}, {"requests_per_minute": 0}, {"exports": "yes"}, {"code": "pro"}, {"webhooks": -1}):
        with pytest.raises(OperationInvalid):
            find_plan("enterprise").with_terms(terms)


# -- the description ----------------------------------------------------------------------------------------------------------


def test_the_description_names_every_endpoint_its_problems_and_what_it_needs(api: Api) -> None:
    document = api.get("/docs/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [
        (path, method, one)
        for path, item in document["paths"].items()
        for method, one in item.items()
        if method in HTTP
    ]
    ids = [one["operationId"] for _, _, one in operations]
    assert len(ids) == len(set(ids)) > 10
    codes = {problem.code() for problem in every_problem()}
    for path, _, one in operations:
        assert one["description"], path
        for status, response in one["responses"].items():
            if int(status) >= 400:
                (kind,) = response["content"]
                assert kind == "application/problem+json"
                assert set(response["content"][kind]["examples"]) <= codes
        if path.startswith("/api/"):
            assert {"400", "401", "403", "429", "500", "503"} <= set(one["responses"])
            assert "RateLimit" in one["responses"][next(s for s in one["responses"] if s < "400")]["headers"]


def test_every_route_says_what_it_asks_of_its_caller_and_one_that_does_not_lets_nobody_in(api: Api) -> None:
    routes = [
        (route.path, handler)
        for route in api.app.app.routes  # type: ignore[attr-defined]
        for handler in getattr(route, "route_handlers", [])
        if "OPTIONS" not in handler.http_methods
    ]
    silent = {path for path, handler in routes if "access" not in handler.opt or not handler.opt["operation"]}
    assert len(routes) > len(CONTROLLERS)
    assert {path for path in silent if not path.startswith("/schema")} == set()  # Litestar's own, which we do not serve
    assert problem(api.get("/schema"))["code"] == "not_found"
    assert api.ask("OPTIONS", "/api/v1/plans").status_code == 204


def test_the_page_about_the_api_needs_nobody_elses_server(api: Api) -> None:
    page = api.get("/docs")
    assert page.status_code == 200 and "://" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js", "favicon-32x32.png"):
        assert f"/docs/assets/{name}" in page.text
        assert api.get(f"/docs/assets/{name}").status_code == 200
    assert api.get("/docs/assets/index.html").status_code == 404
    assert api.get("/docs/assets/..%2Findex.html").status_code == 404


def test_the_lake_of_the_service_is_the_one_of_the_settings(api: Api, environ: dict[str, str]) -> None:
    assert isinstance(api.service.lake, Lake)
    assert api.service.lake.location == read_settings(environ).lake_url
