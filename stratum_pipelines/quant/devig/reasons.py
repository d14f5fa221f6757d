"""Why a market has no fair probabilities."""

from enum import IntEnum


class Reason(IntEnum):
    """What came of a market: 0 when it was priced, else what stood in the way.

    `INVALID_PRICE`: a price that is infinite or not above 1. `ONE_SIDED`: fewer than two prices. `MISSING_PRICE`: two
    prices or more, and at least one outcome without. `IMPOSSIBLE_WINNERS`: the number of winners is not between 1 and
    the number of outcomes less 1. `BELOW_ZERO` and `ABOVE_ONE`: the method itself gives some outcome a probability of 0
    or less, or of 1 or more (to a float's last bit), so it does not fit these prices. `NOT_SETTLED`: the probabilities do not
    sum to the number of winners within 1e-12; only prices above 1e16 are known to lead here.
    """

    PRICED = 0
    INVALID_PRICE = 1
    ONE_SIDED = 2
    MISSING_PRICE = 3
    IMPOSSIBLE_WINNERS = 4
    BELOW_ZERO = 5
    ABOVE_ONE = 6
    NOT_SETTLED = 7
