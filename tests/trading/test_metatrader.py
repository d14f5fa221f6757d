"""Statements of MetaTrader: by structure, in any language, whole or cut off, of versions 4 and 5."""

import codecs
import gzip

import pytest

from stratum_pipelines.trading.entries import reasons
from stratum_pipelines.trading.ledger import Recorded
from tests.trading.imports import Desk
from warehouse.tables import EquityPoints

HEAD = "<html><body><table><tr><td colspan=2><b>Konto: 1</b></td><td><b>Währung: EUR</b></td></tr>"
TITLES = "<tr><td>Ticket</td><td>Zeit</td><td>Typ</td><td>Größe</td></tr>"
END = "</table></body></html>"


def row(*cells: str, title: str = "") -> str:
    """A row of a page; the title stands on its first cell, as MetaTrader notes what ended a trade."""
    noted = f' title="{title}"' if title else ""
    return "<tr>" + f"<td{noted}>" + "</td><td>".join(cells) + "</td></tr>\n"


def four(ticket: str = "11", kind: str = "buy", gross: str = "50.00", title: str = "") -> str:
    """A closed trade of version 4: up 50 pips."""
    at = ("2018.05.14 20:45:48", "2018.05.14 21:45:48")
    prices = ("1.10000", "1.09000", "0.00000")
    return row(
        ticket, at[0], kind, "0.10", "eurusd", *prices, at[1], "1.10500", "-0.70", "0.00", "0.35", gross, title=title
    )


def page(*rows: str) -> str:
    return HEAD + TITLES + "".join(rows) + END


def test_a_trade_is_read_with_its_costs_in_the_currency_of_the_account(desk: Desk) -> None:
    assert desk.bring(page(four(title="[tp]")), "s.htm", currency="").kind == "metatrader_html"
    (trade,) = desk.trades()
    # 50.00 - 0.70 + 0.35
    assert (trade["profit"], trade["fees"], trade["currency"], trade["pips"]) == (4965, 35, "EUR", 50.0)
    assert (trade["symbol"], trade["exit_reason"], trade["take_profit"]) == ("EURUSD", "take_profit", None)


def test_another_currency_than_the_page_says_is_refused(desk: Desk) -> None:
    assert desk.bring(page(four()), "s.htm", currency="USD").refused == {reasons.UNKNOWN_CURRENCY: 1}


def test_words_of_another_language_are_told_by_price_and_profit(desk: Desk) -> None:
    text = page(four("1", "compra"), four("2", "venta", gross="-50.00"), four("3", "?", gross="0.00"))
    done = desk.bring(text, "s.htm", currency="")
    assert sorted(trade["direction"] for trade in desk.trades()) == ["buy", "sell"]
    assert done.refused == {reasons.UNKNOWN_DIRECTION: 1}


def test_a_cancelled_order_and_an_open_trade_have_no_profit(desk: Desk) -> None:
    at = "2018.05.17 17:24:19"
    cancelled = row(
        "21", at, "sell limit", "0.10", "eurjpy", "135.580", "0", "0", "2018.05.17 17:24:40", "130.623", "cancelled"
    )
    held = row(
        "22", at, "sell", "0.20", "eurcad", "1.50506", "0", "0", "&nbsp;", "1.50592", "0.00", "0.00", "0.00", "-13.37"
    )
    waits = row("23", at, "buy stop", "0.20", "eurcad", "1.6", "0", "0", "1.50592", "")
    done = desk.bring(page(cancelled, held, waits), "s.htm", currency="")
    found = {trade["status"]: (trade["direction"], trade["profit"], trade["exit_price"]) for trade in desk.trades()}
    assert found == {"cancelled": ("sell", None, None), "open": ("sell", None, None)}
    assert done.refused == {reasons.PENDING_ORDER: 1}


def test_a_total_that_is_not_what_was_read_is_said(desk: Desk) -> None:
    def remarks(total: str) -> list[str]:
        totals = row("&nbsp;", "-1.40", "0.00", "0.70", total)
        done = desk.bring(page(four("1"), four("2"), totals), "s.htm", currency="")
        return [remark for remark in done.remarks if "total" in remark]

    assert remarks("100.00") == []
    assert remarks("1 100.00") == ["The statement's own total of profits is 1 100.00; the 2 rows read come to 100.00."]


