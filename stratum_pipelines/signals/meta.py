"""What the meta of a signal may hold: every key with its type, its unit and one sentence, declared beside the rule."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_map_of_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(one is None or _is_number(one) for one in value.values())


KINDS: dict[str, Callable[[Any], bool]] = {
    "number": _is_number,
    "count": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "text": lambda value: isinstance(value, str),
    "yes or no": lambda value: isinstance(value, bool),
    "list of numbers": lambda value: isinstance(value, list) and all(map(_is_number, value)),
    "number by book": _is_map_of_numbers,
    "object": lambda value: isinstance(value, dict),
}


@dataclass(frozen=True)
class Field:
    """One key of a meta: its kind, its unit and what it says; `fields` are the keys of an object, none if they are free."""

    kind: str
    sentence: str
    unit: str = ""
    nullable: bool = False
    optional: bool = False
    fields: "Mapping[str, Field]" = field(default_factory=dict)


def number(sentence: str, unit: str = "", *, nullable: bool = False) -> Field:
    """A finite number."""
    return Field("number", sentence, unit, nullable)


def count(sentence: str, unit: str = "") -> Field:
    """A whole number from 0 up."""
    return Field("count", sentence, unit)


def text(sentence: str) -> Field:
    """A text."""
    return Field("text", sentence)


def flag(sentence: str) -> Field:
    """True or false."""
    return Field("yes or no", sentence)


def numbers(sentence: str, unit: str = "") -> Field:
    """A list of numbers."""
    return Field("list of numbers", sentence, unit)


def by_book(sentence: str, unit: str = "") -> Field:
    """A number, or null, per book by its key."""
    return Field("number by book", sentence, unit)


STRENGTH = {
    "size": number("From how far it went, at most 50.", "points of score"),
    "speed": number("From how fast it went, at most 25.", "points of score"),
    "breadth": number("From how many operator groups stand behind it, at most 25.", "points of score"),
}
COMPOSITE = {
    "version": text("Version of the rules and weights."),
    "inputs": Field("object", "What went in, by part, in its own unit; null where it does not apply or is not known."),
    "parts": Field("object", "What each part earned of its weight, in points of score; null where it does not apply."),
    "unknown": Field("object", "Parts that could not be known, each with the reason; then the strength stands in."),
}
REGIME = {
    "regime_label": text("stable or unstable: the likelier state."),
    "regime_probability": number("Probability of that state, by what had been received.", "probability"),
    "transition_risk": number("Probability that the next step is in the other state.", "probability"),
    "stability_score": number("Share of the last 20 steps spent in the stable state.", "share"),
    "model_version": text("Version of the model, a row of regime_models."),
}
# What the machinery writes into every meta.
SHARED: dict[str, Field] = {
    "strength": Field("object", "The parts of the strength score.", fields=STRENGTH),
    "composite": Field("object", "The parts of the composite score.", fields=COMPOSITE),
    "parameters": Field("object", "The parameters of the rule that were in force."),
    "book_age_s": by_book(
        "Age of each named book's quote on the outcome at detection; null where it quotes none any more.", "seconds"
    ),
    "fresh_age_s": by_book(
        "Every book with a fresh quote on the outcome at detection, moved or not, with its age: what the consensus can rest on.",
        "seconds",
    ),
    "regime": Field(
        "object",
        "The regime of the market; missing in play, without a model for the day, and while regimes are off.",
        optional=True,
        fields=REGIME,
    ),
}


def faults(meta: Mapping[str, Any], fields: Mapping[str, Field], place: str = "meta") -> Iterator[str]:
    """What in a meta is not as declared: keys that are missing, unknown, null or of another kind."""
    for name in sorted(set(meta) - set(fields)):
        yield f"{place}.{name} is not declared"
    for name, declared in fields.items():
        if name not in meta:
            if not declared.optional:
                yield f"{place}.{name} is missing"
            continue
        value = meta[name]
        if value is None:
            if not declared.nullable:
                yield f"{place}.{name} is null"
        elif not KINDS[declared.kind](value):
            yield f"{place}.{name} is no {declared.kind}: {value!r}"
        elif declared.fields:
            yield from faults(value, declared.fields, f"{place}.{name}")
