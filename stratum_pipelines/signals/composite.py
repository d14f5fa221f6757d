"""The composite score: rules and weights that rank signals. No model stands behind it, and it is no probability.

Seven parts, each between 0 and 1, are weighed and put on 1 to 100. A part that does not apply to a signal (key numbers in
basketball, sharp books where none quotes) gives its weight to the others. A part that applies and is not known leaves the
composite unknown: then the strength stands in, and the row says so.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.signals.rounding import rounded

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


@dataclass(frozen=True)
class Inputs:
    """What the composite looks at: of N signals, (N,) or one number for all; NaN where it does not apply or is not known.

    `strength` 1 to 100; `group_share`, the groups behind the signal over the groups that quote; `age_s`, the median age of
    the named books' quotes, in seconds; `spread_prob`, the robust standard deviation of fair probabilities over groups, at
    one number; `minutes_to_start`; `key_mass`, the probability mass a spread crossed; `sharp_lean`, by how much sharp books
    think the outcome more likely than the median of all. `unknown` says by part why it is not known, "" where it is or does
    not apply.
    """

    strength: npt.ArrayLike
    group_share: npt.ArrayLike
    age_s: npt.ArrayLike
    spread_prob: npt.ArrayLike
    minutes_to_start: npt.ArrayLike
    key_mass: npt.ArrayLike = np.nan
    sharp_lean: npt.ArrayLike = np.nan
    unknown: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Composite:
    """The scores, (N,), where each comes from, and its explanation as it stands in meta (NaN is null there)."""

    score: Floats
    source: Sequence[str]
    metas: Sequence[dict[str, Any]]


def composite(inputs: Inputs) -> Composite:
    """The composite scores, or the strength where something is not known.

    Worked example: strength 50 (20.0 of 40), 4 of 8 groups (7.5 of 15), quotes 90 s old (9.0 of 10), spread 0.006 (8.0 of
    10), a quarter of an hour to the start (10 of 10), 0.03 of key mass (1.5 of 5), sharp books level (5.0 of 10): 61.0 of
    100.

    >>> found = composite(Inputs(50, 0.5, 90.0, 0.006, 15.0, 0.03, 0.0))
    >>> found.score.tolist(), found.source
    ([61.0], ['composite'])
    """
    given = (
        inputs.strength,
        inputs.group_share,
        inputs.age_s,
        inputs.spread_prob,
        inputs.minutes_to_start,
        inputs.key_mass,
        inputs.sharp_lean,
    )
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(column, np.float64)) for column in given))
    values = np.stack(columns, axis=1)
    weights = np.array(list(WEIGHTS.values()))
    parts = rounded(weights * _shares(values), 3)
    known = ~np.isnan(parts)
    total, weight = np.zeros(len(values)), np.zeros(len(values))
    for part in range(len(weights)):
        total += np.where(known[:, part], parts[:, part], 0.0)
        weight += np.where(known[:, part], weights[part], 0.0)
    unknown = _unknown(inputs.unknown, len(values))
    is_known = np.array([not why for why in unknown], np.bool_)
    score = rounded(np.clip(100.0 * total / weight, 1.0, 100.0), 2)
    metas = [
        {
            "version": VERSION,
            "inputs": dict(zip(WEIGHTS, looked_at, strict=True)),
            "parts": dict(zip(WEIGHTS, earned, strict=True)),
            "unknown": why,
        }
        for looked_at, earned, why in zip(rounded(values, 6).tolist(), parts.tolist(), unknown, strict=True)
    ]
    source = ["strength_fallback" if why else "composite" for why in unknown]
    return Composite(np.where(is_known, score, values[:, 0]), source, metas)


def _unknown(reasons: Mapping[str, Sequence[str]], n: int) -> list[dict[str, str]]:
    """The reasons signal by signal."""
    found: list[dict[str, str]] = [{} for _ in range(n)]
    for part in WEIGHTS:
        for why, reason in zip(found, reasons.get(part, ()), strict=False):
            if reason:
                why[part] = reason
    return found


def _shares(values: Floats) -> Floats:
    """How much of its weight each part earns, from 0 to 1, NaN where it is not known; `values` (N, 7) in order of WEIGHTS."""
    strength, share, age, spread, minutes, mass, lean = values.T
    # In full from an hour before the start on, nothing three days before, evenly on the scale of ratios. The logarithms are
    # the C library's, one by one: NumPy's have other last bits on other processors.
    logs = np.array([math.log(ratio) for ratio in (np.maximum(minutes, SOON_MINUTES) / SOON_MINUTES).tolist()])
    shares = (
        strength / 100.0,
        share,
        1.0 - age / STALE_AGE_S,
        1.0 - spread / WIDE_SPREAD,
        1.0 - logs / _FULL_SCALE,
        mass / FULL_KEY_MASS,
        0.5 + lean / FULL_SHARP_LEAN / 2.0,
    )
    return np.clip(np.stack(shares, axis=1), 0.0, 1.0)


_FULL_SCALE = math.log(FAR_MINUTES / SOON_MINUTES)
