"""The table of chances of each league."""

from functools import cache

import numpy as np

from stratum_pipelines.quant.key_numbers.score_table import ScoreTable
from stratum_pipelines.quant.key_numbers.weights import league_table
from stratum_pipelines.reference import League
from stratum_pipelines.reference.key_numbers import load_key_numbers, load_plan


@cache
def score_table(league: League, market: str) -> ScoreTable:
    """The chances of final margins (market "spreads") or totals ("totals") of a league, built once per process.

    Without weights of its own a league has the rounded normal with its standard deviation, without a margin of 0 where
    games cannot tie.
    """
    is_total = market == "totals"
    known = load_key_numbers().weights.get((league.sport_key, market))
    if known is not None:
        return league_table(np.array(known.values), known.deviation, is_total=is_total)
    no_tie = not is_total and league.sport_key in load_plan().cannot_tie
    deviation = league.total_sd if is_total else league.margin_sd
    return league_table(np.zeros(1) if no_tie else np.ones(0), deviation, is_total=is_total)
