"""Bets: rows of `trades` that were made at odds and settled by a result."""

from fractions import Fraction
from typing import Any

from stratum_pipelines.providers.reading import identity
from stratum_pipelines.trading.entries.given import Fields, Given, figure, word_of
from stratum_pipelines.trading.entries.numbers import decimal_of
from stratum_pipelines.trading.entries.positions import HOUR_US, STATUSES, money_of
from stratum_pipelines.trading.entries.reasons import (
    EXIT_BEFORE_ENTRY,
    IMPOSSIBLE_NUMBER,
    MISSING_VALUE,
    PROFIT_AGAINST_RESULT,
    STATUS_DISAGREES,
    UNKNOWN_DIRECTION,
    UNKNOWN_WORD,
    Unfit,
)

RESULTS = {"win": "win", "won": "win", "w": "win", "winner": "win", "loss": "loss", "lost": "loss", "lose": "loss"}
RESULTS |= {"l": "loss", "loser": "loss", "push": "push", "pushed": "push", "p": "push", "tie": "push"}
RESULTS |= {"half win": "half_win", "half won": "half_win", "win half": "half_win"}
RESULTS |= {"half loss": "half_loss", "half lost": "half_loss", "lose half": "half_loss"}
RESULTS |= {"dead heat": "dead_heat", "void": "void", "voided": "void", "refund": "void", "refunded": "void"}
RESULTS |= {"no action": "void", "cancelled": "void", "canceled": "void", "postponed": "void"}
RESULTS |= {"open": "open", "pending": "open", "unsettled": "open", "active": "open", "running": "open"}
SIDES = {"": "back", "back": "back", "bet": "back", "for": "back", "lay": "lay", "against": "lay"}
# Shares of the stake that are won and lost; a dead heat depends on how many shared the place.
SHARES = {"win": (2, 0), "half_win": (1, 0), "push": (0, 0), "half_loss": (0, 1), "loss": (0, 2)}
AMERICAN_FROM = 100
MOST_DECIMAL = 10_001
# Odds shown with two decimals are up to half a cent per unit of stake away from those that were paid.
SHOWN_TO = Fraction(1, 200)


def decimal_odds(text: str, *, comma: bool = False) -> Fraction | None:
    """Odds in decimal notation, exactly; None where they are blank.

    A sign, or a whole number from 100 up written without a point, is American (+150, -110, 150); everything else is decimal.
    Raises Unfit for what is no price in either.

    >>> [str(decimal_odds(text)) for text in ("2.5", "+150", "-200", "150", "150.0")]
    ['5/2', '5/2', '3/2', '5/2', '150']
    """
    value = decimal_of(text, comma=comma)
    if value is None:
        return None
    price = text.strip()
    if price[0] in "+-\u2212" or (price.isdigit() and value >= AMERICAN_FROM):
        if abs(value) < AMERICAN_FROM:
            raise Unfit(IMPOSSIBLE_NUMBER, f"{price} are no odds: American ones are 100 or more away from 0.", price)
        size = Fraction(abs(value)) / 100
        value_in_decimal = 1 + (size if value > 0 else 1 / size)
    else:
        value_in_decimal = Fraction(value)
    if not 1 < value_in_decimal <= MOST_DECIMAL:
        raise Unfit(IMPOSSIBLE_NUMBER, f"{price} are no odds: decimal ones are above 1 and at most 10,001.", price)
    return value_in_decimal


def bet_row(fields: Fields, given: Given, line: str) -> dict[str, Any]:
    """The row of a bet, its times in UTC microseconds; raises Unfit when it cannot be one.

    `fields` are texts by column of `trades`, and besides: `ticket` (its id in the account), `odds`, `result`, `payout` (what
    was paid out, the stake included), `settled_at`, `event` (the name of the game, where there is no id) and `liability`. A
    profit that is not given follows from stake, odds and result, rounded half to even; one that is given has to agree.
    """
    currency = given.currency_of(fields)
    entry_at = given.required_at(fields, "entry_at")
    odds = decimal_odds(fields.get("odds", "") or fields.get("entry_price", ""), comma=given.decimal_comma)
    said_side = fields.get("direction", "")
    side = word_of(SIDES, said_side)
    if side is None:
        raise Unfit(UNKNOWN_DIRECTION, f"{said_side[:60]!r} is neither back nor lay.", said_side)
    risk, gain = _risk_and_gain(fields, given, currency, odds, side)
    end = _result(fields)
    fees, net = _money(fields, given, currency, risk)
    commence_at, settled_at = given.at(fields, "commence_at"), given.at(fields, "settled_at")
    signal_id, event_id = given.text(fields, "signal_id"), given.text(fields, "event_id") or given.text(fields, "event")
    market, outcome = given.text(fields, "market"), given.text(fields, "outcome")
    point, ticket = given.number(fields, "point"), given.text(fields, "ticket")
    row = {
        "trade_id": given.id_of(ticket)
        if ticket
        else identity("account", given.account, "", event_id, market, outcome, f"{point}", str(entry_at), f"{risk}"),
        "setup_id": given.text(fields, "setup_id") or signal_id,
        "account": given.account,
        "strategy": given.text(fields, "strategy", given.strategy),
        "strategy_version": given.text(fields, "strategy_version"),
        "symbol": given.text(fields, "symbol"),
        "timeframe": "",
        "trade_type": "bet",
        "direction": side,
        "stake": risk,
        "entry_price": None if odds is None else float(odds),
        "entry_at": entry_at,
        "currency": currency,
        "fees": fees,
        "source": given.source,
        "signal_id": signal_id,
        "event_id": event_id,
        "market": market,
        "outcome": outcome,
        "point": figure(point),
        "bookmaker": given.text(fields, "bookmaker"),
        "commence_at": commence_at,
        "import_id": given.import_id,
        "import_line": line,
        "status": "open",
    }
    if end is None and net is not None:
        end = "win" if net > 0 else "loss" if net < 0 else "push"
    if end is None or end == "open":
        if net:
            raise Unfit(STATUS_DISAGREES, "It is said to be open, and has a profit.", fields.get("profit", ""))
        return row
    ended_at = _ended_at(entry_at, commence_at, settled_at, fields)
    return row | {
        "exit_at": ended_at,
        "duration_hours": (ended_at - entry_at) / HOUR_US,
        "exit_reason": end,
        "profit": _profit(end, risk, gain, net, fees or 0),
        "percent_equity_return": figure(given.number(fields, "percent_equity_return")),
        "status": "void" if end == "void" else "closed",
    }


