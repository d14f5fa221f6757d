"""Currencies by ISO 4217, with the decimals of their minor units: 2 for the dollar, none for the yen."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

FILE = Path(__file__).with_name("currencies.toml")


@cache
def load_currencies() -> Mapping[str, int]:
    """The decimals of every known currency, by its code.

    >>> [load_currencies()[code] for code in ("USD", "JPY", "BHD")]
    [2, 0, 3]
    """
    decimals = tomllib.loads(FILE.read_text(encoding="utf-8"))["decimals"]
    return MappingProxyType({code: int(places) for places, codes in decimals.items() for code in codes.split()})
