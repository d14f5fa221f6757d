"""What is known of the books whose quotes stand side by side in an array."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.devig.by_book import MarginMethods
from stratum_pipelines.quant.odds import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Panel:
    """The books of B columns, (B,) each; what stands for a column without a book does not matter.

    `groups` holds each book's operator group, from 0 up, `ranks` its place in alphabetical order, `methods` how its
    margin is removed. `is_sharp` says which books are, `loudness` (above 0) how much each weighs where sharp books weigh more.
    `margins` (kinds, 2, B) are the lowest and the highest sum of implied probabilities at which a book is heard in a kind of market.
    """

    groups: Ints
    ranks: Ints
    methods: MarginMethods
    is_sharp: Bools
    loudness: Floats
    margins: Floats


def group_weights(counted: Bools, groups: Ints) -> tuple[Floats, Ints]:
    """A weight per book so that every operator group weighs 1, and the number of groups.

    `counted` has shape (N, B) and says which books take part; `groups` (B,) holds the group of each book, from 0 up.
    """
    from stratum_pipelines.quant.agreement import share_out

    weights, n_groups = np.empty(counted.shape), np.empty(len(counted), np.int64)
    share_out(np.ascontiguousarray(counted), np.ascontiguousarray(groups), weights, n_groups)
    return weights, n_groups
