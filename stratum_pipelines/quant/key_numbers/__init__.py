"""Key numbers: how often games end on each margin and total, and what a move of the line across them is worth.

`score_table` holds the model and moves probabilities between numbers, `weights` fits it to recorded games, `counts` counts
them, `tables` has the table of each league.
"""

from stratum_pipelines.quant.key_numbers.half_points import HalfPoints, half_points
from stratum_pipelines.quant.key_numbers.score_table import Chances, Place, ScoreTable, build_score_table
from stratum_pipelines.quant.key_numbers.tables import score_table

__all__ = ["Chances", "HalfPoints", "Place", "ScoreTable", "build_score_table", "half_points", "score_table"]
