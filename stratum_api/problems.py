"""What can go wrong in a request, one tree; every answer that is no success is one of these, as RFC 9457 problem+json.

Problem
├── BadRequest 400             the request cannot be understood
│   ├── ParameterInvalid 400   a parameter or body field cannot be used
│   └── CursorInvalid 400      a cursor was not made by us, or for another question
├── KeyMissing 401             the endpoint needs a key
├── KeyRefused 401             the key is not accepted
├── Forbidden 403
│   ├── AccessEnded 403        the account is not entitled, or not in good standing
│   ├── ScopeMissing 403       the key is not allowed to
│   ├── PlanInsufficient 403   the plan does not include it
│   └── PartSwitchedOff 403    the operator has switched that part off
├── NotFound 404               there is no such thing, or no such address
├── MethodNotAllowed 405       the address exists, the method does not
├── NotAcceptable 406          no format that was asked for can be given
├── RequestTooSlow 408         the request did not come in whole in time
├── Conflict 409               the thing is in another state than the request needs
├── SnapshotRequired 410       the place to resume from is too old
├── BodyTooLarge 413           the body is longer than allowed
├── AddressTooLong 414         the address is longer than allowed
├── MediaTypeUnsupported 415   the body is of a type we do not read
├── TooManyRequests 429        the limit per minute is used up
├── TooManyStreams 429         the account has as many streams open as its plan includes
├── HeadTooLarge 431           the headers are longer than allowed
├── Fault 500                  a fault of ours
└── Unavailable 503            something the answer needs does not answer, or took too long

docs/reference/problems.md and the pages under /problems are made from the docstrings: the first paragraph says what it means,
the second what to do.
"""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that is no success. `detail` is for people; what a program needs stands in `more`."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        """`detail` says what is wrong with this request; `more` is added to the document under its names."""
        super().__init__(detail or self.title)
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    @classmethod
    def code(cls) -> str:
        """The name a program tells it by, as in parameter_invalid."""
        name = cls.__name__
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")

    def document(self, request_id: str = "") -> dict[str, Any]:
        """The members of RFC 9457, the code, the id of the request, and what this one adds."""
        made: dict[str, Any] = {
            "type": f"/problems/{self.code()}",
            "title": self.title,
            "status": self.status,
            "code": self.code(),
        }
        if self.detail:
            made["detail"] = self.detail
        if request_id:
            made["request_id"] = request_id
        return made | self.more

    def body(self, request_id: str = "") -> bytes:
        """The document as JSON."""
        return msgspec.json.encode(self.document(request_id))


class BadRequest(Problem):
    """The request cannot be understood: broken JSON, a NUL, or bytes that are no UTF-8.

    Correct the request; sending it again as it is will not help.
    """

    status, title = 400, "The request cannot be understood"


class ParameterInvalid(BadRequest):
    """A parameter or a field of the body is missing, of the wrong type or out of bounds. `errors` names each.

    Correct what `errors` names; the bounds stand in the description of the endpoint.
    """

    title = "A parameter cannot be used"

    @classmethod
    def of(cls, *errors: tuple[str, str]) -> "ParameterInvalid":
        """The problem with these parameters and fields: each by the name the caller wrote, and what is wrong with it."""
        return cls(
            "; ".join(f"{name}: {message}" for name, message in errors),
            errors=[{"name": name, "message": message} for name, message in errors],
        )


class CursorInvalid(BadRequest):
    """The cursor was not made by this API, was shortened or changed, or belongs to another question.

    Start again without a cursor, and send each one back as it came, with the same filters.
    """

    title = "The cursor cannot be used"


class KeyMissing(Problem):
    """The endpoint answers only requests with a key.

    Send the key: `Authorization: Bearer sk_…`. Keys are issued by `stratum keys issue`, or at `/api/v1/account/keys`.
    """

    status, title = 401, "A key is needed"


class KeyRefused(Problem):
    """The key is not accepted: it is mistyped, unknown, expired or revoked. Which of these is not said.

    Look at the key's id in the list of keys; issue or rotate one where it has ended.
    """

    status, title = 401, "The key is not accepted"


class Forbidden(Problem):
    """The request is understood and not allowed."""

    status, title = 403, "Not allowed"


class AccessEnded(Forbidden):
    """The key is genuine, and its account has no active entitlement or is not in good standing.

    Settle the account, or ask the operator. The key works again as soon as the account does.
    """

    title = "The account has no access"


class ScopeMissing(Forbidden):
    """The key lacks the scope the endpoint needs; `scope` names it.

    Use a key that has it, or issue one.
    """

    title = "The key is not allowed to"


class PlanInsufficient(Forbidden):
    """The account's plan does not include this; `feature` names what is missing.

    Ask for less, or change the plan.
    """

    title = "The plan does not include this"


class PartSwitchedOff(Forbidden):
    """The operator of this server has switched that part off; `flag` names it.

    `/health/flags` says what is on. An operator switches it on by `STRATUM_API_ENABLE_…`.
    """

    title = "That part is switched off"


class NotFound(Problem):
    """There is no such thing, it belongs to somebody else, or the address is none of ours.

    Look at the id and the address; the endpoints are listed at `/docs`.
    """

    status, title = 404, "Not found"


class MethodNotAllowed(Problem):
    """The address exists and does not take this method; the header `Allow` says which it takes.

    Use one of those.
    """

    status, title = 405, "The address does not take this method"


class NotAcceptable(Problem):
    """None of the formats the request accepts can be given.

    Ask for one the description of the endpoint names.
    """

    status, title = 406, "No such format"


class RequestTooSlow(Problem):
    """The request began and did not come in whole in time: its headers within fifteen seconds, its body within the time for an answer.

    Send it again, all at once; the connection is closed.
    """

    status, title = 408, "The request came too slowly"


class Conflict(Problem):
    """The thing is in another state than the request needs, such as a key that has been rotated already.

    Read it again and decide anew.
    """

    status, title = 409, "In another state"


class SnapshotRequired(Problem):
    """The place to resume from is older than what is kept, so what happened since cannot be told without a gap.

    Read the current state first, then follow from its sequence.
    """

    status, title = 410, "Too old to resume from"


class BodyTooLarge(Problem):
    """The body of the request is longer than this server reads; `max_bytes` says how long it may be.

    Send less at once.
    """

    status, title = 413, "The body is too large"


class AddressTooLong(Problem):
    """The address with its parameters is longer than this server reads.

    Use fewer parameters.
    """

    status, title = 414, "The address is too long"


class MediaTypeUnsupported(Problem):
    """The body is of a type this endpoint does not read.

    Send JSON, with `Content-Type: application/json`.
    """

    status, title = 415, "The body is of another type"


class TooManyRequests(Problem):
    """The requests allowed per minute are used up, for the key or, without a valid one, for the address.

    Wait as long as `Retry-After` says; spread requests out, or use a plan that allows more.
    """

    status, title = 429, "Too many requests"


class TooManyStreams(Problem):
    """The account has as many streams open as its plan includes; `streams` says how many that is.

    Close one; a stream whose connection broke off without a word counts for some seconds more. Or use a plan with more.
    """

    status, title = 429, "Too many streams"


class HeadTooLarge(Problem):
    """The first line and the headers together are longer than this server reads; `max_bytes` says how long they may be.

    Send fewer headers, or shorter ones; the connection is closed.
    """

    status, title = 431, "The headers are too large"


class Fault(Problem):
    """A fault of ours. The request's id finds it in the logs.

    Try again; when it stays so, report it with the `request_id`.
    """

    status, title = 500, "A fault of ours"


class Unavailable(Problem):
    """The database does not answer, the answer took too long, or the server is stopping.

    Try again after as long as `Retry-After` says.
    """

    status, title = 503, "Not available now"


def every_problem() -> list[type[Problem]]:
    """Every problem a request can meet, by status; the ones that only gather others are left out."""
    waiting: list[type[Problem]] = list(Problem.__subclasses__())
    found: list[type[Problem]] = []
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if len(_paragraphs(one)) > 1:
            found.append(one)
    return sorted(found, key=lambda one: (one.status, one.__name__))


def explained(problem: type[Problem]) -> tuple[str, str]:
    """What the problem means, and what to do."""
    meaning, remedy = _paragraphs(problem)
    return meaning, remedy


def _paragraphs(problem: type[Problem]) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in (inspect.getdoc(problem) or "").split("\n\n")]
