import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.build import EPL, MINUTE, NOON, answer, book, game, replay

START = NOON + 600 * MINUTE


def two_books(at: int, spread: float = -3.0) -> list[dict]:
    return [
        book("draftkings", at, h2h=(-150, 130), spread=(spread, -110, -110), total=(44.5, -105, -115)),
        book("fanduel", at, h2h=(-145, 125), spread=(spread, -108, -112), total=(44.5, -110, -110)),
    ]


def test_the_first_answer_writes_every_quote_and_an_unchanged_one_writes_none() -> None:
    rows = replay([answer(NOON, [game(two_books(NOON))]), answer(NOON + MINUTE, [game(two_books(NOON + MINUTE))])])
    assert rows["odds_snapshots"].height == 12
    assert rows["polls"]["n_changed"].to_list() == [12, 0]
    assert rows["polls"]["n_quotes"].to_list() == [12, 12]
    assert rows["consensus"]["as_of"].n_unique() == 1


def test_a_changed_price_is_one_row_and_the_consensus_of_its_market_is_written_for_all_outcomes() -> None:
    later = [
        game(
            [
                book("draftkings", NOON + MINUTE, h2h=(-160, 135), spread=(-3.0, -110, -110), total=(44.5, -105, -115)),
                two_books(NOON)[1],
            ]
        )
    ]
    rows = replay([answer(NOON, [game(two_books(NOON))]), answer(NOON + MINUTE, later)])
    changed = rows["odds_snapshots"].filter(pl.col("received_at").to_physical() > NOON)
    assert sorted(changed["price_american"]) == [-160, 135]
    assert changed["price_decimal"].round(4).sort().to_list() == [1.625, 2.35]
    written = rows["consensus"].filter(pl.col("as_of").to_physical() > NOON)
    assert written.select("market", "outcome").sort("outcome").rows() == [("h2h", "Away"), ("h2h", "Home")]


@pytest.mark.parametrize(
    ("later", "gone"),
    [
        ([game([two_books(NOON)[0]])], 6),  # a book
        ([game([two_books(NOON)[0], book("fanduel", NOON, h2h=(-145, 125), total=(44.5, -110, -110))])], 2),  # a market
        ([], 12),  # the game
    ],
)
def test_what_vanishes_from_a_complete_answer_is_suspended(later: list[dict], gone: int) -> None:
    rows = replay([answer(NOON, [game(two_books(NOON))]), answer(NOON + MINUTE, later)])
    suspended = rows["odds_snapshots"].filter("is_suspended")
    assert suspended.height == gone
    assert suspended["price_decimal"].null_count() == suspended["point"].null_count() == gone
    assert rows["polls"]["n_suspended"].to_list() == [0, gone]


def test_an_incomplete_answer_suspends_nothing_and_its_quotes_still_count() -> None:
    moved = [game([book("draftkings", NOON + MINUTE, spread=(-4.0, -110, -110))])]
    rows = replay([answer(NOON, [game(two_books(NOON))]), answer(NOON + MINUTE, moved, is_complete=False)])
    assert rows["polls"]["n_suspended"].to_list() == [0, 0]
    last = rows["consensus"].filter(pl.col("as_of").to_physical() > NOON, pl.col("side") == "home")
    assert last.select("market", "n_books", "point_median").rows() == [("spreads", 2, -3.5)]


def test_a_quote_that_comes_back_unchanged_is_a_row_again() -> None:
    rows = replay([answer(NOON + i * MINUTE, [game(two_books(NOON)[: 2 - i % 2])]) for i in range(3)])
    assert rows["polls"]["n_suspended"].to_list() == [0, 6, 0]
    assert rows["polls"]["n_changed"].to_list() == [12, 0, 6]


def test_rows_know_whether_the_game_had_begun_by_the_start_as_then_known() -> None:
    late = START + 3 * MINUTE
    rows = replay(
        [
            answer(START - MINUTE, [game(two_books(NOON, -3.0), start=START)]),
            answer(late, [game(two_books(NOON, -3.5), start=START + 5 * MINUTE)]),
            answer(late + 3 * MINUTE, [game(two_books(NOON, -4.0), start=START + 5 * MINUTE)]),
        ]
    )
    by_answer = rows["odds_snapshots"].group_by("received_at").agg(pl.col("is_live").any()).sort("received_at")
    assert by_answer["is_live"].to_list() == [False, False, True]
    assert rows["event_changes"]["commence_at"].to_physical().to_list() == [START, START + 5 * MINUTE]
    assert rows["events"].tail(1).select("n_reschedules", "status").row(0) == (1, "live")


