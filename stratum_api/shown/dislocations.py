"""A dislocation as answers show it: which book stood apart from the others, and by how much."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta

from stratum_api.pages import Page
from stratum_api.tiers import Full, Open, Shown
from warehouse.tables import Signals, Table


class ShownDislocation(Shown):
    """One book's quote that stood away from what all other operator groups agreed on."""

    clock: ClassVar[str] = "detected_at"
    table: ClassVar[type[Table] | None] = Signals

    signal_id: Open[str]
    event_id: Open[str]
    sport_key: Open[str]
    market: Open[str]
    outcome: Open[str]
    direction: Open[str]
    detected_at: Open[dt.datetime]
    commence_at: Open[dt.datetime]
    time_bucket: Open[str]
    strength_score: Full[int]
    composite_score: Open[float]
    priority: Open[str]
    response_id: Open[str]
    book: Annotated[Full[str], Meta(description="The book.")] = None
    book_kind: Annotated[Full[str], Meta(description="Whether it is sharp, retail or an exchange.")] = None
    book_point: Annotated[Full[float], Meta(description="Its point from the outcome's side; null in h2h.")] = None
    book_price_decimal: Annotated[Full[float], Meta(description="Its price.")] = None
    book_fair_prob: Annotated[Full[float], Meta(description="Its probability of the outcome, free of margin.")] = None
    consensus_point: Annotated[Full[float], Meta(description="The median point of the others; null in h2h.")] = None
    consensus_fair_prob: Annotated[
        Full[float], Meta(description="The median probability of the others, at the same number.")
    ] = None
    gap_prob: Annotated[Full[float], Meta(description="The others' probability less the book's.")] = None
    edge_prob: Annotated[
        Full[float], Meta(description="The others' probability at the book's number less 1 / its price.")
    ] = None
    z: Annotated[Full[float], Meta(description="The gap over how far the others are apart.")] = None
    n_other_groups: Annotated[Full[int], Meta(description="Operator groups among the others.")] = None


class DislocationPage(Page[ShownDislocation]):
    """Dislocations, and where the next begin."""


EXAMPLE_PAGE = DislocationPage(
    [
        ShownDislocation(
            signal_id="ab89a14627cab753a163a4b834b3c4dc",
            event_id="0d6f17fa60bfac6750a4d67573376da3",
            sport_key="soccer_epl",
            market="totals",
            outcome="Over",
            direction="over",
            detected_at=dt.datetime(2026, 11, 21, 17, 31, 10, 234888, dt.UTC),
            commence_at=dt.datetime(2026, 11, 22, 12, 30, tzinfo=dt.UTC),
            time_bucket="6-24h",
            strength_score=46,
            composite_score=60.15,
            priority="Medium",
            response_id="eb4b442f55b08fa3441765b908bb04ef",
            book="bovada",
            book_kind="retail",
            book_point=3.0,
            book_price_decimal=2.4,
            book_fair_prob=0.400908,
            consensus_point=3.0,
            consensus_fair_prob=0.430922,
            gap_prob=0.030014,
            edge_prob=0.014255,
            z=4.0016,
            n_other_groups=10,
        )
    ],
    None,
)
