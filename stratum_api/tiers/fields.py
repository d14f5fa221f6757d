"""Who sees a field: said by its type."""

from typing import Annotated, ClassVar, TypeVar

import msgspec

from warehouse.tables import Table

T = TypeVar("T")

TIER = "tier"
OPEN, FULL = "open", "full"

# Everybody sees it.
Open = Annotated[T, msgspec.Meta(extra={TIER: OPEN})]
# Null where the plan is redacted, and wherever the value itself is.
Full = Annotated[T | None, msgspec.Meta(extra={TIER: FULL})]

# The clock of what tells of no moment: aggregates, lists of books.
TIMELESS = ""


class Shown(msgspec.Struct, kw_only=True):
    """A row of an answer. Every kind says its clock: the field that holds when the row came to be known.

    A trade says its origin besides: the field that holds where it comes from, for not everybody sees every trade.
    """

    clock: ClassVar[str]
    origin: ClassVar[str] = ""
    table: ClassVar[type[Table] | None] = None
    is_redacted: Annotated[
        Open[bool], msgspec.Meta(description="Whether fields are null because the plan does not include them.")
    ] = False