def test_an_amount_that_is_none_costs_its_row_alone_also_where_there_is_a_total(desk: Desk) -> None:
    totals = row("&nbsp;", "0.00", "0.00", "0.00", "50.00")
    done = desk.bring(page(four("1"), four("2", gross="5 0 0"), totals), "s.htm", currency="")
    assert (done.rows["trades"].n_new, done.refused) == (1, {reasons.BAD_NUMBER: 1})


def test_deposits_and_withdrawals_become_equity_points_and_credit_does_not(desk: Desk) -> None:
    rows = [
        "<tr><td>31</td><td>2018.05.14 08:00:00</td><td>balance</td><td colspan=10>Deposit</td><td>1 000.00</td></tr>",
        row("32", "2018.05.15 08:00:00", "balance", "Withdrawal", "-250.00"),
        row("33", "2018.05.15 09:00:00", "credit", "Bonus", "50.00"),
    ]
    done = desk.bring(page(*rows), "s.htm", currency="")
    points = desk.lake.scan(EquityPoints).collect().sort("noted_at")
    assert points.select("kind", "amount").rows() == [("deposit", 100000), ("withdrawal", -25000)]
    assert done.refused == {reasons.UNKNOWN_ROW: 1}


def test_a_page_that_breaks_off_gives_what_is_whole_and_says_so(desk: Desk) -> None:
    whole = page(four("1"), four("2"))
    done = desk.bring(whole[: whole.index("1.10500", whole.index("<td>2</td>"))], "s.htm", currency="")
    assert done.rows["trades"] == Recorded(1, 0, 0)
    assert done.refused == {reasons.TRUNCATED_FILE: 1} and desk.refused()[0][1].startswith("2 | 2018.05.14 20:45:48")


def test_a_row_in_an_unknown_order_is_in_quarantine_with_its_line(desk: Desk) -> None:
    text = HEAD + "\n" + row("1", "2018.05.14 20:45:48", "a", "b", "c", "d", "e") + END
    done = desk.bring(text, "s.htm", currency="")
    assert (done.refused, done.first_refusals[0].place) == ({reasons.UNKNOWN_ROW: 1}, "2")


OPENED, CLOSED = "2020.07.10 12:00:00", "2020.07.10 13:00:00"
HIDDEN = '<td class="hidden" colspan="8"></td>'


def position(ticket: str = "501") -> str:
    """A position of version 5, with the hidden cell its reports have: sold, down 20 points."""
    cells = ["0.10", "1.13000", "", "", CLOSED, "1.12800", "-0.50", "0.00"]
    first = "".join(f"<td>{cell}</td>" for cell in (OPENED, ticket, "EURUSD", "sell"))
    return f'<tr>{first}{HIDDEN}{"".join(f"<td>{cell}</td>" for cell in cells)}<td colspan="2">20.00</td></tr>\n'


def deal(*cells: str) -> str:
    return row(*cells)


