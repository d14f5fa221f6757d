"""Positions put together from the fills of a MetaTrader 5 account that nets: one position per symbol at a time.

Fills name the order they came from, and MetaTrader numbers a position by the order that opened it; so a position put together
here has the id it has in the list of positions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.trading.entries.numbers import EXACT, decimal_of
from stratum_pipelines.trading.entries.reasons import UNCLEAR_DEAL, Unfit
from stratum_pipelines.trading.entries.rows import Entry
from stratum_pipelines.trading.importers.metatrader_rows import Deal

OPENS, CLOSES, TURNS = "in", "out", "in/out"
SIDES = ("buy", "sell")


@dataclass
class _Held:
    """A position as the fills so far leave it. `costs` are what its opening fills were charged and is not yet told."""

    deal: Deal
    volume: Decimal
    price: Decimal
    costs: Decimal


def positions_of(deals: Iterable[Deal]) -> Iterator[Entry | Refusal]:
    """The positions, each where its last fill stands; then those that are still held, as open.

    A part that is closed is a trade of its own, under the id of its position and of the fill that closed it.
    """
    held: dict[str, _Held] = {}
    for deal in deals:
        try:
            yield from _after(deal, held)
        except Unfit as error:
            yield Refusal("trades", error.reason, error.detail, error.value, deal.place)
    for one in held.values():
        yield Entry("trades", _opened(one) | {"status": "open"}, one.deal.place)


def _after(deal: Deal, held: dict[str, _Held]) -> Iterator[Entry]:
    direction, side = deal.direction.lower(), deal.side.lower()
    volume, price = _number(deal.volume), _number(deal.price)
    costs = _number(deal.commission) + _number(deal.fee)
    if side not in SIDES or direction not in (OPENS, CLOSES, TURNS):
        raise _unclear(deal, f"It is {deal.side!r} and {deal.direction!r}, not buy or sell, in or out")
    one = held.get(deal.symbol)
    if direction == OPENS:
        if one is None:
            held[deal.symbol] = _Held(deal, volume, price, costs)
            return
        if one.deal.side.lower() != side:
            raise _unclear(deal, "It opens against the position held in its symbol")
        total = one.volume + volume
        one.price = EXACT.divide(one.volume * one.price + volume * price, total)
        one.volume, one.costs = total, one.costs + costs
        return
    if one is None or one.deal.side.lower() == side:
        raise _unclear(deal, "It closes what no earlier fill opened")
    closed = min(volume, one.volume)
    if direction == CLOSES and volume > one.volume:
        raise _unclear(deal, f"It closes {volume}, and {one.volume} are held")
    is_last = closed == one.volume
    # The opening's costs stay with the part that is closed last, so that they are told once and whole.
    told = costs + (one.costs if is_last else 0)
    fields = _opened(one) | {
        "ticket": one.deal.order if is_last else f"{one.deal.order}/{deal.ticket}",
        "volume": f"{closed:f}",
        "exit_at": deal.at,
        "exit_price": deal.price,
        "commission": f"{told:f}",
        "swap": deal.swap,
        "gross_profit": deal.profit,
        "status": "closed",
    }
    if is_last:
        del held[deal.symbol]
    else:
        one.volume -= closed
    if volume > closed:
        held[deal.symbol] = _Held(deal, volume - closed, price, Decimal(0))
    yield Entry("trades", fields, deal.place)


def _opened(one: _Held) -> dict[str, str]:
    return {
        "ticket": one.deal.order,
        "setup_id": one.deal.order,
        "entry_at": one.deal.at,
        "side": one.deal.side,
        "symbol": one.deal.symbol,
        "volume": f"{one.volume:f}",
        "entry_price": f"{one.price:.10f}",
        "commission": f"{one.costs:f}",
    }


def _number(text: str) -> Decimal:
    return decimal_of(text) or Decimal(0)


def _unclear(deal: Deal, why: str) -> Unfit:
    return Unfit(UNCLEAR_DEAL, f"{why}: deal {deal.ticket} of {deal.symbol}.", deal.ticket)
