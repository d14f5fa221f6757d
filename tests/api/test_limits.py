"""The limit per minute is exact, over workers and under load, and every header says the same."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from stratum_api.limits import Decision, Limiter, open_windows
from stratum_api.limits.windows import Granted
from stratum_api.settings import read_api_settings
from tests.api.conftest import Api, Loop, make_account, problem
from tests.api.server import served
from warehouse.database import Database, Keys
from warehouse.errors import DatabaseBusy
from warehouse.settings import read_settings

ACCOUNT = "/api/v1/account"


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, seconds: float = 1_000_000 * 60.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def loop() -> Any:
    made = Loop()
    yield made
    made.close()


def limiters(environ: dict[str, str], loop: Loop, clock: Clock, n: int = 2) -> list[Limiter]:
    """Limiters that count together, as those of several workers do."""
    storage = read_settings(environ)
    made = [Limiter(open_windows(storage.database_url, storage.home), clock) for _ in range(n)]
    for one in made:
        loop.run(one.open())
    return made


async def admitted(limiters: list[Limiter], subject: str, limit: int, n: int) -> list[Decision]:
    """Decisions about n requests that come at once, in turn over the limiters."""
    return await asyncio.gather(*(limiters[i % len(limiters)].admit(subject, limit) for i in range(n)))


@pytest.mark.parametrize("limit", [1, 10, 60, 999, 1_000, 5_000])
def test_exactly_the_limit_is_admitted_over_two_workers(environ: dict[str, str], loop: Loop, limit: int) -> None:
    made = limiters(environ, loop, Clock())
    decisions: list[Decision] = []
    for n in (64, limit, limit // 2 + 70):
        decisions += loop.run(admitted(made, "key", limit, n))
    n_admitted = sum(one.is_admitted for one in decisions)
    assert n_admitted <= limit
    # Below the limit at which requests are taken ahead nothing is lost; above it, at most what workers took and did not use.
    assert n_admitted >= limit - (0 if limit < 1_000 else 2 * (limit // 64))
    for one in made:
        loop.run(one.close())


def test_the_next_minute_begins_anew_and_subjects_do_not_share(environ: dict[str, str], loop: Loop) -> None:
    clock = Clock()
    (one,) = limiters(environ, loop, clock, 1)

    def ask(subject: str) -> list[bool]:
        return [loop.run(one.admit(subject, 2)).is_admitted for _ in range(3)]

    assert ask("a") == ask("b") == [True, True, False]
    clock.seconds += 59.9
    assert ask("a") == [False, False, False]
    clock.seconds += 0.1
    assert ask("a") == [True, True, False]
    loop.run(one.close())


def test_a_changed_limit_holds_within_the_minute(environ: dict[str, str], loop: Loop) -> None:
    (one,) = limiters(environ, loop, Clock(), 1)
    assert sum(loop.run(one.admit("k", 3)).is_admitted for _ in range(5)) == 3
    assert sum(loop.run(one.admit("k", 5)).is_admitted for _ in range(5)) == 2
    assert sum(loop.run(one.admit("k", 2)).is_admitted for _ in range(5)) == 0
    loop.run(one.close())


def test_counts_are_kept_for_two_minutes_only(environ: dict[str, str], loop: Loop) -> None:
    clock = Clock()
    (one,) = limiters(environ, loop, clock, 1)
    loop.run(one.admit("k", 5))
    loop.run(one.windows.forget(int(clock.seconds // 60) + 1))
    assert loop.run(one.windows.take("k", int(clock.seconds // 60), 1, 5)) == Granted(1, 1)
    loop.run(one.close())


def test_those_who_come_together_share_two_questions(loop: Loop) -> None:
    class Counted:
        n_questions = 0

        async def take(self, subject: str, minute: int, wanted: int, limit: int) -> Granted:
            self.n_questions += 1
            await asyncio.sleep(0.01)
            return Granted(wanted, wanted)

    windows = Counted()
    limiter = Limiter(windows, Clock())  # type: ignore[arg-type]
    assert all(one.is_admitted for one in loop.run(admitted([limiter], "k", 100, 64)))
    assert windows.n_questions <= 2


def test_a_question_that_fails_fails_those_who_wait_and_nobody_else(loop: Loop) -> None:
    class Broken:
        is_broken = True

        async def take(self, subject: str, minute: int, wanted: int, limit: int) -> Granted:
            if self.is_broken:
                raise DatabaseBusy("locked")
            return Granted(wanted, wanted)

    windows = Broken()
    limiter = Limiter(windows, Clock())  # type: ignore[arg-type]

    async def fail() -> list[Any]:
        return await asyncio.gather(*(limiter.admit("k", 9) for _ in range(3)), return_exceptions=True)

    assert all(isinstance(one, DatabaseBusy) for one in loop.run(fail()))
    windows.is_broken = False
    assert loop.run(limiter.admit("k", 9)).is_admitted


def test_a_caller_who_goes_away_takes_no_answer_from_the_others(loop: Loop) -> None:
    class Slow:
        async def take(self, subject: str, minute: int, wanted: int, limit: int) -> Granted:
            await asyncio.sleep(0.05)
            return Granted(wanted, wanted)

    limiter = Limiter(Slow(), Clock())  # type: ignore[arg-type]

    async def leave() -> Decision:
        gone = asyncio.create_task(limiter.admit("k", 9))
        stays = asyncio.create_task(limiter.admit("k", 9))
        await asyncio.sleep(0.01)
        gone.cancel()
        return await stays

    assert loop.run(leave()).is_admitted


# -- in answers -------------------------------------------------------------------------------------------------------------


def parts(answer: httpx.Response) -> dict[str, int]:
    """The numbers of both headers of the draft."""
    policy = re.fullmatch(r'"minute";q=(\d+);w=60', answer.headers["ratelimit-policy"])
    limit = re.fullmatch(r'"minute";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    assert policy and limit
    return {"limit": int(policy[1]), "remaining": int(limit[1]), "reset_in": int(limit[2])}


def test_every_set_of_headers_says_the_same(api: Api) -> None:
    key = api.key("builder", soft_limit=100)
    seen = []
    for _ in range(32):
        answer = api.get(ACCOUNT, key)
        draft, headers = parts(answer), answer.headers
        for prefix in ("x-ratelimit", "x-partner-ratelimit"):
            assert int(headers[f"{prefix}-limit"]) == draft["limit"] == 30
            assert int(headers[f"{prefix}-remaining"]) == draft["remaining"]
            assert int(headers[f"{prefix}-reset"]) == int(headers["x-ratelimit-reset"])
        assert 1 <= draft["reset_in"] <= 60
        assert int(headers["x-usage-included"]) == 100
        assert int(headers["x-usage-used"]) + int(headers["x-usage-remaining"]) == 100
        assert int(headers["x-usage-overage-to-date"]) == 0
        seen.append((headers["x-ratelimit-reset"], draft["remaining"], answer.status_code))
    for reset in {one[0] for one in seen}:
        inside = [one for one in seen if one[0] == reset]
        assert [one[2] for one in inside] == ([200] * 30 + [429] * 32)[: len(inside)]
        assert [one[1] for one in inside] == [max(29 - i, 0) for i in range(len(inside))]


def test_a_request_too_many_says_how_long_to_wait(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_ANONYMOUS_LIMIT="1")
    answers = [api.get("/api/v1/plans") for _ in range(3)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused, "at most one of three is answered, or two where a minute ended between them"
    said = problem(refused[0])
    assert said["code"] == "too_many_requests"
    assert int(refused[0].headers["retry-after"]) == said["retry_after_s"] == parts(refused[0])["reset_in"]


def test_addresses_are_counted_apart_and_networks_of_ipv6_together(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_ANONYMOUS_LIMIT="3")
    asked = Counter()
    for address in ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"] * 4:
        asked[address, api.get("/api/v1/plans", address=address).status_code] += 1
    minutes = 2  # the test may run over the end of one
    assert 3 <= asked["192.0.2.1", 200] <= 3 * minutes and 3 <= asked["192.0.2.2", 200] <= 3 * minutes
    assert asked["2001:db8::1", 200] + asked["2001:db8::2", 200] <= 3 * minutes
    assert asked["2001:db8:0:1::1", 200] >= 3


def test_probes_and_the_description_are_answered_whatever_was_asked_before(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_ANONYMOUS_LIMIT="1")
    for _ in range(4):
        assert [api.get(path).status_code for path in ("/health/live", "/docs", "/problems/fault")] == [200] * 3


def test_nothing_is_over_admitted_by_two_real_workers_under_64_callers(environ: dict[str, str], tmp_path: Path) -> None:
    key = key_of(environ, "pro")

    async def hammer(address: str) -> list[tuple[str, int]]:
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as client:

            async def one() -> tuple[str, int]:
                answer = await client.get(ACCOUNT, headers={"Authorization": f"Bearer {key}"})
                return answer.headers["x-ratelimit-reset"], answer.status_code

            return await asyncio.gather(*(one() for _ in range(200)))

    with served(environ, workers=2, log=tmp_path / "log") as address:
        seen = asyncio.run(hammer(address))
    for minute, n in Counter(minute for minute, _ in seen).items():
        n_admitted = sum(one == (minute, 200) for one in seen)
        assert n_admitted == min(n, 60)
    assert {status for _, status in seen} <= {200, 429}


def key_of(environ: dict[str, str], plan: str, **terms: Any) -> str:
    """A key of a new account, made beside a server."""
    import datetime as dt

    from stratum_api.key_desk import KeyDesk
    from stratum_api.scopes import SCOPES
    from stratum_api.server_secret import server_secret

    storage = read_settings(environ)
    secret = server_secret(read_api_settings(environ).secret, storage.home)
    with Database(storage.database_url) as database:
        account = make_account(database, plan, **terms)
        desk = KeyDesk(Keys(database), secret, "test")
        return desk.issue(account, "x", list(SCOPES), now=dt.datetime.now(dt.UTC)).secret.text
