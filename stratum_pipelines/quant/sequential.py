"""Is the beat rate above a bar: a test that may be looked at after every game, for ever, without being inflated by it.

The games of a cut come in the order in which they closed. Game g has n decided signals, of which b beat the close. Nothing
is assumed of the signals within a game; all that counts of it is b of n. Tested is

    no more than the bar:  of each game, given all before it, E[b - bar x n] <= 0,

which is what a beat rate of at most `bar` over signals means. It is not the same as the average game's rate being at most
`bar`: games whose line wanders give many signals, and poor ones.

The evidence against it is the money of a gambler who starts with 1 and is offered fair odds at the bar (a bet of 1 on a
signal returns 1 / bar if it beats). Before each game he puts a share f of his money on its signals. A game with as many
signals as the largest so far takes the whole stake, a smaller one its part of it, a larger one no more:

    money after = money before x (1 + f x w x (b / n / bar - 1)),    w = min(n, m) / m,    m = most signals of a game before.

The first game sets m, and nothing is staked on it. If the rate is no more than the bar, no way of betting can be expected to
gain, and by Ville's inequality the money ever reaches 20 with a probability of at most 1 / 20, however often one looks. So
1 / (most money ever held) is a p-value that holds at every look, and 20 grants. Here it counts only while the gambler is
still ahead, with more than the 1 he began with: one who has lost again what he had won proves nothing. That can only make the
p-value larger. The best f is not known beforehand: the money is divided over the `STAKES`, by the `SHARES`. None is 1, so
that one bad game does not end it.

Sources: J. Ville, "Étude critique de la notion de collectif" (1939); I. Waudby-Smith and A. Ramdas, "Estimating means of
bounded random variables by betting", Journal of the Royal Statistical Society B 86 (2024), section 4; the mixture over
stakes: T. Cover, "Universal portfolios", Mathematical Finance 1 (1991). What n of a game may reach is not known beforehand;
games that grow larger than all before are for that moment counted by their rate, the one step that is not exact. Measured:
docs/methodology/tiers.md.

Worked example, bar 0.5 and one stake of 0.4. Games of 2, 4 and 2 signals, of which 1, 3 and 2 beat. The first sets m = 2.
Second: w = min(4, 2) / 2 = 1, so 1 + 0.4 x (0.75 / 0.5 - 1) = 1.2, and m = 4. Third: w = 2 / 4, so 1 + 0.4 x 0.5 x (1 / 0.5 -
1) = 1.2. Money: 1, 1.2, 1.44: the p-value is 1 / 1.44 = 0.69.

>>> money = evidence_after(
...     np.zeros(3, int), np.array([1, 3, 2]), np.array([2, 4, 2]), (0.5,), np.array([0.4]), np.ones(1)
... )
>>> money[:, 0].round(12).tolist()
[1.0, 1.2, 1.44]
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats

Ints = npt.NDArray[np.int64]

# An error of one in twenty.
LEVEL = 0.05
# Small stakes find small advantages over many games of few signals, in which chance is large. Games of many signals average
# chance away, and nearly everything can be staked on them.
STAKES: Floats = np.append(np.geomspace(0.04, 0.98, 14), 0.98)
SHARES: Floats = np.append(np.full(14, 0.7 / 14), 0.3)
# What is cut off here a gambler could have given away; nobody needs to know of more.
MOST_MONEY = 1e250
# So many fit into the cache of a processor.
CELLS_AT_ONCE = 500


def evidence_after(
    cells: npt.ArrayLike,
    beats: npt.ArrayLike,
    decided: npt.ArrayLike,
    bars: Sequence[float],
    stakes: Floats = STAKES,
    shares: Floats = SHARES,
) -> Floats:
    """The evidence after each game, one column per bar: from 1 / `LEVEL` on it grants, and 1 / it is the p-value.

    That is the most money ever held, or, for a gambler who is not ahead, what he has.

    A row is a game; the games of a cell stand together, in order of settlement. A cell's figures depend on its own rows
    only, and those of a row on no later one. A game without decided signals changes nothing. A higher bar never has more.
    """
    of_cell, beat, size = np.asarray(cells), np.asarray(beats, np.float64), np.asarray(decided, np.float64)
    found = np.ones((len(of_cell), len(bars)))
    starts = np.flatnonzero(np.append(True, of_cell[1:] != of_cell[:-1])) if len(of_cell) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(of_cell)))
    # Cells side by side, the longest first: after each game those that have another one are again the first so many.
    order = np.argsort(-lengths, kind="stable")
    gains = (beat / np.maximum(size, 1.0))[:, None] / np.asarray(bars) - 1.0
    for first in range(0, len(order), CELLS_AT_ONCE):
        some = order[first : first + CELLS_AT_ONCE]
        _play(found, gains, size, starts[some], lengths[some], stakes, shares)
    return found


def _play(
    found: Floats, gains: Floats, size: Floats, starts: Ints, lengths: Ints, stakes: Floats, shares: Floats
) -> None:
    """Put the evidence after each game into the rows of some cells, which begin at `starts`."""
    running = np.searchsorted(-lengths, -np.arange(1, lengths[0] + 1), side="right").tolist()
    largest = size[starts]
    money = np.empty((len(stakes), len(starts), gains.shape[1]))
    money[:] = shares[:, None, None]
    room = np.empty_like(money)
    most = np.ones(money.shape[1:])
    for place in range(1, int(lengths[0])):
        n = running[place]
        rows = starts[:n] + place
        part = np.minimum(size[rows], largest[:n]) / np.maximum(largest[:n], 1.0)
        grown = np.multiply(stakes[:, None, None], part[:, None] * gains[rows], out=room[:, :n])
        grown += 1.0
        money[:, :n] *= grown
        # Accumulated, which adds stake after stake: plain sums of one cell and of many differ in the last bits.
        held = np.add.accumulate(money[:, :n], axis=0, out=room[:, :n])[-1]
        most[:n] = np.maximum(most[:n], held)
        found[rows] = np.where(held > 1.0, most[:n], np.minimum(held, 1.0))
        if held.max() > MOST_MONEY:
            np.minimum(money, MOST_MONEY, out=money)
        largest[:n] = np.maximum(largest[:n], size[rows])
