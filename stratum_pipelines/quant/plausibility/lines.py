"""Opening and closing lines of games, and whether they can be true together."""

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.key_numbers import ScoreTable
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.reference.plausibility import Limits

Bools = npt.NDArray[np.bool_]

# Prices up to this are none; a price that was written and cannot be read stands here as one of them.
NO_PRICE = 1.0


@dataclass(frozen=True)
class Lines:
    """Opening and closing lines of N games, each (N,), NaN where nothing is recorded.

    Spreads are the home team's handicap. Prices are decimal, those of the closing winner market; what was written and is no
    price at all is `NO_PRICE`. `draw_price` is NaN where a draw is no outcome.
    """

    open_spread: Floats
    close_spread: Floats
    open_total: Floats
    close_total: Floats
    home_price: Floats
    away_price: Floats
    draw_price: Floats

    def take(self, chosen: npt.NDArray[np.int64] | Bools) -> "Lines":
        """The lines of some of the games."""
        return Lines(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def change(self, **values: Floats) -> "Lines":
        """The lines with some columns replaced."""
        return replace(self, **values)


@dataclass(frozen=True)
class Witnesses:
    """What each check says of N games; true where there is nothing to object, or nothing to check.

    `numbers`: every spread and total is a number it can be. `prices`: the winner market's prices are prices of one market.
    `moves`: open and close are near each other. `winner`: the closing spread and the winner market agree.

    The last two say whom to believe. `doubts_spread`: the closing spread cannot be, or nothing speaks for it, because the
    winner market is silent, or contradicts it and has the opening spread nearer to itself. `doubts_prices`: the winner market
    contradicts itself, or a closing spread that can be, and the opening spread is not nearer to it.
    """

    numbers: Bools
    prices: Bools
    moves: Bools
    winner: Bools
    doubts_spread: Bools
    doubts_prices: Bools

    @property
    def plausible(self) -> Bools:
        """Whether all lines of a game can be true together."""
        return self.numbers & self.prices & self.moves & self.winner


def hear_witnesses(lines: Lines, limits: Limits, margins: ScoreTable) -> Witnesses:
    """What speaks against the lines of each game. Scores are not asked: the lines were there before them.

    `margins` is the league's table of margins; it turns a closing spread into the chance to win that the winner market
    should give.
    """
    possible = {
        name: _possible(getattr(lines, name), low, high, limits.step)
        for kind, low, high in (
            ("spread", -limits.spread, limits.spread),
            ("total", limits.total_low, limits.total_high),
        )
        for name in (f"open_{kind}", f"close_{kind}")
    }
    quoted = np.stack([lines.home_price, lines.away_price, lines.draw_price])
    readable = np.isnan(quoted) | (quoted > NO_PRICE)
    implied = 1.0 / np.where(quoted > NO_PRICE, quoted, np.inf)
    overround = implied[0] + implied[1] + implied[2]
    both = (implied[0] > 0) & (implied[1] > 0)
    one_market = (overround >= limits.overround_low) & (overround <= limits.overround_high)
    prices = readable[0] & readable[1] & readable[2] & (~both | one_market)

    moves = _near(lines.open_spread, lines.close_spread, limits.spread_move)
    moves &= _near(lines.open_total, lines.close_total, limits.total_move)

    by_prices = np.where(both & prices, implied[0], np.nan) / np.where(both, implied[0] + implied[1], 1.0)
    by_spread = margins.move(0.5, lines.close_spread, 0.0).fair
    # A spread no table reaches is already objected to as a number.
    apart = np.abs(by_prices - by_spread)
    winner = np.isnan(apart) | (apart <= limits.win_prob)
    even = -margins.implied_mean(margins.place(by_prices, 0.0))
    from_prices, from_close = np.abs(lines.open_spread - even), np.abs(lines.open_spread - lines.close_spread)
    can_be = possible["close_spread"]
    return Witnesses(
        numbers=np.logical_and.reduce(list(possible.values())),
        prices=prices,
        moves=moves,
        winner=winner,
        doubts_spread=~can_be | np.isnan(apart) | (~winner & (from_prices < from_close)),
        doubts_prices=~prices | (can_be & ~winner & (from_prices >= from_close)),
    )


def on_grid(values: Floats, step: float) -> Bools:
    """Whether each number is a whole multiple of the step."""
    return np.asarray(np.rint(values / step) * step == values)


def _possible(values: Floats, low: float, high: float, step: float) -> Bools:
    return np.isnan(values) | (on_grid(values, step) & (values >= low) & (values <= high))


def _near(one: Floats, other: Floats, limit: float) -> Bools:
    return np.isnan(one) | np.isnan(other) | (np.abs(one - other) <= limit)
