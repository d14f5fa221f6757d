"""Bets out of slips: odds in both notations, money that has to agree with the result."""

import pytest

from stratum_pipelines.trading.entries import reasons
from tests.trading.imports import Desk, csv_of

HEADER = "bet_id,placed_at,commence_at,event,market,outcome,point,odds,stake,result,profit"


def slip(odds: str = "2.10", stake: str = "10.00", result: str = "win", profit: str = "", bet: str = "b1") -> str:
    return f"{bet},2026-05-04 10:00,2026-05-04 19:00,A at B,spreads,A,-3.5,{odds},{stake},{result},{profit}"


@pytest.mark.parametrize(
    ("odds", "result", "end", "profit"),
    [
        ("2.10", "win", "win", 1100),  # 10.00 at 2.10 earns 11.00
        ("+150", "won", "win", 1500),
        ("-110", "W", "win", 909),  # 10 / 1.1 = 9.0909
        ("150", "win", "win", 1500),
        ("2.10", "loss", "loss", -1000),
        ("2.10", "push", "push", 0),
        ("2.10", "half-won", "half_win", 550),
        ("2.10", "Half Lost", "half_loss", -500),
        ("2.10", "void", "void", 0),
    ],
)
def test_what_a_bet_comes_to_follows_from_stake_odds_and_result(
    desk: Desk, odds: str, result: str, end: str, profit: int
) -> None:
    assert desk.bring(csv_of(slip(odds, result=result), header=HEADER)).kind == "bets"
    (row,) = desk.trades()
    assert (row["exit_reason"], row["profit"], row["stake"]) == (end, profit, 1000)
    assert row["status"] == ("void" if end == "void" else "closed")
    assert (row["trade_type"], row["direction"], row["event_id"], row["point"]) == ("bet", "back", "A at B", -3.5)
    assert row["exit_at"] == row["commence_at"] and row["duration_hours"] == 9.0


def test_a_profit_that_is_told_is_kept_when_rounding_of_odds_explains_it(desk: Desk) -> None:
    # 110.00 at -110, shown as 1.91: 100.00 were paid, 1.91 comes to 100.10.
    desk.bring(csv_of(slip("1.91", "110.00", "win", "100.00"), header=HEADER))
    assert desk.trades()[0]["profit"] == 10000


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (slip(profit="12.00"), reasons.PROFIT_AGAINST_RESULT),
        (slip(result="loss", profit="11.00"), reasons.PROFIT_AGAINST_RESULT),
        (slip("-50"), reasons.IMPOSSIBLE_NUMBER),
        (slip("1.00"), reasons.IMPOSSIBLE_NUMBER),
        (slip(stake="0"), reasons.IMPOSSIBLE_NUMBER),
        (slip(stake=""), reasons.MISSING_VALUE),
        (slip(result="maybe"), reasons.UNKNOWN_WORD),
        (slip(result="dead heat"), reasons.MISSING_VALUE),
        (slip(result="pending", profit="11.00"), reasons.STATUS_DISAGREES),
    ],
)
def test_a_slip_that_contradicts_itself_is_refused(desk: Desk, line: str, reason: str) -> None:
    assert desk.bring(csv_of(line, header=HEADER)).refused == {reason: 1}
    assert desk.trades() == []


def test_a_bet_that_waits_is_open_and_settles_later(desk: Desk) -> None:
    desk.bring(csv_of(slip(result="pending"), header=HEADER))
    (row,) = desk.trades()
    assert (row["status"], row["profit"], row["exit_at"], row["exit_reason"]) == ("open", None, None, None)
    done = desk.bring(csv_of(slip(), header=HEADER))
    assert (done.rows["trades"].n_changed, desk.trades()[0]["profit"]) == (1, 1100)


def test_a_lay_bet_risks_its_liability(desk: Desk) -> None:
    # Laying 10.00 at 3.00 risks 20.00 and earns 10.00 when the outcome loses.
    header = f"{HEADER},side"
    desk.bring(csv_of(f"{slip('3.00')},lay", f"{slip('3.00', result='loss', bet='b2')},lay", header=header))
    found = {(row["direction"], row["stake"], row["profit"]) for row in desk.trades()}
    assert found == {("lay", 2000, 1000), ("lay", 2000, -2000)}


def test_a_payout_holds_the_stake_and_tells_the_result(desk: Desk) -> None:
    header = "bet_id,placed_at,settled_at,selection,odds,stake,payout"
    lines = [
        "b1,2026-05-04 10:00,2026-05-04 22:00,A,2.10,10.00,21.00",
        "b2,2026-05-04 10:01,2026-05-04 22:00,A,2.10,10.00,0",
    ]
    desk.bring(csv_of(*lines, header=header))
    # Without a word on the result, what was paid out says it; 0 may also mean that nothing has been settled yet.
    found = [(row["status"], row["exit_reason"], row["profit"]) for row in desk.trades()]
    assert found == [("closed", "win", 1100), ("open", None, None)]


def test_slips_may_be_json_lines(desk: Desk) -> None:
    text = (
        '{"bet_id": 7, "placed_at": "2026-05-04T10:00:00Z", "commence_at": "2026-05-04T19:00:00Z", "selection": "A", '
        '"odds": 2.1, "stake": 10.00, "result": "win"}\n'
    )
    assert desk.bring(text, "slips.jsonl").kind == "bets"
    assert desk.trades()[0]["profit"] == 1100
