"""One question to the API, with its repetitions, as a generator that neither sends nor sleeps: both clients drive the same one."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from stratum_api.client.errors import AnswerUnreadable, NoAnswer, StratumError, refusal
from stratum_api.client.retries import Retries, is_worth_repeating

Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)
Outcome = httpx.Response | httpx.TransportError


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer_co]):
    """A question: what to send, and the type its answer is read as. `path` is quoted already; None in `params` is left out."""

    path: str
    answer: type[Answer_co]
    params: Mapping[str, Any] = field(default_factory=dict)
    method: str = "GET"
    body: Any = None

    def request(
        self,
        client: httpx.Client | httpx.AsyncClient,
        headers: Mapping[str, str] = MappingProxyType({}),
        read_timeout_s: float | None = None,
    ) -> httpx.Request:
        """The request to send; a time-out of its own between two pieces of the answer may be given. Raises StratumError."""
        params = {name: written(value) for name, value in self.params.items() if value is not None}
        content = None if self.body is None else msgspec.json.encode(self.body)
        own = {} if content is None else {"Content-Type": "application/json"}
        timeout = client.timeout
        if read_timeout_s is not None:
            timeout = httpx.Timeout(timeout.connect, read=read_timeout_s)
        try:
            return client.build_request(
                self.method, self.path, params=params, content=content, headers={**own, **headers}, timeout=timeout
            )
        except httpx.InvalidURL as error:
            raise StratumError(f"This is no address of an API: {error}.") from None

    def read(self, response: httpx.Response) -> Answer_co:
        """The answer; a file as its bytes. Fields that this client does not know yet are passed over. Raises AnswerUnreadable."""
        if self.answer is bytes:
            return response.content  # type: ignore[return-value]
        try:
            return msgspec.json.decode(response.content, type=self.answer)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise AnswerUnreadable(f"The answer of {self.path} could not be read: {error}.") from error


def written(value: Any) -> Any:
    """A parameter as it stands in an address: times in ISO 8601, true and false in lower case; of several values each by itself.

    Examples:
        >>> written([True, 7])
        ['true', 7]
    """
    if isinstance(value, list | tuple | set | frozenset):
        return [written(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else msgspec.to_builtins(value)


def exchange(call: Call[Answer], retries: Retries, draw: Callable[[], float]) -> Generator[float, Outcome, Answer]:
    """Yields how many seconds to wait before each attempt, is sent what came of it, and returns the answer.

    Raises Refused when the API said no, NoAnswer when nobody answered, AnswerUnreadable.
    """
    attempt, wait_s = 0, 0.0
    while True:
        outcome = yield wait_s
        attempt += 1
        if isinstance(outcome, httpx.Response) and outcome.is_success:
            return call.read(outcome)
        error = as_error(outcome)
        status = outcome.status_code if isinstance(outcome, httpx.Response) else outcome
        if not is_worth_repeating(call.method, status):
            raise error
        next_s = retries.wait_s(attempt, draw(), getattr(error, "retry_after_s", None))
        if next_s is None:
            raise error
        wait_s = next_s


def as_error(outcome: Outcome) -> StratumError:
    """The error that an attempt without an answer to read is. What the network said stands in `__cause__`."""
    if isinstance(outcome, httpx.Response):
        if outcome.status_code < 400:
            return AnswerUnreadable(f"The API answered with {outcome.status_code}; redirects are not followed.")
        return refusal(outcome.status_code, outcome.content, outcome.headers)
    error = NoAnswer(f"The API did not answer: {str(outcome) or type(outcome).__name__}.")
    error.__cause__ = outcome
    return error
