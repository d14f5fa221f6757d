"""`stratum freshness`: a row per book and market, for people and for machines."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.build import MINUTE, NFL, NOON, answer, book, game
from tests.pipelines.homes import open_home, run_live


@pytest.fixture
def polled(home: Path) -> None:
    """Two polls of three books; nobody has looked since."""
    answers = []
    for minute in (0, 10):
        at = NOON + minute * MINUTE
        books = [book(name, at - 30_000_000, spread=(-3.0, -110, -110)) for name in ("fanduel", "betmgm")]
        books.append(book("draftkings", at, h2h=(-150, 130)))
        answers.append(answer(at, [game(books)]))
    platform = open_home(home)
    run_live(platform, answers)
    platform.database.close()


def test_a_row_per_book_and_market_with_state_ages_and_what_is_expected(polled: None, invoke: Callable) -> None:
    shown = invoke("freshness")
    assert shown.exit_code == 0 and shown.stdout.startswith(f"{NFL}, as of ")
    (row,) = (line.split("│")[1:-1] for line in shown.stdout.splitlines() if "fanduel" in line)
    # Half a minute old at the first answer, which is all that is summed up; 15 minutes are expected where little is known.
    assert [cell.strip() for cell in row][:3] == ["fanduel", "spreads", "paused"]
    assert [cell.strip() for cell in row][4:9] == ["30s", "30s", "30s", "15m 0s", "30m 0s"]
    assert row[9].strip() == "not polled since 10-12 12:39:30"


def test_machines_get_the_same_rows(polled: None, invoke: Callable) -> None:
    found = json.loads(invoke("freshness", "--sport", NFL, "--json").stdout)
    named = [("betmgm", "spreads"), ("draftkings", "h2h"), ("fanduel", "spreads")]
    assert [(row["bookmaker"], row["market"]) for row in found] == named
    assert {row["age_p95_s"] for row in found} == {30.0, 0.0} and {row["limit_s"] for row in found} == {1800.0}
    assert {row["state"] for row in found} == {"paused"} and found[0]["since_at"] == "2025-10-12T12:39:30Z"
    assert json.loads(invoke("freshness", "--sport", "soccer_epl", "--json").stdout) == []


def test_where_nothing_was_sighted_it_says_what_to_do(polled: None, invoke: Callable) -> None:
    assert "No book has been sighted in soccer_epl. See: " in invoke("freshness", "--sport", "soccer_epl").stdout


def test_without_a_warehouse_it_is_refused(home: Path, invoke: Callable) -> None:
    said = invoke("freshness")
    assert said.exit_code == 1 and "There is no warehouse" in said.stderr
