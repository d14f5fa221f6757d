"""What an opening or closing line can be, per league; the data stand in plausibility.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

from stratum_pipelines.reference.leagues import League

FILE = Path(__file__).parent / "plausibility.toml"


@dataclass(frozen=True)
class Limits:
    """What the lines of one league can be.

    `spread`, `spread_move` and `total_move` are the largest sizes, in points; `total_low` and `total_high` the ends of totals,
    `step` the smallest step of a line. `win_prob` is how far the chances to win by spread and by winner market may be apart,
    the overrounds the ends of the winner market's sum of implied probabilities.
    """

    spread: float
    spread_move: float
    total_low: float
    total_high: float
    total_move: float
    step: float
    win_prob: float
    overround_low: float
    overround_high: float


def read_limits(table: Mapping[str, Any], league: League) -> Limits:
    """The limits of a league in a table of plausibility.toml. Raises ValueError where it says nothing of the league."""
    if league.sport_key not in table["leagues"]:
        raise ValueError(
            f"plausibility.toml says nothing of {league.sport_key}; add the largest spread and the ends of totals."
        )
    limits, own = table["limits"], table["leagues"][league.sport_key]
    low, high = own["totals"]
    return Limits(
        spread=own["spread"],
        spread_move=limits["spread_move"] * league.margin_sd,
        total_low=low,
        total_high=high,
        total_move=limits["total_move"] * league.total_sd,
        step=league.line_step,
        win_prob=limits["win_prob"] if own.get("spread_travels", True) else inf,
        overround_low=limits["overround_low"],
        overround_high=limits["overround_high"],
    )


@cache
def load_limits(league: League) -> Limits:
    """The limits of a league that ship with the package."""
    return read_limits(tomllib.loads(FILE.read_text("utf-8")), league)
