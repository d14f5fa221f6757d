"""The fields a row of each table can be given, and the names their columns usually have."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

NAMES = Path(__file__).with_name("column_names.toml")

# What every row of a table needs in a file, by the kind of names it goes by: one of each group.
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "positions": (("entry_at",), ("symbol",), ("direction", "side", "trade_type", "exit_price")),
    "bets": (("entry_at",), ("odds", "profit", "payout"), ("stake", "liability")),
    "equity_points": (("noted_at",), ("amount", "balance", "equity")),
    "validation_logs": (("checked_at",), ("check",), ("is_passed",)),
}
TABLE_OF = {
    "positions": "trades",
    "bets": "trades",
    "equity_points": "equity_points",
    "validation_logs": "validation_logs",
}


@cache
def column_names() -> Mapping[str, Mapping[str, str]]:
    """Per kind of rows the field that a column's usual name means; "" for what is known and not used."""
    said = tomllib.loads(NAMES.read_text(encoding="utf-8"))
    return {
        kind: {
            plain(name): ("" if field == "unused" else field)
            for field, names in fields.items()
            for name in (field, *names)
        }
        for kind, fields in said.items()
    }


def plain(name: str) -> str:
    """A column's name as it is compared: `Entry Time`, `entry_time` and `ENTRY-TIME` are one."""
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


@cache
def _fields(kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(field for field in column_names()[kind].values() if field))


# By table: what a column map may name.
FIELDS: Mapping[str, tuple[str, ...]] = {
    table: tuple(dict.fromkeys(field for kind, of in TABLE_OF.items() if of == table for field in _fields(kind)))
    for table in ("trades", "equity_points", "validation_logs")
}


def kind_of(names: Iterable[str]) -> str:
    """The kind of rows that columns of these names hold: the one most of them belong to; "" when it is none."""
    said = [plain(name) for name in names]
    found = {}
    for kind, known in column_names().items():
        fields = {known[name] for name in said if known.get(name)}
        if all(any(one in fields for one in group) for group in NEEDED[kind]):
            found[kind] = len(fields)
    return max(found, key=lambda kind: found[kind], default="")
