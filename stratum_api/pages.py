"""Pages and their cursors.

A page holds so many rows and a cursor to the next ones, null at the end:

    class SignalPage(Page[ShownSignal]): …                      # a name of its own for the description

    question = Question("listSignals", order, sport, …)         # everything that decides which rows there are, and their order
    after = service.cursors.read(cursor, question)              # None at the beginning; else the position of the last row shown
    rows = …                                                    # ordered by position, `limit + 1` of them
    items, next_cursor = service.cursors.page(rows, limit, question, lambda row: (row.detected_at, row.signal_id))

A cursor holds the position (sort key and id) and a sum over it and the question, made with the secret of the server: one that was
shortened, changed, or brought to another question is refused. Positions hold text, numbers and moments; they must be fields that
every visitor sees, for whoever likes can read a cursor.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from inspect import get_annotations
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

import msgspec
from litestar.params import QueryParameter

from stratum_api.problems import CursorInvalid
from stratum_api.tiers import Open

T = TypeVar("T")

USUAL_LIMIT, MOST_ROWS = 50, 500
LONGEST_CURSOR = 400
SUM_BYTES = 12

Limit = Annotated[int, QueryParameter(ge=1, le=MOST_ROWS, description="How many rows at most.")]
CursorText = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        max_length=LONGEST_CURSOR,
        description="`next_cursor` of the page before, as it came, with the same filters.",
    ),
]


class Page(msgspec.Struct, Generic[T]):
    """So many rows, and where the next begin."""

    items: Open[list[T]]
    next_cursor: Annotated[Open[str | None], msgspec.Meta(description="Null on the last page.")]

    def __init_subclass__(cls) -> None:
        """Say what the items are where the description looks for it: it does not know what a base was made of."""
        for base in getattr(cls, "__orig_bases__", ()):
            if get_origin(base) is Page:
                (kind,) = get_args(base)
                cls.__annotations__ = {**get_annotations(cls), "items": Open[list[kind]]}  # type: ignore[valid-type]


class Question:
    """What a cursor belongs to: an operation and all that decides which rows it gives, in which order."""

    __slots__ = ("text",)

    def __init__(self, operation: str, *filters: Any) -> None:
        self.text = msgspec.json.encode([operation, filters])


class Cursors:
    """Makes and reads cursors with the secret of the server."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.blake2b(b"cursor", key=secret[:64], digest_size=32).digest()

    def write(self, position: Sequence[Any], question: Question) -> str:
        """The cursor that goes on behind a position."""
        text = msgspec.msgpack.encode(list(position))
        return urlsafe_b64encode(self._sum(text, question) + text).rstrip(b"=").decode()

    def read(self, cursor: str | None, question: Question) -> list[Any] | None:
        """The position a cursor goes on behind; None without one. Raises CursorInvalid."""
        if cursor is None:
            return None
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raise CursorInvalid from None
        given, text = raw[:SUM_BYTES], raw[SUM_BYTES:]
        if not hmac.compare_digest(given, self._sum(text, question)):
            raise CursorInvalid
        position: list[Any] = msgspec.msgpack.decode(text)
        return position

    def page(
        self, rows: list[T], limit: int, question: Question, position: Callable[[T], Sequence[Any]]
    ) -> tuple[list[T], str | None]:
        """The rows of a page and the cursor to the next, from one row more than the page holds."""
        if len(rows) <= limit:
            return rows, None
        return rows[:limit], self.write(position(rows[limit - 1]), question)

    def _sum(self, text: bytes, question: Question) -> bytes:
        return hashlib.blake2b(text + b"\0" + question.text, key=self._secret, digest_size=SUM_BYTES).digest()


__all__ = ["MOST_ROWS", "USUAL_LIMIT", "CursorText", "Cursors", "Limit", "Page", "Question"]
