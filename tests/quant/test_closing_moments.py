import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.closing_moments import closing_moments
from tests.build import MINUTE, NFL, NOON
from tests.quant.rows import table
from warehouse.tables import CONVENTIONS, EventChanges

START = NOON + 600 * MINUTE
HOUR = 60 * MINUTE
LATE = START + 100 * HOUR
Row = tuple[int, int, bool]


def changes(*rows: Row, event: str = "game-1") -> pl.LazyFrame:
    """Schedule changes: (received, start as known from then on, listed)."""
    return table(
        EventChanges,
        [
            {"event_id": event, "sport_key": NFL, "received_at": r, "commence_at": c, "is_listed": listed}
            for r, c, listed in rows
        ],
    ).lazy()


def moments(convention: str, *rows: Row, as_of: int = LATE) -> list[tuple[int, int, bool, bool, bool]]:
    """Of one convention: closed_at, version, is_current, is_final, is_listed."""
    found = closing_moments(changes(*rows), as_of).filter(pl.col("convention") == convention)
    shown = found.select(pl.col("closed_at").to_physical(), "version", "is_current", "is_final", "is_listed")
    return shown.rows()


def passed(*rows: Row, as_of: int = LATE) -> list[tuple[int, int, bool, bool, bool]]:
    return moments("scheduled", *rows, as_of=as_of)


def test_a_start_passes_when_it_comes_and_is_final_an_hour_later() -> None:
    one = (NOON, START, True)
    assert passed(one, as_of=START - 1) == []
    assert passed(one, as_of=START) == [(START, 1, True, False, True)]
    assert passed(one, as_of=START + HOUR - 1) == [(START, 1, True, False, True)]
    assert passed(one, as_of=START + HOUR) == [(START, 1, True, True, True)]


def test_how_long_that_takes_can_be_set() -> None:
    found = closing_moments(changes((NOON, START, True)), START + 5 * MINUTE, dt.timedelta(minutes=5))
    assert found.select("convention", "is_final").rows() == [("pregame_end", True), ("scheduled", True)]


def test_a_start_moved_before_it_came_never_passes() -> None:
    later = START + HOUR
    rows = ((NOON, START, True), (START - MINUTE, later, True))
    assert passed(*rows, as_of=START + MINUTE) == []
    assert passed(*rows) == [(later, 1, True, True, True)]


def test_a_start_moved_in_the_very_answer_received_at_it_never_passes() -> None:
    later = START + 5 * MINUTE
    assert passed((NOON, START, True), (START, later, True)) == [(later, 1, True, True, True)]


def test_a_start_moved_within_the_hour_was_no_close_and_one_moved_later_was() -> None:
    soon = ((NOON, START, True), (START + 3 * MINUTE, START + 5 * MINUTE, True))
    assert passed(*soon, as_of=START + 2 * MINUTE) == [(START, 1, True, False, True)]
    assert passed(*soon, as_of=START + 4 * MINUTE) == []
    assert passed(*soon) == [(START + 5 * MINUTE, 1, True, True, True)]
    late = ((NOON, START, True), (START + HOUR, START + 2 * HOUR, True))
    assert passed(*late, as_of=START + HOUR) == [(START, 1, True, True, True)]
    assert passed(*late, as_of=START + 2 * HOUR) == [
        (START, 1, False, True, True),
        (START + 2 * HOUR, 2, True, False, True),
    ]


def test_a_game_put_off_to_another_day_has_no_close_until_then() -> None:
    tomorrow = START + 24 * HOUR
    rows = ((NOON, START, True), (START + 30 * MINUTE, tomorrow, True))
    assert passed(*rows, as_of=START + 3 * HOUR) == []
    assert passed(*rows, as_of=tomorrow) == [(tomorrow, 1, True, False, True)]


def test_a_true_start_told_after_the_fact_does_not_pass_again_and_is_the_actual_one() -> None:
    # At +10 the feed says the game began at +5: nobody knew that start before it passed.
    rows = ((NOON, START, True), (START + 10 * MINUTE, START + 5 * MINUTE, True))
    assert passed(*rows) == [(START, 1, True, True, True)]
    assert moments("actual", *rows) == [(START + 5 * MINUTE, 1, True, True, True)]
    # Known at +10, so final at +70.
    assert moments("actual", *rows, as_of=START + 69 * MINUTE)[0][3] is False
    assert moments("actual", *rows, as_of=START + 70 * MINUTE)[0][3] is True


def test_an_early_start_told_after_the_fact_is_the_actual_one_and_never_passes() -> None:
    began = START - 15 * MINUTE
    rows = ((NOON, START, True), (START - 10 * MINUTE, began, True))
    assert passed(*rows) == []
    assert moments("actual", *rows) == [(began, 1, True, True, True)]
    assert moments("pregame_end", *rows) == [(START - 10 * MINUTE, 1, True, True, True)]


def test_without_a_correction_after_the_start_the_actual_one_is_not_known() -> None:
    assert moments("actual", (NOON, START, True)) == []
    # A start moved in time was never wrong when it passed.
    assert moments("actual", (NOON, START, True), (NOON + MINUTE, START + HOUR, True)) == []


def test_a_corrected_correction_within_the_hour_is_one_version() -> None:
    rows = [
        (NOON, START, True),
        (START + 10 * MINUTE, START + 5 * MINUTE, True),
        (START + 30 * MINUTE, START + 7 * MINUTE, True),
    ]
    assert moments("actual", *rows) == [(START + 7 * MINUTE, 1, True, True, True)]
    rows[-1] = (START + 3 * HOUR, START + 7 * MINUTE, True)
    assert [row[:3] for row in moments("actual", *rows)] == [
        (START + 5 * MINUTE, 1, False),
        (START + 7 * MINUTE, 2, True),
    ]


