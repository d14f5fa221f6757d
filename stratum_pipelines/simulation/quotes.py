"""Every quote of a day's games as the feed shows it at one moment."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.simulation.planting import MARGIN, MARKETS, TOTAL
from stratum_pipelines.simulation.pricing import (
    american_prices,
    cover_chances,
    over_chances,
    winner_chances,
    with_margin,
)
from stratum_pipelines.simulation.slate import Slate

# In play a market as good as decided is taken down, and so is every market close to the end.
DECIDED = 0.97
CLOSE_TO_END = 0.985
SAFEST, RISKIEST = 0.99, 0.01


@dataclass(frozen=True)
class Quotes:
    """What the feed shows of a day's games, American prices; the first two axes are games and books.

    `is_shown` (…, 3) says which of h2h, spreads and totals; `seen_at` is when the feed looked, in UTC seconds; `points`
    (…, 2) hold the home handicap and the total; prices have an axis of outcomes: home, away, draw; over, under.
    """

    is_shown: npt.NDArray[np.bool_]
    seen_at: npt.NDArray[np.int64]
    points: Floats
    h2h: Floats
    spreads: Floats
    totals: Floats


def quotes_at(slate: Slate, at: int) -> Quotes:
    """The quotes at a moment in whole UTC seconds."""
    sport, books = slate.sport, slate.world.books
    shape = (len(slate.games), len(books))
    seen_at = np.tile(slate.looked_at(at), (shape[0], 1))
    current = [odd for odd in slate.plan.disturbances if odd.starts_at <= at < odd.ends_at]
    for odd in current:
        if odd.kind == "stale":
            seen_at[odd.game, list(odd.books)] = slate.looked_at(odd.starts_at)[list(odd.books)]
    held, points = slate.views.at(slate.paths.step(seen_at), slate.desk_of_book)
    margin, total = held[MARGIN].ravel(), held[TOTAL].ravel()
    standing = slate.standing(seen_at)
    charged = np.tile([book.margin for book in books], shape[0])
    grid = np.tile([float(book.grid) for book in books], shape[0])[:, None]

    def prices(chances: Floats) -> Floats:
        if chances.ndim == 1:
            chances = np.stack([chances, 1.0 - chances], axis=1)
        implied = with_margin(np.clip(chances, RISKIEST, SAFEST), charged)
        return american_prices(implied, grid).reshape(*shape, -1)

    winner = winner_chances(sport, margin, total, standing)
    cover = cover_chances(sport, margin, total, points[MARGIN].ravel(), standing)
    over = over_chances(sport, margin, total, points[TOTAL].ravel(), standing)

    is_shown = slate.coverage & (seen_at >= slate.opens_at)[:, :, None]
    quotes_in_play = np.array([book.in_play for book in books])
    has_begun = np.array([at >= game.starts_at for game in slate.games])
    is_shown &= (~has_begun[:, None] | quotes_in_play)[:, :, None]
    is_shown &= np.array([game.share_played(at) < CLOSE_TO_END for game in slate.games])[:, None, None]
    best = np.stack([winner.max(axis=1), np.maximum(cover, 1 - cover), np.maximum(over, 1 - over)], axis=1)
    is_shown &= ~(has_begun[:, None, None] & (best.reshape(*shape, 3) > DECIDED))
    for odd in current:
        if odd.kind == "pulled":
            is_shown[odd.game, list(odd.books), MARKETS.index(odd.market)] = False
    return Quotes(
        is_shown,
        seen_at,
        np.stack([points[MARGIN], points[TOTAL]], axis=2),
        prices(winner),
        prices(cover),
        prices(over),
    )
