"""Which messages a client wants, and which it may have."""

from dataclasses import dataclass

from stratum_api.stream.event import Event
from warehouse.database.outbox import CLV_FINALIZED, LIMIT_ALERT, SIGNAL_DETECTED

# Everybody with a stream may have these.
MARKET = frozenset({SIGNAL_DETECTED, CLV_FINALIZED})
# These go to the account they are about. Whatever is in neither goes to nobody.
OWN = frozenset({LIMIT_ALERT})
TOPICS = (*sorted(MARKET), *sorted(OWN))


@dataclass(frozen=True)
class Wanted:
    """What one client asked for; an empty set lets everything through. `min_score` is of the composite score.

    Filters other than topics are about markets: notices to the account come whatever they say.
    """

    topics: frozenset[str] = frozenset()
    sports: frozenset[str] = frozenset()
    signal_types: frozenset[str] = frozenset()
    markets: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    min_score: float | None = None

    def takes(self, event: Event, account_id: str) -> bool:
        """Whether a message goes to a client of this account that wants this."""
        facts = event.facts
        if facts is None or (self.topics and event.topic not in self.topics):
            return False
        if event.topic in OWN:
            return event.subject_id == account_id
        if event.topic not in MARKET:
            return False
        return (
            (not self.sports or facts.sport_key in self.sports)
            and (not self.signal_types or facts.signal_type in self.signal_types)
            and (not self.markets or facts.market in self.markets)
            and (not self.events or facts.event_id in self.events)
            and (
                self.min_score is None
                or (facts.composite_score is not None and facts.composite_score >= self.min_score)
            )
        )
