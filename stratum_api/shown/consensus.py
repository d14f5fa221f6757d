"""The consensus as answers show it: the numbers for everybody, what they rest on for plans that see books."""

import datetime as dt
from typing import ClassVar

from stratum_api.pages import Page
from stratum_api.tiers import Full, Open, Shown
from warehouse.tables import Consensus, Table


class ShownConsensus(Shown):
    """What the books agreed on for one outcome, from one moment on."""

    clock: ClassVar[str] = "as_of"
    table: ClassVar[type[Table] | None] = Consensus

    event_id: Open[str]
    market: Open[str]
    outcome: Open[str]
    as_of: Open[dt.datetime]
    sport_key: Open[str]
    side: Open[str]
    commence_at: Open[dt.datetime]
    point_median: Open[float | None]
    price_median: Open[float | None]
    fair_prob: Open[float | None]
    fair_point: Open[float | None]
    devig_method: Open[str]
    n_books: Full[int]
    n_groups: Full[int]
    n_stale: Full[int]
    n_at_number: Full[int]
    n_sharp: Full[int]
    n_implausible: Full[int]
    age_median_s: Full[float]
    age_max_s: Full[float]
    point_mean: Full[float]
    point_std: Full[float]
    point_mad: Full[float]
    point_iqr: Full[float]
    fair_prob_std: Full[float]
    fair_prob_mad: Full[float]
    fair_prob_iqr: Full[float]
    sharp_fair_prob: Full[float]
    sharp_point: Full[float]
    margin_median: Full[float]
    best_price_decimal: Full[float]
    best_bookmaker: Full[str]
    response_id: Open[str]


class ConsensusPage(Page[ShownConsensus]):
    """Rows of the consensus, and where the next begin."""


EXAMPLE = ShownConsensus(
    event_id="0d6f17fa60bfac6750a4d67573376da3",
    market="spreads",
    outcome="Kansas City Chiefs",
    as_of=dt.datetime(2026, 11, 21, 17, 31, 10, 234888, dt.UTC),
    sport_key="americanfootball_nfl",
    side="home",
    commence_at=dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC),
    point_median=-3.5,
    price_median=1.91,
    fair_prob=0.502,
    fair_point=-3.5,
    devig_method="multiplicative",
    n_books=9,
    n_groups=8,
    n_stale=1,
    n_at_number=9,
    n_sharp=1,
    n_implausible=0,
    age_median_s=12.5,
    age_max_s=41.0,
    point_mean=-3.44,
    point_std=0.17,
    point_mad=0.0,
    point_iqr=0.0,
    fair_prob_std=0.006,
    fair_prob_mad=0.003,
    fair_prob_iqr=0.007,
    sharp_fair_prob=0.504,
    sharp_point=-3.5,
    margin_median=0.045,
    best_price_decimal=1.95,
    best_bookmaker="pinnacle",
    response_id="eb4b442f55b08fa3441765b908bb04ef",
)
EXAMPLE_PAGE = ConsensusPage([EXAMPLE], None)