def test_the_time_before_play_goes_on_through_a_start_moved_in_time() -> None:
    rows = ((NOON, START, True), (START - MINUTE, START + HOUR, True))
    assert moments("pregame_end", *rows) == [(START + HOUR, 1, True, True, True)]
    assert moments("pregame_end", *rows, as_of=START + MINUTE) == []


def test_a_game_is_last_seen_before_the_answer_without_it() -> None:
    gone = START + 3 * HOUR
    rows = ((NOON, START, True), (gone, START, False))
    assert moments("last_seen", *rows, as_of=gone - 1) == []
    assert moments("last_seen", *rows) == [(gone, 1, True, True, True)]


def test_a_game_back_within_the_hour_was_not_gone() -> None:
    gone, again = START + 2 * HOUR, START + 3 * HOUR
    rows = ((NOON, START, True), (gone, START, False), (gone + 5 * MINUTE, START, True), (again, START, False))
    assert moments("last_seen", *rows) == [(again, 1, True, True, True)]


def test_a_game_gone_long_before_its_start_is_last_seen_once_that_has_come() -> None:
    rows = ((NOON, START, True), (NOON + MINUTE, START, False))
    assert moments("last_seen", *rows, as_of=START - 1) == []
    assert moments("last_seen", *rows, as_of=START) == [(NOON + MINUTE, 1, True, False, True)]
    back = (*rows, (NOON + 3 * HOUR, START, True))
    assert moments("last_seen", *back) == []


def test_what_is_received_after_as_of_is_not_read() -> None:
    rows = ((NOON, START, True), (START + 3 * MINUTE, START + 5 * MINUTE, True))
    early = START + 2 * MINUTE
    assert closing_moments(changes(*rows), early).equals(closing_moments(changes(*rows[:1]), early))


def test_a_game_gone_and_back_before_its_start_closes_once_and_is_listed() -> None:
    rows = ((NOON, START, True), (NOON + MINUTE, START, False), (NOON + 2 * MINUTE, START, True))
    assert passed(*rows) == [(START, 1, True, True, True)]
    assert passed(*rows[:2]) == [(START, 1, True, True, False)]


def test_a_game_dropped_after_its_start_was_listed_at_it() -> None:
    assert passed((NOON, START, True), (START + MINUTE, START, False)) == [(START, 1, True, True, True)]


def test_a_start_moved_away_and_back_passes_once() -> None:
    rows = ((NOON, START, True), (NOON + MINUTE, START + HOUR, True), (NOON + 2 * MINUTE, START, True))
    assert passed(*rows) == [(START, 1, True, True, True)]


def test_a_game_first_seen_after_its_start_has_no_close() -> None:
    for convention in CONVENTIONS:
        assert moments(convention, (START + 1, START, True)) == []
    assert passed((START, START, True)) == [(START, 1, True, True, True)]


def test_games_do_not_mix_and_the_order_of_rows_does_not_matter() -> None:
    one = changes((NOON, START, True), (START + 2 * HOUR, START + 3 * HOUR, True))
    two = changes((NOON, START, True), event="game-2")
    both = pl.concat([two, one]).collect().reverse().lazy()
    found = closing_moments(both, LATE)
    assert found.equals(pl.concat([closing_moments(one, LATE), closing_moments(two, LATE)]))


def test_no_game_has_no_moment() -> None:
    assert closing_moments(changes(), LATE).is_empty()


@st.composite
def schedules(draw: st.DrawFn) -> list[Row]:
    """Some changes of one game, minutes apart, around its starts."""
    at, rows = 0, []
    for _ in range(draw(st.integers(1, 7))):
        at += draw(st.integers(1, 90))
        rows.append((START + at * MINUTE, START + draw(st.integers(0, 600)) * MINUTE, draw(st.booleans())))
    return rows


@given(schedules(), st.integers(0, 1200))
def test_what_was_final_once_stays_whatever_is_learnt_later(rows: list[Row], minutes: int) -> None:
    early = START + minutes * MINUTE
    was = closing_moments(changes(*rows), early)
    now = closing_moments(changes(*rows), LATE)
    columns = ["event_id", "convention", "version", "closed_at", "until", "final_at", "is_listed"]
    final = was.filter("is_final")
    assert final.join(now, on=columns, how="semi").height == final.height
    assert was.filter(pl.col("final_at") <= pl.lit(early).cast(pl.Datetime("us", "UTC"))).height == final.height


@given(schedules())
def test_every_convention_has_one_newest_version_and_counts_from_one(rows: list[Row]) -> None:
    found = closing_moments(changes(*rows), LATE)
    for _, game in found.group_by("convention", maintain_order=True):
        assert game["version"].to_list() == list(range(1, game.height + 1))
        assert game["is_current"].to_list() == [False] * (game.height - 1) + [True]
        assert game["is_final"].all()
    assert (found["until"] <= found["closed_at"]).all()


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_conventions_agree_where_nothing_unusual_happened(convention: str) -> None:
    found = moments(convention, (NOON, START, True), (START + 3 * HOUR, START, False))
    expected = {"scheduled": [START], "actual": [], "pregame_end": [START], "last_seen": [START + 3 * HOUR]}
    assert [row[0] for row in found] == expected[convention]
