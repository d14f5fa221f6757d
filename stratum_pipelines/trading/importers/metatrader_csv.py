"""The same rows of MetaTrader as CSV: closed trades of version 4, positions or fills of version 5."""

from collections.abc import Iterator

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.trading.entries.reasons import BAD_ROW, UNKNOWN_FILE, Unfit
from stratum_pipelines.trading.entries.rows import Entry
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.delimited import LOOKED_AT, Row, delimiter_of, rows_of
from stratum_pipelines.trading.importers.importer import Contents, Importer
from stratum_pipelines.trading.importers.metatrader_deals import positions_of
from stratum_pipelines.trading.importers.metatrader_rows import Report, row_of
from stratum_pipelines.trading.importers.source_file import SourceFile


def recognises(file: SourceFile) -> bool:
    """Whether a row near the beginning is one of MetaTrader's."""
    if file.is_database:
        return False
    first = file.first_lines(LOOKED_AT)
    delimiter = _delimiter(first)
    return bool(delimiter) and any(_is_row(line.split(delimiter)) for line in first)


def read(file: SourceFile, column_map: ColumnMap | None = None) -> Contents:
    """What the rows say; lines above the first of them are headings."""
    if column_map:
        raise Unfit(UNKNOWN_FILE, "It is read as MetaTrader's. For a column map say --format csv.", file.path.name)
    if not recognises(file):
        raise Unfit(UNKNOWN_FILE, "No row near its beginning is one of MetaTrader's.", file.path.name)
    return Contents(_entries(rows_of(file, _delimiter(file.first_lines(LOOKED_AT)))))


def _delimiter(lines: list[str]) -> str:
    """What parts the columns, by the line that has most of them: a heading may have none."""
    return delimiter_of([max(lines, key=lambda line: max(map(line.count, ",;\t|")))]) if lines else ""


def _is_row(cells: list[str]) -> bool:
    said = row_of([cell.strip('" \r\n') for cell in cells], "")
    return said is not None and not isinstance(said, Refusal)


def _entries(rows: Iterator[Row]) -> Iterator[Entry | Refusal]:
    report = Report()
    has_positions = is_below_heading = False
    for row in rows:
        report.has_rows = False
        report.take(row.cells or [], str(row.line))
        # Below the first row nothing is a heading, but another section may begin with one, which holds no number.
        if is_below_heading and not report.has_rows and any(map(str.isdigit, row.text)):
            yield Refusal("trades", BAD_ROW, "The line is no row of MetaTrader's.", row.text.strip(), str(row.line))
        is_below_heading = is_below_heading or report.has_rows
        for said in report.found:
            has_positions = has_positions or (
                isinstance(said, Entry) and said.fields.get("status") in ("closed", "open")
            )
            yield said
        report.found.clear()
    if not has_positions:
        yield from positions_of(report.deals)


IMPORTER = Importer(
    "metatrader_csv", "MetaTrader 4 trades, MetaTrader 5 positions or deals, CSV", recognises, read, asked=30
)
