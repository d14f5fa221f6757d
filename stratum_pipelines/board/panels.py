"""The books of a board as a panel: what reference data say of each column."""

from functools import lru_cache

import numpy as np

from stratum_pipelines.quant.devig.by_book import margin_methods
from stratum_pipelines.quant.panel import Panel
from stratum_pipelines.reference import BookWeights, League, MethodChoices, Reference
from stratum_pipelines.reference.leagues import MARKETS


# The books of a board hardly change from one answer to the next.
@lru_cache(maxsize=64)
def panel_of(
    books: tuple[str, ...],
    width: int,
    league: League,
    reference: Reference,
    choices: MethodChoices,
    weights: BookWeights,
) -> Panel:
    """The panel of these books in `width` columns; columns without a book are put in group 0 and never counted."""
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(reference.books[book].operator_group, len(numbers)) for book in books]
    kinds = [reference.books[book].kind for book in books]
    margins = [weights.margins_of(kind) for kind in kinds] + [((0.0, np.inf),) * len(MARKETS)] * (width - len(kinds))
    order = {book: rank for rank, book in enumerate(sorted(books))}
    return Panel(
        groups=np.array(groups + [0] * (width - len(groups)), np.int64),
        ranks=np.array([order[book] for book in books] + list(range(len(order), width)), np.int64),
        methods=margin_methods(choices, league.sport, books, width),
        is_sharp=np.array([kind == "sharp" for kind in kinds] + [False] * (width - len(kinds)), np.bool_),
        loudness=np.array([weights.of(kind) for kind in kinds] + [1.0] * (width - len(kinds))),
        margins=np.array(margins, np.float64).reshape(width, len(MARKETS), 2).transpose(1, 2, 0),
    )
