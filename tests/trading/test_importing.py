"""Importing: each trade once, from whatever file; what cannot be used in quarantine, once; nothing lost."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.trading import spool
from stratum_pipelines.trading.entries import reasons
from stratum_pipelines.trading.importers import find_importers
from stratum_pipelines.trading.ledger import Recorded
from tests.trading.imports import HEADER, LINE, NOW, Desk, changed, csv_of
from tests.warehouse.frames import sample
from warehouse.tables import EquityPoints, Quarantine, Signals, Trades

STATEMENT = "mt4_statements/statement_a.htm.gz"
CLOSED = "mt4_statements/statement_a_closed_trades.csv.gz"


def closed(desk: Desk) -> pl.DataFrame:
    """The closed trades."""
    return desk.table().filter(pl.col("status") == "closed")


@pytest.mark.parametrize("name", [STATEMENT, CLOSED])
def test_the_recorded_statement_comes_to_its_own_totals_from_either_file(desk: Desk, recorded: Path, name: str) -> None:
    desk.bring(recorded / name)
    rows = closed(desk)
    # The page says: 23 trades, profits 88.37, swaps 0.35, closed P/L 88.72.
    assert rows.height == 23
    assert (rows["profit"] + rows["fees"]).sum() == 8837
    assert -rows["fees"].sum() == 35
    assert rows["profit"].sum() == 8872
    assert desk.refused() == []


def test_the_same_account_from_its_page_and_from_its_csv_is_the_same_trades(desk: Desk, recorded: Path) -> None:
    # The page has two cancelled orders and one open trade besides.
    assert desk.bring(recorded / STATEMENT).rows["trades"] == Recorded(26, 0, 0)
    before = desk.table()
    assert desk.bring(recorded / CLOSED).rows["trades"] == Recorded(0, 0, 23)
    assert desk.table().equals(before)
    assert before["status"].value_counts().sort("status").rows() == [("cancelled", 2), ("closed", 23), ("open", 1)]


def test_the_csv_first_and_the_page_after_it_ends_the_same(desk: Desk, recorded: Path) -> None:
    desk.bring(recorded / CLOSED)
    assert desk.bring(recorded / STATEMENT).rows["trades"] == Recorded(3, 0, 23)


def test_imported_again_under_another_name_and_later_nothing_changes(desk: Desk) -> None:
    text = csv_of(LINE, changed(ticket="2", volume="-1"), changed(ticket="1"))
    first = desk.bring(text)
    assert (first.rows["trades"], first.refused.total()) == (Recorded(1, 0, 0), 2)
    before, refused = desk.table(), desk.table(Quarantine)
    again = desk.bring(text, "other.csv", as_of=NOW + dt.timedelta(days=3))
    assert again.rows["trades"] == Recorded(0, 0, 1) and again.refused == first.refused
    assert desk.table().equals(before) and desk.table(Quarantine).equals(refused)


def test_another_account_has_trades_of_its_own_under_the_same_tickets(desk: Desk) -> None:
    desk.bring(csv_of(LINE))
    assert desk.bring(csv_of(LINE), account="second").rows["trades"] == Recorded(1, 0, 0)


def test_what_a_later_file_corrects_is_changed_and_what_it_does_not_tell_is_kept(desk: Desk) -> None:
    desk.bring(csv_of(LINE), strategy="fader")
    short = "ticket,symbol,direction,entry_at,exit_at,profit"
    line = "1,EURUSD,buy,2026-05-04 10:00:00,2026-05-04 12:30:00,50.40"
    assert desk.bring(csv_of(line, header=short)).rows["trades"] == Recorded(0, 1, 0)
    (row,) = desk.trades()
    assert (row["profit"], row["strategy"], row["volume"], row["fees"]) == (5040, "fader", 0.1, -35)


def test_an_older_file_does_not_open_a_trade_again_that_is_known_to_have_ended(desk: Desk) -> None:
    desk.bring(csv_of(changed(exit_at="", exit_price="", gross_profit="")))
    assert desk.trades()[0]["status"] == "open"
    assert desk.bring(csv_of(LINE)).rows["trades"] == Recorded(0, 1, 0)
    older = csv_of(changed(exit_at="", exit_price="", gross_profit="", swap="0.10"))
    assert desk.bring(older).rows["trades"] == Recorded(0, 0, 1)
    assert (desk.trades()[0]["status"], desk.trades()[0]["profit"]) == ("closed", 5035)


def test_of_two_rows_with_one_ticket_the_first_counts_and_the_other_is_in_quarantine(desk: Desk) -> None:
    done = desk.bring(csv_of(LINE, changed(symbol="GBPUSD")))
    assert done.refused == {reasons.DUPLICATE_TRADE: 1}
    assert [row["symbol"] for row in desk.trades()] == ["EURUSD"]
    (refused,) = desk.table(Quarantine).to_dicts()
    assert refused["detail"].startswith("Line 3:") and refused["response_id"] == done.import_id


def test_rows_without_a_ticket_are_told_apart_by_what_they_say(desk: Desk) -> None:
    header, line = HEADER.replace("ticket,", ""), LINE.removeprefix("1,")
    text = csv_of(line, line.replace("10:00:00", "10:00:01"), header=header)
    assert desk.bring(text).rows["trades"] == Recorded(2, 0, 0)
    assert desk.bring(text, "again.csv").rows["trades"] == Recorded(0, 0, 2)


def test_a_dry_run_says_what_would_come_of_it_and_stores_nothing(desk: Desk) -> None:
    desk.bring(csv_of(LINE))
    text = csv_of(changed(gross_profit="51.00"), changed(ticket="2"), changed(ticket="3", volume="x"))
    done = desk.bring(text, dry_run=True)
    assert (done.rows["trades"], done.refused.total()) == (Recorded(1, 1, 0), 1)
    assert len(desk.trades()) == 1 and desk.refused() == []
    assert desk.bring(text).rows["trades"] == Recorded(1, 1, 0)


def test_a_trade_that_follows_a_signal_nobody_knows_is_refused(desk: Desk) -> None:
    known = sample(Signals, 1)
    desk.lake.append(Signals, known, batch="b")
    name = known["signal_id"][0]
    done = desk.bring(
        csv_of(
            f"{LINE},{name}", f"{changed(ticket='2')},nobody", f"{changed(ticket='3')},", header=f"{HEADER},signal_id"
        )
    )
    assert done.refused == {reasons.UNKNOWN_SIGNAL: 1}
    assert {row["signal_id"] for row in desk.trades()} == {name, ""}
    assert desk.refused() == [(reasons.UNKNOWN_SIGNAL, "nobody")]


def test_a_file_of_several_batches_and_spans_is_recorded_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(spool, "MOST_ROWS", 4)
    # Ten trades on five days, the days mixed; the ticket of the first comes again in another batch.
    lines = [
        changed(ticket=str(n), entry_at=f"2026-05-0{1 + n % 5} 10:00", exit_at=f"2026-05-0{1 + n % 5} 11:00")
        for n in (*range(10), 0)
    ]
    done = desk.bring(csv_of(*lines))
    assert done.rows["trades"] == Recorded(10, 0, 0) and done.refused == {reasons.DUPLICATE_TRADE: 1}
    assert desk.lake.row_counts(Trades) == {dt.date(2026, 5, day): 2 for day in range(1, 6)}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", reasons.EMPTY_FILE),
        (b"\n \n", reasons.EMPTY_FILE),
        (b"\x1f\x8b\x08\x00cut", reasons.BROKEN_ARCHIVE),
        (b"%PDF-1.7 of no interest", reasons.UNKNOWN_FILE),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", reasons.UNREADABLE_TEXT),
        (b"<!doctype html><html><body><p>Hello</p></body></html>", reasons.UNKNOWN_FILE),
        (b"name,colour\nrose,red\n", reasons.MISSING_COLUMN),
        (b"SQLite format 3\x00 and then something else", reasons.BROKEN_DATABASE),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_a_reason(desk: Desk, content: bytes, reason: str) -> None:
    done = desk.bring(content, "file")
    assert done.refused == {reason: 1} and desk.trades() == []
    assert [found for found, _ in desk.refused()] == [reason]


def test_every_importer_is_found_by_the_folder_and_asked_before_those_that_take_anything() -> None:
    assert list(find_importers()) == ["sqlite_store", "metatrader_html", "metatrader_csv", "bets", "json_lines", "csv"]


def test_a_balance_goes_to_equity_points(desk: Desk) -> None:
    text = "time,type,amount,balance\n2026-05-01 00:00,deposit,1000.00,1000.00\n2026-05-02 00:00,,-200,\n"
    assert desk.bring(text).rows["equity_points"] == Recorded(2, 0, 0)
    rows = desk.lake.scan(EquityPoints).collect().sort("noted_at")
    assert rows.select("kind", "amount", "balance").rows() == [
        ("deposit", 100000, 100000),
        ("withdrawal", -20000, None),
    ]
