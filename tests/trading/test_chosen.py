"""Which trades are meant, and what they were made with."""

import datetime as dt
from pathlib import Path

import pytest

from stratum_pipelines.trading.chosen import Bankroll, Choice, bankroll, chosen
from tests.trading.made import HOUR, NOON, bet, deposit, lake_of
from warehouse.lake import Lake

SECOND = dt.date(2025, 9, 2)


def held(lake: Lake, choice: Choice = Choice(), balance: int | None = None) -> Bankroll:  # noqa: B008  (frozen)
    return bankroll(lake, chosen(lake, choice).collect(), "USD", balance)


def numbers(lake: Lake, **asked: object) -> list[int]:
    return [int(one, 16) for one in chosen(lake, Choice(**asked)).collect()["trade_id"]]  # type: ignore[arg-type]


def test_every_text_chooses_and_several_together_choose_what_fits_all(tmp_path: Path) -> None:
    lake = lake_of(
        tmp_path,
        [bet(1, 5), bet(2, 5, strategy="STEAM"), bet(3, 5, strategy="STEAM", account="b"), bet(4, 5, source="manual")],
    )
    assert numbers(lake, strategy="STEAM") == [2, 3]
    assert numbers(lake, strategy="STEAM", account="b") == [3]
    assert numbers(lake, source="manual") == [4]
    assert numbers(lake, symbol="basketball_nba") == []
    assert numbers(lake) == [1, 2, 3, 4]


def test_days_are_those_of_the_zone(tmp_path: Path) -> None:
    # 02:30 UTC on the third of September is 22:30 on the second in New York.
    late = dt.datetime(2025, 9, 3, 2, 30, tzinfo=dt.UTC)
    lake = lake_of(tmp_path, [bet(1, 5, entry_at=late, exit_at=late + HOUR), bet(2, 5, day=1)])
    assert numbers(lake, first=SECOND, last=SECOND, zone="America/New_York") == [2, 1]
    assert numbers(lake, first=SECOND, last=SECOND) == [2]


def test_what_chooses_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone 'Mars/Base'"):
        Choice(zone="Mars/Base")
    with pytest.raises(ValueError, match="Give the earlier day first"):
        Choice(first=SECOND, last=dt.date(2025, 9, 1))


def test_a_choice_says_itself_in_words() -> None:
    assert str(Choice(strategy="MOVE", first=SECOND)) == "strategy MOVE, from 2025-09-02"
    assert str(Choice()) == "all trades"


def test_what_was_paid_in_and_earned_before_is_what_the_first_trade_began_with(tmp_path: Path) -> None:
    # 1,000.00 came in, 100.00 went out; STEAM won 50.00 before MOVE began on the third day.
    points = [deposit(1, 100_000), deposit(2, -10_000, kind="withdrawal", day=0)]
    lake = lake_of(tmp_path, [bet(1, 5_000, strategy="STEAM"), bet(2, 700, day=3)], points)
    found = held(lake, Choice(strategy="MOVE"))
    assert (found.balance, found.origin) == (95_000, "paid_in")


def test_a_balance_that_was_written_down_counts_with_what_moved_since(tmp_path: Path) -> None:
    points = [
        deposit(1, 100_000, day=-5),
        deposit(2, 0, kind="balance", balance=70_000, day=-2),
        deposit(3, 5_000, day=-1),
    ]
    # Won 9.00 after the balance was noted and before the trade that is asked for.
    lake = lake_of(tmp_path, [bet(1, 900, day=-1, strategy="STEAM"), bet(2, 100)], points)
    found = held(lake, Choice(strategy="MOVE"))
    assert (found.balance, found.origin) == (75_900, "stated")


def test_where_nothing_is_known_a_balance_is_assumed_and_it_says_so(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [bet(1, 5), bet(2, 5, account="b")], [deposit(1, 100_000)])
    assert (held(lake).balance, held(lake).origin) == (1_000_000, "assumed")  # 10,000.00; of b nothing is known
    assert held(lake, Choice(account="paper")).balance == 100_000
    assert held(lake, balance=77).origin == "given"


def test_what_comes_in_later_is_a_flow_and_after_the_last_exit_it_is_nothing(tmp_path: Path) -> None:
    points = [deposit(1, 100_000), deposit(2, 500, day=1), deposit(3, 900, day=9)]
    found = held(lake_of(tmp_path, [bet(1, 5), bet(2, 5, day=2)], points))
    assert found.flows.rows() == [(NOON + dt.timedelta(days=1), 500)]
