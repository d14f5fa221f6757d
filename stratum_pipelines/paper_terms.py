"""The terms of paper betting: whether, how much, from how much, in which currency."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.settings import Setting

PAPER_BETS = Setting(
    "STRATUM_PAPER_BETS",
    "on",
    "Whether every signal with an entry is also bet on paper: on or off. Off leaves the bets that are there as they are.",
)
PAPER_STAKE = Setting(
    "STRATUM_PAPER_STAKE",
    "1000",
    "Stake of every paper bet, in minor units: 1000 are 10.00 in a currency of cents. Changing it makes the account anew.",
)
PAPER_BALANCE = Setting(
    "STRATUM_PAPER_BALANCE",
    "1000000",
    "What the paper account begins with, in minor units. Changing it makes the account anew.",
)
PAPER_CURRENCY = Setting(
    "STRATUM_PAPER_CURRENCY",
    "USD",
    "Currency of the paper account, three capital letters of ISO 4217. Changing it makes the account anew.",
)
SETTINGS: tuple[Setting, ...] = (PAPER_BETS, PAPER_STAKE, PAPER_BALANCE, PAPER_CURRENCY)

# A sum of profits has to fit a whole number of 64 bits.
MOST_MINOR_UNITS = 10**12
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class PaperTerms:
    """What every paper bet stakes and what the account begins with, in minor units of its currency."""

    is_on: bool = True
    stake: int = 1_000
    balance: int = 1_000_000
    currency: str = "USD"

    @property
    def as_mark(self) -> str:
        """The terms as the database keeps them, to tell when they have changed."""
        return f"{self.stake} {self.balance} {self.currency}"


DEFAULT_TERMS = PaperTerms()


def read_paper_terms(environ: Mapping[str, str]) -> PaperTerms:
    """The terms of paper betting from an environment, checked. Raises SettingInvalid by name."""
    currency = PAPER_CURRENCY.text(environ)
    if not CURRENCY.fullmatch(currency):
        raise PAPER_CURRENCY.invalid(currency, "three capital letters such as USD")
    return PaperTerms(
        is_on=PAPER_BETS.flag(environ),
        stake=PAPER_STAKE.whole(environ, at_least=1, at_most=MOST_MINOR_UNITS),
        balance=PAPER_BALANCE.whole(environ, at_least=1, at_most=MOST_MINOR_UNITS),
        currency=currency,
    )
