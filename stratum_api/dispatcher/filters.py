"""What a message has to be for an endpoint."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from warehouse.database.outbox import CLV_FINALIZED, SIGNAL_DETECTED

FILTERED = (SIGNAL_DETECTED, CLV_FINALIZED)
Names = Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=100)]], msgspec.Meta(max_length=100)]


class Filters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Conditions on messages about signals, all of which have to hold; an empty one lets every message through.

    `min_score` is the least composite score, from 1 to 100; a message without a score does not have it.
    """

    sport_keys: Names = []
    signal_types: Names = []
    markets: Names = []
    min_score: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0

    def let_through(self, topic: str, payload: Mapping[str, Any]) -> bool:
        """Whether a message passes. Messages about other things than signals always do."""
        if topic not in FILTERED:
            return True
        for wanted, name in (
            (self.sport_keys, "sport_key"),
            (self.signal_types, "signal_type"),
            (self.markets, "market"),
        ):
            if wanted and payload.get(name) not in wanted:
                return False
        return self.min_score <= 0 or (payload.get("composite_score") or 0) >= self.min_score

    @property
    def is_empty(self) -> bool:
        """Whether every message passes."""
        return self == _NONE


_NONE = Filters()
