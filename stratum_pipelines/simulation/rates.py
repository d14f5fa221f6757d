"""How much is planted in the simulated market."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Means per game, chances per game, and (last) a mean per sport and day. Zero plants none of a kind.

    `steam`: fast moves of all books. `lead`: the chance of such a move that exchanges show it some minutes before. `key_cross`: slower moves of the spread over a key number, in leagues that have them.
    `stale`: one book of a game frozen. `pulled`: a market of a game gone for a while, at one book or at all.
    `outlier`: one book off the market. `reschedule`: the start moved before the game. `true_start`: the start corrected by
    some minutes once the game has begun. `postponed`: the game gone before its start, and not played. `reissued`: the game
    goes on under a new id. `missing`: a book absent from every answer for some minutes.
    """

    steam: float = 0.7
    key_cross: float = 0.25
    stale: float = 0.3
    pulled: float = 0.3
    outlier: float = 0.3
    reschedule: float = 0.05
    true_start: float = 0.7
    postponed: float = 0.02
    reissued: float = 0.02
    missing: float = 3.0
    lead: float = 0.3


USUAL_RATES = Rates()
NOTHING_PLANTED = Rates(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
