"""The methods of removing a margin: a promise, so they are listed."""

import difflib
from dataclasses import dataclass

from stratum_pipelines.quant.devig import (
    additive,
    balanced_book,
    jensen_shannon,
    multiplicative,
    odds_ratio,
    power,
    probit,
    shin,
    standard_error,
)
from stratum_pipelines.quant.devig.markets import Removal


@dataclass(frozen=True)
class Method:
    """A method under its one name. `aliases` are other names of the same formula, `source` is where it was first written down."""

    name: str
    title: str
    remove: Removal
    source: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identity:
    """Two methods that give the same probabilities in markets of `n_outcomes`."""

    method: str
    other: str
    n_outcomes: int


METHODS: tuple[Method, ...] = (
    Method(
        "multiplicative",
        "Multiplicative",
        multiplicative.remove,
        "folklore; S. Clarke, S. Kovalchik, M. Ingram, American Journal of Sports Science 5 (2017)",
        ("basic", "proportional", "normalization"),
    ),
    Method(
        "additive",
        "Additive",
        additive.remove,
        "S. Clarke, S. Kovalchik, M. Ingram, American Journal of Sports Science 5 (2017)",
        (
            "equal_margin",
            "differential_margin",
            "differential_margin_weighting",
            "margin_proportional_to_odds",
            "wpo",
        ),
    ),
    Method(
        "power",
        "Power",
        power.remove,
        "S. Clarke, S. Kovalchik, M. Ingram, American Journal of Sports Science 5 (2017)",
        ("exponent",),
    ),
    Method(
        "shin",
        "Shin",
        shin.remove,
        "H. S. Shin, Economic Journal 102 (1992) and 103 (1993)",
        ("insider",),
    ),
    Method(
        "odds_ratio",
        "Odds ratio",
        odds_ratio.remove,
        "K. Cheung, Fixed-odds betting and traditional odds (2015)",
        ("logarithmic", "logit", "cheung", "or"),
    ),
    Method("probit", "Probit", probit.remove, "the normal counterpart of Cheung's odds ratio", ("normal",)),
    Method(
        "jensen_shannon",
        "Jensen-Shannon",
        jensen_shannon.remove,
        "C. D. Long, in the R package implied (J. C. Lindstrøm)",
        ("jsd", "jensen_shannon_distance"),
    ),
    Method(
        "balanced_book",
        "Balanced book",
        balanced_book.remove,
        "J. Fingleton, P. Waldron, Trinity Economic Papers 96/9 (revised 1999)",
        ("bb", "balanced_books"),
    ),
    Method(
        "standard_error",
        "Standard error",
        standard_error.remove,
        "K. Goto, goto_conversion (2023)",
        ("goto", "goto_conversion"),
    ),
)

# Where two methods are one. Everywhere else each differs from every other.
IDENTITIES = (Identity("shin", "additive", n_outcomes=2),)

_BY_NAME = {name: method for method in METHODS for name in (method.name, *method.aliases)}


def find_method(name: str) -> Method:
    """The method of this name or alias, written with underscores, hyphens or spaces. Raises ValueError for another."""
    spelled = name.strip().lower().replace("-", "_").replace(" ", "_")
    if spelled in _BY_NAME:
        return _BY_NAME[spelled]
    close = difflib.get_close_matches(spelled, _BY_NAME, n=1)
    known = ", ".join(method.name for method in METHODS)
    meant = f"Did you mean {close[0]}? " if close else ""
    raise ValueError(f"There is no method {name!r} of removing a margin. {meant}Known are: {known}.")
