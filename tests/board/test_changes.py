"""Changes laid out as a run, against following every quote by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.board.changes import Changes, run_of_changes
from stratum_pipelines.board.state import Board
from tests.build import NFL, NOON

MINUTE = 60_000_000
BOOKS = ["a", "b", "c"]


def board_of(n_markets: int) -> Board:
    """A board with room for some markets of one game each."""
    board = Board(sport_key=NFL, n_outcomes=2, received_at=NOON - MINUTE, books=list(BOOKS))
    for market in range(n_markets):
        board.registry.games.append(None)  # type: ignore[arg-type]
        board.market(market, 0)
    board.fit()
    return board


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, int, list[tuple[int, int, int, int, float]]]:
    """Markets, answers, and what was written: answer, market, outcome, book, price; each quote at most once an answer."""
    n_markets, n_answers = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    places = st.tuples(
        st.integers(0, n_answers - 1), st.integers(0, n_markets - 1), st.integers(0, 1), st.integers(0, len(BOOKS) - 1)
    )
    prices = st.one_of(st.just(float("nan")), st.integers(2, 40).map(lambda n: 1 + n / 8))
    written = draw(st.lists(st.tuples(places, prices), unique_by=lambda row: row[0], max_size=30))
    return n_markets, n_answers, sorted((*place, price) for place, price in written)


def changes_of(n_answers: int, written: list[tuple[int, int, int, int, float]], first: int = 0) -> Changes:
    """The same as arrays; a point and a book's time go with every price."""
    columns = np.array(written, np.float64).reshape(-1, 5).T
    answer, market, outcome, book = columns[:4].astype(np.int64)
    times = NOON + MINUTE * (first + np.arange(n_answers))
    return Changes(
        times=times,
        answer=answer,
        market=market,
        outcome=outcome,
        book=book,
        price=columns[4],
        point=np.where(np.isnan(columns[4]), 0.0, columns[4] * 2),
        quoted_at=times[answer] - 1 - book if len(answer) else answer,
        commence_at=answer + 7,
    )


def by_hand(n_markets: int, n_answers: int, written: list[tuple[int, int, int, int, float]]) -> list[np.ndarray]:
    """The prices (markets, outcomes, books) after each answer, one row after the other."""
    board, boards = np.full((n_markets, 2, len(BOOKS)), np.nan), []
    for i in range(n_answers):
        for answer, market, outcome, book, price in written:
            if answer == i:
                board[market, outcome, book] = price
        boards.append(board.copy())
    return boards


@given(histories())
def test_every_cell_holds_what_stands_after_its_answer_and_what_stood_before(history: tuple) -> None:
    n_markets, n_answers, written = history
    board, boards = board_of(n_markets), by_hand(*history)
    run = run_of_changes(board, changes_of(n_answers, written))
    touched = sorted({(answer, market) for answer, market, *_ in written})
    assert list(zip(run.answer.tolist(), run.market.tolist(), strict=True)) == touched
    nothing = np.full(boards[0].shape, np.nan)
    for cell, (answer, market) in enumerate(touched):
        earlier = boards[answer - 1] if answer else nothing
        for held, expected in ((run.now, boards[answer][market]), (run.before, earlier[market])):
            assert np.array_equal(held["price"][cell], expected, equal_nan=True)
            assert np.array_equal(held["point"][cell], np.where(np.isnan(expected), 0.0, expected * 2))
        assert np.array_equal(run.active[cell], ~np.isnan(boards[answer][market]))
        assert np.array_equal(run.was_active[cell], ~np.isnan(earlier[market]))
        assert run.commence_at[answer, market] == answer + 7
        for outcome in range(2):
            for book in range(len(BOOKS)):
                is_written = any(row[:4] == (answer, market, outcome, book) for row in written)
                assert run.changed[cell, outcome, book] == is_written
                if run.active[cell, outcome, book]:
                    # Written now: the book's time. Standing: seen again by this answer.
                    seen = run.times[answer] - (1 + book if is_written else 0)
                    assert run.now["sighted"][cell, outcome, book] == seen
    last = boards[-1]
    assert np.array_equal(board.quotes["price"][:, :, : len(BOOKS)], last, equal_nan=True)


@given(histories(), st.integers(1, 5))
def test_cutting_the_answers_anywhere_changes_nothing(history: tuple, cut: int) -> None:
    n_markets, n_answers, written = history
    cut = min(cut, n_answers)
    whole_board, cut_board = board_of(n_markets), board_of(n_markets)
    everything = changes_of(n_answers, written)
    whole = run_of_changes(whole_board, everything)
    parts = []
    for first, end in ((0, cut), (cut, n_answers)):
        if end > first:
            parts.append(run_of_changes(cut_board, everything.between(first, end)))
            cut_board.received_at = int(parts[-1].times[-1])
    for name in ("price", "point", "sighted"):
        for side in ("now", "before"):
            joined = np.concatenate([getattr(part, side)[name] for part in parts])
            assert np.array_equal(joined, getattr(whole, side)[name], equal_nan=True), (side, name)
    assert np.array_equal(cut_board.quotes["price"], whole_board.quotes["price"], equal_nan=True)


def test_without_the_past_the_consensus_still_has_all_it_needs() -> None:
    written = [(0, 0, 0, 0, 2.0), (0, 0, 1, 0, 1.8), (2, 0, 0, 1, 2.5)]
    whole, part = (run_of_changes(board_of(1), changes_of(3, written), with_past=past) for past in (True, False))
    for name in ("price", "point", "stale"):
        assert np.array_equal(part.now[name], whole.now[name], equal_nan=True)
    assert part.before == {} and not part.changed.any()


@pytest.mark.parametrize("n_answers", [0, 3])
def test_no_changes_are_no_cells(n_answers: int) -> None:
    run = run_of_changes(board_of(0), changes_of(n_answers, []))
    assert len(run.answer) == 0 and run.now["price"].shape == (0, 2, len(BOOKS))
