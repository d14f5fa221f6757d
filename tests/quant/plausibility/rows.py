"""Opening and closing lines of made-up games."""

import numpy as np

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import american_to_decimal
from stratum_pipelines.quant.plausibility import FAULTS, NO_PRICE, SOUND, Judged, Lines, judge
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.plausibility import load_limits

NFL = load_reference().leagues["americanfootball_nfl"]
NAN = float("nan")


def lines(*games: tuple[float, float, float, float, float, float]) -> Lines:
    """Games of (open spread, close spread, open total, close total, home price, away price), prices American, 0 for a slip."""
    columns = np.array(games, np.float64).T
    prices = [np.where(column == 0, NO_PRICE, american_to_decimal(column)) for column in columns[4:]]
    return Lines(*columns[:4], *prices, np.full(len(games), NAN))


def judged(*games: tuple[float, float, float, float, float, float]) -> Judged:
    """What the gate says of NFL games."""
    return judge(lines(*games), load_limits(NFL), score_table(NFL, "spreads"))


def codes(found: Judged) -> list[str]:
    """The code of each game's fault, "" for none."""
    return ["" if fault == SOUND else FAULTS[fault].code for fault in found.fault.tolist()]
