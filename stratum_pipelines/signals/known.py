"""What is known of hits at detection, for their composite scores; what is not known, with the reason."""

import numpy as np

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.weighted import weighted_median
from stratum_pipelines.signals.composite import Inputs
from stratum_pipelines.signals.hits import Hits
from stratum_pipelines.signals.opinions import yardstick
from stratum_pipelines.signals.tape import MARKETS, SPREADS, Tape

SHARP = "sharp"
NOBODY = "no operator group quotes the market"
ONE_GROUP = "fewer than two operator groups quote the market"
STALE_SHARPS = "every sharp book's quote is stale or cannot be compared"
NO_AGE = "no book that took part quotes the outcome"


def known_inputs(tape: Tape, hits: Hits, strength: Floats, minutes_to_start: Floats, ages: Floats) -> Inputs:
    """The inputs of the composite of every hit; `ages` (N, B) are those of all quotes on its outcome, in seconds."""
    opinions, cell, outcome = tape.opinions, hits.cell, hits.outcome
    values, weights, n_groups = opinions.fair[cell, outcome], opinions.weights[cell], opinions.n_groups[cell]
    age = _medians(np.where(hits.books, ages, np.nan))
    spread = np.where(n_groups >= 2, yardstick(values, weights, tape.groups, 0.0).spread, np.nan)
    is_sharp = tape.book_kinds == SHARP
    listed = (is_sharp & tape.quotes.active[cell, outcome]).any(axis=1)
    sharp = np.where(is_sharp, weights, 0.0)
    lean = weighted_median(values, sharp) - weighted_median(values, weights)
    is_heard = sharp.any(axis=1)
    return Inputs(
        strength=strength,
        group_share=np.where(n_groups > 0, np.minimum(1.0, hits.behind / np.maximum(n_groups, 1)), np.nan),
        age_s=age,
        spread_prob=spread,
        minutes_to_start=minutes_to_start,
        key_mass=_key_mass(tape, hits),
        sharp_lean=np.where(listed & is_heard, lean, np.nan),
        unknown={
            "breadth": ["" if n else NOBODY for n in n_groups.tolist()],
            "freshness": [NO_AGE if none else "" for none in np.isnan(age).tolist()],
            "agreement": ["" if n >= 2 else ONE_GROUP for n in n_groups.tolist()],
            "sharp_books": [STALE_SHARPS if stale else "" for stale in (listed & ~is_heard).tolist()],
        },
    )


def _key_mass(tape: Tape, hits: Hits) -> Floats:
    """The probability mass that moves of spreads crossed, NaN where there are no key numbers."""
    mass = np.full(len(hits), np.nan)
    spreads = np.flatnonzero((hits.kind == SPREADS) & bool(tape.league.key_numbers))
    if len(spreads):
        sign = np.where(hits.outcome[spreads] == 1, -1.0, 1.0)
        table = score_table(tape.league, MARKETS[SPREADS])
        mass[spreads] = table.mass_crossed(sign * hits.from_value[spreads], sign * hits.to_value[spreads])
    return mass


def _medians(values: Floats) -> Floats:
    """The medians of the rows without their NaN; NaN where nothing else is there."""
    ranked = np.sort(values, axis=1)
    n = (~np.isnan(ranked)).sum(axis=1)
    rows = np.arange(len(ranked))
    low, high = (ranked[rows, np.maximum(at, 0)] for at in ((n - 1) // 2, np.minimum(n // 2, ranked.shape[1] - 1)))
    return np.asarray((low + high) / 2)
