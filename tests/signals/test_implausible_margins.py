"""A book whose prices sum to what no market does is stored, counted, and not heard."""

import polars as pl
import pytest

from tests.build import MINUTE, NOON, answer, book, game, replay
from tests.signals.boards import GROUPS, found_by, poll

FIVE = GROUPS[:5]


def beside(odd: str, **quote: object) -> dict[str, pl.DataFrame]:
    """What becomes of five books at even prices and one that quotes otherwise."""
    books = [book(key, NOON, spread=(-3.5, -110, -110), h2h=(-110, -110)) for key in FIVE]
    return replay([answer(NOON, [game([*books, book(odd, NOON, **quote)])])])


@pytest.mark.parametrize(
    ("home", "away", "heard"),
    [
        (2000, 1500, 0),  # 1/21 + 1/16 = 0.110
        (110, 102, 1),  # 0.4762 + 0.4950 = 0.971
        (300, 300, 0),  # 0.5
        (-200, -150, 0),  # 0.6667 + 0.6 = 1.267: too much for a spread
        (-180, -140, 1),  # 0.6429 + 0.5833 = 1.226
        (104, 104, 1),  # 0.980
    ],
)
def test_a_spread_that_everybody_wins_or_loses_is_stored_and_not_heard(home: int, away: int, heard: int) -> None:
    rows = beside("betrivers", spread=(-3.5, home, away))
    consensus = rows["consensus"].filter(pl.col("market") == "spreads")
    assert set(consensus["n_books"]) == {5 + heard} and set(consensus["n_implausible"]) == {1 - heard}
    assert set(consensus["n_stale"]) == {0}
    if not heard:
        assert consensus["fair_prob"].to_list() == [0.5, 0.5]
        assert set(consensus["best_bookmaker"]) == {"betmgm"}
    # The quotes are stored as they came, and the book's other markets are heard.
    assert rows["odds_snapshots"].filter(pl.col("bookmaker") == "betrivers").height == 2
    assert rows["quarantine"].is_empty()


def test_an_exchange_may_stand_a_little_below_one_and_a_book_may_not() -> None:
    # 1/2.1 + 1/2.05 = 0.964.
    for key, heard in (("betfair_ex_uk", 1), ("betrivers", 0)):
        h2h = beside(key, h2h=(110, 105))["consensus"].filter(pl.col("market") == "h2h")
        assert set(h2h["n_books"]) == {5 + heard}


def test_a_quote_that_is_not_heard_is_no_entry_and_no_fresh_book_of_a_signal() -> None:
    before = {key: {"spread": (-3.5, -110, -110)} for key in GROUPS}
    after = {key: {"spread": (-4.5, -110, -110)} for key in GROUPS}
    after["fanduel"] = {"spread": (-4.5, 2000, 2000)}
    (move,) = found_by("MOVE", [poll(NOON, before), poll(NOON + 5 * MINUTE, after)])
    assert (move["entry_bookmaker"], round(move["entry_price_decimal"], 4)) == ("betmgm", 1.9091)
    assert "fanduel" not in move["meta"]["fresh_age_s"] and "betus" in move["meta"]["fresh_age_s"]


@pytest.mark.parametrize("market", [{"h2h": (300, 300)}, {"h2h": (900, 900)}, {"spread": (-3.5, 2000, 1500)}])
def test_a_slip_of_both_sides_is_no_dislocation(market: dict) -> None:
    usual = {"h2h": (-150, 130), "spread": (-3.5, -110, -110)}
    quotes = dict.fromkeys(GROUPS, usual)
    assert found_by("DISLOCATION", [poll(NOON, {**quotes, GROUPS[0]: {**usual, **market}})]) == []


def test_a_price_worth_far_more_than_it_asks_for_is_no_dislocation() -> None:
    # The others: 0.6 / 1.0348 = 0.5798. One at 2.56 and 1.55: 0.3906 + 0.6452 = 1.0358, fair 0.3771: gap 0.203, edge 0.189.
    quotes = {key: {"h2h": (-150, 130)} for key in GROUPS}
    quotes[GROUPS[0]] = {"h2h": (156, -182)}
    assert found_by("DISLOCATION", [poll(NOON, quotes)]) == []
    (row,) = found_by("DISLOCATION", [poll(NOON, quotes)], max_edge=0.25)
    assert row["meta"]["edge_prob"] == pytest.approx(0.189, abs=5e-4)
