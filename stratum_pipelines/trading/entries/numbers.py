"""Numbers and amounts of money, from text, exactly: no amount ever passes through a binary fraction."""

import re
from decimal import Context, Decimal

from stratum_pipelines.trading.entries.reasons import AMOUNT_DOES_NOT_FIT, BAD_NUMBER, IMPOSSIBLE_NUMBER, Unfit

# Wide enough that nothing that is let in is ever rounded.
EXACT = Context(prec=200)
PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[ ,'][0-9]{3})+(?:\.[0-9]+)?")
WITH_COMMA = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:[ .'][0-9]{3})+)(?:,[0-9]+)?")
SPACES = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'", "\u2212": "-"})
LONGEST = 60
# Whole numbers below this fit into 64 bits with four decimals.
MOST_DIGITS = 14
FEWEST_DIGITS = -20


def decimal_of(text: str, *, comma: bool = False) -> Decimal | None:
    """The number a text says, None where it is blank. `comma` is for files that write 1.234,56.

    Spaces, apostrophes and commas may group thousands. Raises Unfit for anything else, NaN and infinity included.

    >>> decimal_of("1 088.72"), decimal_of("1.234,50", comma=True), decimal_of(" ")
    (Decimal('1088.72'), Decimal('1234.50'), None)
    """
    text = text.strip()
    if not text:
        return None
    if comma or len(text) > LONGEST or not PLAIN.fullmatch(text):
        text = _plainly(text, comma)
    value = Decimal(text)
    if value and not FEWEST_DIGITS <= value.adjusted() < MOST_DIGITS:
        raise Unfit(IMPOSSIBLE_NUMBER, f"{text} is beyond anything that can be.", text)
    return value


def _plainly(text: str, comma: bool) -> str:
    """The same number in digits with a point."""
    said = text.translate(SPACES)
    if len(said) <= LONGEST:
        if comma and WITH_COMMA.fullmatch(said):
            return re.sub(r"[ .']", "", said).replace(",", ".")
        if not comma and GROUPED.fullmatch(said):
            return re.sub(r"[ ,']", "", said)
        if not comma and PLAIN.fullmatch(said):
            return said
    mark = "comma" if comma else "point"
    raise Unfit(BAD_NUMBER, f"{text[:LONGEST]!r} is no number with a decimal {mark}.", text)


def minor_units(value: Decimal, decimals: int, currency: str) -> int:
    """The amount in minor units of a currency that has so many decimals. Raises Unfit where it does not fit.

    >>> minor_units(Decimal("12.30"), 2, "USD"), minor_units(Decimal("1250"), 0, "JPY")
    (1230, 1250)
    """
    scaled = EXACT.scaleb(value, decimals)
    whole = int(scaled)
    if scaled != whole:
        places = f"{decimals} decimals" if decimals else "no decimals"
        raise Unfit(AMOUNT_DOES_NOT_FIT, f"{value:f} does not fit {currency}, which has {places}.", f"{value:f}")
    return whole
