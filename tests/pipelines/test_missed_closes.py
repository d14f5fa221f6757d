"""Closes missed while polling was down are found, paid for within bounds, stored, drawn again and judged."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import polars as pl
import pytest

from stratum_pipelines import missed_closes as missed_module
from stratum_pipelines.backfill import backfill
from stratum_pipelines.fetch import Fetcher
from stratum_pipelines.missed_closes import Filled, as_recorded, fill_closes, missed_closes, paid_asking
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.provider import Asking
from stratum_pipelines.settings import read_pipeline_settings
from stratum_pipelines.settle import settle
from tests.build import MINUTE, NFL, NOON, answer, book, game, iso
from tests.pipelines.conftest import BOOKS, DAY
from tests.pipelines.homes import contents, open_home, run_live
from warehouse.database import MarketStore
from warehouse.outbound import OutboundClient
from warehouse.tables import ClosingLines, ClvRecords, RawOdds, Signals

HOST = "api.the-odds-api.com"
KEY = "s3cr3t-k3y"
START = NOON + 240 * MINUTE
LATER = NOON + 5 * DAY
FIRST = dt.date(2025, 10, 12)
ASKING = Asking()


def quoted(at: int, event_id: str, start: int, spread: float, total: float = 44.5) -> dict[str, Any]:
    """A game with all its books; every game has teams of its own."""
    # The winner market says the same as the spread, also where that stands in the total's place.
    favoured = 110 + 22 * min(abs(spread), total)
    h2h = (-round(favoured), round(favoured) - 25)
    books = [book(b, at, h2h=h2h, spread=(spread, -110, -110), total=(total, -110, -110)) for b in BOOKS]
    for outcome in (o for one in books for market in one["markets"] for o in market["outcomes"]):
        if outcome["name"] in ("Home", "Away"):
            outcome["name"] += f" {event_id}"
    return game(books, event_id=event_id, start=start, home=f"Home {event_id}", away=f"Away {event_id}")


class FakeProvider:
    """The Odds API with a past: answers by the moment asked for, and a count of credits."""

    def __init__(self, past: dict[int, list[dict[str, Any]]], *, left: int = 1000) -> None:
        self.past, self.left, self.asked = past, left, []
        self.answering: Callable[[httpx.Request], httpx.Response] = self.historical

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.params["apiKey"] == KEY
        if not request.url.path.startswith("/v4/historical/"):
            return self.respond(b"[]", 0)
        self.asked.append(request.url.params["date"])
        return self.answering(request)

    def historical(self, request: httpx.Request) -> httpx.Response:
        at = int(dt.datetime.fromisoformat(request.url.params["date"]).timestamp()) * 1_000_000
        taken = max((moment for moment in self.past if moment <= at), default=None)
        if taken is None:
            return self.respond(b'{"message": "no snapshot"}', 0, status=404)
        games = [{**one} for one in self.past[taken]]
        return self.respond(json.dumps({"timestamp": iso(taken), "data": games}).encode(), 30)

    def respond(self, body: bytes, cost: int, status: int = 200) -> httpx.Response:
        self.left -= cost
        counts = {"remaining": self.left, "used": 1000 - self.left, "last": cost}
        headers = {f"x-requests-{name}": str(value) for name, value in counts.items()}
        return httpx.Response(status, stream=httpx.ByteStream(body), headers=headers)


def fill(platform: Platform, provider: FakeProvider, allowed: int = 1000, **settings: str) -> Filled:
    environment = {"ODDS_API_KEY": KEY, "ODDS_API_RETRY_ATTEMPTS": "1", **settings}
    client = OutboundClient(
        allowed_hosts=[HOST], timeout_seconds=25, transport=httpx.MockTransport(provider), max_bytes=1 << 20
    )
    fetcher = Fetcher(client, api_key=KEY, attempts=1)
    ask = paid_asking(platform, read_pipeline_settings(environment), fetcher)
    return fill_closes(
        platform, FIRST, FIRST + dt.timedelta(days=3), asking=ASKING, ask=ask, allowed=allowed, now=LATER
    )


@pytest.fixture
def down(tmp_path: Path) -> Platform:
    """Polling went down two hours before the start of a game, and came back the next day; then it was settled."""
    platform = open_home(tmp_path)
    polled = [
        answer(NOON + n * 10 * MINUTE, [quoted(NOON + n * 10 * MINUTE, "g0", START, -2.0 - 0.5 * (n // 3))])
        for n in range(11)
    ]
    back = answer(NOON + DAY, [quoted(NOON + DAY, "g9", NOON + 30 * DAY, -1.0)])
    run_live(platform, [*polled, back])
    settle(platform, ["g0"], NOON + DAY)
    return platform


def close_of(platform: Platform, event_id: str = "g0", market: str = "spreads") -> list[tuple[Any, ...]]:
    lines = platform.lake.scan(ClosingLines).filter(
        pl.col("event_id") == event_id,
        pl.col("bookmaker") == "consensus",
        pl.col("convention") == "scheduled",
        pl.col("market") == market,
        pl.col("side").is_in(["home", "over"]),
    )
    columns = ("version", "is_current", "quality", "point", "fault", "is_repaired")
    return lines.sort("version").select(columns).collect().rows()


def test_a_close_nobody_saw_is_missed_and_what_asking_costs_is_known_beforehand(down: Platform) -> None:
    assert close_of(down) == [(1, True, "stale", -3.5, "", False)]
    (one,) = missed_closes(down, FIRST, FIRST, LATER, ASKING)
    assert (one.sport_key, one.at, one.event_ids, one.cost) == (NFL, START, ("g0",), 30)
    assert one.n_signals == down.lake.scan(Signals).select(pl.len()).collect().item() > 0
    assert one.request.endpoint.startswith(f"/v4/historical/sports/{NFL}/odds?")
    assert one.request.endpoint.endswith(f"date={iso(START)}")


def test_days_that_are_not_over_and_closes_that_are_not_final_are_left_alone(down: Platform) -> None:
    assert missed_closes(down, FIRST, FIRST, START + 30 * MINUTE, ASKING) == []
    assert missed_closes(down, FIRST, FIRST, START + 120 * MINUTE, ASKING) == [], (
        "tonight's close computes the day anyway"
    )
    assert missed_closes(down, FIRST + dt.timedelta(days=1), FIRST + dt.timedelta(days=9), LATER, ASKING) == []


def test_a_missed_close_is_fetched_stored_and_drawn_again_as_a_new_version(down: Platform) -> None:
    before = contents(down)
    provider = FakeProvider({START - 5 * MINUTE: [quoted(START - 5 * MINUTE, "g0", START, -5.5)]})
    filled = fill(down, provider)
    assert provider.asked == [iso(START)]
    assert (filled.n_credits, filled.n_games, filled.troubles, filled.still_missed) == (30, 1, [], [])
    assert [report.day for report in filled.reports] == [FIRST]
    assert close_of(down) == [(1, False, "stale", -3.5, "", False), (2, True, "ok", -5.5, "", False)]
    stored = down.lake.scan(RawOdds).filter(pl.col("endpoint").str.contains("/historical/")).collect()
    (row,) = stored.to_dicts()
    assert (row["source"], row["requested_at"], row["credits_used"], row["credits_last"]) == (
        "archive",
        None,
        None,
        None,
    )
    assert row["received_at"] == dt.datetime.fromtimestamp((START - 5 * MINUTE) / 1e6, dt.UTC)
    # What was final is still there, and the signals have been valued again.
    old = before["closing_lines"].filter("is_final").drop("is_current", "bookmakers")
    now = contents(down)["closing_lines"].drop("is_current", "bookmakers")
    assert now.join(old, on=old.columns, how="semi", nulls_equal=True).height == old.height
    values = (
        down.lake.scan(ClvRecords).filter(pl.col("convention") == "scheduled").sort("signal_id", "version").collect()
    )
    corrected = values.filter("is_current")
    assert set(corrected["quality"]) == {"ok"} and set(corrected["reason"]) == {"correction"}
    assert MarketStore(down.database).rows(ClvRecords).height == down.lake.scan(ClvRecords).collect().height


def test_once_asked_nothing_is_asked_again_whatever_came(down: Platform) -> None:
    # The provider has nothing nearer than three hours before.
    provider = FakeProvider({START - 180 * MINUTE: [quoted(START - 180 * MINUTE, "g0", START, -2.5)]})
    filled = fill(down, provider)
    assert (filled.n_games, filled.still_missed) == (0, [])
    assert fill(down, provider).asked == [] and len(provider.asked) == 1
    assert close_of(down)[-1][2] == "stale"


def test_games_that_only_the_answer_names_are_asked_for_too(down: Platform) -> None:
    # A game nobody knew of starts forty minutes after the other, while polling was still down.
    second = START + 40 * MINUTE
    past = {
        START - MINUTE: [quoted(START - MINUTE, "g0", START, -5.5), quoted(START - MINUTE, "g1", second, -6.5)],
        second - MINUTE: [quoted(second - MINUTE, "g1", second, -7.5)],
    }
    # An hour later it would have been missed; forty minutes are a close already.
    assert fill(down, FakeProvider(past)).n_games == 1
    assert close_of(down, "g1")[-1][2:4] == ("ok", -6.5)


def test_a_game_two_hours_later_takes_a_second_request(down: Platform) -> None:
    second = START + 120 * MINUTE
    past = {
        START - MINUTE: [quoted(START - MINUTE, "g0", START, -5.5), quoted(START - MINUTE, "g1", second, -6.5)],
        second - MINUTE: [quoted(second - MINUTE, "g1", second, -7.5)],
    }
    provider = FakeProvider(past)
    filled = fill(down, provider)
    assert provider.asked == [iso(START), iso(second)]
    assert (filled.n_credits, filled.n_games) == (60, 2)
    assert close_of(down, "g1")[-1][2:4] == ("ok", -7.5)


@pytest.mark.parametrize(
    ("allowed", "left", "asked"),
    [
        (60, 1000, 2),
        (59, 1000, 1),  # what may be spent here
        (29, 1000, 0),
        (1000, 84, 1),  # 25 in reserve: 84 - 30 leaves room for no further 30
        (1000, 54, 0),
    ],
)
def test_no_more_is_spent_than_allowed_and_the_reserve_stays(
    down: Platform, allowed: int, left: int, asked: int
) -> None:
    second = START + 120 * MINUTE
    past = {
        START - MINUTE: [quoted(START - MINUTE, "g0", START, -5.5), quoted(START - MINUTE, "g1", second, -6.5)],
        second - MINUTE: [quoted(second - MINUTE, "g1", second, -7.5)],
    }
    provider = FakeProvider(past, left=left)
    filled = fill(down, provider, allowed)
    assert len(provider.asked) == len(filled.asked) == asked
    assert filled.is_out_of_credits is (asked < 2)
    assert provider.left == left - 30 * asked >= 25
    assert filled.n_credits == 30 * asked <= allowed


def test_swapped_lines_that_come_are_put_back_and_marked(down: Platform) -> None:
    # As in the recorded NFL archive: spread and total in each other's columns, at every book.
    provider = FakeProvider({START - MINUTE: [quoted(START - MINUTE, "g0", START, -44.5, 3.0)]})
    fill(down, provider)
    assert close_of(down)[-1] == (2, True, "ok", -3.0, "close_swapped", True)
    assert close_of(down, market="totals")[-1] == (2, True, "ok", 44.5, "close_swapped", True)
    records = down.lake.scan(ClvRecords).filter("is_current", pl.col("convention") == "scheduled").collect()
    assert set(records.filter(pl.col("market") == "spreads")["close_point"].abs()) == {3.0}


def test_what_cannot_be_used_is_said_and_stores_nothing(down: Platform) -> None:
    provider = FakeProvider({})
    filled = fill(down, provider)
    assert filled.troubles == [f"{NFL} at {iso(START)}: the provider answered with status 404."]
    assert [one.event_ids for one in filled.still_missed] == [("g0",)]
    for body, said in ((b"<html>", "does not say when"), (b'{"timestamp":"soon","data":[]}', "does not say when")):
        provider.answering = lambda _, body=body: provider.respond(body, 30)
        assert said in fill(down, provider).troubles[0]
    late = json.dumps({"timestamp": iso(START + MINUTE), "data": []}).encode()
    provider.answering = lambda _: provider.respond(late, 30)
    assert "after the moment asked for" in fill(down, provider).troubles[0]
    assert down.lake.scan(RawOdds).filter(pl.col("source") == "archive").collect().is_empty()


def test_no_answer_at_all_is_trouble_and_counts_as_paid(down: Platform) -> None:
    provider = FakeProvider({})

    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    provider.answering = broken
    filled = fill(down, provider)
    assert len(filled.troubles) == 1 and KEY not in filled.troubles[0]
    assert (filled.n_credits, filled.n_games) == (30, 0)


def test_a_process_that_ends_after_paying_has_the_answer(down: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Stands for the end of the process."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    provider = FakeProvider({START - MINUTE: [quoted(START - MINUTE, "g0", START, -5.5)]})
    with monkeypatch.context() as patched:
        patched.setattr(missed_module, "backfill", die)
        with pytest.raises(Killed):
            fill(down, provider)
    assert fill(down, provider).asked == [] and len(provider.asked) == 1
    backfill(down, [FIRST])
    assert close_of(down)[-1][2:4] == ("ok", -5.5)


def test_games_that_start_within_ten_minutes_share_a_request(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    starts = {"g0": START, "g1": START + 10 * MINUTE, "g2": START + 11 * MINUTE}
    run_live(platform, [answer(NOON, [quoted(NOON, name, at, -3.0) for name, at in starts.items()])])
    found = missed_closes(platform, FIRST, FIRST, LATER, ASKING)
    assert sorted((one.at, one.event_ids) for one in found) == [
        (START, ("g0", "g1")),
        (START + 11 * MINUTE, ("g2",)),
    ]


def test_a_close_that_was_polled_is_not_missed_even_when_its_market_was_gone(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    gone = answer(START - MINUTE, [quoted(START - MINUTE, "other", START + DAY, -3.0)])
    run_live(platform, [answer(NOON, [quoted(NOON, "g0", START, -3.0)]), gone])
    assert missed_closes(platform, FIRST, FIRST, LATER, ASKING) == []


def test_an_answer_of_the_past_is_stored_as_of_then() -> None:
    body = json.dumps({"timestamp": iso(START), "data": []}).encode()
    came = answer(LATER, [], credits_used=7, credits_remaining=9, credits_last=30)
    recorded = as_recorded(missed_module.replace(came, body=body, requested_at=LATER), START)
    assert (recorded.received_at, recorded.source, recorded.requested_at) == (START, "archive", None)
    assert (recorded.credits_used, recorded.credits_remaining, recorded.credits_last) == (None, None, None)


def test_the_nightly_job_asks_only_with_a_bound_and_a_key(
    platform: Platform, definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = definitions.get_repository_def().get_schedule_def("fill_missed_closes_nightly")

    def evaluated() -> Any:
        at = dt.datetime.fromtimestamp(NOON / 1e6, dt.UTC) + dt.timedelta(days=1)
        context = dg.build_schedule_context(
            scheduled_execution_time=at, resources={"platform": definitions.resources["platform"]}
        )
        return schedule.evaluate_tick(context)

    assert "STRATUM_MISSED_CLOSE_CREDITS is 0" in evaluated().skip_message
    monkeypatch.setenv("STRATUM_MISSED_CLOSE_CREDITS", "60")
    assert "is not set" in evaluated().skip_message
    monkeypatch.setenv("ODDS_API_KEY", KEY)
    assert "No close of the past week was missed" in evaluated().skip_message
    run_live(platform, [answer(NOON, [quoted(NOON, "g0", START, -3.0)])])
    assert len(evaluated().run_requests) == 1


def test_the_job_draws_missed_closes_again(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = dt.datetime.now(dt.UTC).replace(hour=12, minute=0, second=0, microsecond=0) - dt.timedelta(days=2)
    noon = int(at.timestamp()) * 1_000_000
    start = noon + 240 * MINUTE
    run_live(platform, [answer(noon, [quoted(noon, "g0", start, -3.0)])])
    provider = FakeProvider({start - MINUTE: [quoted(start - MINUTE, "g0", start, -5.5)]})
    client = OutboundClient(
        allowed_hosts=[HOST], timeout_seconds=25, transport=httpx.MockTransport(provider), max_bytes=1 << 20
    )
    monkeypatch.setattr(missed_module, "open_fetcher", lambda *_, **__: Fetcher(client, api_key=KEY, attempts=1))
    monkeypatch.setenv("ODDS_API_KEY", KEY)
    monkeypatch.setenv("STRATUM_MISSED_CLOSE_CREDITS", "100")
    ran = definitions.get_repository_def().get_job("fill_missed_closes").execute_in_process(instance=instance)
    assert ran.success and provider.asked == [iso(start)]
    assert close_of(platform)[-1][2:4] == ("ok", -5.5)
