"""What is known of hits at detection, for their composite scores; what is not known, with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from stratum_pipelines.quant.weighted import weighted_median
from stratum_pipelines.signals.composite import NOT_APPLICABLE, Input, Inputs, Unknown
from stratum_pipelines.signals.opinions import yardstick
from stratum_pipelines.signals.severity import mass_crossed
from stratum_pipelines.signals.sides import sign_of
from stratum_pipelines.signals.signal import Hit
from stratum_pipelines.signals.tape import SPREADS, Tape

SHARP = "sharp"
NO_CONSENSUS = Unknown("the consensus was not written at this answer")
NOBODY = Unknown("no operator group quotes the market")
ONE_GROUP = Unknown("fewer than two operator groups quote the market")
STALE_SHARPS = Unknown("every sharp book's quote is stale or cannot be compared")
NO_AGE = Unknown("no book that took part quotes the outcome")


@dataclass(frozen=True)
class Surroundings:
    """The market around a hit: how many groups quote it, how far they lie apart, and which way sharp books lean."""

    n_groups: int
    spread_prob: Input
    sharp_lean: Input


def surroundings(tape: Tape, hits: Sequence[Hit]) -> list[Surroundings | None]:
    """The markets around hits, all at once; None where the consensus was not written at the answer of the hit."""
    opinions = tape.opinions
    cells = [opinions.cell(hit.row - tape.n_past, hit.market) for hit in hits]
    placed = [i for i, cell in enumerate(cells) if cell is not None]
    found: list[Surroundings | None] = [None] * len(hits)
    if not placed:
        return found
    at = np.array([cells[i] for i in placed], np.int64)
    outcome = np.array([hits[i].outcome for i in placed], np.int64)
    values, weights = opinions.fair[at, outcome], opinions.weights[at]
    is_sharp = tape.book_kinds == SHARP
    listed = (is_sharp & tape.quotes.active[at, outcome]).any(axis=1)
    sharp = np.where(is_sharp, weights, 0.0)
    spread = yardstick(values, weights, tape.groups, 0.0).spread
    lean = weighted_median(values, sharp) - weighted_median(values, weights)
    for k, i in enumerate(placed):
        n_groups = int(opinions.n_groups[at[k]])
        leans: Input = NOT_APPLICABLE
        if listed[k]:
            leans = float(lean[k]) if sharp[k].any() else STALE_SHARPS
        found[i] = Surroundings(n_groups, float(spread[k]) if n_groups >= 2 else ONE_GROUP, leans)
    return found


def known_inputs(
    tape: Tape,
    hit: Hit,
    around: Surroundings | None,
    n_groups: int,
    strength: int,
    minutes_to_start: float,
    ages: Mapping[str, float | None],
) -> Inputs:
    """The inputs of the composite; `n_groups` stand behind the hit, `ages` are those of its books' quotes in seconds."""
    seen = [age for age in ages.values() if age is not None]
    key_mass: Input = NOT_APPLICABLE
    if tape.kinds[hit.market] == SPREADS and tape.league.key_numbers:
        sign = sign_of(SPREADS, hit.outcome)
        key_mass = mass_crossed(tape.league, sign * hit.from_value, sign * hit.to_value)
    share: Input = NO_CONSENSUS
    if around is not None:
        share = min(1.0, n_groups / around.n_groups) if around.n_groups else NOBODY
    return Inputs(
        strength=float(strength),
        group_share=share,
        age_s=median(seen) if seen else NO_AGE,
        spread_prob=NO_CONSENSUS if around is None else around.spread_prob,
        minutes_to_start=minutes_to_start,
        key_mass=key_mass,
        sharp_lean=NO_CONSENSUS if around is None else around.sharp_lean,
    )
