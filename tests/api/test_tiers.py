"""What plans see: every endpoint for every plan, on data in which whatever must not be seen can be recognised."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, get_args

import httpx
import msgspec
import polars as pl
import pytest

from stratum_api.controllers.signals import TimeBucket
from stratum_api.core_samples import FOR_EVER, TooFew, too_few
from stratum_api.flags import Flags
from stratum_api.pages import Page
from stratum_api.plans import find_plan, load_plans
from stratum_api.problems import NotFound, ParameterInvalid, PlanInsufficient
from stratum_api.rows import selected
from stratum_api.showing import shows
from stratum_api.tiers import TIMELESS, Full, Open, Shown, Sight, veil_of
from tests.api.conftest import Api, problem
from tests.api.seeded_closes import seed_closes
from tests.api.seeded_market import (
    CANARY,
    CANARY_NUMBER,
    GAME,
    OLD_DISLOCATION,
    OLD_SIGNAL,
    YOUNG,
    YOUNG_DISLOCATION,
    YOUNG_NUMBER,
    YOUNG_SIGNAL,
    rows,
    seed,
)
from tests.api.seeded_trades import seed_trades
from warehouse.tables import Scorecards, Signals

YOUNG_SIGNALS = (YOUNG_SIGNAL, YOUNG_DISLOCATION)
NOW = dt.datetime(2026, 11, 21, 18, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
VALUES = {
    "signal_id": OLD_SIGNAL,
    "event_id": GAME,
    "key_id": "sk_7Hq2Zk1pQ0aB",
    "code": "not_found",
    "event": GAME,
    "endpoint_id": "we_5f0c2a9d31b7e846",
    "type": "hour",
}
# How else an endpoint is asked than without anything: by its operation id.
QUESTIONS: dict[str, list[dict[str, str]]] = {
    "listSignals": [{"order": "ranked"}, {"since_sequence": "0"}, {"event": GAME}],
    "getConsensus": [{"event": GAME}, {"as_of": "NOW"}],
    "listDislocations": [{"upcoming": "false"}],
    "exportSignals": [{"format": "csv"}],
    "exportTrades": [{"format": "csv"}],
    "getBuckets": [{"type": "month", "heatmap": "weekday"}],
    "getPerformance": [{"window": "30d"}],
    "getClvSummary": [{"by": "market"}],
    "getClvRecap": [{"day": "2026-01-01"}, {"span": "week"}],
}
INTEL = "/api/v1/intel"


def is_intelligence(path: str) -> bool:
    """Whether an address is hidden and delayed by plan: all of the market, and what is made of trades."""
    return path.startswith((INTEL, "/api/v1/analytics")) and "/shares" not in path


def told(answer: httpx.Response) -> str:
    """All an answer says, headers included."""
    return f"{answer.text} {dict(answer.headers)}"


def ids(answer: httpx.Response) -> list[str]:
    """The ids of the signals of a page."""
    return [one["signal_id"] for one in answer.json()["items"]]


def readings(api: Api) -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    """Every endpoint that is read: its operation, its address with the values seeded, and what it is asked.

    The stream has no end; `test_stream_tiers` follows it.
    """
    for path, item in api.get("/docs/openapi.json").json()["paths"].items():
        if "get" in item and path.startswith("/api/") and item["get"]["operationId"] != "openStream":
            operation, asked = item["get"]["operationId"], item["get"].get("parameters", [])
            needed = {one["name"]: VALUES[one["name"]] for one in asked if one["in"] == "query" and one["required"]}
            questions = [needed] + [needed | other for other in QUESTIONS.get(operation, [])]
            yield operation, path.format(**VALUES), questions


def hidden(api: Api) -> dict[str, bool]:
    """Of every endpoint of intelligence, whether anything of it is hidden from some plan."""
    return {
        handler.opt["operation"]: any("veil" in handler.opt and handler.opt["veil"].hidden.values())
        for route in api.app.app.routes  # type: ignore[attr-defined]
        for handler in getattr(route, "route_handlers", [])
        if is_intelligence(route.path) and "GET" in handler.http_methods
    }


def test_no_endpoint_tells_any_plan_what_it_does_not_include(start_api: Callable[..., Api]) -> None:
    # All kinds of signals are shown: what the gate keeps back could not leak.
    api = start_api(STRATUM_API_ENABLE_PUBLIC_STRUCTURAL_CORE="false", STRATUM_API_ENABLE_WEBHOOKS="true")
    seed(api)
    seed_closes(api)
    seed_trades(api)
    hides = hidden(api)
    reads = list(readings(api))
    assert {operation for operation, path, _ in reads if is_intelligence(path)} == set(hides)
    for plan in load_plans().values():
        key = api.key(plan.code, requests_per_minute=100_000)
        for operation, path, questions in reads:
            for asked in questions:
                now = dt.datetime.now(dt.UTC).isoformat()
                answer = api.get(path, key, params={name: now if one == "NOW" else one for name, one in asked.items()})
                text, where = told(answer), f"{plan.code} {operation} {asked}: {answer.text}"
                assert answer.status_code < 500, where
                if plan.is_redacted:
                    assert CANARY not in text and str(CANARY_NUMBER) not in text, where
                elif operation in hides:
                    # Otherwise this test would not look at it at all: seed what it reads.
                    assert answer.status_code == 200, where
                    assert not hides[operation] or CANARY in text, where
                if plan.delay_s:
                    assert not any(one in text for one in (YOUNG, str(YOUNG_NUMBER), *YOUNG_SIGNALS)), where


def test_every_endpoint_of_intelligence_is_declared_with_a_veil_and_billed(api: Api) -> None:
    for route in api.app.app.routes:  # type: ignore[attr-defined]
        for handler in getattr(route, "route_handlers", []):
            if is_intelligence(route.path) and "GET" in handler.http_methods:
                assert "veil" in handler.opt, route.path
                assert handler.opt["access"].is_billable or not handler.opt["access"].scope, route.path


def test_real_time_plans_see_what_is_young(api: Api) -> None:
    seed(api)
    for plan in ("pro", "builder", "enterprise"):
        key = api.key(plan)
        assert YOUNG_SIGNAL in api.get(f"{INTEL}/signals", key).text
        assert YOUNG in api.get(f"{INTEL}/consensus", key).text


def test_a_filter_on_what_is_not_shown_is_refused_for_it_would_tell(api: Api) -> None:
    seed(api)
    said = problem(api.get(f"{INTEL}/signals?velocity_gt=0.5", api.key("community")))
    assert (said["code"], said["feature"]) == ("plan_insufficient", "velocity_gt")


def test_redacted_plans_see_the_structural_core_alone_unless_the_operator_opens_it(
    start_api: Callable[..., Api],
) -> None:
    api = start_api()
    seed(api)
    key, feed = api.key("community"), f"{INTEL}/signals"
    assert ids(api.get(feed, key)) == [OLD_SIGNAL]
    assert ids(api.get(f"{INTEL}/dislocations", key)) == []
    assert problem(api.get(f"{feed}/{OLD_DISLOCATION}", key))["code"] == "not_found"
    assert problem(api.get(f"{feed}?structural_core=false", key))["feature"] == "structural_core"
    opened = start_api(STRATUM_API_ENABLE_PUBLIC_STRUCTURAL_CORE="false")
    assert ids(opened.get(feed, key)) == [OLD_DISLOCATION, OLD_SIGNAL]
    assert ids(opened.get(f"{INTEL}/dislocations", key)) == [OLD_DISLOCATION]
    assert ids(api.get(feed, api.key("pro"))) == [YOUNG_DISLOCATION, YOUNG_SIGNAL, OLD_DISLOCATION, OLD_SIGNAL]


def test_the_core_is_shown_only_where_enough_signals_like_it_had_met_their_close(start_api: Callable[..., Api]) -> None:
    api = start_api()
    old = seed(api)
    cards = rows(
        Scorecards, old - MINUTE, False, signal_type="KEY_CROSS", market="spreads", sport_key="football", time_bucket="",
        window="all", n=14,
    )  # fmt: skip
    api.service.lake.append(Scorecards, cards, batch="few")
    key, feed = api.key("community"), f"{INTEL}/signals"
    assert ids(api.get(feed, key)) == []
    assert api.get(f"{feed}/{OLD_SIGNAL}", key).status_code == 404
    assert len(ids(api.get(feed, api.key("pro")))) == 4
    enough = cards.with_columns(n=pl.lit(15, pl.Int32), as_of=pl.lit(old - MINUTE / 2))
    api.service.lake.append(Scorecards, enough.cast(dict(Scorecards.schema())), batch="enough")
    assert ids(start_api().get(feed, key)) == [OLD_SIGNAL]


def test_too_few_samples_are_stretches_between_scorecards() -> None:
    days = [NOW + dt.timedelta(days=n) for n in range(4)]
    cards = [("a", days[0], 3), ("a", days[1], 14), ("a", days[2], 15), ("b", days[1], 15), ("b", days[3], 2)]
    assert too_few(cards) == [TooFew("a", days[0], days[2]), TooFew("b", days[3], FOR_EVER)]
    assert too_few([]) == []


def test_a_trace_tells_redacted_plans_neither_quotes_nor_times_of_the_window(api: Api) -> None:
    seed(api)
    path = f"{INTEL}/signals/{OLD_SIGNAL}"
    told = api.get(path, api.key("community")).json()
    assert (told["quotes"], told["consensus"], told["answers"], told["is_redacted"]) == (None, None, None, True)
    assert (told["answer"]["response_id"], told["signal"]["signal_id"]) == ("open", OLD_SIGNAL)
    assert problem(api.get(f"{INTEL}/signals/{YOUNG_SIGNAL}", api.key("community")))["code"] == "not_found"


def test_history_and_games_are_bounded_by_the_plan(api: Api) -> None:
    key = api.key("community")
    said = problem(api.get(f"{INTEL}/signals?since=2020-01-01T00:00:00Z", key))
    assert (said["code"], said["feature"], said["history_days"]) == ("plan_insufficient", "history_days", 30)
    assert api.get(f"{INTEL}/signals?since=2020-01-01T00:00:00Z", api.key("pro_infra")).status_code == 200
    said = problem(api.get(f"{INTEL}/signals?event=a&event=b&event=c&event=d", key))
    assert (said["feature"], said["watchlist_games"]) == ("watchlist_games", 3)
    assert api.get(f"{INTEL}/signals?event=a&event=b&event=c&event=a", key).status_code == 200


# -- sight --------------------------------------------------------------------------------------------------------------------


def sight(code: str) -> Sight:
    return Sight.of(find_plan(code), Flags.read({}), NOW)


def test_a_moment_is_held_within_what_a_plan_sees() -> None:
    community, pro, infra = sight("community"), sight("pro"), sight("pro_infra")
    assert community.latest_at == NOW - 10 * MINUTE and community.is_delayed and community.is_core_only
    assert community.until(None) == community.until(NOW) == community.as_of(NOW) == NOW - 10 * MINUTE
    assert community.until(NOW - 60 * MINUTE) == NOW - 60 * MINUTE
    assert community.since(None) == NOW - dt.timedelta(days=30)
    assert pro.until(NOW + 60 * MINUTE) == NOW and not pro.is_delayed and not pro.is_core_only
    assert infra.since(None) is None
    with pytest.raises(PlanInsufficient):
        pro.since(NOW - dt.timedelta(days=366))
    with pytest.raises(PlanInsufficient):
        pro.until(NOW - dt.timedelta(days=366))
    for ask in (pro.since, pro.as_of):
        with pytest.raises(ParameterInvalid, match="future"):
            ask(NOW + MINUTE)


# -- veil ---------------------------------------------------------------------------------------------------------------------


class Leg(Shown):
    clock: ClassVar[str] = TIMELESS
    book: Full[str]
    n: Open[int]


class Row(Shown):
    clock: ClassVar[str] = "at"
    at: Open[dt.datetime]
    secret: Full[dict[str, Any]]
    legs: Open[list[Leg]]
    best: Open[Leg | None]


class Rows(Page[Row]):
    """Rows."""


def row(at: dt.datetime) -> Row:
    return Row(at, {"a": 1}, [Leg("x", 1)], Leg("y", 2))


def test_a_veil_nulls_what_is_full_at_any_depth_and_leaves_out_what_is_too_young_or_too_old() -> None:
    veil = veil_of(Rows)
    seen = [row(NOW - 10 * MINUTE), row(NOW - 9 * MINUTE), row(NOW - dt.timedelta(days=31)), row(NOW)]
    answer = Rows(seen, None)
    (left,) = veil.over(answer, sight("community")).items
    assert (left.secret, left.legs[0].book, left.best.book) == (None, None, None)
    assert (left.is_redacted, left.legs[0].is_redacted, left.best.n) == (True, True, 2)
    assert len(veil.over(answer, sight("pro")).items) == 4
    assert veil.over(answer, sight("pro_infra")) is answer
    assert seen[0].secret == {"a": 1} and not seen[0].is_redacted


def test_a_single_thing_that_is_too_young_is_not_found_and_one_too_old_says_why() -> None:
    veil = veil_of(Row)
    with pytest.raises(NotFound):
        veil.over(row(NOW - 9 * MINUTE), sight("community"))
    with pytest.raises(PlanInsufficient):
        veil.over(row(NOW - dt.timedelta(days=31)), sight("community"))


class Silent(Shown):
    clock: ClassVar[str] = TIMELESS
    book: str


class Clockless(Shown):
    n: Open[int]


class Bag(Shown):
    clock: ClassVar[str] = TIMELESS
    bag: Open[dict[str, Any]]


class Unmarked(msgspec.Struct):
    book: Full[str]


@pytest.mark.parametrize("kind", [Silent, Clockless, Bag, Unmarked, Page[Silent]])
def test_a_type_that_does_not_say_who_sees_it_is_refused_when_an_endpoint_is_declared(kind: Any) -> None:
    async def handler(sight: Sight) -> None: ...

    handler.__annotations__["return"] = kind
    with pytest.raises(TypeError):
        shows("/", "getIt", example=Leg("x", 1))(handler)


def test_a_handler_without_a_sight_is_refused_when_it_is_declared() -> None:
    async def handler() -> Leg: ...  # type: ignore[empty-body]

    with pytest.raises(TypeError, match="sight"):
        shows("/", "getIt", example=Leg("x", 1))(handler)


# -- the description ----------------------------------------------------------------------------------------------------------


def test_every_endpoint_of_intelligence_has_an_example_that_is_an_answer_of_its_type(api: Api) -> None:
    schemas = 0
    for route in api.app.app.routes:  # type: ignore[attr-defined]
        for handler in getattr(route, "route_handlers", []):
            if "example" in handler.opt:
                kind = handler.parsed_fn_signature.return_type.raw
                example = handler.opt["example"]
                assert msgspec.json.decode(msgspec.json.encode(example), type=kind) == example
                schemas += 1
    document = api.get("/docs/openapi.json").json()
    found = document["paths"][f"{INTEL}/signals"]["get"]["responses"]["200"]["content"]["application/json"]["examples"]
    assert found["full"]["value"]["items"][0]["velocity_per_min"] is not None
    assert found["redacted"]["value"]["items"][0]["velocity_per_min"] is None
    fields = document["components"]["schemas"]["ShownSignal"]["properties"]
    assert (fields["velocity_per_min"]["x-tier"], fields["market"]["x-tier"]) == ("full", "open")
    assert fields["move"]["description"] == Signals.columns["move"].description
    assert schemas >= 5


def test_what_is_shown_of_a_table_fits_its_columns() -> None:
    kinds = [
        kind for kind in Shown.__subclasses__() if kind.table is not None and kind.__module__.startswith("stratum_api")
    ]
    assert len(kinds) >= 5
    for kind in kinds:
        assert kind.table is not None
        unknown = [name for name in selected(kind) if name not in kind.table.columns]
        assert unknown == [], kind
        assert kind.clock == TIMELESS or kind.clock in kind.__struct_fields__
    assert tuple(get_args(get_args(get_args(TimeBucket)[0])[0])) == Signals.columns["time_bucket"].one_of
