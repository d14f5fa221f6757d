"""JSON lines: an object a line, its keys named as our columns are or as they usually are."""

import json
from collections.abc import Iterator
from typing import Any

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.trading.entries.reasons import BAD_ROW, UNKNOWN_FILE, UNKNOWN_TABLE, Unfit
from stratum_pipelines.trading.entries.rows import ROWS, Entry
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.fields import TABLE_OF
from stratum_pipelines.trading.importers.importer import Contents, Entries, Importer
from stratum_pipelines.trading.importers.naming import Naming, by_map, by_usual_names
from stratum_pipelines.trading.importers.source_file import SourceFile

# Which kind of rows the word in an object's `table` asks for.
KINDS = {"equity_points": "equity_points", "validation_logs": "validation_logs"}


def recognises(file: SourceFile) -> bool:
    """Whether the first line is a JSON object."""
    return not file.is_database and _object(next(iter(file.first_lines(1)), "")) is not None


def read(file: SourceFile, column_map: ColumnMap | None = None, kind: str = "") -> Contents:
    """What the objects say. `table` in an object says what it is a row of, by default trades."""
    if file.is_database:
        raise Unfit(UNKNOWN_FILE, "It is a database, not lines of JSON.", file.path.name)
    contents = Contents(iter(()), decimal_comma=bool(column_map and column_map.decimal_comma))
    contents.entries = _entries(file.lines(), column_map, kind, contents.remarks)
    return contents


def first_keys(file: SourceFile) -> list[str]:
    """The keys of the first object."""
    return list(_object(next(iter(file.first_lines(1)), "")) or ())


def _object(line: str) -> dict[str, Any] | None:
    """The object of a line, its numbers as they are written; None when it is none."""
    try:
        found = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _entries(lines: Iterator[str], column_map: ColumnMap | None, kind: str, remarks: list[str]) -> Entries:
    known: dict[tuple[str, ...], Naming] = {}
    named: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        said, place = _object(line), str(number)
        if said is None:
            yield Refusal("trades", BAD_ROW, "The line is no JSON object.", line.strip(), place)
            continue
        table = str(said.pop("table", "")) or (column_map.table if column_map else "trades")
        if table not in ROWS:
            yield Refusal("trades", UNKNOWN_TABLE, f"No import fills the table {table[:60]!r}.", table, place)
            continue
        shape = (table, *said)
        if shape not in known:
            try:
                known[shape] = _naming(table, list(said), column_map, kind)
            except Unfit as error:
                yield Refusal(table, error.reason, error.detail, error.value, place)
                continue
            if not known and not column_map:
                remarks.append(known[shape].said())
            for refusal in known[shape].refusals(place):
                if refusal.value not in named:
                    named.add(refusal.value)
                    yield refusal
        yield Entry(table, known[shape].of((name, _text(value)) for name, value in said.items()), place)


def _naming(table: str, keys: list[str], column_map: ColumnMap | None, kind: str) -> Naming:
    if column_map and column_map.table == table:
        there = {field: name for field, name in column_map.columns.items() if name in keys}
        left = ColumnMap(table, there, column_map.constants, ignored=column_map.ignored)
        return by_map(left, keys)
    if TABLE_OF.get(kind) != table:
        kind = KINDS.get(table, "")
    return by_usual_names(keys, kind)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


IMPORTER = Importer("json_lines", "JSON lines: an object a line", recognises, read, asked=80)
