"""What a process that was stopped left undone is known, said, and done by the next one."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from stratum_pipelines import backfill as backfill_module
from stratum_pipelines import batch, settle
from stratum_pipelines.backfill import backfill
from stratum_pipelines.days import stale_days
from stratum_pipelines.defs.market import NAMES
from stratum_pipelines.doctor import examine
from stratum_pipelines.platform import Platform
from stratum_pipelines.raw import store_answers
from stratum_pipelines.settle import score_days, settle_days
from stratum_pipelines.waiting import OPEN_END, days_waiting, note_done, note_waiting
from tests.pipelines.conftest import day_of_answers
from tests.pipelines.homes import assert_same, contents, days_of, open_home

ANSWERS = [a for day in range(3) for a in day_of_answers(day)]
DAYS = days_of(ANSWERS)
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Stopped(BaseException):
    """Stands for the end of a process: nothing of ours catches it."""


def stop(*_arguments: object, **_more: object) -> None:
    raise Stopped


def backfilled(folder: Path) -> Platform:
    """A platform on which nothing went wrong."""
    platform = open_home(folder)
    store_answers(platform.lake, ANSWERS)
    backfill(platform, DAYS)
    return platform


def said_of_days(platform: Platform) -> list[tuple[str, str, str]]:
    return [(f.state, f.seen, f.remedy) for f in examine(platform, {}, NOW) if f.subject == "days"]


@pytest.mark.parametrize(
    ("module", "step", "said"),
    [
        (backfill_module, "settle_days", "closing lines and their value of 2025-10-12 to 2025-10-14"),
        (settle, "_settle", "closing lines and their value of 2025-10-12 to 2025-10-14"),
        (settle, "closing_lines", "closing lines and their value of 2025-10-12 to 2025-10-14"),
        (settle, "note_done", "scorecards from 2025-10-12 on"),
        (backfill_module, "score_days", "scorecards from 2025-10-12 on"),
        (settle, "cards_of_games", "scorecards from 2025-10-12 on"),
        (backfill_module, "bet_days", "paper bets of 2025-10-12 to 2025-10-14"),
    ],
)
def test_days_whose_process_was_stopped_after_computing_them_are_named_and_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, step: str, said: str
) -> None:
    platform = open_home(tmp_path / "home")
    store_answers(platform.lake, ANSWERS)
    with monkeypatch.context() as patched:
        patched.setattr(module, step, stop)
        with pytest.raises(Stopped):
            backfill(platform, DAYS)
    assert stale_days(platform).is_empty()
    assert any(state == "warning" and said in seen for state, seen, _ in said_of_days(platform))
    assert all(remedy == "stratum backfill --stale" for state, _, remedy in said_of_days(platform))
    backfill(platform, [])
    assert said_of_days(platform) == [("ok", "every computed day follows from its answers", "")]
    assert_same(contents(platform), contents(backfilled(tmp_path / "straight")))


def test_a_process_stopped_between_two_days_leaves_the_first_to_be_settled_with_whatever_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = open_home(tmp_path / "home")
    store_answers(platform.lake, ANSWERS)

    def stop_after_the_first(report: batch.DayReport) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        backfill(platform, DAYS, stop_after_the_first)
    waiting = days_waiting(platform, "settle")
    assert waiting and (waiting.first, waiting.last) == (DAYS[0], DAYS[0])
    backfill(platform, DAYS[1:])
    assert_same(contents(platform), contents(backfilled(tmp_path / "straight")))


def test_what_is_noted_again_meanwhile_goes_on_waiting(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    assert days_waiting(platform, "settle") is None
    note_waiting(platform, "settle", DAYS[1], DAYS[1])
    seen = days_waiting(platform, "settle")
    note_waiting(platform, "settle", DAYS[1], DAYS[1])
    note_done(platform, "settle", seen)
    assert days_waiting(platform, "settle") is not None, "the day was written again after it was seen"
    note_waiting(platform, "settle", DAYS[0], DAYS[0])
    note_waiting(platform, "score", DAYS[2], OPEN_END)
    known = days_waiting(platform, "settle")
    assert known and (known.first, known.last) == (DAYS[0], DAYS[1])
    note_done(platform, "settle", known)
    assert days_waiting(platform, "settle") is None
    scored = days_waiting(platform, "score")
    assert scored and (scored.first, scored.last) == (DAYS[2], dt.date.max)


def test_settling_waits_for_nothing_when_it_changes_nothing(tmp_path: Path) -> None:
    platform = backfilled(tmp_path)
    settle_days(platform, DAYS[0], DAYS[-1])
    assert days_waiting(platform, "score") is None


def test_a_day_closed_and_scored_by_dagster_leaves_nothing_to_do(
    platform: Platform, materialise: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    store_answers(platform.lake, ANSWERS)
    first, last = (day.isoformat() for day in (DAYS[0], DAYS[-1]))
    assert materialise(first, last, *NAMES).success
    assert days_waiting(platform, "settle")
    assert materialise(first, first, "closing_lines", "clv_records").success
    assert days_waiting(platform, "settle") is None, "days that waited are settled along with those of the run"
    assert days_waiting(platform, "score")
    assert materialise(first, first, "scorecards").success
    assert days_waiting(platform, "score") is None
    assert platform.lake.days(settle.Scorecards) == DAYS


def test_scoring_no_day_at_all_writes_nothing(tmp_path: Path) -> None:
    assert score_days(open_home(tmp_path), []) == {}
