"""The rounded normal, worked out exactly and by another way than the tables of chances: what they are held against.

The final margin (or total), seen from the outcome's own side, is normal around an unknown mean and rounded to whole points;
whole numbers push. The mean is the one at which the known fair probability (of winning, given no push) comes out at the known
number. Source: H. Stern, "On the probability of winning a football game", The American Statistician 45 (1991).
"""

import math

_STEPS = 60


def outcome_chances(mean: float, handicap: float, deviation: float) -> tuple[float, float]:
    """Probabilities of winning and of pushing a bet at `handicap` when the own-side margin has this mean; all in points.

    A quarter handicap is half a bet on each neighbour, so its chances are their averages. What a median of quarters leaves
    between them (-3.125) is shared out in proportion to the distance.
    """
    lower, upper = math.floor(handicap * 2) / 2, math.ceil(handicap * 2) / 2
    win, push = _half_step_chances(mean, lower, deviation)
    if lower == upper:
        return win, push
    other_win, other_push = _half_step_chances(mean, upper, deviation)
    share = (handicap - lower) * 2
    return win * (1 - share) + other_win * share, push * (1 - share) + other_push * share


def implied_mean(fair_prob: float, handicap: float, deviation: float) -> float:
    """The mean own-side margin at which a bet at `handicap` wins with `fair_prob`, given that it does not push.

    Bisection over 20 standard deviations either side: 60 halvings bring it below 1e-16 of that range, and the
    probability rises with the mean, so it cannot fail. `fair_prob` lies between 0 and 1.
    """
    low, high = -handicap - 20 * deviation, -handicap + 20 * deviation
    for _ in range(_STEPS):
        middle = (low + high) / 2
        win, push = outcome_chances(middle, handicap, deviation)
        if win >= fair_prob * (1 - push):
            high = middle
        else:
            low = middle
    return (low + high) / 2


def move_probability(fair_prob: float, at: float, to: float, deviation: float) -> tuple[float, float]:
    """Probabilities of winning and of pushing at handicap `to`, when `fair_prob` is known at handicap `at`.

    Worked example (deviation 13): 0.5 at -5.5 is a mean of 5.5; at -3.5 the bet wins with 1 - Phi((3.5 - 5.5) / 13),
    which is 0.561, and cannot push.

    >>> [round(p, 3) for p in move_probability(0.5, -5.5, -3.5, 13.0)]
    [0.561, 0.0]
    """
    return outcome_chances(implied_mean(fair_prob, at, deviation), to, deviation)


def _half_step_chances(mean: float, handicap: float, deviation: float) -> tuple[float, float]:
    if handicap != int(handicap):
        return _upper_tail((-handicap - mean) / deviation), 0.0
    win = _upper_tail((0.5 - handicap - mean) / deviation)
    return win, _upper_tail((-0.5 - handicap - mean) / deviation) - win


def _upper_tail(z: float) -> float:
    """1 - Phi(z), exact far into the tail."""
    return math.erfc(z / math.sqrt(2.0)) / 2
