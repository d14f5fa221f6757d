"""Pages: so many rows, and where the next begin."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from stratum_api.client.exchange import Call

Row_co = TypeVar("Row_co", covariant=True)


class Paged(Protocol[Row_co]):
    """An answer that may have a next page; `next_cursor` is None on the last."""

    @property
    def items(self) -> Sequence[Row_co]:
        """The rows of this page."""

    @property
    def next_cursor(self) -> str | None:
        """Where the next begin."""


def next_page(call: Call[Any], page: Paged[Any]) -> Call[Any] | None:
    """The question for the page after this one; None where there is none."""
    if page.next_cursor is None:
        return None
    return replace(call, params={**call.params, "cursor": page.next_cursor})
