"""Fetching: a provider's request goes out with its credential, and an answer comes back, whatever its status.

Time-outs, broken connections, 429 and 5xx are tried again; other statuses are not, because the same request would fail
again and cost credits. The credential is added as the request leaves and reaches no log, error, repr or table.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType

import msgspec
import tenacity

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
HIDDEN = b"***"


class FetchFailed(Exception):
    """No answer came, after all attempts. The message names the host and the sport, never the credential."""


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
            before_sleep=lambda state: _warn(request, state, self._attempts),
            retry_error_callback=_last,
        )
        problem = ""
        try:
            requested_at, response = attempts(self._send, request)
            return self._answer(request, requested_at, response)
        except OutboundError as error:
            problem = str(error)
        # Raised out here, so that it does not carry the error below it, which may know the whole address.
        logger.warning("No answer for %s: %s", request.sport_key, problem, extra=_about(request))
        raise FetchFailed(f"No answer for {request.sport_key} from {request.provider}: {problem}")

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
        body = response.body
        if self._key and self._key.encode() in body:
            # An error page may quote the address it was asked for.
            body = body.replace(self._key.encode(), HIDDEN)
        is_complete = response.status_code == 200
        if is_complete and resource_of(request.endpoint) == "odds":
            cut = first_events(body, self._max_events)
            if cut is not None:
                body, is_complete = cut, False
                told = "The answer for %s holds more than %d games; the next to start were taken."
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
            endpoint=request.endpoint,
            received_at=_microseconds(self._clock()),
            body=body,
            source="live",
            requested_at=_microseconds(requested_at),
            status_code=response.status_code,
            credits_used=used,
            credits_remaining=left,
            is_complete=is_complete,
        )


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


class _Start(msgspec.Struct):
    commence_time: str = ""


def first_events(body: bytes, n: int) -> bytes | None:
    """The body with only the `n` events that start first, each byte for byte as it came; None when nothing is cut.

    A body that is no list of events is left alone: its reader says what is wrong with it.
    """
    try:
        events = msgspec.json.decode(body, type=list[msgspec.Raw])
        if len(events) <= n:
            return None
        starts = [msgspec.json.decode(event, type=_Start).commence_time for event in events]
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    taken = sorted(sorted(range(len(events)), key=lambda i: starts[i])[:n])
    return b"[" + b",".join(bytes(events[i]) for i in taken) + b"]"


def _last(state: tenacity.RetryCallState) -> object:
    """What the last attempt came to: its answer, or the error it raised."""
    assert state.outcome is not None
    return state.outcome.result()


def _asked_pause(state: tenacity.RetryCallState, pause: Callable[[OutboundAnswer], float]) -> float:
    outcome = state.outcome
    if outcome is None or outcome.failed:
        return 0.0
    return min(pause(outcome.result()[1]), LONGEST_WAIT_S)


def _warn(request: Request, state: tenacity.RetryCallState, attempts: int) -> None:
    outcome = state.outcome
    assert outcome is not None
    what = str(outcome.exception()) if outcome.failed else f"HTTP status {outcome.result()[1].status_code}"
    told = "Attempt %d of %d for %s failed (%s); the next one comes in %.1f seconds."
    values = (state.attempt_number, attempts, request.sport_key, what, state.upcoming_sleep)
    logger.warning(told, *values, extra=_about(request, attempt=state.attempt_number))


def _about(request: Request, **more: object) -> dict[str, object]:
    """What a log record says of a request: never its query."""
    return {"provider": request.provider, "sport_key": request.sport_key, "path": request.path, **more}


def _whole(headers: Mapping[str, str], name: str) -> int | None:
    """A header as a whole number; the provider writes some as 12.0."""
    try:
        number = float(headers.get(name, ""))
        return int(number) if abs(number) < 2**31 else None
    except ValueError:
        return None


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
