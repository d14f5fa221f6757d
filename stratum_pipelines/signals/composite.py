"""The composite score: rules and weights that rank signals. No model stands behind it, and it is no probability.

Seven parts, each between 0 and 1, are weighed and put on 1 to 100. A part that does not apply to a signal (key numbers in
basketball, sharp books where none quotes) gives its weight to the others. A part that applies and is not known leaves the
composite unknown: then the strength stands in, and the row says so.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = "1"
WEIGHTS: dict[str, float] = {
    "strength": 40.0,
    "breadth": 15.0,
    "freshness": 10.0,
    "agreement": 10.0,
    "time_to_start": 10.0,
    "key_numbers": 5.0,
    "sharp_books": 10.0,
}
STALE_AGE_S = 900.0
WIDE_SPREAD = 0.03
SOON_MINUTES, FAR_MINUTES = 60.0, 4320.0
FULL_KEY_MASS = 0.10
FULL_SHARP_LEAN = 0.02

# An input that does not apply to the signal at all.
NOT_APPLICABLE = None


class Unknown(str):
    """Why an input that applies is not known."""

    __slots__ = ()


Input = float | Unknown | None


@dataclass(frozen=True)
class Inputs:
    """What the composite looks at.

    `strength` 1 to 100; `group_share`, the groups behind the signal over the groups that quote; `age_s`, the median age of
    the named books' quotes, in seconds; `spread_prob`, the robust standard deviation of fair probabilities over groups, at
    one number; `minutes_to_start`; `key_mass`, the probability mass a spread crossed; `sharp_lean`, by how much sharp books
    think the outcome more likely than the median of all.
    """

    strength: float
    group_share: Input
    age_s: Input
    spread_prob: Input
    minutes_to_start: float
    key_mass: Input = NOT_APPLICABLE
    sharp_lean: Input = NOT_APPLICABLE


@dataclass(frozen=True)
class Composite:
    """The score, where it comes from, and its explanation as it stands in meta."""

    score: float
    source: str
    meta: Mapping[str, Any]


def composite(inputs: Inputs) -> Composite:
    """The composite score, or the strength where something is not known.

    Worked example: strength 50 (20.0 of 40), 4 of 8 groups (7.5 of 15), quotes 90 s old (9.0 of 10), spread 0.006 (8.0 of
    10), a quarter of an hour to the start (10 of 10), 0.03 of key mass (1.5 of 5), sharp books level (5.0 of 10): 61.0 of
    100.

    >>> found = composite(Inputs(50, 0.5, 90.0, 0.006, 15.0, 0.03, 0.0))
    >>> found.score, found.source
    (61.0, 'composite')
    """
    values: dict[str, Input] = {
        "strength": inputs.strength,
        "breadth": inputs.group_share,
        "freshness": inputs.age_s,
        "agreement": inputs.spread_prob,
        "time_to_start": inputs.minutes_to_start,
        "key_numbers": inputs.key_mass,
        "sharp_books": inputs.sharp_lean,
    }
    unknown = {name: str(value) for name, value in values.items() if isinstance(value, Unknown)}
    known = {name: float(value) for name, value in values.items() if isinstance(value, int | float)}
    parts = {name: round(WEIGHTS[name] * _share(name, value), 3) for name, value in known.items()}
    meta = {
        "version": VERSION,
        "inputs": {name: round(known[name], 6) if name in known else None for name in WEIGHTS},
        "parts": {name: parts.get(name) for name in WEIGHTS},
        "unknown": unknown,
    }
    if unknown:
        return Composite(float(inputs.strength), "strength_fallback", meta)
    score = 100.0 * sum(parts.values()) / sum(WEIGHTS[name] for name in parts)
    return Composite(round(max(1.0, min(100.0, score)), 2), "composite", meta)


def _share(name: str, value: float) -> float:
    """How much of its weight a part earns, from 0 to 1."""
    shares = {
        "strength": lambda: value / 100.0,
        "breadth": lambda: value,
        "freshness": lambda: 1.0 - value / STALE_AGE_S,
        "agreement": lambda: 1.0 - value / WIDE_SPREAD,
        # In full from an hour before the start on, nothing three days before, evenly on the scale of ratios.
        "time_to_start": lambda: 1.0 - math.log(max(value, SOON_MINUTES) / SOON_MINUTES) / _FULL_SCALE,
        "key_numbers": lambda: value / FULL_KEY_MASS,
        "sharp_books": lambda: 0.5 + value / FULL_SHARP_LEAN / 2.0,
    }
    return max(0.0, min(1.0, shares[name]()))


_FULL_SCALE = math.log(FAR_MINUTES / SOON_MINUTES)