DEALS = [
    deal(
        "2020.07.09 08:00:00", "1", "", "balance", "", "", "", "", "0.00", "0.00", "0.00", "10 000.00", "10 000.00", ""
    ),
    deal(
        OPENED, "2", "EURUSD", "sell", "in", "0.10", "1.13000", "501", "-0.25", "0.00", "0.00", "0.00", "9 999.75", ""
    ),
    deal(
        CLOSED, "3", "EURUSD", "buy", "out", "0.10", "1.12800", "502", "-0.25", "0.00", "0.00", "20.00", "10 019.50", ""
    ),
]
ORDERS = [
    row(OPENED, "501", "EURUSD", "sell", "0.10 / 0.10", "market", "", "", OPENED, "filled", ""),
    row(OPENED, "601", "EURUSD", "buy limit", "0.10 / 0.00", "1.10000", "", "", CLOSED, "canceled", ""),
]
FIVE = "<html><body><table><tr><td>12345 (USD, Broker-Demo, demo, Netting)</td></tr>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_report_of_version_five_is_read_with_its_orders_and_transfers(desk: Desk, encoding: str) -> None:
    text = (FIVE + position() + "".join(ORDERS) + "".join(DEALS) + END).encode(encoding)
    assert desk.bring(gzip.compress(text), "r.html.gz", currency="").rows["trades"] == Recorded(2, 0, 0)
    found = {trade["status"]: (trade["profit"], trade["fees"], trade["pips"]) for trade in desk.trades()}
    assert found == {"closed": (1950, 50, 20.0), "cancelled": (None, 0, None)}
    (point,) = desk.lake.scan(EquityPoints).collect().to_dicts()
    assert (point["kind"], point["amount"], point["balance"]) == ("deposit", 1_000_000, 1_000_000)
    assert desk.refused() == []


def test_positions_put_together_from_fills_are_those_of_the_list_of_positions(desk: Desk) -> None:
    desk.bring(FIVE + position() + END, "positions.html", currency="")
    assert desk.bring(FIVE + "".join(DEALS) + END, "deals.html", currency="").rows["trades"] == Recorded(0, 0, 1)


def test_fills_close_in_parts_and_turn_a_position_round(desk: Desk) -> None:
    def fill(ticket: str, side: str, way: str, volume: str, price: str, profit: str) -> str:
        at = f"2020.07.10 12:00:{int(ticket):02}"
        return deal(at, ticket, "EURUSD", side, way, volume, price, f"5{ticket}", "-0.10", "0", "0", profit, "0", "")

    fills = [
        fill("1", "buy", "in", "1.00", "1.10000", "0"),
        fill("2", "buy", "in", "1.00", "1.20000", "0"),  # 2 lots at 1.15 on average
        fill("3", "sell", "out", "0.50", "1.16000", "500.00"),
        fill("4", "sell", "in/out", "2.00", "1.14000", "-1500.00"),  # closes 1.5 and sells 0.5
    ]
    done = desk.bring(FIVE + "".join(fills) + END, "deals.html", currency="")
    found = {(t["volume"], t["direction"], t["entry_price"], t["status"], t["profit"]) for t in desk.trades()}
    # Opening costs of 0.20 stay with the last part: -0.10 and -0.10 - 0.20.
    assert found == {
        (0.5, "buy", 1.15, "closed", 49990),
        (1.5, "buy", 1.15, "closed", -150030),
        (0.5, "sell", 1.14, "open", None),
    }
    assert not done.refused


def test_fills_that_fit_no_position_are_refused(desk: Desk) -> None:
    stray = DEALS[2]
    against = deal(CLOSED, "9", "EURUSD", "buy", "in", "0.10", "1.12800", "509", "0", "0", "0", "0", "0", "")
    done = desk.bring(FIVE + stray + DEALS[1] + against + END, "deals.html", currency="")
    assert done.refused == {reasons.UNCLEAR_DEAL: 2}
    assert [trade["status"] for trade in desk.trades()] == ["open"]


def test_a_csv_of_version_five_in_utf_16_is_read_by_its_rows(desk: Desk) -> None:
    cells = (OPENED, "501", "EURUSD", "sell", "0.10", "1.13000", "", "", CLOSED, "1.12800", "-0.50", "0.00", "20.00")
    names = (
        "Time",
        "Position",
        "Symbol",
        "Type",
        "Volume",
        "Price",
        "S / L",
        "T / P",
        "Time",
        "Price",
        "Commission",
        "Swap",
        "Profit",
    )
    text = "Positions\r\n" + "\t".join(names) + "\r\n" + "\t".join(cells) + "\r\n12 odd\r\n"
    data = codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    done = desk.bring(data, "positions.csv")
    assert (done.kind, done.rows["trades"], done.refused) == ("metatrader_csv", Recorded(1, 0, 0), {reasons.BAD_ROW: 1})
    assert desk.trades()[0]["profit"] == 1950
