"""Fetching: what is tried again and what is not, what an answer carries, and that the key goes nowhere else."""

import json
import logging
import traceback
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import httpx
import pytest

from stratum_pipelines.fetch import LONGEST_S, Fetcher, FetchFailed, count_events, open_fetcher
from stratum_pipelines.providers.notes import as_noted, noted
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.providers.the_odds_api import odds_request
from stratum_pipelines.providers.the_odds_api_reader import read
from stratum_pipelines.settings import read_pipeline_settings
from tests.providers import feed
from warehouse.errors import SettingInvalid, Unreachable
from warehouse.outbound import OutboundAnswer, OutboundClient

KEY = "s3cr3t-k3y-0123456789"
HOST = "api.the-odds-api.com"
REQUEST = odds_request("americanfootball_nfl")
GOOD = json.dumps([feed.plain_event()]).encode()


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 1_760_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Feed:
    """A feed that gives the answers it was told to, one after the other, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception, takes_s: float = 0.0, **options: object) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.clock = Clock()
        self.takes_s = takes_s
        client = OutboundClient(
            allowed_hosts=[HOST], timeout_seconds=25, transport=httpx.MockTransport(self.answer), max_bytes=1 << 20
        )
        given: dict[str, object] = {
            "clock": lambda: self.clock.now,
            "sleep": self.clock.sleep,
            "api_key": KEY,
            **options,
        }
        self.fetcher = Fetcher(client, **given)  # type: ignore[arg-type]

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.clock.now += self.takes_s
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fetch(self) -> Answer:
        return self.fetcher.fetch(REQUEST)


def response(status: int, content: bytes = b"{}", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx.Response(status, stream=httpx.ByteStream(content), headers=named)


def test_an_answer_carries_the_bytes_the_times_and_the_credits() -> None:
    feed_ = Feed(
        response(200, GOOD, x_requests_used="12", x_requests_remaining="488.0", x_requests_last="3"), takes_s=0.25
    )
    answer = feed_.fetch()
    assert answer.body == GOOD
    assert (answer.requested_at, answer.received_at) == (1_760_000_000_000_000, 1_760_000_000_250_000)
    assert (answer.credits_used, answer.credits_remaining, answer.credits_last) == (12, 488, 3)
    assert (answer.status_code, answer.is_complete, answer.source) == (200, True, "live")
    assert answer.endpoint == REQUEST.endpoint
    assert dict(feed_.asked[0].url.params)["apiKey"] == KEY
    assert dict(feed_.asked[0].url.params)["markets"] == "h2h,spreads,totals"


def test_an_answer_without_credit_headers_knows_no_credits() -> None:
    answer = Feed(response(200, GOOD, x_requests_used="many")).fetch()
    assert answer.credits_used is None
    assert answer.credits_remaining is None


@pytest.mark.parametrize("text", ["-1", "-0.5", "nan", "inf", "-inf", "1e300", "2147483648", "", "12 left"])
def test_a_header_that_is_no_count_tells_no_credits(text: str) -> None:
    answer = Feed(response(200, GOOD, x_requests_used=text, x_requests_remaining=text, x_requests_last=text)).fetch()
    assert (answer.credits_used, answer.credits_remaining) == (None, None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_request_the_provider_refuses_is_not_sent_again_and_its_answer_is_kept(status: int) -> None:
    feed_ = Feed(response(status, b'{"message": "no"}'))
    answer = feed_.fetch()
    assert len(feed_.asked) == 1
    assert (answer.status_code, answer.body, answer.is_complete) == (status, b'{"message": "no"}', False)


@pytest.mark.parametrize(
    "failure",
    [
        response(429),
        response(500),
        response(503),
        httpx.ReadTimeout("late"),
        httpx.ConnectError("down"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    ],
)
def test_what_may_pass_is_tried_again(failure: httpx.Response | Exception) -> None:
    feed_ = Feed(failure, response(200, GOOD))
    assert feed_.fetch().body == GOOD
    assert len(feed_.asked) == 2


def test_the_waits_grow_and_hold_some_chance() -> None:
    feed_ = Feed(response(500), response(500), response(500), attempts=3, backoff_s=0.5)
    feed_.fetch()
    first, second = feed_.clock.slept
    assert 0.5 <= first <= 1.0
    assert 1.0 <= second <= 1.5


def test_after_the_last_attempt_the_last_answer_is_kept() -> None:
    feed_ = Feed(response(503, b"a"), response(503, b"b"), response(502, b"<html>c</html>"))
    answer = feed_.fetch()
    assert len(feed_.asked) == 3
    assert (answer.status_code, answer.body) == (502, b"<html>c</html>")
    assert read(answer).refusals[0].reason == "http_status"


def test_without_any_answer_the_fetch_fails() -> None:
    feed_ = Feed(*[httpx.ReadTimeout("late")] * 3)
    with pytest.raises(FetchFailed, match="americanfootball_nfl"):
        feed_.fetch()
    assert len(feed_.asked) == 3


def test_retry_after_is_waited_for() -> None:
    feed_ = Feed(response(429, Retry_After="4"), response(200, GOOD))
    assert feed_.fetch().status_code == 200
    assert feed_.clock.slept == [4.0]


def test_retry_after_may_be_a_date() -> None:
    # The clock stands at 2025-10-09T08:53:20Z.
    feed_ = Feed(response(503, Retry_After="Thu, 09 Oct 2025 08:53:26 GMT"), response(200, GOOD))
    feed_.fetch()
    assert feed_.clock.slept == [6.0]


def test_a_provider_that_asks_for_a_long_pause_is_left_alone() -> None:
    feed_ = Feed(response(429, Retry_After="3600"))
    assert feed_.fetch().status_code == 429
    assert feed_.clock.slept == []


def test_all_attempts_together_fit_into_a_tick() -> None:
    feed_ = Feed(*[httpx.ReadTimeout("late")] * 3, takes_s=25.0)
    began = feed_.clock.now
    with pytest.raises(FetchFailed):
        feed_.fetch()
    assert len(feed_.asked) == 2  # a third would end after 75 seconds
    assert feed_.clock.now - began <= LONGEST_S


def starting(*starts: str) -> bytes:
    events = [feed.event(f"game_{i}", [], commence_time=start) for i, start in enumerate(starts)]
    return json.dumps(events, indent=1).encode()


def test_of_too_many_games_the_next_to_start_are_taken_and_the_bytes_are_kept_whole() -> None:
    body = starting("2025-10-14T00:00:00Z", "2025-10-12T00:00:00Z", "2025-10-13T00:00:00Z")
    answer = Feed(response(200, body), max_events=2).fetch()
    assert answer.body == body
    assert not answer.is_complete
    assert answer.endpoint == noted(REQUEST.endpoint, "first_games", "2")
    # What is noted on the answer decides, so the setting may change and a recomputation gives the same.
    assert [game.event_id for game in as_noted(answer, read(answer)).games] == ["game_1", "game_2"]


def test_an_answer_of_no_more_games_than_are_taken_is_complete_and_bears_no_note() -> None:
    body = starting("2025-10-14T00:00:00Z", "2025-10-12T00:00:00Z")
    answer = Feed(response(200, body), max_events=2).fetch()
    assert (answer.body, answer.endpoint, answer.is_complete) == (body, REQUEST.endpoint, True)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data": []}', b"[[[", b"[1, 2", b"null"])
def test_a_body_that_is_no_list_lists_no_games(body: bytes) -> None:
    assert count_events(body) == 0


def failures() -> list[tuple[str, Callable[[], Feed]]]:
    quoting = f"<html>GET /v4/sports?apiKey={KEY} failed</html>".encode()
    return [
        ("a refusal that quotes the address", lambda: Feed(response(401, quoting))),
        ("server errors", lambda: Feed(*[response(500, quoting) for _ in range(3)])),
        ("time-outs", lambda: Feed(*[httpx.ReadTimeout(f"?apiKey={KEY}")] * 3)),
        ("no connection", lambda: Feed(*[httpx.ConnectError(f"?apiKey={KEY}")] * 3)),
        ("a redirect", lambda: Feed(response(302, location=f"https://elsewhere.example/?apiKey={KEY}"))),
        ("a huge answer", lambda: Feed(response(200, b"x" * (2 << 20)))),
        ("a good answer", lambda: Feed(response(200, GOOD, x_requests_last="9"))),
    ]


@pytest.mark.parametrize(("_kind", "make"), failures(), ids=[kind for kind, _ in failures()])
def test_the_key_reaches_no_log_no_error_no_repr_and_no_raw_row(
    _kind: str, make: Callable[[], Feed], caplog: pytest.LogCaptureFixture
) -> None:
    feed_ = make()
    seen = [repr(feed_.fetcher)]
    with caplog.at_level(logging.DEBUG):
        try:
            answer = feed_.fetch()
            seen += [repr(answer), answer.body.decode("latin-1"), answer.endpoint, repr(read(answer))]
        except FetchFailed as error:
            seen += [str(error), repr(error), *traceback.format_exception(error), repr(error.__context__)]
    seen += [str(vars(record)) for record in caplog.records] + [caplog.text]
    assert KEY in str(feed_.asked[0].url)
    assert not [text for text in seen if KEY in text]


ODD_KEY = "k/3y+w%th =odd&charäcters~"


@pytest.mark.parametrize(
    "spelt",
    [
        ODD_KEY,
        quote(ODD_KEY),
        quote(ODD_KEY, safe=""),
        quote_plus(ODD_KEY),
        quote_plus(ODD_KEY)
        .replace("%2F", "%2f")
        .replace("%2B", "%2b")
        .replace("%3D", "%3d")
        .replace("%C3%A4", "%c3%a4"),
    ],
)
def test_a_key_is_hidden_however_an_answer_spells_it(spelt: str) -> None:
    body = f"<p>GET /v4/sports?apiKey={spelt}&regions=us</p>".encode()
    answer = Feed(response(401, body), api_key=ODD_KEY).fetch()
    assert answer.body == b"<p>GET /v4/sports?apiKey=***&regions=us</p>"


@pytest.mark.parametrize("spelt", [ODD_KEY, quote(ODD_KEY), quote_plus(ODD_KEY)])
def test_a_key_is_hidden_however_an_error_spells_it(spelt: str, caplog: pytest.LogCaptureFixture) -> None:
    class Telltale(OutboundClient):
        """A client whose errors quote the address, which ours never do."""

        def get(self, *_asked: object, **_options: object) -> OutboundAnswer:
            raise Unreachable(f"https://{HOST}/v4?apiKey={spelt} cannot be reached.")

    client = Telltale(allowed_hosts=[HOST], timeout_seconds=1, transport=httpx.MockTransport(lambda _: response(200)))
    with caplog.at_level(logging.DEBUG), pytest.raises(FetchFailed) as failed:
        Fetcher(client, api_key=ODD_KEY, attempts=2, sleep=lambda _: None).fetch(REQUEST)
    assert spelt not in str(failed.value)
    assert spelt not in caplog.text
    assert "apiKey=***" in str(failed.value)
    assert caplog.text.count("apiKey=***") == 2


def test_a_failed_attempt_is_told_with_its_circumstances(caplog: pytest.LogCaptureFixture) -> None:
    Feed(response(503), response(200, GOOD)).fetch()
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "Attempt 1 of 3 for americanfootball_nfl failed (HTTP status 503)" in record.getMessage()
    assert record.__dict__["sport_key"] == "americanfootball_nfl"
    assert record.__dict__["attempt"] == 1


def test_without_a_key_nothing_is_opened() -> None:
    with pytest.raises(SettingInvalid, match="ODDS_API_KEY"):
        open_fetcher(read_pipeline_settings({}))
