"""Signals, a file each: rules that say a market moved, and toward what.

A file that ends in `SIGNAL = Signal(...)` is found by itself. A rule sees a tape that ends at the answers it judges,
never beyond, and marks hits; ids, entries and scores are worked out the same way for all of them.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import extend_path, iter_modules
from typing import Any

from stratum_pipelines.signals.signal import Signal

__path__ = extend_path(__path__, __name__)

# Parameters an installation has set: (name of the signal, parameter, value).
Overrides = tuple[tuple[str, str, Any], ...]


@cache
def find_signals() -> dict[str, Signal]:
    """Every signal in this folder by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    found = [module.SIGNAL for module in modules if hasattr(module, "SIGNAL")]
    return {signal.name: signal for signal in sorted(found, key=lambda signal: signal.name)}


def signals_in_force(overrides: Overrides = (), found: Mapping[str, Signal] | None = None) -> dict[str, Signal]:
    """The signals that are switched on, with the parameters an installation has set in the place of their defaults.

    Raises ValueError for a parameter a signal does not have, and KeyError for a signal there is not.
    """
    signals = dict(find_signals() if found is None else found)
    for name, parameter, value in overrides:
        signals[name] = signals[name].set(**{parameter: value})
    return {name: signal for name, signal in signals.items() if signal.is_on}
