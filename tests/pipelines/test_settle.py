"""Closing lines and scorecards are the same in whatever order days came in."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines import settle
from stratum_pipelines.archive_import import import_archive
from stratum_pipelines.backfill import backfill
from stratum_pipelines.days import stale_days
from stratum_pipelines.locks import settling_alone
from stratum_pipelines.platform import Platform
from stratum_pipelines.raw import store_answers
from stratum_pipelines.settle import score_days
from tests.build import MINUTE, NFL, NOON, answer, book, game, iso
from tests.pipelines.conftest import BOOKS, DAY, day_of_answers
from tests.pipelines.homes import assert_same, contents, days_of, open_home, run_live, standing
from warehouse.database import MarketStore, Outbox
from warehouse.database.outbox import CLV_FINALIZED
from warehouse.errors import LakeBusy
from warehouse.tables import ClosingLines, ClvRecords, Scorecards, Signals

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
        found.append(standing(contents(platform)))
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


def test_a_game_whose_answers_end_before_its_start_is_settled_when_others_say_that_it_has_come(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    import_archive(platform, archive(tmp_path / "late", NFL, [0], start_after=140))
    assert games_closed(platform) == []
    import_archive(platform, archive(tmp_path / "other", NBA, [2]))
    assert games_closed(platform) == [f"{NFL}-0", f"{NBA}-2"]


def test_closes_that_were_not_final_are_so_when_others_say_that_the_hour_is_over(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    # The last answer comes twenty minutes after the start.
    import_archive(platform, archive(tmp_path / "late", NFL, [0]))
    assert finality(platform) == {False}
    import_archive(platform, archive(tmp_path / "other", NBA, [2], start_after=10))
    assert finality(platform) == {True}


def finality(platform: Platform) -> set[bool]:
    return set(platform.lake.scan(ClosingLines).collect()["is_final"])


START = NOON + 90 * MINUTE
HOUR = 60 * MINUTE


def live_home(folder: Path, n: int = 9) -> Platform:
    """A home that polled one game live until shortly before its start; its signals were announced."""
    platform = open_home(folder)
    run_live(platform, day_of_answers(n=n))
    return platform


def told(platform: Platform) -> list[tuple[int, str]]:
    """Version and reason of every message about a final value, by signal."""
    messages = [m for m in Outbox(platform.database).after(limit=10_000) if m.topic == CLV_FINALIZED]
    payloads = sorted(
        (m.subject_id, json.loads(m.payload)["version"], json.loads(m.payload)["reason"]) for m in messages
    )
    return [(version, reason) for _, version, reason in payloads]


def settled(platform: Platform, as_of: int) -> pl.DataFrame:
    """The consensus closes of the home spread, after settling."""
    settle.settle(platform, ["game-0"], as_of)
    lines = platform.lake.scan(ClosingLines).filter(pl.col("bookmaker") == "consensus", pl.col("market") == "spreads")
    chosen = lines.filter(pl.col("side") == "home", pl.col("convention") == "scheduled").sort("version").collect()
    return chosen.select("version", "point", "is_current", "is_final", "reason")


def test_a_close_is_drawn_at_the_start_and_told_of_when_it_is_final(tmp_path: Path) -> None:
    platform = live_home(tmp_path)
    n_signals = platform.lake.scan(Signals).select(pl.len()).collect().item()
    assert n_signals > 0
    assert settled(platform, START - 1).is_empty()
    assert settled(platform, START + MINUTE).rows() == [(1, -3.0, True, False, "first")]
    assert told(platform) == []
    assert settled(platform, START + HOUR).rows() == [(1, -3.0, True, True, "first")]
    assert told(platform) == [(1, "first")] * n_signals
    was = contents(platform)
    settle.settle(platform, ["game-0"], START + 2 * HOUR)
    assert_same(contents(platform), was)
    assert len(told(platform)) == n_signals
    # Who looks at an earlier moment once more changes nothing that is final.
    settle.settle(platform, ["game-0"], START + MINUTE)
    assert_same(contents(platform), was)


def test_what_is_settled_as_of_a_moment_does_not_depend_on_what_was_settled_before(tmp_path: Path) -> None:
    step, once = live_home(tmp_path / "step by step"), live_home(tmp_path / "at once")
    for minutes in (1, 20, 59, 60, 90):
        settle.settle(step, ["game-0"], START + minutes * MINUTE)
    settle.settle(once, ["game-0"], START + 90 * MINUTE)
    assert_same(contents(step), contents(once))


def test_a_game_put_off_within_the_hour_loses_its_close_and_nobody_was_told_of_it(tmp_path: Path) -> None:
    platform = live_home(tmp_path)
    assert settled(platform, START + MINUTE).height == 1
    tomorrow = START + DAY
    books = [book(b, START + 10 * MINUTE, spread=(-3.5, -110, -110)) for b in BOOKS]
    run_live(platform, [answer(START + 10 * MINUTE, [game(books, event_id="game-0", start=tomorrow)])])
    assert settled(platform, START + 2 * HOUR).is_empty()
    assert MarketStore(platform.database).rows(ClosingLines).is_empty()
    assert told(platform) == []
    assert settled(platform, tomorrow + HOUR)["reason"].to_list() == ["first"]
    assert told(platform)


def late_answer(platform: Platform) -> None:
    """An answer from just before the start comes in hours later, and its day is computed anew."""
    at = START - MINUTE
    books = [book(b, at, h2h=(-170, 150), spread=(-4.5, -110, -110), total=(44.5, -110, -110)) for b in BOOKS]
    store_answers(platform.lake, [answer(at, [game(books, event_id="game-0", start=START)])])


def test_an_answer_that_comes_late_makes_a_new_version_beside_the_one_that_was_final(tmp_path: Path) -> None:
    platform = live_home(tmp_path)
    settle.settle(platform, ["game-0"], START + HOUR)
    was, n_told = contents(platform), len(told(platform))
    late_answer(platform)
    backfill(platform, [FIRST])
    settled(platform, START + 2 * HOUR)
    assert settled(platform, START + 2 * HOUR).rows() == [
        (1, -3.0, False, True, "first"),
        (2, -4.5, True, True, "correction"),
    ]
    for name in ("closing_lines", "clv_records"):
        now = contents(platform)[name]
        old = was[name].drop("is_current")
        assert now.drop("is_current").join(old, on=plain(old), how="semi", nulls_equal=True).height == old.height
    assert told(platform).count((1, "first")) == n_told
    assert (2, "correction") in told(platform)
    backfill(platform, [FIRST])
    again = contents(platform)
    backfill(platform, [FIRST])
    assert_same(contents(platform), again)


def plain(frame: pl.DataFrame) -> list[str]:
    """The columns that can be joined on."""
    return [name for name, dtype in frame.schema.items() if dtype != pl.List(pl.String)]


@pytest.mark.parametrize("step", ["lines", "records", "database"])
def test_settling_killed_half_way_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    platform, straight = live_home(tmp_path / "killed"), live_home(tmp_path / "straight")
    settle.settle(platform, ["game-0"], START + MINUTE)

    class Killed(BaseException):
        """Stands for the end of the process."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    replace = platform.lake.replace_rows

    def until(table: type, *arguments: object, **more: object) -> None:
        if table is (ClosingLines if step == "lines" else ClvRecords):
            raise Killed
        replace(table, *arguments, **more)

    with monkeypatch.context() as patched:
        if step == "database":
            patched.setattr(MarketStore, "settle", die)
        else:
            patched.setattr(platform.lake, "replace_rows", until)
        with pytest.raises(Killed):
            settle.settle(platform, ["game-0"], START + HOUR)
    assert told(platform) == []
    # What finishes it is asked of the database, which was not reached.
    due = MarketStore(platform.database).games_to_finish(dt.datetime.fromtimestamp((START + HOUR) / 1e6, dt.UTC))
    assert list(due) == ["game-0"]
    for one in (platform, straight):
        settle.settle(one, due, START + HOUR)
    assert_same(contents(platform), contents(straight))
    assert told(platform) == told(straight) != []
    assert MarketStore(platform.database).games_to_finish(dt.datetime.now(dt.UTC)) == {}


def test_two_settle_one_after_the_other(tmp_path: Path) -> None:
    platform = live_home(tmp_path)
    with settling_alone(platform.lake), pytest.raises(LakeBusy, match="another process"):
        settle.settle(platform, ["game-0"], START + HOUR, patience_s=0.1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: settle.settle(platform, ["game-0"], START + HOUR), range(4)))
    assert settled(platform, START + HOUR).height == 1
    assert len(told(platform)) == platform.lake.scan(Signals).select(pl.len()).collect().item()


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
