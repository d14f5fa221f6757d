"""CSV, JSON lines and SQLite stores: names that are known, maps, encodings, and what is refused line by line."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from stratum_pipelines.trading.entries import reasons
from stratum_pipelines.trading.importers.column_map import ImportRefused, read_column_map, zone_of
from stratum_pipelines.trading.ledger import Recorded
from tests.trading.imports import HEADER, LINE, Desk, changed, csv_of
from warehouse.tables import EquityPoints, ValidationLogs

MAP = """
time_zone = "Europe/Berlin"
date_formats = ["%d.%m.%Y %H:%M"]
decimal_comma = true
delimiter = ";"
currency = "EUR"
ignore = ["Notiz"]

[columns]
ticket = "Nummer"
direction = "Seite"
volume = "Menge"
entry_price = "Kauf"
exit_price = "Verkauf"
entry_at = "Beginn"
exit_at = "Ende"
profit = "Ergebnis"

[constants]
symbol = "DAX"
"""
GERMAN = (
    "Nummer;Seite;Menge;Kauf;Verkauf;Beginn;Ende;Ergebnis;Notiz\n"
    '5;long;1,5;12.345,50;12.400,00;04.05.2026 10:00;04.05.2026 11:30;1.081,75;"erst; dann ""so"""\n'
)


def mapped(desk: Desk, text: str) -> Path:
    return desk.file("map.toml", text)


def test_a_column_map_says_columns_constants_zone_formats_and_commas(desk: Desk) -> None:
    chosen = read_column_map(mapped(desk, MAP))
    assert desk.bring(GERMAN, currency="", zone=None, column_map=chosen).kind == "csv"
    (row,) = desk.trades()
    assert (row["symbol"], row["entry_price"], row["volume"]) == ("DAX", 12345.5, 1.5)
    assert (row["profit"], row["currency"], row["pips"]) == (108175, "EUR", None)
    assert f"{row['entry_at']:%H:%M}" == "08:00"  # Berlin is two hours ahead in May
    assert desk.refused() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[columns", "no TOML"),
        ("colums = 1", "'colums'"),
        ('table = "odds"\n[columns]\nticket = "a"', "'odds'"),
        ('[columns]\nprise = "a"', "no field 'prise'"),
        ('[columns]\nticket = "a"\n[constants]\nticket = "1"', "both a column and a constant"),
        ("[constants]\n", "no [columns]"),
        ('currency = "usd"\n[columns]\nticket = "a"', "'usd'"),
        ('time_zone = "Mars"\n[columns]\nticket = "a"', "'Mars'"),
        ('decimal_comma = 1\n[columns]\nticket = "a"', "decimal_comma"),
        ('delimiter = "ab"\n[columns]\nticket = "a"', "delimiter"),
        ("[columns]\nticket = 1", "is a text"),
        ('ignore = "a"\n[columns]\nticket = "a"', "list of texts"),
    ],
)
def test_a_column_map_that_cannot_be_used_says_why(desk: Desk, text: str, message: str) -> None:
    with pytest.raises(ImportRefused) as error:
        read_column_map(mapped(desk, text))
    assert message in str(error.value)


def test_a_zone_that_there_is_not_is_refused() -> None:
    for name in ("Mars", "", "../../etc/passwd"):
        with pytest.raises(ImportRefused, match="no time zone"):
            zone_of(name)


def test_a_column_the_map_names_and_the_file_lacks_is_refused(desk: Desk) -> None:
    done = desk.bring("a;b\n1;2\n", column_map=read_column_map(mapped(desk, MAP)))
    assert done.is_refused and done.refused == {reasons.MISSING_COLUMN: 1}


def test_usual_names_are_known_and_said_and_others_refused_once(desk: Desk) -> None:
    header = "Deal ID,Instrument,Type,Lots,Open Price,Close Price,Open Time,Close Time,P/L,Mood"
    line = "1,EURUSD,Buy,0.10,1.1000,1.1050,2026-05-04 10:00:00,2026-05-04 12:30:00,50.00,good"
    done = desk.bring(csv_of(line, line.replace("1,", "2,", 1), header=header))
    assert done.rows["trades"] == Recorded(2, 0, 0)
    assert any("entry_at = 'Open Time'" in remark for remark in done.remarks)
    assert done.refused == {reasons.UNKNOWN_COLUMN: 1} and done.first_refusals[0].value == "Mood"


def test_decimal_commas_are_seen_where_semicolons_part_the_columns(desk: Desk) -> None:
    done = desk.bring(csv_of(LINE, header=HEADER).replace(",", ";").replace(".", ","))
    assert done.rows["trades"] == Recorded(1, 0, 0) and any("decimal comma" in remark for remark in done.remarks)
    assert desk.trades()[0]["entry_price"] == 1.1


@pytest.mark.parametrize(
    ("encoding", "said"), [("cp1252", True), ("utf-8-sig", False), ("utf-16", False), ("utf-16-le", False)]
)
def test_other_encodings_are_read_and_the_guessed_one_is_said(desk: Desk, encoding: str, said: bool) -> None:
    text = csv_of(f"{LINE},Jürgen", header=f"{HEADER},strategy")
    done = desk.bring(text.encode(encoding))
    assert [row["strategy"] for row in desk.trades()] == ["Jürgen"]
    assert any("Windows-1252" in remark for remark in done.remarks) == said


