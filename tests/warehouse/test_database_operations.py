"""Leases, computed days and marks, on both engines."""

import datetime as dt
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from tests.warehouse.market_rows import NOON, SECOND
from warehouse.database import ComputedDay, ComputedDays, Database, Leases, Marks


def test_a_lease_has_one_holder_until_it_is_released(database: Database) -> None:
    leases = Leases(database)
    token = leases.acquire("poll", "one", 60, NOON)
    assert token == 1
    assert leases.acquire("poll", "two", 60, NOON + SECOND) is None
    assert leases.acquire("poll", "one", 60, NOON + SECOND) is None, "not even to the same holder twice"
    assert leases.acquire("other", "two", 60, NOON) == 1
    assert leases.holder("poll", NOON) == "one"
    assert leases.release("poll", "one", token, NOON + SECOND)
    assert leases.holder("poll", NOON + SECOND) is None
    assert leases.acquire("poll", "two", 60, NOON + SECOND) == 2


def test_a_lease_expires_at_its_moment(database: Database) -> None:
    leases = Leases(database)
    leases.acquire("poll", "one", 60, NOON)
    just_before = NOON + 60 * SECOND - dt.timedelta(microseconds=1)
    assert leases.acquire("poll", "two", 60, just_before) is None
    assert leases.holder("poll", just_before) == "one"
    assert leases.holder("poll", NOON + 60 * SECOND) is None
    assert leases.acquire("poll", "two", 60, NOON + 60 * SECOND) == 2


def test_only_the_holder_with_the_newest_token_renews_and_releases(database: Database) -> None:
    leases = Leases(database)
    first = leases.acquire("poll", "one", 60, NOON)
    assert first is not None
    assert leases.renew("poll", "one", first, 60, NOON + 30 * SECOND)
    assert leases.acquire("poll", "two", 60, NOON + 60 * SECOND) is None, "it was renewed until 90 s"
    second = leases.acquire("poll", "two", 60, NOON + 90 * SECOND)
    assert second == 2
    assert not leases.renew("poll", "one", first, 60, NOON + 91 * SECOND)
    assert not leases.release("poll", "one", first, NOON + 91 * SECOND)
    assert not leases.renew("poll", "two", first, 60, NOON + 91 * SECOND)
    assert leases.holder("poll", NOON + 92 * SECOND) == "two"
    assert leases.release("poll", "two", second, NOON + 92 * SECOND)
    assert not leases.renew("poll", "two", second, 60, NOON + 93 * SECOND), "what was released is not renewed"


def test_a_holder_needs_a_name(database: Database) -> None:
    with pytest.raises(ValueError, match="needs a holder"):
        Leases(database).acquire("poll", "", 60, NOON)


def test_of_many_at_once_exactly_one_gets_the_lease(database: Database) -> None:
    for turn in range(5):
        start = threading.Barrier(8)
        tokens: list[int | None] = []

        def ask(holder: str, moment: dt.datetime, start: threading.Barrier, tokens: list[int | None]) -> None:
            start.wait()
            tokens.append(Leases(database).acquire("poll", holder, 60, moment))

        moment = NOON + 60 * turn * SECOND
        threads = [threading.Thread(target=ask, args=(f"holder {n}", moment, start, tokens)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(tokens, key=str) == [turn + 1] + [None] * 7


def test_the_lease_of_a_killed_process_ends_by_itself(database: Database) -> None:
    program = f"""
import os, signal
from tests.warehouse.market_rows import NOON
from warehouse.database import Database, Leases
assert Leases(Database({database.url!r})).acquire("poll", "killed", 60, NOON) == 1
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    leases = Leases(database)
    assert leases.acquire("poll", "next", 60, NOON + 59 * SECOND) is None
    assert leases.acquire("poll", "next", 60, NOON + 60 * SECOND) == 2


def computed(day: int, *, sport: str = "football", digest: str = "a") -> ComputedDay:
    return ComputedDay(sport, dt.date(2026, 1, day), digest, "in", "out", "rules", NOON)


def test_computed_days_are_recorded_replaced_and_forgotten(database: Database) -> None:
    days = ComputedDays(database)
    assert days.read() == []
    days.write([computed(2), computed(1), computed(1, sport="baseball")])
    assert days.read("football") == [computed(1), computed(2)]
    assert days.read() == [computed(1, sport="baseball"), computed(1), computed(2)]
    days.write([computed(2, digest="b"), computed(3), computed(3, digest="last of two")])
    assert days.read("football", first=dt.date(2026, 1, 2)) == [
        computed(2, digest="b"),
        computed(3, digest="last of two"),
    ]
    assert days.read("football", last=dt.date(2026, 1, 1)) == [computed(1)]
    assert days.forget("football", [dt.date(2026, 1, 1), dt.date(2026, 1, 9)]) == 1
    assert days.read("baseball") == [computed(1, sport="baseball")]
    days.write([])
    assert len(days.read()) == 3


def test_a_mark_keeps_its_last_value(database: Database) -> None:
    marks = Marks(database)
    assert marks.read("scored until") is None
    marks.write("scored until", "2026-01-01", NOON)
    marks.write("scored until", "2026-01-02", NOON + SECOND)
    assert marks.read("scored until") == "2026-01-02"


def test_days_of_all_sports_are_listed_and_forgotten_by_date(database: Database) -> None:
    days = ComputedDays(database)
    days.write([computed(2), computed(1), computed(1, sport="baseball")])
    first, second = dt.date(2026, 1, 1), dt.date(2026, 1, 2)
    assert days.dates() == [first, second]
    assert days.dates(first=second) == [second]
    assert days.dates(last=first) == [first]
    assert days.forget(None, [first]) == 2
    assert days.read() == [computed(2)]


def test_row_counts_come_back_and_change_only_where_they_are_recorded(database: Database) -> None:
    days = ComputedDays(database)
    counted = [replace(computed(n), row_counts={"polls": 3, "signals": n}) for n in (1, 2)]
    days.write(counted)
    assert days.read() == counted
    days.count_anew(dt.date(2026, 1, 2), {"signals": 7})
    days.count_anew(dt.date(2026, 1, 5), {"signals": 7})
    assert [day.row_counts for day in days.read()] == [{"polls": 3, "signals": 1}, {"polls": 3, "signals": 7}]
    days.stop_counting("polls", dt.date(2026, 1, 2))
    assert [day.row_counts for day in days.read()] == [{"signals": 1}, {"polls": 3, "signals": 7}]


def test_a_mark_is_swapped_only_from_the_value_it_has(database: Database) -> None:
    marks = Marks(database)
    assert marks.swap("waits", None, "a", NOON)
    assert not marks.swap("waits", None, "b", NOON)
    assert not marks.swap("waits", "b", "c", NOON)
    assert marks.swap("waits", "a", "b", NOON)
    assert marks.read("waits") == "b"
    assert not marks.swap("waits", "a", None, NOON)
    assert marks.swap("waits", "b", None, NOON)
    assert marks.read("waits") is None
    assert marks.swap("waits", None, None, NOON)


def test_of_many_that_add_to_a_mark_at_once_none_is_lost(database: Database) -> None:
    def add(n: int) -> None:
        marks = Marks(database)
        while True:
            was = marks.read("sum")
            if marks.swap("sum", was, str(int(was or 0) + n), NOON):
                return

    threads = [threading.Thread(target=add, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Marks(database).read("sum") == "36"
