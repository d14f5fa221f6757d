"""What of a message a plan sees, by the same declarations as every answer: how late, how far back, and which fields."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stratum_api.shown.clv_records import ShownRecord
from stratum_api.shown.signals import ShownSignal
from stratum_api.tiers import Shown, Sight, veil_of
from warehouse.database.outbox import CLV_FINALIZED, LIMIT_ALERT, SIGNAL_DETECTED

# Of a topic that is not here redacted plans see nothing: nobody has said which of its fields are for everybody.
KINDS: Mapping[str, type[Shown]] = {SIGNAL_DETECTED: ShownSignal, CLV_FINALIZED: ShownRecord}
OPEN_FIELDS = {
    topic: frozenset(kind.__struct_fields__) - frozenset(veil_of(kind).hidden[kind]) for topic, kind in KINDS.items()
}
IS_CORE = "is_structural_core"


@dataclass(frozen=True, slots=True)
class Tier:
    """What plans see alike; they are sent one encoding."""

    delay_s: int
    is_redacted: bool
    is_core_only: bool
    history_days: int | None

    @classmethod
    def of(cls, sight: Sight) -> "Tier":
        """The tier of a visitor's sight, which goes on for as long as the stream does."""
        plan = sight.plan
        return cls(plan.delay_s, plan.is_redacted, sight.is_core_only, plan.history_days)

    @property
    def sees_everything(self) -> bool:
        """Whether payloads are shown as they are."""
        return not (self.is_redacted or self.is_core_only)

    def oldest_at(self, now: dt.datetime) -> dt.datetime | None:
        """How far back the plan reaches; None: no bound."""
        return None if self.history_days is None else now - dt.timedelta(days=self.history_days)

    def over(self, topic: str, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """The payload with fields the plan does not include null; None where it is not shown at all.

        Notices to the account are whole. Where only the core is shown, so is nothing that does not say it is of the core.
        """
        if topic == LIMIT_ALERT:
            return dict(payload)
        shown = OPEN_FIELDS.get(topic)
        if shown is None or (self.is_core_only and not payload.get(IS_CORE)):
            return None
        return {name: value if name in shown else None for name, value in payload.items()} | {"is_redacted": True}
