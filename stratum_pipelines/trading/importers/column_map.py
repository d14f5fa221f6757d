"""Which column of a file is which field: as a person wrote it down in a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stratum_pipelines.reference.currencies import load_currencies
from stratum_pipelines.trading.importers.fields import FIELDS

KEYS = (
    "table",
    "time_zone",
    "date_formats",
    "decimal_comma",
    "delimiter",
    "currency",
    "ignore",
    "columns",
    "constants",
)


class ImportRefused(Exception):
    """The options of an import, or its column map, cannot be used; nothing was read."""


@dataclass(frozen=True)
class ColumnMap:
    """The columns by field, values that hold for every row, and how times and numbers are written.

    `zone` is None where the map names none; `ignored` columns are left out without a word.
    """

    table: str
    columns: Mapping[str, str]
    constants: Mapping[str, str]
    zone: ZoneInfo | None = None
    date_formats: tuple[str, ...] = ()
    decimal_comma: bool | None = None
    delimiter: str = ""
    currency: str = ""
    ignored: frozenset[str] = frozenset()


def read_column_map(path: Path) -> ColumnMap:
    """The map in a TOML file. Raises ImportRefused for one that cannot be read or names what there is not."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ImportRefused(f"There is no column map {path}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportRefused(f"The column map {path} is no TOML in UTF-8: {error}.") from error
    wrong = [key for key in said if key not in KEYS]
    if wrong:
        raise ImportRefused(f"The column map {path} has {wrong[0]!r}. Known are: {', '.join(KEYS)}.")
    table = said.get("table", "trades")
    if table not in FIELDS:
        raise ImportRefused(f"The column map {path} is for {table!r}. Tables are: {', '.join(FIELDS)}.")
    columns, constants = (_texts(path, said, part) for part in ("columns", "constants"))
    for field in (*columns, *constants):
        if field not in FIELDS[table]:
            raise ImportRefused(f"{path}: {table} has no field {field!r}. Fields are: {', '.join(FIELDS[table])}.")
    twice = sorted({*columns} & {*constants})
    if twice:
        raise ImportRefused(f"{path}: {twice[0]} is both a column and a constant. Leave one out.")
    if not columns:
        raise ImportRefused(f'{path}: there are no [columns]. Write them as ticket = "Deal number".')
    currency = str(said.get("currency", ""))
    if currency and currency not in load_currencies():
        raise ImportRefused(f"{path}: {currency!r} is no currency of ISO 4217; write it as USD.")
    comma = said.get("decimal_comma")
    if comma is not None and not isinstance(comma, bool):
        raise ImportRefused(f"{path}: decimal_comma is {comma!r}. Write true or false.")
    delimiter = said.get("delimiter", "")
    if not isinstance(delimiter, str) or len(delimiter) > 1:
        raise ImportRefused(f'{path}: delimiter is {delimiter!r}. Write one character, such as ";".')
    return ColumnMap(
        table,
        columns,
        constants,
        zone_of(str(said["time_zone"])) if "time_zone" in said else None,
        tuple(_list(path, said, "date_formats")),
        comma,
        delimiter,
        currency,
        frozenset(_list(path, said, "ignore")),
    )


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name. Raises ImportRefused when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportRefused(f"There is no time zone {name!r}. Write it as UTC, Europe/Athens or Etc/GMT-3.") from error


def _texts(path: Path, said: Mapping[str, object], part: str) -> dict[str, str]:
    found = said.get(part, {})
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ImportRefused(f'{path}: every entry of [{part}] is a text, as in symbol = "Instrument".')
    return found


def _list(path: Path, said: Mapping[str, object], part: str) -> list[str]:
    found = said.get(part, [])
    if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
        raise ImportRefused(f'{path}: {part} is a list of texts, as in ["%d/%m/%Y %H:%M"].')
    return found
