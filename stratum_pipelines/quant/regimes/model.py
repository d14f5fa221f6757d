"""A model of two regimes, as plain numbers that can be stored and read back."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.regimes.features import FEATURES

LABELS = ("stable", "unstable")
STABLE, UNSTABLE = range(2)
# Numbers of a model are rounded to so many decimals: what is stored is then exactly what was used.
DECIMALS = 9


@dataclass(frozen=True)
class RegimeModel:
    """Two states with normal features, state 0 stable and state 1 unstable: the one whose speed varies more.

    `centre` and `scale` (3,) standardise the features as in the training paths. `transitions` (2, 2) are the
    probabilities of the next state (column) by the state now (row), `means` and `variances` (2, 3) those of the standardised
    features in each state. A path begins in each state with the share of time that the transitions give it in the long run.
    """

    centre: Floats
    scale: Floats
    transitions: Floats
    means: Floats
    variances: Floats

    @property
    def start(self) -> Floats:
        """The share of time in each state, in the long run (2,)."""
        into = np.array([self.transitions[1, 0], self.transitions[0, 1]])
        return np.asarray(into / into.sum())

    @property
    def variance_ratio(self) -> float:
        """How many times more the speed varies in the unstable state."""
        return float(self.variances[UNSTABLE, 0] / self.variances[STABLE, 0])

    def parameters(self) -> dict[str, Any]:
        """The numbers as lists, by name, ready for JSON."""
        return {
            "features": list(FEATURES),
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "transitions": self.transitions.tolist(),
            "means": self.means.tolist(),
            "variances": self.variances.tolist(),
        }

    @classmethod
    def from_parameters(cls, parameters: dict[str, Any]) -> "RegimeModel":
        """The model of `parameters`. Raises ValueError for features this code does not know."""
        if parameters["features"] != list(FEATURES):
            raise ValueError(
                f"The model is of the features {parameters['features']}, this code knows {list(FEATURES)}."
            )
        names = ("centre", "scale", "transitions", "means", "variances")
        return cls(*(np.array(parameters[name], np.float64) for name in names))