def test_lines_that_cannot_be_split_are_refused_and_the_others_read(desk: Desk) -> None:
    torn = '3,"EURUSD,buy'
    done = desk.bring(csv_of(LINE, "2,too,short", torn, changed(ticket="4"), '"5"x,1', changed(ticket="6")))
    assert done.rows["trades"] == Recorded(3, 0, 0)
    assert done.refused == {reasons.BAD_ROW: 3}
    assert [refusal.place for refusal in done.first_refusals] == ["3", "4", "6"]


def test_a_quoted_text_may_run_over_lines(desk: Desk) -> None:
    done = desk.bring(csv_of(f'{LINE},"one\ntwo"', f"{changed(ticket='2')},x", header=f"{HEADER},message"))
    assert done.rows["trades"] == Recorded(2, 0, 0)
    assert [row["import_line"] for row in desk.trades()] in (["2", "4"], ["4", "2"])


def test_json_lines_go_by_keys_or_by_a_table_of_their_own(desk: Desk) -> None:
    text = (
        '{"trade_id": 1, "symbol": "EURUSD", "direction": "BUY", "volume": 0.1, "entry_price": 1.1, "exit_price": 1.105,'
        ' "entry_time": "2026-05-04T10:00:00Z", "exit_time": "2026-05-04T12:30:00Z", "profit": 50.10, "mood": null}\n'
        "not json\n\n"
        '{"table": "equity_points", "time": "2026-05-04T10:00:00Z", "balance": 100.10}\n'
        '{"table": "validation_logs", "time": "2026-05-04T09:59:00Z", "check": "spread", "passed": true, "trade_id": 1}\n'
        '{"table": "nothing"}\n[1]\n{"profit": NaN, "entry_time": "2026-05-04", "symbol": "X", "direction": "buy"}\n'
    )
    done = desk.bring(text, "x.jsonl")
    assert (done.kind, {name: one.n_new for name, one in done.rows.items()}) == (
        "json_lines",
        {"trades": 1, "equity_points": 1, "validation_logs": 1},
    )
    assert done.refused == {
        reasons.UNKNOWN_COLUMN: 1,
        reasons.BAD_ROW: 2,
        reasons.UNKNOWN_TABLE: 1,
        reasons.BAD_NUMBER: 1,
    }
    (check,) = desk.table(ValidationLogs).to_dicts()
    assert (check["is_passed"], check["trade_id"]) == (True, desk.trades()[0]["trade_id"])


def store(path: Path) -> sqlite3.Connection:
    """An older store with one trade, one balance and one check, and a trade that cannot be."""
    con = sqlite3.connect(path)
    con.execute(
        "create table trades (trade_id text, setup_id text, symbol text, timeframe text, trade_type text, entry_price real, "
        "exit_price real, tp real, sl real, volume real, entry_time text, exit_time text, duration_hours real, profit real, "
        "pips real, risk_reward_ratio real, percent_equity_return real, exit_reason text, status text)"
    )
    good = ("t1", "s1", "XAUUSD", "h1", "BUY", 1900.0, 1912.5, 1912.5, 1890.0, 0.1, "2023-05-01 10:00:00")
    rest = ("2023-05-01 14:00:00", 4.0, 0.1 + 0.2, 125.0, 1.25, 1.5, "TP Hit", "closed")
    con.execute(f"insert into trades values ({','.join('?' * 19)})", good + rest)
    con.execute(f"insert into trades values ({','.join('?' * 19)})", ("t2", *good[1:4], "HOLD", *good[5:], *rest))
    con.execute("create table equity (timestamp text, balance real, equity real)")
    con.execute("insert into equity values ('2023-05-01 14:00:00', 1000.3, 1000.3)")
    con.execute(
        "create table validation_logs (timestamp text, setup_id text, check_name text, passed integer, reason text)"
    )
    con.execute("insert into validation_logs values ('2023-05-01 09:59:00', 's1', 'spread', 0, 'too wide')")
    con.commit()
    return con


def test_a_store_is_read_table_by_table_and_never_written(desk: Desk) -> None:
    path = desk.folder / "old.db"
    store(path).close()
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(desk.folder.iterdir()))
    done = desk.bring(path)
    assert (done.kind, {name: one.n_new for name, one in done.rows.items()}) == (
        "sqlite_store",
        {"trades": 1, "equity_points": 1, "validation_logs": 1},
    )
    assert done.refused == {reasons.UNKNOWN_WORD: 1} and done.first_refusals[0].place == "trades 2"
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before[:2]
    assert [file for file in sorted(desk.folder.iterdir()) if file.name != "lake"] == before[2]
    (row,) = desk.trades()
    # 0.1 + 0.2 is 0.30000000000000004 in binary, and 0.30 on the account. Gold: 12.50 are 125 pips of 0.10.
    assert (row["profit"], row["pips"], row["timeframe"], row["exit_reason"]) == (30, 125.0, "H1", "take_profit")
    assert desk.table(EquityPoints)["balance"].to_list() == [100030]
    assert desk.table(ValidationLogs)["is_passed"].to_list() == [False]


def test_a_store_in_use_is_read_with_what_is_not_yet_in_its_file(desk: Desk) -> None:
    path = desk.folder / "live.db"
    with closing(store(path)) as con:
        con.execute("pragma journal_mode = wal")
        con.execute("delete from trades where trade_id = 't2'")
        con.commit()
        assert not desk.bring(path).refused


def test_a_store_without_any_of_the_tables_is_refused(desk: Desk) -> None:
    path = desk.folder / "other.db"
    with closing(sqlite3.connect(path)) as con:
        con.execute("create table songs (name text)")
    done = desk.bring(path)
    assert done.is_refused and done.refused == {reasons.UNKNOWN_FILE: 1}
