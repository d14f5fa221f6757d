"""Positions: rows of `trades` that were opened at one price and closed at another."""

from decimal import Decimal
from typing import Any

from stratum_pipelines.providers.reading import identity
from stratum_pipelines.reference.symbols import pip_size
from stratum_pipelines.trading.entries.given import Fields, Given, figure, word_of
from stratum_pipelines.trading.entries.reasons import (
    DIRECTIONS_DISAGREE,
    EXIT_BEFORE_ENTRY,
    MISSING_VALUE,
    PROFIT_AGAINST_PRICE,
    STATUS_DISAGREES,
    UNKNOWN_DIRECTION,
    UNKNOWN_WORD,
    Unfit,
)

DIRECTIONS = {"buy": "buy", "long": "buy", "b": "buy", "bull": "buy", "bullish": "buy"}
DIRECTIONS |= {"sell": "sell", "short": "sell", "s": "sell", "bear": "sell", "bearish": "sell"}
STATUSES = {"open": "open", "opened": "open", "active": "open", "running": "open", "filled": "open", "live": "open"}
STATUSES |= {"closed": "closed", "close": "closed", "done": "closed", "settled": "closed", "completed": "closed"}
STATUSES |= {"win": "closed", "won": "closed", "loss": "closed", "lost": "closed", "breakeven": "closed"}
STATUSES |= {"void": "void", "voided": "void", "cancelled": "cancelled", "canceled": "cancelled"}
STATUSES |= {"deleted": "cancelled", "expired": "cancelled", "rejected": "cancelled"}
ENDS = {"tp": "take_profit", "take profit": "take_profit", "target": "take_profit", "tp hit": "take_profit"}
ENDS |= {"sl": "stop_loss", "stop loss": "stop_loss", "stop": "stop_loss", "sl hit": "stop_loss"}
ENDS |= {"signal": "signal", "reverse signal": "signal", "opposite signal": "signal", "exit signal": "signal"}
ENDS |= {"expired": "expired", "expiry": "expired", "timeout": "expired", "time": "expired", "time exit": "expired"}
ENDS |= {"manual": "manual", "manual close": "manual", "closed manually": "manual"}
ENDS |= {"stop out": "stop_out", "so": "stop_out", "margin call": "stop_out"}
ENDS |= {"unknown": "unknown", "other": "unknown"}
HOUR_US = 3_600_000_000


def position_row(fields: Fields, given: Given, line: str) -> dict[str, Any]:
    """The row of a position, its times in UTC microseconds; raises Unfit when it cannot be one.

    `fields` are texts by column of `trades`, and besides: `ticket` (its id in the account), `gross_profit` (before fees),
    `commission`, `swap` and `taxes` (below 0 where they were paid). Pips and the exit's reason follow from the prices where
    they are known; fees that are not told stay null.
    """
    currency = given.currency_of(fields)
    entry_at, exit_at = given.required_at(fields, "entry_at"), given.at(fields, "exit_at")
    symbol = given.text(fields, "symbol").upper()
    if not symbol:
        raise Unfit(MISSING_VALUE, "symbol is blank.")
    entry = given.above_zero(fields, "entry_price")
    exit_price = given.above_zero(fields, "exit_price", zero_is_none=True)
    stop = given.above_zero(fields, "stop_loss", zero_is_none=True)
    target = given.above_zero(fields, "take_profit", zero_is_none=True)
    gross, net, fees = money_of(fields, given, currency)
    direction = _direction(fields, entry, exit_price, gross)
    status = _status(fields, exit_at, net)
    ticket = given.text(fields, "ticket")
    volume = given.above_zero(fields, "volume")
    row = {
        "trade_id": given.id_of(ticket)
        if ticket
        else identity(
            "account", given.account, "", symbol, direction, str(entry_at), f"{figure(volume)}/{figure(entry)}"
        ),
        "setup_id": given.text(fields, "setup_id"),
        "account": given.account,
        "strategy": given.text(fields, "strategy", given.strategy),
        "strategy_version": given.text(fields, "strategy_version"),
        "symbol": symbol,
        "timeframe": given.text(fields, "timeframe").upper(),
        "trade_type": "position",
        "direction": direction,
        "volume": figure(volume),
        "entry_price": figure(entry),
        "take_profit": figure(target),
        "stop_loss": figure(stop),
        "entry_at": entry_at,
        "currency": currency,
        "fees": fees,
        "risk_reward_ratio": figure(given.above_zero(fields, "risk_reward_ratio", zero_is_none=True)),
        "status": status,
        "source": given.source,
        "signal_id": given.text(fields, "signal_id"),
        "event_id": "",
        "market": "",
        "outcome": "",
        "bookmaker": given.text(fields, "bookmaker"),
        "import_id": given.import_id,
        "import_line": line,
    }
    if status == "open":
        return row
    if exit_at is not None and exit_at < entry_at:
        raise Unfit(
            EXIT_BEFORE_ENTRY, f"It ends at {fields['exit_at']}, before it begins at {fields['entry_at']}.", line
        )
    row["exit_at"] = exit_at
    row["duration_hours"] = None if exit_at is None else (exit_at - entry_at) / HOUR_US
    row["exit_reason"] = _end(fields, exit_price, stop, target, status)
    if status == "closed":
        moved = _moved(direction, entry, exit_price)
        _check_profit(fields, moved, gross, net)
        size = pip_size(symbol)
        pips = moved / size if moved is not None and size else given.number(fields, "pips")
        row |= {
            "exit_price": figure(exit_price),
            "profit": net,
            "pips": figure(pips),
            "percent_equity_return": figure(given.number(fields, "percent_equity_return")),
        }
    return row


