"""Which table an entry of an import belongs to, and the row it becomes there."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from stratum_pipelines.trading.entries.balances import balance_row
from stratum_pipelines.trading.entries.bets import bet_row
from stratum_pipelines.trading.entries.given import Fields, Given
from stratum_pipelines.trading.entries.positions import position_row
from stratum_pipelines.trading.entries.reasons import UNKNOWN_WORD, Unfit
from stratum_pipelines.trading.entries.validations import validation_row
from warehouse.tables import EquityPoints, Table, Trades, ValidationLogs

# What makes a trade without a word on its type a bet.
OF_BETS = ("odds", "stake", "liability", "payout", "result", "outcome")


class Entry(NamedTuple):
    """One thing a file says: the table it is for, its texts by field, and where it stands (a line, a row)."""

    table: str
    fields: dict[str, str]
    place: str


def trade_row(fields: Fields, given: Given, line: str) -> dict[str, Any]:
    """The row of a trade: a bet or a position, by its `trade_type`, else by whether it has odds or a stake.

    Older stores say BUY or SELL in `trade_type`; that counts as a direction.
    """
    said = fields.get("trade_type", "").strip().lower()
    if said == "bet" or (not said and any(fields.get(name, "").strip() for name in OF_BETS)):
        return bet_row(fields, given, line)
    if said in ("", "position"):
        return position_row(fields, given, line)
    if said in ("buy", "sell", "long", "short"):
        return position_row({"side": said, **fields}, given, line)
    raise Unfit(UNKNOWN_WORD, f"The trade_type {said[:60]!r} is neither bet nor position, buy nor sell.", said)


ROWS: Mapping[str, tuple[type[Table], Callable[[Fields, Given, str], dict[str, Any]]]] = {
    "trades": (Trades, trade_row),
    "equity_points": (EquityPoints, balance_row),
    "validation_logs": (ValidationLogs, validation_row),
}