def _risk_and_gain(
    fields: Fields, given: Given, currency: str, odds: Fraction | None, side: str
) -> tuple[int, Fraction | None]:
    """What a bet costs when it loses, and what it earns when it wins, in minor units."""
    stake, liability = given.money(fields, "stake", currency), given.money(fields, "liability", currency)
    if side == "back" or liability is None:
        if stake is None:
            raise Unfit(MISSING_VALUE, "stake is blank.")
        if stake <= 0:
            raise Unfit(IMPOSSIBLE_NUMBER, "stake must be above 0.", fields["stake"])
    if side == "back":
        assert stake is not None
        return stake, None if odds is None else stake * (odds - 1)
    if odds is None:
        raise Unfit(MISSING_VALUE, "A lay bet needs its odds.")
    if liability is None:
        assert stake is not None
        liability = round(stake * (odds - 1))
    elif liability <= 0:
        raise Unfit(IMPOSSIBLE_NUMBER, "liability must be above 0.", fields["liability"])
    return liability, Fraction(stake) if stake else liability / (odds - 1)


def _result(fields: Fields) -> str | None:
    """How the bet ended, by its word; None where nothing is said."""
    said = fields.get("result", "").strip() or fields.get("exit_reason", "").strip()
    status = fields.get("status", "").strip()
    end = word_of(RESULTS, said or status)
    if end is None and (said or (status and word_of(STATUSES, status) is None)):
        raise Unfit(UNKNOWN_WORD, f"The result {(said or status)[:60]!r} is not known.", said or status)
    return end


def _money(fields: Fields, given: Given, currency: str, risk: int) -> tuple[int | None, int | None]:
    """Fees, and profit after them where it is told."""
    payout = given.money(fields, "payout", currency)
    _, net, fees = money_of(fields, given, currency)
    if payout is not None and net is None:
        if payout < 0:
            raise Unfit(IMPOSSIBLE_NUMBER, "payout is below 0.", fields["payout"])
        # Nothing is paid out while a bet is open.
        net = payout - risk if payout or _result(fields) not in (None, "open") else None
    return fees, net


def _profit(end: str, risk: int, gain: Fraction | None, net: int | None, fees: int) -> int:
    if end == "void":
        expected: Fraction | None = Fraction(0)
    elif end == "dead_heat":
        expected = None
    else:
        won, lost = SHARES[end]
        expected = None if won and gain is None else won * (gain or Fraction(0)) / 2 - Fraction(lost * risk, 2)
    if net is None:
        if expected is None:
            lacks = "its profit" if end == "dead_heat" else "odds or its profit"
            raise Unfit(MISSING_VALUE, f"A bet that ended as {end.replace('_', ' ')} needs {lacks}.")
        return round(expected) - fees
    gross = net + fees
    if expected is not None and abs(gross - expected) > 1 + SHOWN_TO * risk:
        come = round(expected)
        raise Unfit(
            PROFIT_AGAINST_RESULT,
            f"Ended as {end.replace('_', ' ')} it comes to {come} minor units, not {gross}.",
            gross,
        )
    if expected is None and not -risk <= gross <= (gross if gain is None else gain):
        raise Unfit(PROFIT_AGAINST_RESULT, f"A bet of {risk} minor units cannot come to {gross}.", gross)
    return net


def _ended_at(entry_at: int, commence_at: int | None, settled_at: int | None, fields: Fields) -> int:
    """The start of the game; for a bet made after it, when it was settled."""
    if commence_at is not None and commence_at >= entry_at:
        return commence_at
    if settled_at is None:
        if commence_at is None:
            raise Unfit(MISSING_VALUE, "It has ended, and neither commence_at nor settled_at is given.")
        return entry_at
    if settled_at < entry_at:
        raise Unfit(
            EXIT_BEFORE_ENTRY,
            f"It is settled at {fields['settled_at']}, before {fields['entry_at']}.",
            fields["settled_at"],
        )
    return settled_at
