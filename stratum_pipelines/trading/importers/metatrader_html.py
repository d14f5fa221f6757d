"""Statements of MetaTrader 4 and reports of MetaTrader 5, as HTML."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.reference.currencies import load_currencies
from stratum_pipelines.trading.entries.reasons import TRUNCATED_FILE, UNKNOWN_FILE, Unfit
from stratum_pipelines.trading.entries.rows import Entry
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.importer import Contents, Importer
from stratum_pipelines.trading.importers.metatrader_deals import positions_of
from stratum_pipelines.trading.importers.metatrader_rows import Report
from stratum_pipelines.trading.importers.source_file import SourceFile

SIGNS = ("<!doctype html", "<html", "<table", "<head", "<body")
# "Currency: USD" in version 4, "12345 (USD, Server, demo, Hedge)" in version 5.
CURRENCY = re.compile(r":\s*([A-Z]{3})$|\(([A-Z]{3}),")


def recognises(file: SourceFile) -> bool:
    """Whether it is a web page."""
    if file.is_database:
        return False
    start = "".join(file.first_lines(5)).lstrip("\ufeff \t").lower()
    return start.startswith(SIGNS)


def read(file: SourceFile, column_map: ColumnMap | None = None) -> Contents:
    """What a statement says. Raises Unfit for a page without a single row of a statement."""
    if column_map:
        raise Unfit(UNKNOWN_FILE, "A statement has columns of its own: leave the column map out.", file.path.name)
    page = _Page()
    text = "" if file.is_database else file.whole()
    try:
        page.feed(text)
        page.close()
    except (AssertionError, ValueError) as error:
        # What the parser of the standard library raises for declarations that are none.
        raise Unfit(UNKNOWN_FILE, f"It is no page that can be read: {error}", file.path.name) from error
    if not page.report.has_rows and not page.currency:
        raise Unfit(UNKNOWN_FILE, "No row of it is one of a MetaTrader statement.", file.path.name)
    is_whole = text.rstrip("\x00 \r\n\t").lower().endswith("</html>")
    return Contents(_entries(page, is_whole), currency=page.currency, remarks=page.report.remarks)


def _entries(page: "_Page", is_whole: bool) -> Iterator[Entry | Refusal]:
    report = page.report
    yield from report.found
    if not any(isinstance(one, Entry) and one.fields.get("status") in ("closed", "open") for one in report.found):
        yield from positions_of(report.deals)
    if not is_whole:
        left = " | ".join(page.cells)
        yield Refusal("trades", TRUNCATED_FILE, "The page ends before its end mark.", left, str(page.getpos()[0]))


class _Page(HTMLParser):
    """Rows of cells, as they come."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.report = Report()
        self.currency = ""
        self.cells: list[str] = []
        self.title = ""
        self.line = 0
        self.is_in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row or a cell begins; a hidden cell is none."""
        if tag == "tr":
            self._end_row()
            self.line = self.getpos()[0]
        elif tag in ("td", "th"):
            said = dict(attrs)
            self.is_in_cell = "hidden" not in (said.get("class") or "").split()
            if self.is_in_cell:
                if not self.cells:
                    self.title = said.get("title") or ""
                self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        """A row or a cell ends."""
        if tag in ("td", "th"):
            self.is_in_cell = False
        elif tag in ("tr", "table"):
            self._end_row()

    def handle_data(self, data: str) -> None:
        """The text of a cell."""
        if self.is_in_cell and self.cells:
            self.cells[-1] += data

    def _end_row(self) -> None:
        if self.cells and not self.report.has_rows and not self.currency:
            codes = [code for cell in self.cells for found in CURRENCY.findall(cell.strip()) for code in found if code]
            self.currency = next((code for code in codes if code in load_currencies()), "")
        self.report.take(self.cells, str(self.line), self.title)
        self.cells, self.title, self.is_in_cell = [], "", False


IMPORTER = Importer(
    "metatrader_html", "MetaTrader 4 statements and MetaTrader 5 reports, HTML", recognises, read, asked=20
)
