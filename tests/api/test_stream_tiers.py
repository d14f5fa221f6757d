"""What a plan sees of the stream: as late and as redacted as of every answer, by the same declarations."""

import datetime as dt
import json
from typing import Any

from tests.api.conftest import Api, problem
from tests.api.seeded_market import CANARY, CANARY_NUMBER, REVEALING, meta, rows
from tests.api.streaming import Seen, commit, connected
from tests.api.test_stream import PLENTY, WIRES, followed
from warehouse.database import Database
from warehouse.database.outbox import CLV_FINALIZED, LIMIT_ALERT, SIGNAL_DETECTED, Draft, add_to_outbox, draft
from warehouse.tables import ClvRecords, Signals

NOW = dt.datetime.now(dt.UTC)


def telling(signal_id: str, *, is_core: bool = True) -> Draft:
    """A message of a signal whose every field that is not for everybody can be told at a glance."""
    frame = rows(Signals, NOW, False, signal_id=signal_id, meta=meta(False), is_structural_core=is_core)
    return draft(SIGNAL_DETECTED, frame.row(0, named=True))


def put(database: Database, *drafts: Draft, age_s: float = 0) -> None:
    """Commit messages as if they had been created so long ago."""
    with database.begin() as connection:
        add_to_outbox(connection, list(drafts), dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age_s))


@WIRES
def test_a_redacted_plan_is_told_what_every_answer_tells_it_and_no_more(api: Api, wire: str) -> None:
    database = api.service.database
    account = api.account("enterprise", **PLENTY, is_redacted=True)
    redacted, full = api.issue(account).secret.text, api.key("enterprise", **PLENTY)
    record = rows(ClvRecords, NOW, False, signal_id="clv").row(0, named=True)
    put(database, telling("core"), telling("other", is_core=False), draft(CLV_FINALIZED, record))
    commit(database, account, topic=LIMIT_ALERT)

    async def follow(address: str) -> tuple[Seen, Seen]:
        async with connected(address, wire, redacted, 0) as a, connected(address, wire, full, 0) as b:
            return await a.until(2), await b.until(3)

    seen, whole = followed(api, follow)
    assert seen.subjects == ["core", account], (
        "a record does not say whether its signal is of the core, so it is not shown"
    )
    signal, notice = seen.messages
    assert CANARY not in json.dumps(seen.messages) and str(CANARY_NUMBER) not in json.dumps(seen.messages)
    assert {name for name, value in signal["payload"].items() if value is None} == REVEALING[Signals] | {
        "strength_score"
    }
    assert signal["payload"]["is_redacted"] is True
    assert notice["payload"] == {"account_id": account, "used": 1}
    assert whole.subjects == ["core", "other", "clv"] and CANARY in json.dumps(whole.messages)
    assert "is_redacted" not in whole.messages[0]["payload"]


def test_redacted_plans_see_more_than_the_core_where_the_operator_opens_it(start_api: Any) -> None:
    api = start_api(STRATUM_API_ENABLE_PUBLIC_STRUCTURAL_CORE="false")
    key = api.key("enterprise", **PLENTY, is_redacted=True)
    record = rows(ClvRecords, NOW, False, signal_id="clv").row(0, named=True)
    put(api.service.database, telling("core"), telling("other", is_core=False), draft(CLV_FINALIZED, record))

    async def follow(address: str) -> Seen:
        async with connected(address, "sse", key, 0) as client:
            return await client.until(3)

    seen = followed(api, follow)
    assert seen.subjects == ["core", "other", "clv"]
    assert CANARY not in json.dumps(seen.messages) and str(CANARY_NUMBER) not in json.dumps(seen.messages)
    nulls = {name for name, value in seen.messages[-1]["payload"].items() if value is None}
    # What answers do not have is not shown either.
    assert nulls == REVEALING[ClvRecords] | {"convention", "is_current"}


@WIRES
def test_a_plan_with_a_delay_hears_of_nothing_earlier_and_misses_nothing(api: Api, wire: str) -> None:
    database, delay_s = api.service.database, 2
    late, prompt = api.key("enterprise", **PLENTY, delay_s=delay_s), api.key("enterprise", **PLENTY)
    put(database, telling("old"), age_s=60)
    put(database, telling("young"))

    async def follow(address: str) -> tuple[list[str], list[float], int | None, Seen]:
        async with (
            connected(address, wire, late) as new,
            connected(address, wire, late, 0) as resumed,
            connected(address, wire, prompt) as quick,
        ):
            await new.opened()
            place = new.seen.last_id
            await quick.opened()
            put(database, telling("next"))
            await quick.until(1)
            ages = []
            for n in (1, 2):
                await new.until(n)
                created_at = dt.datetime.fromisoformat(new.seen.messages[-1]["created_at"])
                ages.append((dt.datetime.now(dt.UTC) - created_at).total_seconds())
            return new.seen.subjects, ages, place, await resumed.until(3)

    subjects, ages, place, resumed = followed(api, follow)
    assert subjects == ["young", "next"] and place == 1, "it begins with what it had not been shown yet"
    assert min(ages) >= delay_s
    assert resumed.subjects == ["old", "young", "next"]


def test_whoever_resumes_further_back_than_the_plan_reaches_needs_a_snapshot(api: Api) -> None:
    database = api.service.database
    key = api.key("enterprise", **PLENTY, history_days=1)
    put(database, telling("ancient"), age_s=2 * 86_400)
    put(database, telling("yesterday"), age_s=86_000)
    put(database, telling("today"))

    async def follow(address: str, after: int) -> Seen:
        async with connected(address, "websocket", key, after) as client:
            return await client.until(2)

    assert followed(api, lambda address: follow(address, 1)).subjects == ["yesterday", "today"]
    refused = followed(api, lambda address: follow(address, 0))
    assert (refused.topics, refused.messages) == (["snapshot_required"], [])
    assert refused.control[-1]["oldest_sequence"] == 2


def test_no_more_games_are_followed_than_the_plan_does(api: Api) -> None:
    key = api.key("enterprise", **PLENTY, watchlist_games=2)
    said = problem(api.get("/api/v1/stream?event=a&event=b&event=c", key))
    assert (said["code"], said["feature"]) == ("plan_insufficient", "watchlist_games")


def test_a_delayed_place_is_found_also_where_everything_or_nothing_is_young(api: Api) -> None:
    reads, database = api.service.streams.past, api.service.database

    def newest() -> int:
        _, newest = api.loop.run(reads.bounds(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)))
        return newest

    assert newest() == 0
    put(database, telling("a"))
    assert newest() == 0
    put(database, telling("b"), age_s=3600)
    assert newest() == 0, "b stands behind a, which is still to be seen"
    with database.begin() as connection:
        connection.exec_driver_sql("delete from outbox where sequence = 1")
    assert newest() == 2


def test_whoever_sees_late_is_not_told_how_many_messages_there_are_already(api: Api) -> None:
    database = api.service.database
    late = api.key("enterprise", **PLENTY, delay_s=600)
    put(database, telling("old"), age_s=3600)
    put(database, telling("young"), telling("younger"))

    async def follow(address: str, after: int) -> Seen:
        async with connected(address, "websocket", late, after) as client:
            return await client.until(seconds=5, over=True)

    refused = followed(api, lambda address: follow(address, 3))
    assert (refused.topics, refused.messages) == (["snapshot_required"], [])
    assert (refused.control[-1]["oldest_sequence"], refused.control[-1]["newest_sequence"]) == (1, 1)
