"""What a signal file declares, and what its rule hands back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from stratum_pipelines.signals.meta import Field
from stratum_pipelines.signals.tape import Tape

Memory = dict[str, npt.NDArray[Any]]

NEVER = -(2**62)
MOST_OUTCOMES = 3
# Parameters that the machinery keeps for every rule that declares them (`admission`), and the arrays it keeps them in.
COOLDOWN, FURTHER, BUDGET, ENABLED = "cooldown_minutes", "further_steps", "max_per_hour", "enabled"
ADMITTED, REACHED, SPENT = "admitted", "reached", "spent"


@dataclass(frozen=True)
class Hit:
    """One thing a rule found: at which row of the tape, in which market, toward which outcome.

    The market is one whose consensus was written at that row (`Tape.updated`): of others the quotes are not at hand.
    `from_value`, `to_value` are points from the outcome's side, or fair probabilities for h2h; `window_us` is the time
    the move took; `books` are positions of the books that took part; `meta` explains the numbers. Where the rule knows
    better than the usual: `steps`, how many full steps of its league it amounts to (else the move says); `groups`, how
    many operator groups stand behind it (else those of `books`); `entry_book`, the one book whose quote is the entry
    (else the best of all); `places`, what the cooldown counts apart (else everything is one).
    """

    row: int
    market: int
    outcome: int
    from_value: float
    to_value: float
    window_us: int
    books: tuple[int, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)
    steps: float | None = None
    groups: int | None = None
    entry_book: int | None = None
    places: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Settable:
    """A parameter an installation may set, as RULE_PARAMETER in its environment; what it is, in one sentence."""

    sentence: str
    at_least: float = 0.0
    at_most: float = float("inf")


@dataclass(frozen=True)
class Signal:
    """A kind of signal: its rule, the version of rule and parameters, and what the rule remembers.

    `detect(tape, memory)` gives hits in order of row; it finds its parameters in `tape.parameters`. A rule that yields them one
    by one finds in its memory which of them were admitted. `memory` names the arrays the rule keeps per market between runs: name to (NumPy type, fill, trailing shape); the rule changes them in place. Whatever is
    remembered may matter for a day at the most.

    `meta` declares what the rule writes into the meta of its rows. `settable` names the parameters an installation may
    set. `observed_window` names the parameter, in minutes, that has to span two of the feed's gaps: where it does not, the
    rule is silent and the poll says so. `cooldown_places` is how many things the cooldown tells apart within one market and
    direction. `finds` are the kinds of planted things of the simulator that the rule is there to find.
    """

    name: str
    rule_version: str
    description: str
    detect: Callable[[Tape, Memory], Iterable[Hit]]
    display_type: str = ""
    memory: Mapping[str, tuple[Any, Any, tuple[int, ...]]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Field] = field(default_factory=dict)
    settable: Mapping[str, Settable] = field(default_factory=dict)
    observed_window: str = ""
    cooldown_places: int = 1
    finds: tuple[str, ...] = ()

    @property
    def shown_as(self) -> str:
        """The name people see."""
        return self.display_type or self.name.replace("_", " ")

    @property
    def is_on(self) -> bool:
        """Whether the rule is in force: unless its parameters say otherwise."""
        return bool(self.parameters.get(ENABLED, True))

    def set(self, **parameters: Any) -> "Signal":
        """The signal with other parameters. Raises ValueError for one it does not have."""
        unknown = sorted(set(parameters) - set(self.parameters))
        if unknown:
            raise ValueError(
                f"The signal {self.name} has no parameter {', '.join(unknown)}; it has {', '.join(self.parameters)}."
            )
        return replace(self, parameters={**self.parameters, **parameters})

    def blank_memory(self, n_markets: int) -> Memory:
        """The memory of a rule that has seen nothing, with what the machinery keeps for it."""
        arrays = dict(self.memory)
        if COOLDOWN in self.parameters:
            arrays[ADMITTED] = (np.int64, NEVER, (MOST_OUTCOMES, self.cooldown_places))
        if FURTHER in self.parameters:
            arrays[REACHED] = (np.float64, np.nan, (MOST_OUTCOMES, self.cooldown_places))
        if BUDGET in self.parameters:
            arrays[SPENT] = (np.int64, NEVER, (max(int(self.parameters[BUDGET]), 1),))
        return {name: np.full((n_markets, *shape), fill, dtype) for name, (dtype, fill, shape) in arrays.items()}
