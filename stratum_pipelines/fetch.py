"""Fetching: a provider's request goes out with its credential, and an answer comes back, whatever its status.

Time-outs, broken connections, 429 and 5xx are tried again; other statuses are not, because the same request would fail
again and cost credits. The credential is added as the request leaves and reaches no log, error, repr or table. The body
is kept as it came; how many of its games are to be taken is noted beside it.
"""

import datetime as dt
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from urllib.parse import quote, quote_plus

import msgspec
import tenacity

from stratum_pipelines.providers.notes import FIRST_GAMES, noted
from stratum_pipelines.providers.reading import Answer, Request
from stratum_pipelines.providers.the_odds_api import BASE_URL
from stratum_pipelines.providers.the_odds_api import NAME as THE_ODDS_API
from stratum_pipelines.providers.the_odds_api_answer import resource_of
from stratum_pipelines.settings import PipelineSettings
from warehouse.errors import AnswerBroken, OutboundError, TimedOut, Unreachable
from warehouse.outbound import OutboundAnswer, OutboundClient, open_client

logger = logging.getLogger(__name__)

# The parameter that carries the credential, by provider.
CREDENTIALS = {THE_ODDS_API: "apiKey"}
# All attempts together end within this many seconds: a sensor's tick has 60.
LONGEST_S = 52.0
# A provider that asks to wait longer than this is not asked again in this poll; the next poll comes soon enough.
LONGEST_WAIT_S = 10.0
TRY_AGAIN = frozenset({408, 425, 429, *range(500, 600)})
HIDDEN = "***"
LARGEST_COUNT = 2**31 - 1


class FetchFailed(Exception):
    """No answer came, after all attempts. The message names the host and the sport, never the credential."""


@dataclass(frozen=True)
class Reached:
    """How a provider received a request: its HTTP status, and the credits left and used where it says so.

    Times are UTC microseconds.
    """

    status_code: int
    requested_at: int
    received_at: int
    credits_remaining: int | None
    credits_used: int | None


