"""The figures of cycles, on both engines: what happened since the cycle before, each exactly once."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.warehouse.market_rows import NOON, SECOND
from warehouse.database import Database
from warehouse.database.cycle_kpis import CycleFigures, CycleKpis, Worked
from warehouse.database.operations import delivery_attempts

MINUTE = 60 * SECOND


def worked(i: int, used: int | None = None, **more: object) -> Worked:
    remaining = None if used is None else 500 - used
    base = Worked(f"r{i}", "feed", "football", NOON + i * MINUTE, used, remaining, 3, 10, 5, {"MOVE": 2, "STEAM": 1})
    return replace(base, **more)  # type: ignore[arg-type]


@pytest.fixture
def figures(database: Database) -> CycleFigures:
    return CycleFigures(database)


def record(figures: CycleFigures, one: Worked) -> CycleKpis:
    return figures.record(one, one.received_at + SECOND)


def attempt(database: Database, at: dt.datetime, *, is_delivered: bool) -> None:
    with database.begin() as connection:
        values = {"outbox_id": "message", "endpoint": "endpoint", "attempted_at": at, "is_delivered": is_delivered}
        connection.execute(sa.insert(delivery_attempts).values(**values))


def test_every_figure_comes_back_as_it_was_recorded(figures: CycleFigures) -> None:
    first, second = record(figures, worked(0, 10)), record(figures, worked(1, 16, signals_created_by_type={}))
    assert figures.newest() == [second, first]
    assert figures.newest(1) == [second]
    assert first.requests_used_delta is None and second.requests_used_delta == 6
    assert (first.signals_created_by_type, second.signals_created_by_type) == ({"MOVE": 2, "STEAM": 1}, {})


def test_the_credits_used_since_the_cycle_before_are_those_of_the_same_key(figures: CycleFigures) -> None:
    record(figures, worked(0, 100))
    record(figures, worked(1, 7, provider="other"))
    record(figures, worked(2, None))
    assert record(figures, worked(3, 109)).requests_used_delta == 9
    assert record(figures, worked(4, None)).requests_used_delta is None
    # Renewed in between: what the new count holds has been used since.
    assert record(figures, worked(5, 4)).requests_used_delta == 4


def test_alerts_are_counted_once_each_between_two_cycles(database: Database, figures: CycleFigures) -> None:
    attempt(database, NOON - MINUTE, is_delivered=True)
    record(figures, worked(0))
    assert record(figures, worked(1)).alerts_sent == 0
    for seconds, is_delivered in ((10, True), (20, True), (30, False)):
        attempt(database, NOON + MINUTE + seconds * SECOND, is_delivered=is_delivered)
    found = record(figures, worked(2))
    assert (found.alerts_sent, found.alerts_failed) == (2, 1)
    found = record(figures, worked(3))
    assert (found.alerts_sent, found.alerts_failed) == (0, 0)


def test_a_cycle_that_is_completed_again_stands_once(figures: CycleFigures) -> None:
    record(figures, worked(0, 10))
    record(figures, worked(1, 13))
    assert record(figures, worked(1, 13)).requests_used_delta == 3
    assert len(figures.newest()) == 2


def test_old_figures_and_attempts_are_deleted(database: Database, figures: CycleFigures) -> None:
    for i in range(3):
        record(figures, worked(i))
        attempt(database, NOON + i * MINUTE, is_delivered=True)
    assert figures.prune(NOON + 2 * MINUTE) == 4
    assert [one.response_id for one in figures.newest()] == ["r2"]


def test_a_line_for_a_log_names_every_figure(figures: CycleFigures) -> None:
    line = record(figures, worked(0, 10)).line()
    assert line == (
        "response_id=r0 provider=feed sport_key=football requests_used=10 requests_remaining=490 requests_last=3 "
        'snapshots_inserted=10 consensus_points_written=5 signals_created_by_type={"MOVE":2,"STEAM":1} '
        "requests_used_delta=- alerts_sent=0 alerts_failed=0"
    )
