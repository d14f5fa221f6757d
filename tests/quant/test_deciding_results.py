"""Which version of a result decides: what was known, of the right time, and not from before a game was called off."""

import datetime as dt

import polars as pl
import pytest

from stratum_pipelines.quant.deciding_results import deciding_results
from warehouse.tables import Results

DAY = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)
HOUR = 3_600_000_000
START = int(DAY.timestamp()) * 1_000_000
FINAL, OFF = "final", "postponed"

Version = tuple[str, str, int | None, int | None]


def deciding(versions: list[Version], *, after_h: int = 100) -> dict[bool, tuple[int, str, int | None, int | None]]:
    """Version, status and scores that decide, by whether the bet is on regulation time; a version came every hour."""
    rows = [
        {
            "event_id": "game",
            "version": n,
            "status": status,
            "period": period,
            "source": "test",
            "home_score": home,
            "away_score": away,
            "is_current": n == len(versions),
            "received_at": DAY + dt.timedelta(hours=n),
        }
        for n, (status, period, home, away) in enumerate(versions, start=1)
    ]
    found = deciding_results(Results.conform(pl.DataFrame(rows)).lazy(), START + after_h * HOUR).collect()
    named = found.select("is_regulation", "version", "status", "home_score", "away_score").rows()
    return {kind: rest for kind, *rest in [(row[0], *row[1:]) for row in named] for rest in [tuple(rest)]}


def test_the_newest_version_that_was_received_by_then_decides() -> None:
    versions: list[Version] = [(FINAL, "full", 20, 17), (FINAL, "full", 20, 19)]
    assert deciding(versions)[False] == (2, FINAL, 20, 19)
    assert deciding(versions, after_h=1)[False] == (1, FINAL, 20, 17)
    assert deciding(versions, after_h=0) == {}


def test_each_kind_of_bet_goes_by_its_own_time_where_both_are_known() -> None:
    versions: list[Version] = [(FINAL, "regulation", 1, 1), (FINAL, "full", 2, 1)]
    assert deciding(versions) == {True: (1, FINAL, 1, 1), False: (2, FINAL, 2, 1)}


@pytest.mark.parametrize(
    ("version", "kinds"),
    [
        # Nothing is played after a regulation time that has a winner; after a tie the rest is not known.
        ((FINAL, "regulation", 2, 1), {True, False}),
        ((FINAL, "regulation", 1, 1), {True}),
        ((FINAL, "full", 2, 1), {True, False}),
        ((FINAL, "full", 1, 1), {True, False}),
    ],
)
def test_a_score_of_the_other_time_stands_in_where_it_can(version: Version, kinds: set[bool]) -> None:
    assert set(deciding([version])) == kinds


def test_a_game_called_off_decides_and_what_came_before_it_does_not_count_any_more() -> None:
    off: Version = (OFF, "full", None, None)
    assert deciding([(FINAL, "full", 3, 0), off]) == dict.fromkeys((True, False), (2, OFF, None, None))
    played_again: Version = (FINAL, "full", 1, 2)
    assert deciding([(FINAL, "regulation", 3, 0), off, played_again]) == dict.fromkeys((True, False), (3, FINAL, 1, 2))
