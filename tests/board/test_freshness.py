"""How fresh each book is, from the answers: who is late, who has gone, who is not at fault; and what is written of it."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.board.advance import advance, blank_board
from stratum_pipelines.board.freshness import MIN_POLLS, book_states
from stratum_pipelines.board.state import KINDS, Board
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.quant.freshness import FRESH, IDLE, LATE
from tests.build import MINUTE, NFL, NOON, answer, book, game, replay, rules, wandering
from warehouse.tables import BookFreshness, FreshnessBreaches

# With fewer than twenty gaps a book's limit is twice the provider's default: half an hour; it is silent after three.
LIMIT = 30 * MINUTE


def moment(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1e6, dt.UTC)


def quoting(key: str, at: int) -> dict[str, Any]:
    return book(key, at, spread=(-3.0, -110, -110))


def steps(rows: dict[str, pl.DataFrame], name: str) -> list[tuple[Any, ...]]:
    """The ledger of a book: minutes after noon of as_of, began, noticed and ended; state, reason and what ended it."""
    frame = rows["freshness_breaches"].filter(bookmaker=name, market="spreads").sort("noticed_at", "version")
    clocks = [
        ((pl.col(c) - moment(NOON)).dt.total_seconds() / 60).alias(c)
        for c in ("as_of", "began_at", "noticed_at", "ended_at")
    ]
    return frame.select(*clocks, "state", "reason", "ended_by").rows()


def still_and_gone(until: int, *, every: int = 10, back_at: int = 10**6) -> list[Answer]:
    """One book is seen at every answer; from noon on one stands still and one is missing, until both are back."""
    answers = []
    for minute in range(-every, until + 1, every):
        at = NOON + minute * MINUTE
        seen = at if minute <= 0 or minute >= back_at else NOON
        books = [quoting("draftkings", at), quoting("fanduel", seen)]
        if seen == at:
            books.append(quoting("betmgm", at))
        answers.append(answer(at, [game(books)]))
    return answers


def test_a_book_that_stands_still_and_one_that_has_gone_leave_fresh_at_the_same_moment() -> None:
    rows = replay(still_and_gone(120, back_at=120))
    # Its quotes are listed with an old time: late after half an hour, silent after an hour and a half.
    assert steps(rows, "fanduel") == [
        (40, 30, 40, None, "late", "standing_still", ""),
        (100, 30, 40, None, "silent", "standing_still", ""),
        (120, 30, 40, 120, "silent", "standing_still", "sighted"),
    ]
    # It is missing from complete answers in which others are listed: silent at once.
    assert steps(rows, "betmgm") == [
        (40, 30, 40, None, "silent", "vanished", ""),
        (120, 30, 40, 120, "silent", "vanished", "sighted"),
    ]
    assert steps(rows, "draftkings") == []
    ended = rows["freshness_breaches"].filter(bookmaker="fanduel", version=3)
    assert ended.select("longest_age_s", "expected_gap_s", "limit_s").row(0) == (110 * 60, 900, 1800)
    assert ended["last_sighted_at"].item() == moment(NOON)


def test_polls_too_far_apart_for_the_limit_do_not_say_when_it_passed() -> None:
    # Every twenty minutes: two polls do not fit into half an hour, and only the answer is certain.
    rows = replay(still_and_gone(40, every=20))
    assert steps(rows, "fanduel") == [(40, 40, 40, None, "late", "standing_still", "")]


def test_answers_that_fail_make_every_book_late_and_say_that_nothing_came() -> None:
    answers = [answer(NOON, [game([quoting("draftkings", NOON), quoting("fanduel", NOON)])])]
    answers += [answer(NOON + m * MINUTE, [], status_code=500, is_complete=False) for m in range(10, 51, 10)]
    rows = replay(answers)
    for name in ("draftkings", "fanduel"):
        assert steps(rows, name) == [(40, 30, 40, None, "late", "no_answer", "")]


def test_a_board_on_which_nobody_has_quoted_yet_has_rows_of_the_right_types() -> None:
    failed = answer(NOON, [], status_code=500, is_complete=False)
    rows = replay([failed])
    for table in (BookFreshness, FreshnessBreaches):
        assert rows[table.name].is_empty() and rows[table.name].schema == table.schema()
    assert book_states(board_after([failed])).is_empty()


def test_when_nobody_quotes_any_more_nobody_is_late() -> None:
    answers = still_and_gone(40)[:-1]
    # From half past on the feed lists no game at all; one book was beyond its limit just before.
    answers += [answer(NOON + m * MINUTE, []) for m in range(35, 101, 5)]
    rows = replay(answers)
    assert steps(rows, "betmgm") == [] and steps(rows, "fanduel") == [] and steps(rows, "draftkings") == []
    after = book_states(board_after(answers))
    assert after.is_empty()
    # One that was late when the market ended is late no longer.
    answers = [*still_and_gone(40), answer(NOON + 50 * MINUTE, [])]
    assert steps(replay(answers), "betmgm")[-1] == (50, 30, 40, 50, "silent", "vanished", "idle")


def test_after_a_day_without_answers_a_book_is_not_missed_before_it_is_back() -> None:
    later = 1441 * MINUTE
    for pause, found in ((1440 * MINUTE, "silent"), (later, None)):
        games = [game([quoting("draftkings", NOON), quoting("fanduel", NOON)], start=NOON + 9000 * MINUTE)]
        back = [game([quoting("draftkings", NOON + pause)], start=NOON + 9000 * MINUTE)]
        rows = steps(replay([answer(NOON, games), answer(NOON + pause, back)]), "fanduel")
        assert [row[4] for row in rows] == ([found] if found else [])


def test_a_book_that_withdraws_at_the_start_is_missed_only_where_games_are_to_come() -> None:
    def answers(to_come: bool) -> list[Answer]:
        made = []
        for minute in range(0, 61, 10):
            at, start = NOON + minute * MINUTE, NOON + 5 * MINUTE
            books = [quoting("draftkings", at)] + ([quoting("fanduel", at)] if at < start else [])
            games = [game(books, start=start)]
            if to_come:
                games.append(game([quoting("draftkings", at)], event_id="tomorrow", start=NOON + 1440 * MINUTE))
            made.append(answer(at, games))
        return made

    assert steps(replay(answers(to_come=False)), "fanduel") == []
    assert steps(replay(answers(to_come=True)), "fanduel") == [(40, 30, 40, None, "silent", "vanished", "")]


def test_a_breach_ends_when_the_limit_rises_over_the_age() -> None:
    # Twenty gaps of a minute make a limit of two. A day later the first of them is forgotten, and with it the limit.
    sighted = [*range(21), 1440 - 5]
    answers = []
    for minute in (*sighted, 1440 - 2, 1440 + 2):
        seen = NOON + max(m for m in sighted if m <= minute) * MINUTE
        answers.append(answer(NOON + minute * MINUTE, [game([quoting("fanduel", seen)], start=NOON + 5000 * MINUTE)]))
    assert steps(replay(answers), "fanduel") == [
        (1438, 1438, 1438, None, "late", "standing_still", ""),
        (1438 + 4, 1438, 1438, 1442, "late", "standing_still", "limit_rose"),
    ]


def board_after(answers: list[Answer]) -> Board:
    board = blank_board(NFL, rules())
    for _ in advance(board, answers, rules()):
        pass
    return board


def patchy(seed: int, n: int = 70) -> list[Answer]:
    """A market in which books stand still, go missing, fall behind and come back, and answers fail."""
    chance = np.random.default_rng(seed)
    keys = ["draftkings", "fanduel", "betmgm", "lowvig", "bovada"]
    seen = dict.fromkeys(keys, NOON)
    answers, at = [], NOON
    for i in range(n):
        at += int(chance.integers(1, 12)) * MINUTE
        books = []
        for j, key in enumerate(keys):
            # The odd ones stand still for a third of the time.
            if not (j % 2 and (i // 8) % 3 == 1) and chance.random() < 0.8:
                seen[key] = at - int(chance.integers(0, 90)) * 1_000_000
            if not (j == 4 and (i // 10) % 3 == 2) and chance.random() < 0.97:
                books.append(book(key, seen[key], spread=(-3.0, -110, -110), h2h=(-150, 130)))
        answers.append(answer(at, [game(books, start=NOON + 9000 * MINUTE)], is_complete=bool(chance.random() > 0.1)))
    return answers


@pytest.mark.parametrize("seed", range(4))
def test_a_book_is_late_exactly_when_every_quote_it_has_is_stale(seed: int) -> None:
    board = blank_board(NFL, rules())
    kinds, met = np.array([]), set()
    for one in patchy(seed):
        rows = next(iter(advance(board, [one], rules())))
        kinds, price, stale = np.array(board.market_kind), board.quotes["price"], board.quotes["stale"]
        for kind in (0, 1):
            stands = ~np.isnan(price[kinds == kind]).all(axis=(0, 1))
            fresh_quote = (~np.isnan(price) & ~stale)[kinds == kind].any(axis=(0, 1))
            state = board.freshness["state"][:, kind]
            assert np.array_equal(stands & (state >= LATE), stands & ~fresh_quote)
            assert (state[stands] != IDLE).all()
            # One game: what the consensus leaves out is what is late here.
            told = rows["consensus"].filter(market=KINDS[kind])
            if told.height:
                assert told["n_stale"][0] == (stands & (state >= LATE)).sum()
            met |= set(state[stands].tolist())
    assert {FRESH, LATE} <= met


@pytest.mark.parametrize("answers", [patchy(7), patchy(8, 150), wandering(3, 40)], ids=["patchy", "long", "wandering"])
def test_one_answer_at_a_time_or_all_at_once_the_rows_and_the_board_are_the_same(answers: list[Answer]) -> None:
    whole, apart = replay(answers), replay(answers, one_by_one=True)
    for name in ("book_freshness", "freshness_breaches"):
        assert whole[name].equals(apart[name], null_equal=True)
    assert whole["book_freshness"].height > 10
    boards = [blank_board(NFL, rules()), blank_board(NFL, rules())]
    for _ in advance(boards[0], answers, rules()):
        pass
    for one in answers:
        for _ in advance(boards[1], [one], rules()):
            boards[1] = Board.from_bytes(boards[1].to_bytes())
    assert boards[0].to_bytes() == boards[1].to_bytes()


@pytest.mark.parametrize("seed", range(3))
def test_the_ledger_adds_up(seed: int) -> None:
    rows = replay(patchy(seed, 120))["freshness_breaches"]
    assert rows.height > 10
    assert (rows["began_at"] <= rows["noticed_at"]).all() and (rows["noticed_at"] <= rows["as_of"]).all()
    assert (rows["longest_age_s"] > rows["limit_s"]).all()
    for _, steps_of in rows.sort("version").group_by("breach_id"):
        assert steps_of["version"].to_list() == list(range(1, steps_of.height + 1))
        assert steps_of["noticed_at"].n_unique() == steps_of["began_at"].n_unique() == 1
        assert steps_of["longest_age_s"].is_sorted()
        assert steps_of["ended_at"].null_count() >= steps_of.height - 1
    # A book has at most one breach at a time in a market.
    last = rows.sort("version").unique("breach_id", keep="last").sort("noticed_at")
    for _, of_book in last.group_by("bookmaker", "market", maintain_order=True):
        ends = of_book["ended_at"].to_list()
        assert all(
            end is not None and end < begin
            for end, begin in zip(ends, of_book["noticed_at"].to_list()[1:], strict=False)
        )


def test_a_summary_holds_the_ages_at_the_answers_since_the_one_before() -> None:
    answers = []
    for minute in range(0, 125, 5):
        at = NOON + minute * MINUTE
        # One is always seen half a minute before; the other stood still at noon.
        answers.append(answer(at, [game([quoting("draftkings", at - 30_000_000), quoting("fanduel", NOON)])]))
    summary = replay(answers)["book_freshness"]
    # The first answer of the day, and the first of an hour by which twenty have come: two o'clock, not one.
    assert summary["as_of"].unique().sort().to_list() == [moment(NOON), moment(NOON + 120 * MINUTE)]
    steady, still = summary.filter(pl.col("as_of") > moment(NOON)).sort("bookmaker").to_dicts()
    assert steady["n_polls"] == still["n_polls"] == 24 >= MIN_POLLS
    assert steady["first_polled_at"] == moment(NOON + 5 * MINUTE)
    assert (steady["age_p50_s"], steady["age_p95_s"], steady["age_p99_s"]) == (30, 30, 30)
    assert (steady["n_sightings"], steady["gap_p95_s"], steady["n_late"], steady["state"]) == (23, 300, 0, "fresh")
    # With twenty gaps of five minutes the limit is ten; the book hardly seen has half an hour.
    assert (steady["expected_gap_s"], steady["limit_s"]) == (300, 600)
    assert (still["expected_gap_s"], still["limit_s"], still["silent_after_s"]) == (900, 1800, 5400)
    # Ages of 5 to 120 minutes: the median is 62.5; place 0.95 x 23 = 21.85, so 110 + 0.85 x 5 minutes.
    assert still["age_p50_s"] == pytest.approx(62.5 * 60) and still["age_p95_s"] == pytest.approx(114.25 * 60)
    assert (still["n_sightings"], still["gap_p95_s"]) == (0, None)
    # Late from 35 minutes on: 18 of 24.
    assert (still["n_late"], still["state"], still["last_sighted_at"]) == (18, "silent", moment(NOON))


def test_what_is_served_hot_is_the_state_after_the_last_answer() -> None:
    states = book_states(board_after(still_and_gone(40))).sort("bookmaker")
    assert states.select(
        "bookmaker", "market", "state_at_answer", "reason_at_answer", "is_quoted", "is_wanted"
    ).rows() == [
        ("betmgm", "spreads", "silent", "vanished", False, True),
        ("draftkings", "spreads", "fresh", "", True, True),
        ("fanduel", "spreads", "late", "standing_still", True, True),
    ]
    assert states["since_at_answer"].to_list() == [
        moment(NOON + LIMIT),
        moment(NOON - 10 * MINUTE),
        moment(NOON + LIMIT),
    ]
    assert states["last_sighted_at"].to_list() == [moment(NOON), moment(NOON + 40 * MINUTE), moment(NOON)]
    assert states["limit_s"].to_list() == [1800.0] * 3
    assert book_states(blank_board(NFL, rules())).is_empty()
