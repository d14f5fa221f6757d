"""Archives brought in: odd times cost their own line, and a line from the future silences nobody."""

import datetime as dt
import json
import logging
from pathlib import Path

import pytest

from stratum_pipelines.archive_import import ArchiveError, Imported, import_archive
from stratum_pipelines.platform import Platform
from tests.build import MINUTE, NOON, answer, book, game, iso
from tests.pipelines.homes import contents, run_live
from warehouse.tables import OddsSnapshots, Polls, Quarantine, RawOdds

DAY = 24 * 60 * MINUTE
NOW = NOON + 60 * MINUTE


def line(stamp: str, price: int = -145, start: int = NOON + 600 * MINUTE, event_id: str = "game-1") -> str:
    books = [book("fanduel", NOON, h2h=(price, 125))]
    return json.dumps({"timestamp": stamp, "data": [game(books, start=start, event_id=event_id)]})


def bring_in(platform: Platform, folder: Path, *lines: str, now: int = NOW) -> Imported:
    folder.mkdir(exist_ok=True)
    (folder / "answers.jsonl").write_text("\n".join(lines) + "\n")
    return import_archive(platform, folder, now=now)


def reasons(platform: Platform) -> list[str]:
    return platform.lake.scan(Quarantine).sort("received_at").collect()["reason"].to_list()


@pytest.mark.parametrize(
    "stamp", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "2025-10-12T12:05:00+99:99", "?"]
)
def test_a_line_with_an_odd_time_does_not_cost_the_import(platform: Platform, tmp_path: Path, stamp: str) -> None:
    done = bring_in(platform, tmp_path / "archive", line(iso(NOON)), line(stamp, -150), line(iso(NOON + MINUTE), -155))
    assert (done.stored.n_answers, done.stored.n_new) == (3, 3)
    assert reasons(platform) == ["unknown_receipt"]
    prices = platform.lake.scan(OddsSnapshots).filter(outcome="Home").sort("received_at").collect()["price_american"]
    assert prices.to_list() == [-145, -155]


def test_a_line_from_the_future_is_refused_and_silences_no_later_answer(platform: Platform, tmp_path: Path) -> None:
    future = line(iso(NOW + DAY + MINUTE), -150)
    done = bring_in(platform, tmp_path / "archive", line(iso(NOON)), future)
    assert done.stored.days == {dt.date(2025, 10, 12)}
    assert reasons(platform) == ["unknown_receipt"]
    assert platform.lake.scan(RawOdds).collect()["endpoint"].sort().to_list() == [
        "archive/odds",
        "archive/odds#received_at=unknown",
    ]
    run_live(platform, [answer(NOON + 30 * MINUTE, [game([book("fanduel", NOON, h2h=(-160, 140))])])])
    assert reasons(platform) == ["unknown_receipt"]
    last = platform.lake.scan(Polls).sort("received_at").collect().tail(1)
    assert last.select("n_quotes", "n_changed").row(0) == (2, 2)


def test_a_clock_may_be_ahead_by_a_day(platform: Platform, tmp_path: Path) -> None:
    bring_in(platform, tmp_path / "archive", line(iso(NOON)), line(iso(NOW + DAY - MINUTE), -150))
    assert reasons(platform) == []


def test_an_import_is_the_same_when_it_is_done_again(platform: Platform, tmp_path: Path) -> None:
    lines = [line(iso(NOON)), line(iso(NOW + 2 * DAY), -150), line("?", -155)]
    bring_in(platform, tmp_path / "archive", *lines)
    before = contents(platform)
    again = bring_in(platform, tmp_path / "archive", *lines)
    assert again.stored.n_new == 0
    assert contents(platform).keys() == before.keys()
    assert contents(platform)["raw_odds"].equals(before["raw_odds"])


def test_an_archive_wholly_from_the_future_is_an_error_that_speaks_of_the_clock(
    platform: Platform, tmp_path: Path
) -> None:
    with pytest.raises(ArchiveError, match="set the clock right"):
        bring_in(platform, tmp_path / "archive", line("2150-01-01T00:00:00Z"))
    assert platform.lake.scan(RawOdds).collect().is_empty()


def test_an_import_names_the_games_its_result_file_forgets(
    platform: Platform, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    starts = {"first": NOON + 60 * MINUTE, "forgotten": NOON + 300 * MINUTE, "last": NOON + 600 * MINUTE}
    rows = [f"{name},{iso(start)},1,0" for name, start in starts.items() if name != "forgotten"]
    (folder / "results.csv").write_text("event_id,commence_time,home_score,away_score\n" + "\n".join(rows) + "\n")
    lines = [line(iso(NOON + i * MINUTE), start=start, event_id=name) for i, (name, start) in enumerate(starts.items())]
    with caplog.at_level(logging.WARNING):
        done = bring_in(platform, folder, *lines)
    assert done.n_results == 2
    (told,) = [record.getMessage() for record in caplog.records if record.name == "stratum_pipelines.archive_import"]
    assert told.startswith("Game forgotten (Away at Home, 2025-10-12 17:00 UTC) has no result: it left the feed")
