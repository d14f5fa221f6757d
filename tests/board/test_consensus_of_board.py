"""The consensus as the board writes it: ages, sharp books, and margins removed by the method chosen for each book."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from stratum_pipelines.board.advance import Rules, advance, blank_board
from stratum_pipelines.board.state import Board
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.quant.devig import fair_probabilities
from stratum_pipelines.reference import MethodChoice, MethodChoices
from tests.build import EPL, MINUTE, NFL, NOON, answer, book, game, rules, wandering

SECOND = 1_000_000
# Another choice than the one that ships: by book, by market, and a method that cannot price everything.
OTHERS = MethodChoices(
    version=2,
    default="power",
    least_t=3.0,
    source="test",
    n_files=1,
    n_matches=100,
    sha256="ab",
    choices=tuple(
        MethodChoice(sport, market, key, method, 100, 1.05, method, -0.1, -4.0)
        for sport in ("american football", "soccer")
        for market, key, method in (
            ("h2h", "draftkings", "shin"),
            ("h2h", "", "odds_ratio"),
            ("spreads", "fanduel", "additive"),
        )
    ),
)


def rows_of(
    answers: list[Answer], known: Rules, *, sport: str = NFL, one_by_one: bool = False
) -> dict[str, pl.DataFrame]:
    """All rows by table; one by one, the board goes through its bytes in between, as it does live."""
    board, found = blank_board(sport, known), []
    for cut in [[one] for one in answers] if one_by_one else [answers]:
        found += advance(board, cut, known)
        board = Board.from_bytes(board.to_bytes())
    return {name: pl.concat([rows[name] for rows in found if name in rows]) for name in ("consensus", "signals")}


def consensus(books: list[dict[str, Any]], known: Rules | None = None, *, at: int = NOON, sport: str = NFL) -> dict:
    """The row of the home team in the market quoted."""
    rows = rows_of([answer(at, [game(books, sport=sport)], sport=sport)], known or rules(), sport=sport)["consensus"]
    return rows.filter(pl.col("side") == "home").row(0, named=True)


def test_ages_are_those_of_the_books_that_count() -> None:
    found = consensus(
        [
            book("draftkings", NOON - 10 * SECOND, h2h=(-120, 100)),
            book("fanduel", NOON - 40 * SECOND, h2h=(-120, 100)),
            book("betmgm", NOON - 70 * SECOND, h2h=(-120, 100)),
            book("bovada", NOON - 300 * MINUTE, h2h=(-120, 100)),
        ]
    )
    assert (found["n_books"], found["n_stale"]) == (3, 1)
    assert (found["age_median_s"], found["age_max_s"]) == (40.0, 70.0)


def test_a_sharp_book_is_heard_beside_the_others() -> None:
    others = [book(key, NOON, spread=(-3.0, -110, -110)) for key in ("draftkings", "fanduel", "betmgm")]
    found = consensus([*others, book("pinnacle", NOON, spread=(-3.5, -105, -105))])
    assert (found["point_median"], found["fair_point"], found["n_sharp"]) == (-3.0, -3.0, 1)
    # It weighs 4 against 3.
    assert found["sharp_point"] == -3.5 and found["sharp_fair_prob"] > found["fair_prob"] == 0.5
    alone = consensus(others)
    assert (alone["n_sharp"], alone["sharp_point"], alone["sharp_fair_prob"]) == (0, None, None)


def test_every_book_has_its_margin_removed_by_the_method_chosen_for_it() -> None:
    prices = (1.5, 7.0, 4.5)  # home, away, draw
    known = replace(rules(), methods=OTHERS)
    for key, method in (("draftkings", "shin"), ("fanduel", "odds_ratio")):
        american = tuple(round((p - 1) * 100) if p >= 2 else round(-100 / (p - 1)) for p in prices)
        found = consensus([book(key, NOON, h2h=american)], known, sport=EPL)
        expected = fair_probabilities([list(prices)], method).probabilities[0, 0]
        assert (found["devig_method"], found["fair_prob"]) == (method, pytest.approx(expected, abs=1e-12))
    both = [book("draftkings", NOON, h2h=(-120, 100)), book("fanduel", NOON, h2h=(-120, 100))]
    assert consensus(both, known)["devig_method"] == "odds_ratio+shin"
    assert consensus(both)["devig_method"] == "multiplicative"


@pytest.mark.parametrize("seed", range(2))
def test_with_any_choice_live_and_batch_give_the_same_rows(seed: int) -> None:
    known, answers = replace(rules(), methods=OTHERS), wandering(seed, 30)
    batch, live = rows_of(answers, known), rows_of(answers, known, one_by_one=True)
    assert set(batch["consensus"]["devig_method"]) >= {"odds_ratio+shin", "additive+power", "power"}
    for name, key in (("consensus", ["as_of", "event_id", "market", "outcome"]), ("signals", ["signal_id"])):
        assert_frame_equal(batch[name].sort(key), live[name].sort(key), check_exact=True)
    usual = rows_of(answers, rules())["consensus"]
    joined = usual.join(batch["consensus"], on=["as_of", "event_id", "market", "outcome"], suffix="_other")
    assert joined.height == usual.height and (joined["fair_prob"] != joined["fair_prob_other"]).mean() > 0.5
    assert joined["point_median"].equals(joined["point_median_other"])
