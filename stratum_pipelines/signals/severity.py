"""How much a change of a spread means: the chance that the game ends on the margins in between."""

from functools import lru_cache

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.reference import League


# Lines travel between few numbers, over and over.
@lru_cache(maxsize=4096)
def mass_crossed(league: League, from_home: float, to_home: float, total: float | None = None) -> float:
    """The probability that the final margin lies between two home handicaps, a margin that one of them stands on by half.

    It is what the move changes in the chance of winning plus half the chance of a push, in a market that is even half-way.
    The chances are the league's table of margins; it does not look at the `total`.

    >>> from stratum_pipelines.reference import load_reference
    >>> nfl = load_reference().leagues["americanfootball_nfl"]
    >>> mass_crossed(nfl, -2.5, -3.5) > 2 * mass_crossed(nfl, -4.5, -5.5)
    True
    """
    return float(score_table(league, "spreads").mass_crossed(from_home, to_home))
