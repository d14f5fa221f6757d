"""Removing a book's margin: from the prices of all outcomes of a market to probabilities that sum to one.

A file per method, each with its formula, source and an example worked by hand; `methods` lists them, `fair` applies one
to any prices, `by_book` to every book the one chosen for it. Which method suits which market is data: `stratum_pipelines/reference/devig.toml`.
"""

from stratum_pipelines.quant.devig.fair import Fair, fair_probabilities
from stratum_pipelines.quant.devig.methods import IDENTITIES, METHODS, Identity, Method, find_method
from stratum_pipelines.quant.devig.reasons import Reason

__all__ = [
    "IDENTITIES",
    "METHOD",
    "METHODS",
    "Fair",
    "Identity",
    "Method",
    "Reason",
    "fair_probabilities",
    "find_method",
]

# The method that stands wherever no other is measured to be better.
METHOD = "multiplicative"
