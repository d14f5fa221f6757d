"""Rows of trades out of texts: exact money, times in their zone, and nothing that contradicts itself."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from stratum_pipelines.reference.currencies import load_currencies
from stratum_pipelines.reference.symbols import pip_size
from stratum_pipelines.trading.entries import reasons
from stratum_pipelines.trading.entries.moments import Clock
from stratum_pipelines.trading.entries.numbers import decimal_of, minor_units
from stratum_pipelines.trading.entries.reasons import Unfit
from tests.trading.imports import HEADER, LINE, Desk, changed, csv_of


def refusal(desk: Desk, line: str, header: str = HEADER, **wanted: str) -> str:
    """The one reason for which a line is refused."""
    desk.bring(csv_of(line, header=header), **wanted)
    assert desk.trades() == []
    ((reason, _),) = desk.refused()
    return reason


def test_a_position_is_read_to_the_last_column(desk: Desk) -> None:
    desk.bring(csv_of(LINE), strategy="fader", source="bot")
    (row,) = desk.trades()
    # 0.0050 are 50 pips; 2.5 hours; 50.00 and 0.35 of swap credited.
    assert (row["pips"], row["duration_hours"], row["profit"], row["fees"]) == (50.0, 2.5, 5035, -35)
    assert (row["symbol"], row["direction"], row["volume"], row["status"]) == ("EURUSD", "buy", 0.1, "closed")
    assert (row["strategy"], row["source"], row["trade_type"], row["import_line"]) == ("fader", "bot", "position", "2")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"volume": "-0.1"}, reasons.IMPOSSIBLE_NUMBER),
        ({"volume": "NaN"}, reasons.BAD_NUMBER),
        ({"entry_price": "inf"}, reasons.BAD_NUMBER),
        ({"entry_price": "0"}, reasons.IMPOSSIBLE_NUMBER),
        ({"gross_profit": "1e99"}, reasons.IMPOSSIBLE_NUMBER),
        ({"gross_profit": "50.001"}, reasons.AMOUNT_DOES_NOT_FIT),
        ({"gross_profit": "$50"}, reasons.BAD_NUMBER),
        ({"gross_profit": "-50.00"}, reasons.PROFIT_AGAINST_PRICE),
        ({"direction": "sell"}, reasons.PROFIT_AGAINST_PRICE),
        ({"direction": "hedge", "gross_profit": "0"}, reasons.UNKNOWN_DIRECTION),
        ({"exit_at": "2026-05-04 09:59:59"}, reasons.EXIT_BEFORE_ENTRY),
        ({"entry_at": ""}, reasons.MISSING_VALUE),
        ({"entry_at": "04/05/2026 10:00"}, reasons.BAD_MOMENT),
        ({"entry_at": "2026-13-04 10:00"}, reasons.BAD_MOMENT),
        ({"entry_at": "1969-12-31 10:00"}, reasons.IMPOSSIBLE_MOMENT),
        ({"exit_at": "2026-06-03 10:00"}, reasons.IMPOSSIBLE_MOMENT),
        ({"gross_profit": ""}, reasons.MISSING_VALUE),
        ({"symbol": " "}, reasons.MISSING_VALUE),
        ({"symbol": "x" * 201}, reasons.BAD_TEXT),
        ({"ticket": "a\x07b"}, reasons.BAD_TEXT),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(desk: Desk, values: dict[str, str], reason: str) -> None:
    assert refusal(desk, changed(**values)) == reason


@pytest.mark.parametrize(
    ("more", "value", "reason"),
    [
        ("status", "open", reasons.STATUS_DISAGREES),
        ("status", "sideways", reasons.UNKNOWN_WORD),
        ("exit_reason", "moon", reasons.UNKNOWN_WORD),
        ("currency", "ZZZ", reasons.UNKNOWN_CURRENCY),
        ("currency", "JPY", reasons.AMOUNT_DOES_NOT_FIT),
        ("side", "short", reasons.DIRECTIONS_DISAGREE),
        ("profit", "49.00", reasons.STATUS_DISAGREES),
    ],
)
def test_columns_that_contradict_each_other_are_refused(desk: Desk, more: str, value: str, reason: str) -> None:
    assert refusal(desk, f"{LINE},{value}", f"{HEADER},{more}") == reason


def test_a_profit_after_unknown_fees_may_fall_short_of_the_price_but_not_exceed_it(desk: Desk) -> None:
    header = HEADER.replace("gross_profit,swap", "profit")
    # Bought, up 50 pips, a small loss after fees: possible. Down 50 pips with a gain: not.
    desk.bring(csv_of(LINE.replace("50.00,0.35", "-0.20"), header=header))
    assert [row["profit"] for row in desk.trades()] == [-20]
    done = desk.bring(csv_of(changed(exit_price="1.0950").replace("50.00,0.35", "0.20"), header=header))
    assert done.refused == {reasons.PROFIT_AGAINST_PRICE: 1}


def test_money_keeps_to_the_decimals_of_its_currency() -> None:
    # Yen have none, dinars of Bahrain three.
    assert [load_currencies()[code] for code in ("USD", "JPY", "BHD", "CLF")] == [2, 0, 3, 4]
    assert minor_units(Decimal("1250"), 0, "JPY") == 1250
    assert minor_units(Decimal("-0.125"), 3, "BHD") == -125
    assert minor_units(Decimal("90071992547409.93"), 2, "USD") == 9007199254740993  # more than a float can tell apart
    with pytest.raises(Unfit, match="no decimals"):
        minor_units(Decimal("0.5"), 0, "JPY")


@pytest.mark.parametrize(
    ("text", "comma", "value"),
    [
        ("1 088.72", False, "1088.72"),
        ("1,088.72", False, "1088.72"),
        ("1\u00a0088.72", False, "1088.72"),
        ("\u22124.5", False, "-4.5"),
        ("1.088,72", True, "1088.72"),
        ("3,5", True, "3.5"),
        ("1.5e3", False, "1500"),
    ],
)
def test_numbers_are_read_as_they_are_written(text: str, comma: bool, value: str) -> None:
    assert decimal_of(text, comma=comma) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "comma"), [("3,5", False), ("1.5", True), ("12,34,567", False), ("0x10", False), ("١٢", False)]
)
def test_a_number_that_may_mean_two_things_is_none(text: str, comma: bool) -> None:
    with pytest.raises(Unfit):
        decimal_of(text, comma=comma)


def test_times_are_read_in_the_zone_of_the_file() -> None:
    clock = Clock(ZoneInfo("Europe/Athens"), 2_000_000_000_000_000)
    # 18:45:48 UTC is 20:45:48 in Athens in winter and 21:45:48 in summer.
    assert clock.read("2018.01.15 20:45:48") == clock.read("2018-01-15T18:45:48Z") == 1_516_041_948_000_000
    assert clock.read("2018.07.15 21:45:48") == clock.read("2018-07-15 18:45:48+00:00")
    assert clock.read("2018-07-15 20:45:48.25-0200") == clock.read("2018-07-15 22:45:48.25Z")
    assert clock.read("1516041948") == clock.read("1516041948000") == 1_516_041_948_000_000
    with pytest.raises(Unfit, match="skipped"):
        clock.read("2018-03-25 03:30:00")
    # 03:30 came twice on 28 October; the first was still summer time.
    assert clock.read("2018-10-28 03:30:00") == clock.read("2018-10-28 00:30:00Z")


def test_pips_are_those_of_the_symbol() -> None:
    sizes = {name: pip_size(name) for name in ("GBPUSD", "usdjpy", "XAUUSD", "EURUSD.m", "NAS100")}
    assert [str(size) for size in sizes.values()] == ["0.0001", "0.01", "0.1", "0.0001", "None"]


def test_zero_stands_for_no_stop_and_no_target(desk: Desk) -> None:
    desk.bring(csv_of(f"{LINE},0.00000,1.1050", header=f"{HEADER},stop_loss,take_profit"))
    (row,) = desk.trades()
    assert (row["stop_loss"], row["take_profit"], row["exit_reason"]) == (None, 1.105, "take_profit")


def test_a_cancelled_trade_has_no_profit_and_no_exit_price(desk: Desk) -> None:
    desk.bring(csv_of(f"{LINE},cancelled", header=f"{HEADER},status"))
    (row,) = desk.trades()
    assert (row["status"], row["profit"], row["exit_price"], row["pips"]) == ("cancelled", None, None, None)
