"""Closing lines and scorecards are the same in whatever order days came in."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines import settle
from stratum_pipelines.archive_import import import_archive
from stratum_pipelines.backfill import backfill
from stratum_pipelines.days import stale_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.raw import store_answers
from stratum_pipelines.settle import score_days
from tests.build import MINUTE, NFL, NOON, book, game, iso
from tests.pipelines.conftest import BOOKS, DAY, day_of_answers
from tests.pipelines.homes import assert_same, contents, days_of, open_home
from warehouse.tables import ClosingLines, ClvRecords, Scorecards

NBA = "basketball_nba"
FIRST = dt.date(2025, 10, 12)
ORDERS = [(0, 1, 2), (2, 1, 0), (1, 2, 0)]


def archive(folder: Path, sport: str, days: list[int], *, start_after: int = 90) -> Path:
    """A folder of recorded answers, two hours a day, one game a day whose spread moves through a key number.

    The game starts `start_after` minutes after the first answer; the last comes after 110.
    """
    lines = []
    for day in days:
        for i in range(12):
            at = NOON + day * DAY + i * 10 * MINUTE
            spread = (-2.0 - 0.5 * (i // 3), -110, -110)
            books = [book(b, at, h2h=(-150 - i, 130 + i), spread=spread, total=(44.5, -110, -110)) for b in BOOKS]
            start = NOON + day * DAY + start_after * MINUTE
            games = [game(books, event_id=f"{sport}-{day}", start=start, sport=sport)]
            lines.append(json.dumps({"timestamp": iso(at), "data": games}))
    folder.mkdir()
    (folder / "odds.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def cards(platform: Platform) -> pl.DataFrame:
    return platform.lake.scan(Scorecards).collect().sort(Scorecards.key)


def test_archives_imported_in_any_order_give_the_same_tables(tmp_path: Path) -> None:
    folders = [
        archive(tmp_path / "old", NFL, [0, 1]),
        archive(tmp_path / "new", NBA, [1, 4, 5]),
        # A day without a close of its own, before all others; its last game starts when its answers have ended.
        archive(tmp_path / "oldest", "icehockey_nhl", [-3], start_after=140),
    ]
    found = []
    for order in ORDERS:
        platform = open_home(tmp_path / f"home {order}")
        for n in order:
            assert import_archive(platform, folders[n]).still_stale.is_empty()
        found.append(contents(platform))
    assert found[0]["scorecards"]["as_of"].dt.date().unique().sort().to_list() == [
        FIRST + dt.timedelta(days=n) for n in (-3, 0, 1, 4, 5)
    ]
    assert found[0]["closing_lines"]["event_id"].n_unique() == 6
    for other in found[1:]:
        assert_same(found[0], other)


def test_parts_of_one_sport_imported_in_any_order_agree_once_days_out_of_date_are_recomputed(tmp_path: Path) -> None:
    parts = [archive(tmp_path / f"part {n}", NFL, [n]) for n in range(3)]
    found = []
    for order in ORDERS:
        platform = open_home(tmp_path / f"home {order}")
        for n in order:
            import_archive(platform, parts[n])
        backfill(platform, sorted(set(stale_days(platform)["date"].to_list())))
        found.append(contents(platform))
    for other in found[1:]:
        assert_same(found[0], other)


def test_closes_are_read_once_however_many_days_are_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = open_home(tmp_path)
    answers = [a for day in range(3) for a in day_of_answers(day)]
    store_answers(platform.lake, answers)
    backfill(platform, days_of(answers))
    before = cards(platform)
    for day in days_of(answers):
        platform.lake.replace(Scorecards, day, Scorecards.empty())
    scan, reads = platform.lake.scan, []

    def watched(table, **days: dt.date) -> pl.LazyFrame:
        reads.append(table.name)
        return scan(table, **days)

    with monkeypatch.context() as patched:
        patched.setattr(platform.lake, "scan", watched)
        score_days(platform, days_of(answers))
    assert reads == ["clv_records"]
    assert cards(platform).equals(before)


def test_days_that_count_no_changed_close_are_not_scored_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = open_home(tmp_path)
    answers = [a for day in range(3) for a in day_of_answers(day)]
    days = days_of(answers)
    store_answers(platform.lake, answers)
    backfill(platform, days)
    assert platform.lake.scan(ClvRecords).select(pl.len()).collect().item() > 0
    scored = []
    make = settle.cards_of_games
    monkeypatch.setattr(settle, "cards_of_games", lambda games, at: scored.append(at.date()) or make(games, at))
    backfill(platform, [days[1]])
    assert scored == [days[1]]


def test_a_game_that_has_just_started_is_left_to_live_polling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = open_home(tmp_path)
    import_archive(platform, archive(tmp_path / "late", NFL, [0], start_after=140))
    assert games_closed(platform) == []
    # Answers of another sport say that it has started; taken to be received within the time that live polling needs.
    since_start = dt.datetime.now(dt.UTC) - dt.datetime(2025, 10, 12, 14, tzinfo=dt.UTC)
    with monkeypatch.context() as patched:
        patched.setattr(settle, "ANNOUNCED_WITHIN", since_start)
        import_archive(platform, archive(tmp_path / "other", NBA, [2]))
    assert games_closed(platform) == [f"{NBA}-2"]
    backfill(platform, [FIRST + dt.timedelta(days=2)])
    assert games_closed(platform) == [f"{NFL}-0", f"{NBA}-2"]


def test_old_games_whose_closing_lines_are_no_longer_kept_are_not_settled_again(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    import_archive(platform, archive(tmp_path / "old", NFL, [0]))
    platform.lake.drop_days(ClosingLines, FIRST + dt.timedelta(days=1))
    import_archive(platform, archive(tmp_path / "new", NBA, [2]))
    assert games_closed(platform) == [f"{NBA}-2"]


def games_closed(platform: Platform) -> list[str]:
    return platform.lake.scan(ClosingLines).select("event_id").unique().collect()["event_id"].sort().to_list()


def test_a_day_without_answers_has_no_scorecards_whoever_asks_for_it(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    answers = day_of_answers()
    store_answers(platform.lake, answers)
    (day,) = days_of(answers)
    backfill(platform, [day])
    assert list(score_days(platform, [day, day + dt.timedelta(days=1)])) == [day]
    assert platform.lake.days(Scorecards) == [day]
