"""How the books stand, in the database, on both engines: the newest answer decides, the clock goes on from there."""

import datetime as dt

import polars as pl

from tests.warehouse.market_rows import NOON, SECOND, state_rows
from warehouse.database import BookStates, Database, PolledSport


def held(store: BookStates, name: str) -> dict[str, object]:
    (row,) = (row for row in store.rows("football") if row["bookmaker"] == name)
    return row


def test_the_newest_answer_decides_and_what_it_does_not_name_is_gone(database: Database) -> None:
    store = BookStates(database)
    store.publish("football", NOON, state_rows(NOON, fanduel="fresh", betmgm="late"))
    store.publish("hockey", NOON, state_rows(NOON, sport="hockey"))
    later = NOON + 60 * SECOND
    store.publish("football", later, state_rows(later, fanduel="late"))
    assert [(row["bookmaker"], row["state"], row["as_of"]) for row in store.rows("football")] == [
        ("fanduel", "late", later)
    ]
    assert len(store.rows("hockey")) == 1
    # An older answer changes nothing any more, and removes nothing.
    store.publish("football", NOON, state_rows(NOON, fanduel="fresh", betmgm="late"))
    assert held(store, "fanduel")["state"] == "late" and held(store, "fanduel")["as_of"] == later
    # Nothing is expected of anybody.
    last = later + 60 * SECOND
    store.publish("football", last, state_rows(last).clear())
    assert store.rows("football") == []


def test_a_state_that_stood_keeps_the_moment_it_was_noticed(database: Database) -> None:
    store = BookStates(database)
    store.publish("football", NOON, state_rows(NOON))
    noticed = NOON + 100 * SECOND
    assert store.change(held(store, "fanduel"), "late", NOON + 90 * SECOND, "standing_still", noticed)
    later = NOON + 120 * SECOND
    store.publish("football", later, state_rows(later, fanduel="late"))
    row = held(store, "fanduel")
    assert (row["state"], row["noticed_at"], row["since_at"]) == ("late", noticed, NOON + 90 * SECOND)
    assert row["since_at_answer"] == later
    again = NOON + 180 * SECOND
    store.publish("football", again, state_rows(again))
    row = held(store, "fanduel")
    assert (row["state"], row["noticed_at"], row["since_at"], row["reason"]) == ("fresh", again, again, "")


def test_a_change_gives_way_to_an_answer_that_came_meanwhile(database: Database) -> None:
    store = BookStates(database)
    store.publish("football", NOON, state_rows(NOON))
    seen = held(store, "fanduel")
    later = NOON + 10 * SECOND
    store.publish("football", later, state_rows(later))
    assert not store.change(seen, "late", NOON, "standing_still", later)
    assert held(store, "fanduel")["state"] == "fresh"
    # And to another watcher.
    seen = held(store, "fanduel")
    assert store.change(seen, "late", NOON, "standing_still", later)
    assert not store.change(seen, "late", NOON, "standing_still", later)


def test_how_a_sport_is_polled_is_noted_over_what_was_noted(database: Database) -> None:
    store = BookStates(database)
    assert store.polled() == {}
    first = PolledSport("football", NOON, NOON + 60 * SECOND, 0)
    second = PolledSport("football", NOON + 60 * SECOND, NOON + 180 * SECOND, 1)
    store.note_polled(first)
    store.note_polled(PolledSport("hockey", NOON, NOON + dt.timedelta(hours=1), 0))
    store.note_polled(second)
    assert store.polled()["football"] == second and len(store.polled()) == 2


def test_states_of_many_books_are_written_at_once(database: Database) -> None:
    store = BookStates(database)
    names = {f"book{n:03}": "fresh" for n in range(300)}
    store.publish("football", NOON, state_rows(NOON, **names))
    store.publish("football", NOON + SECOND, state_rows(NOON + SECOND, **names))
    rows = pl.DataFrame(store.rows())
    assert rows.height == 300 and rows["as_of"].unique().to_list() == [NOON + SECOND]