def test_a_stale_quote_leaves_the_consensus_and_stays_in_the_table() -> None:
    # The stale book's time stands still; with too few sightings the limit is twice the provider's 15 minutes.
    answers = []
    for i in range(0, 40, 5):
        at = NOON + i * MINUTE
        answers.append(answer(at, [game([two_books(NOON)[0], book("fanduel", at, spread=(-5.0, -110, -110))])]))
    rows = replay(answers)
    home = rows["consensus"].filter(pl.col("market") == "spreads", pl.col("side") == "home")
    assert home.select("n_books", "n_stale", "point_median").rows() == [(2, 0, -4.0), (1, 1, -5.0)]
    assert home["as_of"].to_physical().to_list() == [NOON, NOON + 35 * MINUTE]
    assert not rows["odds_snapshots"]["is_suspended"].any()


def test_twins_count_as_one_group() -> None:
    books = [
        book("lowvig", NOON, spread=(-3.0, -105, -105)),
        book("betonlineag", NOON, spread=(-3.0, -110, -110)),
        book("fanduel", NOON, spread=(-4.0, -110, -110)),
        book("draftkings", NOON, spread=(-4.5, -110, -110)),
    ]
    home = replay([answer(NOON, [game(books)])])["consensus"].filter(pl.col("side") == "home")
    # Groups -3, -4, -4.5 of weight 1: the median is -4; four books of weight 1 would have given -3.5.
    assert home.select("n_books", "n_groups", "point_median").row(0) == (4, 3, -4.0)
    assert home["point_mean"].item() == pytest.approx(-11.5 / 3)


def test_three_way_probabilities_sum_to_one_and_a_book_without_the_draw_is_left_out() -> None:
    books = [
        book("draftkings", NOON, h2h=(150, 200, 220)),
        book("fanduel", NOON, h2h=(145, 210, 215)),
        book("betmgm", NOON, h2h=(140, 190)),
    ]
    rows = replay([answer(NOON, [game(books, sport=EPL)], sport=EPL)], sport=EPL)["consensus"]
    assert rows["n_books"].to_list() == [2, 2, 2]
    assert rows["fair_prob"].sum() == pytest.approx(1.0, abs=1e-12)
    assert set(rows["side"]) == {"home", "away", "draw"}


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_rows_do_not_depend_on_where_runs_are_cut(size: int) -> None:
    generator = np.random.default_rng(size)
    keys = ["draftkings", "fanduel", "betmgm", "lowvig", "betonlineag", "bovada", "betus", "fanatics", "betrivers"]
    answers = []
    for i in range(40):
        at = NOON + i * 7 * MINUTE
        books = [
            book(
                k,
                at - int(generator.integers(0, 200)) * 1_000_000,
                h2h=(-150 - int(generator.integers(0, 40)), 130),
                spread=(-3 + 0.5 * int(generator.integers(-2, 3)), -110, -110),
            )
            for k in keys
            if generator.random() > 0.1
        ]
        games = [
            game(books, event_id=f"g{j}", start=START + j * 60 * MINUTE) for j in range(3) if generator.random() > 0.05
        ]
        answers.append(answer(at, games, is_complete=bool(generator.random() > 0.1)))
    whole, single = replay(answers), replay(answers, one_by_one=True)
    assert whole["signals"].height > 0
    for name in ("odds_snapshots", "consensus", "signals", "polls", "quarantine", "event_changes"):
        key = list(whole[name].columns)[:7] if name != "signals" else ["signal_id"]
        assert_frame_equal(whole[name].sort(key), single[name].sort(key), check_exact=True)


def test_a_board_copied_through_bytes_goes_on_the_same() -> None:
    from stratum_pipelines.board.advance import advance, blank_board
    from stratum_pipelines.board.state import Board
    from tests.build import NFL, rules

    board = blank_board(NFL, rules())
    first = [answer(NOON + i * MINUTE, [game(two_books(NOON, -3 - i / 2))]) for i in range(4)]
    rest = [answer(NOON + i * MINUTE, [game(two_books(NOON, -3 + i / 2))]) for i in range(4, 8)]
    list(advance(board, first, rules()))
    data = board.to_bytes()
    copy = Board.from_bytes(data)
    assert copy.to_bytes() == data
    for left, right in zip(advance(board, rest, rules()), advance(copy, rest, rules()), strict=True):
        for name in left:
            assert_frame_equal(left[name], right[name], check_exact=True)
    assert copy.to_bytes() == board.to_bytes()
