"""CSV of any program: named columns, by a column map or by their usual names."""

from collections.abc import Iterator

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.trading.entries.reasons import BAD_ROW, UNKNOWN_FILE, Unfit
from stratum_pipelines.trading.entries.rows import Entry
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.delimited import (
    LOOKED_AT,
    Row,
    delimiter_of,
    has_decimal_comma,
    rows_of,
)
from stratum_pipelines.trading.importers.importer import Contents, Entries, Importer
from stratum_pipelines.trading.importers.naming import Naming, by_map, by_usual_names
from stratum_pipelines.trading.importers.source_file import SourceFile


def recognises(file: SourceFile) -> bool:
    """Whether the first line parts into names."""
    if file.is_database:
        return False
    first = next(iter(file.first_lines(1)), "")
    return bool(delimiter_of([first])) and not first.lstrip().startswith(("<", "{", "["))


def read(file: SourceFile, column_map: ColumnMap | None = None, kind: str = "") -> Contents:
    """What a CSV says. Raises Unfit when it has no columns, or not those that are needed."""
    if file.is_database:
        raise Unfit(UNKNOWN_FILE, "It is a database and no CSV.", file.path.name)
    first = file.first_lines(LOOKED_AT)
    delimiter = (column_map.delimiter if column_map else "") or delimiter_of(first)
    if not delimiter:
        raise Unfit(UNKNOWN_FILE, "Its first line has no columns.", first[0] if first else "")
    rows = rows_of(file, delimiter)
    header = next(rows, None)
    if header is None or header.cells is None:
        raise Unfit(UNKNOWN_FILE, "Its first line cannot be split into names.", header.text if header else "")
    names = [name.strip() for name in header.cells]
    naming = by_map(column_map, names) if column_map else by_usual_names(names, kind)
    comma = column_map.decimal_comma if column_map else None
    remarks = [] if column_map else [naming.said()]
    if comma is None and (comma := has_decimal_comma(first[1:], delimiter)):
        remarks.append("Numbers are read with a decimal comma, as in 1.234,56.")
    if file.encoding == "cp1252":
        remarks.append("The text is not UTF-8; it is read as Windows-1252.")
    return Contents(_entries(rows, names, naming, header.line), decimal_comma=bool(comma), remarks=remarks)


def _entries(rows: Iterator[Row], names: list[str], naming: Naming, header_line: int) -> Entries:
    yield from naming.refusals(str(header_line))
    for row in rows:
        cells = row.cells
        if cells is None or len(cells) != len(names):
            found = "cannot be split" if cells is None else f"has {len(cells)} columns"
            detail = f"The line {found}; the first line names {len(names)} columns."
            yield Refusal(naming.table, BAD_ROW, detail, row.text, str(row.line))
            continue
        yield Entry(naming.table, naming.of(zip(names, cells, strict=True)), str(row.line))


IMPORTER = Importer("csv", "CSV with named columns, of any program", recognises, read, asked=90)
