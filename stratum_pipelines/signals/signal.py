"""What a signal file declares, and what its rule hands back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from stratum_pipelines.signals.tape import Tape

Memory = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Hit:
    """One thing a rule found: at which row of the tape, in which market, toward which outcome.

    `from_value`, `to_value` are points from the outcome's side, or fair probabilities for h2h; `window_us` is the time
    the move took; `books` are positions of the books that took part; `meta` explains the numbers.
    """

    row: int
    market: int
    outcome: int
    from_value: float
    to_value: float
    window_us: int
    books: tuple[int, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Signal:
    """A kind of signal: its rule, the version of rule and parameters, and what the rule remembers.

    `detect(tape, memory)` returns hits in order of row. `memory` names the arrays the rule keeps per market between
    runs: name to (NumPy type, fill, trailing shape); the rule changes them in place. Whatever is remembered may matter
    for a day at the most.
    """

    name: str
    rule_version: str
    description: str
    detect: Callable[[Tape, Memory], list[Hit]]
    display_type: str = ""
    memory: Mapping[str, tuple[Any, Any, tuple[int, ...]]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown_as(self) -> str:
        """The name people see."""
        return self.display_type or self.name.replace("_", " ")

    def blank_memory(self, n_markets: int) -> Memory:
        """The memory of a rule that has seen nothing."""
        return {name: np.full((n_markets, *shape), fill, dtype) for name, (dtype, fill, shape) in self.memory.items()}
