import datetime as dt
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.versions import carry_versions, keep_times
from tests.build import MINUTE, NOON
from tests.quant.rows import table
from warehouse.tables import TIME, ClosingLines, ClvRecords

HOUR = 60 * MINUTE
LINE = ("event_id", "market", "outcome", "bookmaker", "convention")


def line(point: float | None, *, closed: int = NOON, version: int = 1, **fields: Any) -> dict[str, Any]:
    known = {
        "event_id": "game",
        "market": "spreads",
        "outcome": "Home",
        "bookmaker": "consensus",
        "convention": "scheduled",
        "version": version,
        "closed_at": closed,
        "final_at": closed + HOUR,
        "is_final": True,
        "is_current": True,
        "reason": "first" if version == 1 else "moved",
        "point": point,
        "bookmakers": ["betmgm", "fanduel"],
    }
    return {**known, **fields}


def lines(*rows: dict[str, Any]) -> pl.DataFrame:
    return table(ClosingLines, list(rows))


def carried(made: pl.DataFrame, stored: pl.DataFrame, as_of: int = NOON + 9 * HOUR) -> pl.DataFrame:
    return carry_versions(made, stored, LINE, pl.lit(as_of).cast(TIME))


def shown(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return frame.select("version", "point", "is_current", "is_final", "reason").rows()


def test_without_anything_stored_what_is_made_is_written() -> None:
    made = lines(line(-3.0))
    assert carried(made, lines()).equals(made)


def test_what_is_the_same_adds_nothing() -> None:
    stored = lines(line(-3.0), line(3.0, outcome="Away"))
    assert carried(stored, stored).equals(stored.sort(*LINE))


def test_to_know_more_of_the_quotes_behind_a_close_is_no_correction() -> None:
    stored = lines(line(-3.0))
    known = {"n_stale": 2, "age_median_s": 31.5, "age_max_s": 118.0}
    assert carried(lines(line(-3.0, **known)), stored).equals(stored)
    (_, corrected) = carried(lines(line(-4.0, **known)), stored).to_dicts()
    assert (corrected["reason"], corrected["n_stale"], corrected["age_max_s"]) == ("correction", 2, 118.0)


def test_what_was_not_final_is_replaced_in_its_place() -> None:
    early = lines(line(-3.0, is_final=False))
    assert shown(carried(lines(line(-4.0)), early)) == [(1, -4.0, True, True, "first")]
    # So are rows from before there was such a thing.
    older = lines(line(-3.0, is_final=None, final_at=None, reason=None))
    assert shown(carried(lines(line(-3.0)), older)) == [(1, -3.0, True, True, "first")]


def test_a_correction_is_a_new_version_and_the_old_one_stays_as_it_was() -> None:
    was = lines(line(-3.0))
    now = carried(lines(line(-4.0)), was)
    assert shown(now) == [(1, -3.0, False, True, "first"), (2, -4.0, True, True, "correction")]
    assert now.head(1).drop("is_current").equals(was.drop("is_current"))
    again = carried(lines(line(-4.0)), now)
    assert again.equals(now), "doing it again adds nothing"
    back = carried(lines(line(-3.0)), now)
    assert shown(back)[1:] == [(2, -4.0, False, True, "correction"), (3, -3.0, True, True, "correction")]


def test_a_list_that_differs_is_a_correction_and_a_time_of_finality_is_none() -> None:
    stored = lines(line(-3.0))
    assert carried(lines(line(-3.0, bookmakers=["betmgm"])), stored).height == 2
    assert carried(lines(line(-3.0, final_at=NOON + MINUTE)), stored).equals(stored)


def test_a_null_is_a_value_like_any_other() -> None:
    assert carried(lines(line(None)), lines(line(None))).height == 1
    assert carried(lines(line(-3.0)), lines(line(None))).height == 2
    assert carried(lines(line(None)), lines(line(-3.0))).height == 2


def test_a_start_that_passed_again_is_the_next_version_final_or_not() -> None:
    later = NOON + 2 * HOUR
    made = lines(line(-3.0, is_current=False), line(-5.0, closed=later, version=2, is_final=False))
    once = carried(made, lines(line(-3.0)))
    assert shown(once) == [(1, -3.0, False, True, "first"), (2, -5.0, True, False, "moved")]
    final = lines(line(-3.0, is_current=False), line(-5.5, closed=later, version=2))
    assert shown(carried(final, once))[1] == (2, -5.5, True, True, "moved"), "it was not final: replaced"


def test_versions_go_on_counting_after_a_correction() -> None:
    later = NOON + 2 * HOUR
    corrected = carried(lines(line(-4.0)), lines(line(-3.0)))
    made = lines(line(-4.0, is_current=False), line(-5.0, closed=later, version=2))
    assert shown(carried(made, corrected))[2:] == [(3, -5.0, True, True, "moved")]


def test_closes_between_the_stored_one_and_the_newest_are_kept_too() -> None:
    rows = [
        line(point, closed=NOON + n * 2 * HOUR, version=n + 1, is_current=n == 2)
        for n, point in enumerate([-3.0, -4.0, -5.0])
    ]
    found = carried(lines(*rows), lines(line(-3.0)))
    assert [row[:3] for row in shown(found)] == [(1, -3.0, False), (2, -4.0, False), (3, -5.0, True)]


def test_a_row_of_which_nothing_is_made_any_more_stays_and_is_not_current() -> None:
    stored = lines(line(-3.0), line(3.0, outcome="Away"))
    found = carried(lines(line(-3.0)), stored)
    assert found.select("outcome", "is_current").rows() == [("Away", False), ("Home", True)]
    # Once it is made again, it is current again.
    assert carried(stored, found).equals(stored.sort(*LINE))


def test_an_older_look_at_the_market_corrects_nothing() -> None:
    stored = lines(line(-3.0, is_current=False), line(-5.0, closed=NOON + 2 * HOUR, version=2))
    early = lines(line(-3.0))
    assert carried(early, stored, as_of=NOON + HOUR).equals(stored)
    assert carried(lines(), stored, as_of=NOON - HOUR).equals(stored)


@given(st.lists(st.sampled_from([-3.0, -3.5, -4.0]), min_size=1, max_size=8))
def test_no_final_row_is_ever_edited_and_the_newest_is_what_was_made_last(points: list[float]) -> None:
    held = lines()
    for point in points:
        before = held
        held = carried(lines(line(point)), held)
        kept = held.head(before.height).drop("is_current")
        assert kept.equals(before.drop("is_current"))
        assert held["is_current"].to_list() == [False] * (held.height - 1) + [True]
        assert held["point"].to_list()[-1] == point
        assert held["version"].to_list() == list(range(1, held.height + 1))


def test_a_record_corrected_by_itself_is_one_more_than_its_close() -> None:
    fields = {"signal_id": "s1", "convention": "scheduled", "is_current": True, "is_final": True, "close_version": 1}
    was, now = (
        table(ClvRecords, [{**fields, "version": 1, "closed_at": NOON, "final_at": NOON, "clv_prob": value}])
        for value in (0.1, 0.2)
    )
    found = carry_versions(now, was, ("signal_id", "convention"), pl.lit(NOON).cast(TIME))
    assert found.select("version", "close_version", "clv_prob").rows() == [(1, 1, 0.1), (2, 1, 0.2)]


def test_a_row_that_is_there_already_keeps_the_time_it_was_computed() -> None:
    early, late = (dt.datetime(2025, 10, 12, hour, tzinfo=dt.UTC) for hour in (1, 2))
    row = {"signal_id": "s1", "convention": "scheduled", "version": 1, "close_bookmakers": ["betmgm"]}
    stored = table(ClvRecords, [{**row, "clv_prob": 0.1}]).with_columns(computed_at=pl.lit(early).cast(TIME))
    for value, expected in ((0.1, early), (0.2, late)):
        made = table(ClvRecords, [{**row, "clv_prob": value}]).with_columns(computed_at=pl.lit(late).cast(TIME))
        assert keep_times(made, stored, ClvRecords.key)["computed_at"].to_list() == [expected]