class Fetcher:
    """Sends the requests of one provider, with its credential, through the guarded client."""

    def __init__(
        self,
        client: OutboundClient,
        *,
        api_key: str,
        attempts: int = 3,
        backoff_s: float = 0.5,
        max_events: int = 40,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` gives seconds since 1970; `sleep` waits. Tests put their own in."""
        self._client = client
        self._key = api_key
        self._spellings = spellings(api_key)
        self._attempts = attempts
        self._backoff_s = backoff_s
        self._max_events = max_events
        self._clock = clock
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"Fetcher(attempts={self._attempts}, max_events={self._max_events})"

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, request: Request) -> Answer:
        """The answer to a request, of whatever status. Raises FetchFailed when none came."""
        began = self._clock()
        wait = tenacity.wait_exponential_jitter(multiplier=self._backoff_s, max=LONGEST_WAIT_S, jitter=self._backoff_s)
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((TimedOut, Unreachable, AnswerBroken))
            | tenacity.retry_if_result(
                lambda sent: sent[1].status_code in TRY_AGAIN and self._pause(sent[1]) <= LONGEST_WAIT_S
            ),
            wait=lambda state: max(wait(state), _asked_pause(state, self._pause)),
            stop=lambda state: state.attempt_number >= self._attempts or self._is_too_late(state, began),
            sleep=self._sleep,
            before_sleep=lambda state: self._warn(request, state),
            retry_error_callback=_last,
        )
        problem = ""
        try:
            requested_at, response = attempts(self._send, request)
            return self._answer(request, requested_at, response)
        except OutboundError as error:
            problem = self._hide(str(error))
        # Raised out here, so that it does not carry the error below it, which may know the whole address.
        logger.warning("No answer for %s: %s", request.sport_key, problem, extra=_about(request))
        raise FetchFailed(f"No answer for {request.sport_key} from {request.provider}: {problem}")

    def reach(self, request: Request) -> Reached:
        """How the provider receives a request that is sent once; the answer is not kept. Raises FetchFailed when none came."""
        try:
            requested_at, response = self._send(request)
            used, left = (_whole(response.headers, f"x-requests-{name}") for name in ("used", "remaining"))
            return Reached(response.status_code, _microseconds(requested_at), _microseconds(self._clock()), left, used)
        except OutboundError as error:
            problem = self._hide(str(error))
        raise FetchFailed(problem)

    def _send(self, request: Request) -> tuple[float, OutboundAnswer]:
        requested_at = self._clock()
        query = dict(request.query)
        if request.provider in CREDENTIALS:
            query[CREDENTIALS[request.provider]] = self._key
        return requested_at, self._client.get(request.base_url + request.path, query=query)

    def _is_too_late(self, state: tenacity.RetryCallState, began: float) -> bool:
        """Whether another attempt might not end within the time all of them have."""
        ends = self._clock() - began + state.upcoming_sleep + self._client.timeout_seconds
        return ends > LONGEST_S

    def _pause(self, response: OutboundAnswer) -> float:
        """The seconds the provider asks us to wait; 0 where it does not say."""
        text = response.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdecimal():
            return float(text[:9])
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return 0.0
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return max(0.0, moment.timestamp() - self._clock())

    def _answer(self, request: Request, requested_at: float, response: OutboundAnswer) -> Answer:
        body, endpoint = response.body, request.endpoint
        for spelling in self._spellings:
            # An error page may quote the address it was asked for.
            body = body.replace(spelling.encode(), HIDDEN.encode())
        is_complete = response.status_code == 200
        if is_complete and resource_of(endpoint) == "odds" and count_events(body) > self._max_events:
            is_complete = False
            endpoint = noted(endpoint, FIRST_GAMES, str(self._max_events))
            told = "The answer for %s holds more than %d games; the next to start are taken."
            logger.warning(told, request.sport_key, self._max_events, extra=_about(request))
        if response.status_code != 200:
            told = "The provider answered %s with HTTP status %d."
            logger.warning(
                told, request.sport_key, response.status_code, extra=_about(request, status_code=response.status_code)
            )
        used, left, last = (_whole(response.headers, f"x-requests-{name}") for name in ("used", "remaining", "last"))
        if last is not None and last > request.cost:
            told = "A request for %s cost %d credits where %d were expected."
            logger.warning(told, request.sport_key, last, request.cost, extra=_about(request, credits=last))
        return Answer(
            provider=request.provider,
            sport_key=request.sport_key,
            endpoint=endpoint,
            received_at=_microseconds(self._clock()),
            body=body,
            source="live",
            requested_at=_microseconds(requested_at),
            status_code=response.status_code,
            credits_used=used,
            credits_remaining=left,
            credits_last=last,
            is_complete=is_complete,
        )

    def _warn(self, request: Request, state: tenacity.RetryCallState) -> None:
        outcome = state.outcome
        assert outcome is not None
        failed = self._hide(str(outcome.exception())) if outcome.failed else ""
        what = failed or f"HTTP status {outcome.result()[1].status_code}"
        told = "Attempt %d of %d for %s failed (%s); the next one comes in %.1f seconds."
        values = (state.attempt_number, self._attempts, request.sport_key, what, state.upcoming_sleep)
        logger.warning(told, *values, extra=_about(request, attempt=state.attempt_number))

    def _hide(self, text: str) -> str:
        """The text without the credential, however it is spelt."""
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        return text


def open_fetcher(settings: PipelineSettings, *, allow_loopback: bool = False) -> Fetcher:
    """A fetcher for The Odds API. Raises SettingInvalid when there is no key."""
    key = settings.required_key()
    host = BASE_URL.partition("://")[2]
    client = open_client(allowed_hosts=[host], timeout_seconds=settings.http_timeout_s, allow_loopback=allow_loopback)
    return Fetcher(
        client,
        api_key=key,
        attempts=settings.retry_attempts,
        backoff_s=settings.retry_backoff_s,
        max_events=settings.max_events,
    )


def count_events(body: bytes) -> int:
    """How many events a body lists; 0 for one that is no list of events, whose reader says what is wrong with it."""
    try:
        return len(msgspec.json.decode(body, type=list[msgspec.Raw]))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return 0


def spellings(key: str) -> list[str]:
    """The ways a credential may be quoted in an answer or an error: plain, and as addresses spell it; longest first."""
    quoted = {quote(key), quote(key, safe=""), quote_plus(key), quote_plus(key, safe="/")}
    in_lower_case = {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in quoted}
    return sorted({key, *quoted, *in_lower_case} - {""}, key=len, reverse=True)


def _last(state: tenacity.RetryCallState) -> object:
    """What the last attempt came to: its answer, or the error it raised."""
    assert state.outcome is not None
    return state.outcome.result()


def _asked_pause(state: tenacity.RetryCallState, pause: Callable[[OutboundAnswer], float]) -> float:
    outcome = state.outcome
    if outcome is None or outcome.failed:
        return 0.0
    return min(pause(outcome.result()[1]), LONGEST_WAIT_S)


def _about(request: Request, **more: object) -> dict[str, object]:
    """What a log record says of a request: never its query."""
    return {"provider": request.provider, "sport_key": request.sport_key, "path": request.path, **more}


def _whole(headers: Mapping[str, str], name: str) -> int | None:
    """A header as a whole number, which the provider may write as 12.0; None for what is no count."""
    try:
        number = float(headers.get(name, ""))
    except ValueError:
        return None
    return int(number) if 0 <= number <= LARGEST_COUNT else None


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