def money_of(fields: Fields, given: Given, currency: str) -> tuple[int | None, int | None, int | None]:
    """Profit before fees, profit after them and the fees, in minor units; what the row does not tell is None."""
    credited = [given.money(fields, name, currency) for name in ("commission", "swap", "taxes")]
    known = [amount for amount in credited if amount is not None]
    paid = given.money(fields, "fees", currency)
    fees = paid if paid is not None else (-sum(known) if known else None)
    gross = given.money(fields, "gross_profit", currency)
    net = given.money(fields, "profit", currency)
    if net is None and gross is not None:
        net = gross - (fees or 0)
    elif gross is None and net is not None and fees is not None:
        gross = net + fees
    elif gross is not None and net is not None and fees is None:
        fees = gross - net
    elif gross is not None and net is not None and gross - net != fees:
        raise Unfit(
            STATUS_DISAGREES,
            f"The profit before fees less the fees is not the profit: {gross} - {fees} is not {net}.",
            net,
        )
    return gross, net, fees


def _direction(fields: Fields, entry: Decimal | None, exit_price: Decimal | None, gross: int | None) -> str:
    """Bought or sold, by its words; where the words are of another language, by which way price and profit went."""
    said = {name: fields.get(name, "").strip() for name in ("direction", "side")}
    known = {word for word in (word_of(DIRECTIONS, text) for text in said.values() if text) if word}
    if len(known) > 1:
        raise Unfit(DIRECTIONS_DISAGREE, f"{said['direction']!r} and {said['side']!r} are opposite.", said["side"])
    if known:
        return known.pop()
    if entry is not None and exit_price is not None and gross and entry != exit_price:
        return "buy" if (exit_price > entry) == (gross > 0) else "sell"
    words = " ".join(filter(None, said.values()))
    raise Unfit(
        UNKNOWN_DIRECTION, f"{words[:60]!r} says neither buy nor sell, and price and profit do not tell.", words
    )


def _status(fields: Fields, exit_at: int | None, net: int | None) -> str:
    said = fields.get("status", "").strip()
    status = word_of(STATUSES, said) if said else ("closed" if exit_at is not None else "open")
    if status is None:
        raise Unfit(UNKNOWN_WORD, f"The status {said[:60]!r} is not known.", said)
    if status == "open" and exit_at is not None and said:
        raise Unfit(STATUS_DISAGREES, f"It is said to be {said}, and has an exit.", said)
    if status == "closed" and exit_at is None:
        raise Unfit(STATUS_DISAGREES, f"It is said to be {said}, and has no time of exit.", said)
    if status == "closed" and net is None:
        raise Unfit(MISSING_VALUE, "It is closed, and profit is blank.")
    return status


def _end(fields: Fields, exit_price: Decimal | None, stop: Decimal | None, target: Decimal | None, status: str) -> str:
    """What ended it: by its word, else by the price at which it ended."""
    said = fields.get("exit_reason", "").strip()
    if said:
        found = word_of(ENDS, said)
        if found is None:
            raise Unfit(UNKNOWN_WORD, f"The reason of the exit {said[:60]!r} is not known.", said)
        return found
    if status == "closed" and exit_price is not None:
        if exit_price == stop:
            return "stop_loss"
        if exit_price == target:
            return "take_profit"
    return "unknown"


def _moved(direction: str, entry: Decimal | None, exit_price: Decimal | None) -> Decimal | None:
    """How far the price went the position's way."""
    if entry is None or exit_price is None:
        return None
    return exit_price - entry if direction == "buy" else entry - exit_price


def _check_profit(fields: Fields, moved: Decimal | None, gross: int | None, net: int | None) -> None:
    """Raise Unfit when price and profit disagree; a profit after fees that are not known may be below 0 for them."""
    if not moved:
        return
    if (gross is not None and gross * moved < 0) or (gross is None and net and net > 0 and moved < 0):
        stated = fields.get("gross_profit") or fields.get("profit", "")
        way = "its way" if moved > 0 else "against it"
        raise Unfit(PROFIT_AGAINST_PRICE, f"The price went {way} by {abs(moved)}, and the profit is {stated}.", stated)
