"""Rows of MetaTrader's reports, told by what stands where and not by words, which differ from language to language.

MetaTrader 4 begins a row with ticket and time, MetaTrader 5 with time and ticket. How many cells follow, and which of them
are times and numbers, says what the row is.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.trading.entries.numbers import decimal_of
from stratum_pipelines.trading.entries.reasons import PENDING_ORDER, UNKNOWN_ROW, Unfit
from stratum_pipelines.trading.entries.rows import Entry

TICKET = re.compile(r"[0-9]{1,20}")
MOMENT = re.compile(r"[0-9]{4}\.[0-9]{2}\.[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
NUMBER = re.compile(r"[+-]?[0-9][0-9 \u00a0']*(?:\.[0-9]+)?")
VOLUMES = re.compile(r"([0-9.]+) / ([0-9.]+)")
MARKS = {"[sl]": "sl", "[tp]": "tp", "so:": "so"}
CREDIT = "credit"


@dataclass(frozen=True)
class Deal:
    """One fill of MetaTrader 5: it opens, closes or turns the position of its symbol. Texts as they stand."""

    ticket: str
    at: str
    symbol: str
    side: str
    direction: str
    volume: str
    price: str
    order: str
    commission: str
    fee: str
    swap: str
    profit: str
    place: str


@dataclass
class Report:
    """What has been read of one report: entries and refusals, in its order, and fills that still have to be paired."""

    found: list[Entry | Refusal] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    has_rows: bool = False
    remarks: list[str] = field(default_factory=list)

    def take(self, cells: Sequence[str], place: str, title: str = "") -> None:
        """Add what a row says; one that is no trade, transfer or fill is passed over."""
        texts = [" ".join(cell.split()) for cell in cells]
        said = row_of(texts, place, title)
        if said is None:
            if len(texts) == 5 and not texts[0] and _are_numbers(texts[1:]):
                self._check_total(texts[-1])
            return
        self.has_rows = True
        if isinstance(said, Deal):
            self.deals.append(said)
        elif said:
            self.found.append(said)

    def _check_total(self, total: str) -> None:
        """Remark on a statement of version 4 whose own total of closed trades is not what was read of them."""
        closed = [one for one in self.found if isinstance(one, Entry) and one.fields.get("status") == "closed"]
        is_open = any(isinstance(one, Entry) and one.fields.get("status") == "open" for one in self.found)
        if is_open or not closed:
            return
        # An amount that is no number is refused with its row; there is nothing to compare then.
        with suppress(Unfit):
            read = sum(decimal_of(one.fields["gross_profit"]) or Decimal(0) for one in closed)
            if decimal_of(total) != read:
                said = f"The statement's own total of profits is {total}; the {len(closed)} rows read come to {read}."
                self.remarks.append(said)


Said = Entry | Refusal | Deal | tuple[()] | None


def row_of(cells: list[str], place: str, title: str = "") -> Said:
    """What a row is: an entry, a refusal, a fill, nothing of its own (an empty tuple), or no row of this kind (None).

    `title` is what MetaTrader notes on a row besides its cells, such as [sl].
    """
    if len(cells) > 3 and TICKET.fullmatch(cells[0]) and MOMENT.fullmatch(cells[1]):
        return _of_four(cells, place, title)
    if len(cells) > 3 and MOMENT.fullmatch(cells[0]) and TICKET.fullmatch(cells[1]):
        return _of_five(cells, place)
    return None


def _of_four(cells: list[str], place: str, title: str) -> Said:
    """Ticket, time of opening, type, size, item, price, stop, target, time of closing, price, commission, taxes, swap, profit."""
    n = len(cells)
    if n in (4, 5) and _are_numbers(cells[-1:]):
        return _transfer(cells[0], cells[1], cells[2], cells[-1], "", place)
    if n < 9 or not _are_numbers((cells[3], cells[5], cells[6], cells[7])):
        return _unknown(cells, place)
    fields = {
        "ticket": cells[0],
        "setup_id": cells[0],
        "entry_at": cells[1],
        "side": cells[2].split(" ")[0],
        "volume": cells[3],
        "symbol": cells[4],
        "entry_price": cells[5],
        "stop_loss": cells[6],
        "take_profit": cells[7],
    }
    if n in (13, 14) and _are_numbers(cells[9:]) and (not cells[8] or MOMENT.fullmatch(cells[8])):
        costs = ("commission", "taxes", "swap") if n == 14 else ("commission", "swap")
        fields |= dict(zip(costs, cells[10:-1], strict=True))
        if not cells[8]:
            return Entry("trades", fields | {"status": "open"}, place)
        fields |= {"exit_at": cells[8], "exit_price": cells[9], "gross_profit": cells[-1], "exit_reason": _mark(title)}
        return Entry("trades", fields | {"status": "closed"}, place)
    if n in (10, 11) and MOMENT.fullmatch(cells[8]) and not _are_numbers(cells[-1:]):
        return Entry("trades", fields | {"exit_at": cells[8], "status": "cancelled", **_expiry(title)}, place)
    if _are_numbers(cells[8:9]):
        return _pending(cells, place)
    return _unknown(cells, place)


def _of_five(cells: list[str], place: str) -> Said:
    """A position, an order or a fill: all begin with time, ticket, symbol and type."""
    n = len(cells)
    fields = {"entry_at": cells[0], "ticket": cells[1], "setup_id": cells[1], "symbol": cells[2]}
    fields["side"] = cells[3].split(" ")[0]
    volumes = VOLUMES.fullmatch(cells[4]) if n > 8 else None
    if volumes:
        if float(volumes[2]):
            return ()  # filled: its position and its fills say the rest
        if not MOMENT.fullmatch(cells[8]):
            return _pending(cells, place)
        asked = {"volume": volumes[1], "stop_loss": cells[6], "take_profit": cells[7]}
        price = {"entry_price": cells[5]} if _are_numbers(cells[5:6]) else {}
        return Entry("trades", fields | asked | price | {"exit_at": cells[8], "status": "cancelled"}, place)
    if n > 10 and _are_numbers(cells[4:6]):
        fields |= {"volume": cells[4], "entry_price": cells[5], "stop_loss": cells[6], "take_profit": cells[7]}
        if n >= 13 and MOMENT.fullmatch(cells[8]) and _are_numbers(cells[9:13]):
            names = ("exit_price", "commission", "swap", "gross_profit")
            ended = dict(zip(names, cells[9:13], strict=True)) | {"exit_at": cells[8], "status": "closed"}
            return Entry("trades", fields | ended, place)
        if _are_numbers(cells[8:11]):
            return Entry("trades", fields | {"swap": cells[9], "status": "open"}, place)
    if n in (13, 14) and _are_numbers(cells[8:-1]):
        costs = cells[8:-3]
        if not cells[2]:
            return _transfer(cells[1], cells[0], cells[3], cells[-3], cells[-2], place)
        fee = costs[1] if len(costs) == 3 else "0"
        deal = (cells[1], cells[0], *cells[2:8], costs[0], fee, costs[-1], cells[-3], place)
        return Deal(*deal)
    return _unknown(cells, place)


def _transfer(ticket: str, at: str, kind: str, amount: str, balance: str, place: str) -> Said:
    fields = {"ticket": ticket, "noted_at": at, "amount": amount, "balance": balance}
    if kind.lower() == CREDIT:
        # Credit is the broker's money: it is no part of the balance.
        return Refusal("equity_points", UNKNOWN_ROW, f"A credit of {amount} is no deposit.", amount, place)
    return Entry("equity_points", fields, place)


def _are_numbers(cells: Sequence[str]) -> bool:
    return all(NUMBER.fullmatch(cell) for cell in cells)


def _mark(title: str) -> str:
    """What a note on the row says of its end; "" when it says nothing of it."""
    return next((word for mark, word in MARKS.items() if title.strip().lower().startswith(mark)), "")


def _expiry(title: str) -> dict[str, str]:
    return {"exit_reason": "expired"} if title.strip().lower().startswith("expir") else {}


def _pending(cells: list[str], place: str) -> Refusal:
    return Refusal(
        "trades", PENDING_ORDER, f"The order {' '.join(cells[:3])} waits to be filled.", " ".join(cells), place
    )


def _unknown(cells: list[str], place: str) -> Refusal:
    detail = f"A row of {len(cells)} cells begins as a trade does and goes on as none that is known."
    return Refusal("trades", UNKNOWN_ROW, detail, " | ".join(cells), place)
