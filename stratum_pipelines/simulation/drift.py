"""How far the fair line really went: planted moves and its own drift alike."""

import numpy as np

from stratum_pipelines.simulation.planting import MARGIN, TOTAL
from stratum_pipelines.simulation.pricing import Standing, winner_chances
from stratum_pipelines.simulation.slate import Slate

SIDES = ("home", "away", "draw")


def gained(slate: Slate, game: int, market: str, direction: str, since: int, at: int) -> float:
    """How far the fair line has come toward a side at a moment before the start, from where it was farthest off since another.

    Both in whole UTC seconds; points, or fair probability in h2h. Never below 0.
    """
    first, last = slate.paths.step([since, at]).tolist()
    margin, total = slate.paths.lines[[MARGIN, TOTAL], game, first : last + 1]
    if market == "totals":
        path = total if direction == "over" else -total
    elif market == "spreads":
        path = margin if direction == "home" else -margin
    else:
        nothing = np.zeros(len(margin))
        chances = winner_chances(slate.sport, margin, total, Standing(nothing + 1.0, nothing, nothing))
        path = chances[:, SIDES.index(direction)]
    return float(path[-1] - path.min())
