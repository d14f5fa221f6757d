"""`stratum trades tear-sheet`: what came of trades, on one page that needs nothing beside it."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.choosing import choice_of, choosing
from stratum_pipelines.commands.output import json_option, opened_platform, print_json, results

if TYPE_CHECKING:
    from stratum_pipelines.trading.sheet import TearSheet

FILE = Path("tear-sheet.html")


@click.command(name="tear-sheet")
@choosing
@click.option(
    "--balance", metavar="AMOUNT", help="What the account began with, as in 10000.00.  [default: what is known of it]"
)
@click.option("--risk-free-rate", type=float, default=0.0, show_default=True, help="A year, as a share: 0.03 is 3 %.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help=f"The file.  [default: {FILE}, none with --json]"
)
@json_option
def tear_sheet_command(
    balance: str | None, risk_free_rate: float, out: Path | None, as_json: bool, **asked: Any
) -> None:
    """Write what came of trades as one HTML file: figures, charts, and what is not known."""
    from stratum_pipelines.trading.sheet import as_page, as_record, tear_sheet
    from warehouse.charts import ChartCache

    choice = choice_of(**asked)
    with opened_platform(filled=True) as platform:
        try:
            sheet = tear_sheet(
                platform.lake, choice, balance=_minor(balance, choice.currency), risk_free_rate=risk_free_rate
            )
        except ValueError as error:
            raise StratumError(str(error)) from error
        path = out or (None if as_json else FILE)
        if path:
            path.write_text(as_page(sheet, ChartCache(platform.settings.home / "charts")), encoding="utf-8")
    if as_json:
        print_json(as_record(sheet))
    else:
        _say(sheet, path)


def _minor(amount: str | None, currency: str) -> int | None:
    """The amount in minor units of the currency: of one with cents where none is named."""
    from warehouse.currencies import minor_digits

    if amount is None:
        return None
    try:
        minor = Decimal(amount.replace(",", "")) * 10 ** minor_digits(currency)
    except InvalidOperation:
        minor = Decimal("NaN")
    if not minor.is_finite() or minor != int(minor) or not 0 < minor < 10**15:
        raise StratumError(f"The balance {amount!r} is no amount above 0. Write it as 10000.00.")
    return int(minor)


def _say(sheet: "TearSheet", path: Path | None) -> None:
    from stratum_pipelines.trading.sheet.record import as_record
    from stratum_pipelines.trading.sheet.words import money_text

    closed, profit = len(sheet.closed), sheet.performance.measure("net_profit").value or 0
    results.print(
        f"{sheet.choice}: {closed:,} closed trades, {money_text(profit, sheet.currency, signed=True)}", markup=False
    )
    results.print(as_record(sheet)["verdict"], markup=False)
    results.print(f"Written to {path}", markup=False)
