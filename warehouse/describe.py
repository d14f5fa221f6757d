"""What people and tools read about the tables, made from their classes: the reference page, dbt sources, column records.

Nothing here is written by hand elsewhere. `python -m warehouse.describe` writes the generated files into the repository.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.tables import TABLES, Column, Table

PAGE = "docs/reference/tables.md"
SOURCES = "dbt/models/sources.yml"

_INTRODUCTION = """\
# Tables

Generated from the classes in `warehouse/tables`; do not edit. A table's name is also its folder in the lake, its view in DuckDB
(`stratum sql "select * from polls"`), its asset in Dagster and its anchor on this page.

Times are UTC. Text is never null where "nullable" says no; what does not apply is `""`. Bounds are checked when rows are
written, and a row outside them is refused.

| table | layer | one row per | partition |
|---|---|---|---|
"""


@dataclass(frozen=True)
class ColumnRecord:
    """One column as a catalogue shows it. `constraints` are short phrases such as "at least 0"."""

    name: str
    type: str
    description: str
    unit: str
    constraints: tuple[str, ...]
    is_nullable: bool
    is_unique: bool


def column_schema(table: type[Table]) -> list[ColumnRecord]:
    """The table's columns as plain records, in order: what Dagster's column schema is built from."""
    return [
        ColumnRecord(
            name,
            column.type_name,
            column.description,
            column.unit,
            tuple(bounds(column)),
            column.nullable,
            table.key == (name,),
        )
        for name, column in table.columns.items()
    ]


def bounds(column: Column) -> Iterator[str]:
    """What a column's values keep within, in words."""
    if column.at_least is not None:
        yield f"at least {column.at_least:g}"
    if column.at_most is not None:
        yield f"at most {column.at_most:g}"
    if column.above is not None:
        yield f"above {column.above:g}"
    if column.one_of:
        yield "one of " + ", ".join(value or '""' for value in column.one_of)


def tables_page() -> str:
    """The reference page of all tables, in Markdown; each table is a heading of its own name."""
    rows = [
        f"| [`{table.name}`](#{table.name}) | {table.layer} | {_cell(_grain(table))} | {_partition(table)} |"
        for table in TABLES
    ]
    return _INTRODUCTION + "\n".join(rows) + "\n" + "".join(_section(table) for table in TABLES)


def _section(table: type[Table]) -> str:
    lines = [
        "",
        f"## {table.name}",
        "",
        table.description(),
        "",
        f"- Key: {', '.join(f'`{name}`' for name in table.key)}",
        f"- Layer: {table.layer}",
        f"- Partition: {_partition(table)}",
        f"- Version: {table.version}",
        "",
        "| column | type | unit | values | nullable | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for record in column_schema(table):
        values = "; ".join(record.constraints)
        nullable = "yes" if record.is_nullable else "no"
        cells = (f"`{record.name}`", record.type, record.unit, values, nullable, record.description)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _grain(table: type[Table]) -> str:
    """What a row stands for: the words after "One row per" in the first sentence."""
    first = table.description().split(". ")[0].rstrip(".")
    return first.removeprefix("One row per ")


def _partition(table: type[Table]) -> str:
    if table.partition_by:
        return f"UTC date of `{table.partition_by}`"
    return f"none: a file per {' and '.join(f'`{n}`' for n in table.shard_by)}" if table.shard_by else "none: one file"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def dbt_sources() -> str:
    """The text of dbt's sources.yml: every table read from the lake, its columns, and tests of what is declared.

    Each is a view in the schema `lake` of the DuckDB that dbt works in, over the files that counted when the build began
    (`stratum_pipelines.rollups`). JSON strings are YAML strings, so no text can break the file.
    """
    lines = [
        "# Generated from warehouse/tables; do not edit.",
        "version: 2",
        "sources:",
        "  - name: lake",
        "    schema: lake",
        "    description: The Parquet lake, a folder per table.",
        "    tables:",
    ]
    for table in TABLES:
        lines += _source(table)
    return "\n".join(lines) + "\n"


def _source(table: type[Table]) -> Iterator[str]:
    yield f"      - name: {table.name}"
    yield f"        description: {json.dumps(table.description(), ensure_ascii=False)}"
    # One test of all columns: dbt takes as long to read a test as to read a table.
    never_null = [name for name, column in table.columns.items() if not column.nullable]
    yield "        data_tests:"
    yield "          - not_null_in:"
    yield "              arguments:"
    yield f"                columns: {json.dumps(never_null)}"
    yield "        columns:"
    for record, column in zip(column_schema(table), table.columns.values(), strict=True):
        yield f"          - name: {json.dumps(record.name)}"
        yield f"            description: {json.dumps(record.description, ensure_ascii=False)}"
        tests = ["              - unique"] if record.is_unique else []
        if column.one_of:
            tests.append("              - accepted_values:")
            tests.append("                  arguments:")
            tests.append(f"                    values: {json.dumps(list(column.one_of))}")
        if tests:
            yield "            data_tests:"
            yield from tests


def generated_files() -> dict[str, str]:
    """The generated files by their path in the repository."""
    return {PAGE: tables_page(), SOURCES: dbt_sources()}


def write_files(repository: Path) -> list[Path]:
    """The generated files written below a repository's folder."""
    written = []
    for name, text in generated_files().items():
        file = repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return written


if __name__ == "__main__":
    write_files(Path(__file__).resolve().parent.parent)
