"""What holds for every row of one import: the account, the currency, the clock and how numbers are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from stratum_pipelines.providers.reading import identity
from stratum_pipelines.reference.currencies import load_currencies
from stratum_pipelines.trading.entries.moments import Clock
from stratum_pipelines.trading.entries.numbers import decimal_of, minor_units
from stratum_pipelines.trading.entries.reasons import (
    BAD_NUMBER,
    BAD_TEXT,
    IMPOSSIBLE_NUMBER,
    MISSING_VALUE,
    UNKNOWN_CURRENCY,
    Unfit,
)

Fields = Mapping[str, str]
LONGEST_NAME = 200
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Given:
    """What a person said about a file, and what the file says once for all of its rows.

    `currency` holds where a row names none. `decimal_comma` is for files that write 1.234,56.
    """

    account: str
    clock: Clock
    import_id: str
    source: str
    currency: str = ""
    strategy: str = ""
    decimal_comma: bool = False

    def id_of(self, ticket: str) -> str:
        """The id of what the account calls so: the same from whatever file it comes."""
        return identity("account", self.account, ticket)

    def text(self, fields: Fields, name: str, default: str = "") -> str:
        """A name or word of a row, without spaces around it."""
        value = fields.get(name, "").strip() or default
        # Most names are short and printable, which is found out fastest.
        if len(value) > LONGEST_NAME or (not value.isprintable() and CONTROL.search(value)):
            raise Unfit(
                BAD_TEXT, f"{name} is longer than {LONGEST_NAME} characters or holds control characters.", value
            )
        return value

    def number(self, fields: Fields, name: str) -> Decimal | None:
        """A number of a row; None where it is blank."""
        text = fields.get(name)
        if not text:
            return None
        try:
            return decimal_of(text, comma=self.decimal_comma)
        except Unfit as error:
            raise Unfit(error.reason, f"{name}: {error.detail}", error.value) from error

    def above_zero(self, fields: Fields, name: str, *, zero_is_none: bool = False) -> Decimal | None:
        """A number that has to be above 0; None where it is blank, or 0 where that means nothing."""
        value = self.number(fields, name)
        if value is None or (zero_is_none and not value):
            return None
        if value <= 0:
            raise Unfit(IMPOSSIBLE_NUMBER, f"{name} is {value}, and must be above 0.", value)
        return value

    def money(self, fields: Fields, name: str, currency: str) -> int | None:
        """An amount in minor units of the currency; None where it is blank."""
        value = self.number(fields, name)
        if value is None:
            return None
        try:
            return minor_units(value, load_currencies()[currency], currency)
        except Unfit as error:
            raise Unfit(error.reason, f"{name}: {error.detail}", error.value) from error

    def at(self, fields: Fields, name: str) -> int | None:
        """A moment in UTC microseconds; None where it is blank."""
        text = fields.get(name)
        if not text:
            return None
        try:
            return self.clock.read(text)
        except Unfit as error:
            raise Unfit(error.reason, f"{name}: {error.detail}", error.value) from error

    def required_at(self, fields: Fields, name: str) -> int:
        """A moment that every row needs."""
        at = self.at(fields, name)
        if at is None:
            raise Unfit(MISSING_VALUE, f"{name} is blank.")
        return at

    def currency_of(self, fields: Fields) -> str:
        """The row's own currency, else the file's."""
        code = fields.get("currency", "").strip().upper() or self.currency
        if code not in load_currencies():
            raise Unfit(UNKNOWN_CURRENCY, f"{code[:20]!r} is no currency of ISO 4217; write it as USD.", code)
        return code


def figure(value: Decimal | None) -> float | None:
    """A number that is no money as a float."""
    return None if value is None else float(value)


def word_of(words: Mapping[str, str], said: str) -> str | None:
    """What a word means, however it is spelt: `Half Won`, `half-won` and `HALF_WON` are one; None when it is not known."""
    return words.get(re.sub(r"[\s_-]+", " ", said.strip().lower()))


def yes_or_no(text: str) -> bool:
    """What yes, true, 1 or passed say, and their opposites. Raises Unfit for anything else."""
    said = text.strip().lower()
    if said in ("1", "true", "yes", "y", "pass", "passed", "ok", "valid"):
        return True
    if said in ("0", "false", "no", "n", "fail", "failed", "invalid", "rejected"):
        return False
    raise Unfit(BAD_NUMBER, f"{text[:60]!r} says neither yes nor no.", text)
