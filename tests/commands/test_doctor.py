import datetime as dt
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from stratum_pipelines.backfill import backfill
from stratum_pipelines.budget.credits import Allowance
from stratum_pipelines.doctor import Finding, examine, open_to_look
from stratum_pipelines.fetch import Fetcher, Reached
from stratum_pipelines.hints import hint
from stratum_pipelines.platform import open_platform
from stratum_pipelines.purse import Purse
from stratum_pipelines.raw import store_answers
from stratum_pipelines.settings import PipelineSettings
from tests import webhook_rows
from tests.build import MINUTE, NOON, answer, book, game, wandering
from warehouse.database import engine
from warehouse.outbound import OutboundClient
from warehouse.settings import read_settings
from warehouse.tables import ClosingLines, Consensus, Polls

NOW = dt.datetime(2025, 10, 12, 20, tzinfo=dt.UTC)
FIRST_ANSWER = dt.datetime.fromtimestamp(NOON / 1e6, dt.UTC)
FOOTBALL = "americanfootball_nfl"
HOUR_AGO = 3700
HOUR = dt.timedelta(hours=1)
KEY = "t0p s3cr3t/k3y"


class Feed:
    """The Odds API as it would answer, and what it was asked with which settings."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.given = answer
        self.asked: list[httpx.Request] = []
        self.settings: list[PipelineSettings] = []

    def open(self, settings: PipelineSettings) -> Fetcher:
        self.settings.append(settings)
        client = OutboundClient(
            allowed_hosts=["api.the-odds-api.com"],
            timeout_seconds=settings.http_timeout_s,
            transport=httpx.MockTransport(self.answer),
        )
        return Fetcher(client, api_key=settings.required_key())

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if isinstance(self.given, Exception):
            raise self.given
        return self.given

    def looked_at(self, home: Path, **environment: str) -> Finding:
        """What the doctor finds about a feed that has a key."""
        platform = open_to_look(read_settings({"STRATUM_HOME": str(home)}))
        found = examine(platform, {"ODDS_API_KEY": KEY, **environment}, NOW, open_feed=self.open)
        (feed,) = (one for one in found if one.subject == "feed")
        return feed


def answered(status: int, **headers: str) -> httpx.Response:
    body = httpx.ByteStream(f"<p>GET /v4/sports?apiKey={KEY}</p>".encode())
    return httpx.Response(status, stream=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def findings(home: Path, now: dt.datetime = NOW, **environment: str) -> dict[str, Finding]:
    platform = open_to_look(read_settings({"STRATUM_HOME": str(home)}))
    return {one.subject: one for one in examine(platform, environment, now)}


@pytest.fixture
def asked(invoke, record) -> Callable[..., tuple[int, dict[str, dict[str, Any]]]]:
    """The exit status of the doctor, and what it found by subject."""

    def ask() -> tuple[int, dict[str, dict[str, Any]]]:
        said = invoke("doctor", "--json")
        assert said.stderr == ""
        return said.exit_code, {one["subject"]: one for one in record(said)}

    return ask


def test_a_healthy_warehouse_is_well(filled: Path, asked) -> None:
    status, found = asked()
    assert status == 0
    assert {one["state"] for one in found.values()} == {"ok"}
    assert found["cycles"]["seen"] == "every stored answer has been worked through"


def test_the_report_names_every_subject_in_a_table(filled: Path, invoke) -> None:
    shown = invoke("doctor")
    assert shown.exit_code == 0
    for subject in ("home", "feed", "lake", "database", "disk", FOOTBALL, "cycles", "closing lines", "days"):
        assert f" {subject} " in shown.stdout


def test_an_empty_warehouse_says_how_to_fill_it_and_is_not_filled_by_looking(home: Path, asked) -> None:
    status, found = asked()
    assert status == 0
    assert found["lake"]["remedy"] == f"Fill it with: {hint('stratum run')}"
    assert found["days"]["seen"] == "none has been computed yet"
    assert [file.name for file in home.iterdir()] == ["dagster"]


def test_a_home_that_is_missing_is_a_fault_and_is_not_made(home: Path, asked) -> None:
    (home / "dagster").rmdir()
    home.rmdir()
    status, found = asked()
    assert status == 1
    assert (found["home"]["state"], found["home"]["seen"]) == ("fault", f"there is no folder {home}")
    assert "STRATUM_HOME" in found["home"]["remedy"]
    assert found["lake"]["state"] == "ok", "the others are looked at all the same"
    assert not home.exists()


@pytest.mark.parametrize(
    ("allowed", "said"), [((os.R_OK | os.X_OK,), "can be read and not written"), ((), "cannot be read")]
)
def test_a_home_that_cannot_be_used_is_a_fault(
    filled: Path, asked, monkeypatch: pytest.MonkeyPatch, allowed: tuple[int, ...], said: str
) -> None:
    # A superuser may write anywhere: what the system says about the right to is replaced.
    monkeypatch.setattr(os, "access", lambda path, mode: path != filled or mode in allowed)
    status, found = asked()
    assert status == 1
    assert found["home"]["state"] == "fault"
    assert found["home"]["seen"] == f"{filled} {said}"
    assert found["days"]["state"] == "ok"


def test_a_home_that_is_a_file_is_a_fault(tmp_path: Path, asked, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STRATUM_HOME", str(tmp_path / "file"))
    status, found = asked()
    assert status == 1
    assert found["home"]["seen"] == f"{tmp_path / 'file'} is no folder"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.write_bytes(b"odds and ends " * 1000), "file is not a database"),
        (lambda file: os.truncate(file, 30_000), "malformed"),
    ],
)
def test_a_damaged_database_is_a_fault_and_everything_else_is_looked_at(
    filled: Path, asked, damage: Callable[[Path], object], said: str
) -> None:
    for file in filled.glob("stratum.db-*"):
        file.unlink()
    damage(filled / "stratum.db")
    status, found = asked()
    assert status == 1
    assert found["database"]["state"] == "fault"
    assert said in found["database"]["seen"]
    assert "stratum restore FOLDER" in found["database"]["remedy"]
    assert found["days"]["seen"].startswith("not looked at")
    assert {one["state"] for name, one in found.items() if name not in ("database", "days")} == {"ok"}


def test_a_server_that_does_not_answer_is_a_fault_and_everything_else_is_looked_at(
    filled: Path, asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATUM_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/stratum")
    status, found = asked()
    assert status == 1
    assert found["database"]["state"] == "fault"
    assert "cannot be reached" in found["database"]["seen"]
    assert "hunter2" not in str(found)
    assert found["lake"]["seen"].startswith(f"{filled / 'lake'}: raw_odds 90")
    assert found[FOOTBALL]["state"] == "ok"


def test_a_database_of_a_newer_program_is_a_fault(filled: Path, asked) -> None:
    with sqlite3.connect(filled / "stratum.db") as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    connection.close()
    status, found = asked()
    assert status == 1
    assert "9999" in found["database"]["seen"]
    assert "install that version" in found["database"]["remedy"]


def test_a_database_that_was_lost_beside_a_full_lake_is_a_warning_with_the_way_back(filled: Path, asked) -> None:
    for file in filled.glob("stratum.db*"):
        file.unlink()
    status, found = asked()
    assert status == 0
    assert found["database"]["state"] == "warning"
    assert "stratum backfill --stale" in found["database"]["remedy"]
    assert not (filled / "stratum.db").exists()


def test_a_damaged_file_of_the_lake_is_named_with_what_to_do(filled: Path, asked) -> None:
    for table in ("signals", "consensus"):
        (file,) = (filled / "lake" / table / "date=2025-10-12").glob("*.parquet")
        file.write_bytes(file.read_bytes()[:500])
    status, found = asked()
    assert status == 1
    assert (found["lake"]["state"], found["cycles"]["state"]) == ("ok", "ok"), "the rest of it is looked at"
    platform = open_to_look(read_settings({"STRATUM_HOME": str(filled)}))
    faults = [one for one in examine(platform, {}, NOW) if one.state == "fault"]
    assert [one.seen.split("/")[0] for one in faults] == ["The file consensus", "The file signals"]
    for one in faults:
        assert "Move it away and recompute its day: stratum backfill --from 2025-10-12" in one.remedy


def test_answers_that_wait_and_days_not_computed_are_named_with_what_to_do(home: Path, asked) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(home)}))
    store_answers(platform.lake, wandering(4, 5))
    status, found = asked()
    assert status == 0
    assert found["cycles"]["seen"] == "5 answers have not been worked through"
    assert found["cycles"]["remedy"] == hint("stratum backfill --from 2025-10-12 --to 2025-10-12")
    assert "1 day out of date (not computed yet" in found["days"]["seen"]


def test_games_that_have_started_without_a_closing_line_are_named(filled: Path) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    assert findings(filled)["closing lines"].state == "ok"
    platform.lake.drop_days(ClosingLines, dt.date(2030, 1, 1))
    found = findings(filled)["closing lines"]
    assert (found.state, found.seen) == ("warning", "3 games have started and have no closing line")
    assert found.remedy == "stratum backfill --from 2025-10-12 --to 2025-10-12"


def test_a_game_that_has_only_just_started_is_not_missed(filled: Path) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    platform.lake.drop_days(ClosingLines, dt.date(2030, 1, 1))
    start = platform.lake.scan(Polls).select("received_at").collect()["received_at"].min()
    assert findings(filled, now=start)["closing lines"].state == "ok"


@pytest.mark.parametrize(
    ("starts", "is_priced", "state"),
    [
        ((5, 5), True, "warning"),
        ((5, 5), False, "ok"),
        ((-1, -1), True, "ok"),
        ((-1, 5), True, "warning"),
    ],
    ids=["can be closed", "never priced", "begun when first listed", "told later when it had begun"],
)
def test_a_game_without_a_closing_line_is_named_only_where_settling_would_draw_one(
    home: Path, starts: tuple[int, int], is_priced: bool, state: str
) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(home)}))
    books = [book("fanduel", NOON, h2h=(-110, -110))] if is_priced else []
    games = [game(books, start=NOON + minutes * MINUTE) for minutes in starts]
    answers = [answer(NOON, games[:1]), answer(NOON + 10 * MINUTE, games[1:])]
    backfill(platform, sorted(store_answers(platform.lake, answers).days))
    assert platform.lake.scan(Consensus).collect().is_empty() == (not is_priced)
    assert platform.lake.scan(ClosingLines).collect().is_empty() == (state == "ok"), "settling draws what is asked for"
    platform.lake.drop_days(ClosingLines, dt.date(2030, 1, 1))
    assert findings(home)["closing lines"].state == state


def test_a_feed_that_takes_the_key_is_asked_once_for_what_costs_nothing(filled: Path) -> None:
    feed = Feed(answered(200, x_requests_remaining="12345"))
    found = feed.looked_at(filled)
    assert (found.state, found.seen) == ("ok", "The Odds API takes the key; credits remaining: 12,345")
    assert [(one.url.path, dict(one.url.params)) for one in feed.asked] == [("/v4/sports", {"apiKey": KEY})]
    assert [one.http_timeout_s for one in feed.settings] == [5.0]


def test_a_shorter_time_out_is_kept_when_the_feed_is_looked_at(filled: Path) -> None:
    feed = Feed(answered(200))
    assert feed.looked_at(filled, ODDS_API_HTTP_TIMEOUT_SECONDS="2").seen.endswith("how many credits remain")
    assert [one.http_timeout_s for one in feed.settings] == [2.0]


@pytest.mark.parametrize(
    ("given", "state", "seen", "remedy"),
    [
        (answered(401), "fault", "The Odds API: the key is refused (401)", "Correct ODDS_API_KEY"),
        (answered(503), "warning", "The Odds API answers with HTTP status 503", "status page"),
        (answered(200, x_requests_remaining="0"), "warning", "no credits are left", "buy credits"),
        (httpx.ConnectError(f"no way to ?apiKey={KEY}"), "warning", "The Odds API could not be reached: ", "online"),
        (httpx.ReadTimeout("slow"), "warning", "no complete answer within 5 seconds", "online"),
    ],
    ids=["key refused", "server trouble", "no credits", "no connection", "no answer in time"],
)
def test_a_feed_that_cannot_be_polled_is_named_with_what_to_do_and_without_the_key(
    filled: Path,
    caplog: pytest.LogCaptureFixture,
    given: httpx.Response | Exception,
    state: str,
    seen: str,
    remedy: str,
) -> None:
    feed = Feed(given)
    found = feed.looked_at(filled)
    assert found.state == state
    assert seen in found.seen
    assert remedy in found.remedy
    assert len(feed.asked) == 1, "nobody waits for a second attempt"
    for spelt in (KEY, "t0p", "k3y"):
        assert spelt not in str(found) + caplog.text


def test_a_setting_of_the_feed_that_cannot_be_used_is_a_fault(filled: Path) -> None:
    found = findings(filled, STRATUM_SPORTS="cricket_moon")
    assert found["feed"].state == "fault"
    assert "STRATUM_SPORTS" in found["feed"].seen
    assert found["lake"].state == "ok"


@pytest.mark.parametrize(("hours", "state"), [(1, "ok"), (7, "warning")])
def test_a_feed_that_has_been_silent_for_hours_is_a_warning_while_games_are_to_come(
    home: Path, hours: int, state: str
) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(home)}))
    tonight = game([book("fanduel", NOON, h2h=(-110, -110))], start=NOON + 600 * MINUTE)
    backfill(platform, sorted(store_answers(platform.lake, [answer(NOON, [tonight])]).days))
    assert findings(home, FIRST_ANSWER + dt.timedelta(hours=hours))[FOOTBALL].state == state


def test_files_nobody_reads_any_more_are_named_and_deleted_by_the_next_backfill(
    filled: Path, asked, invoke, record
) -> None:
    half_written = filled / "lake" / "polls" / "date=2025-10-12" / ".part-x.parquet.1-ab.tmp"
    board = next((filled / "boards").iterdir()) / "tmpabc.tmp"
    young = filled / "lake" / "signals" / "date=2025-10-12" / ".part-y.parquet.1-ab.tmp"
    for file in (half_written, board, young):
        file.write_bytes(b"0" * 1000)
    at = dt.datetime.now(dt.UTC).timestamp() - HOUR_AGO
    os.utime(board, (at, at))
    platform = open_to_look(read_settings({"STRATUM_HOME": str(filled)}))
    platform.lake.storage.age_s = lambda path: HOUR_AGO if path.endswith(half_written.name) else 0.0  # type: ignore[method-assign]
    found = {one.subject: one for one in examine(platform, {}, NOW)}["leftovers"]
    assert found.seen.startswith("2 files that nobody reads any more, 0.0 MB, such as polls/date=2025-10-12/.part-x")
    half_written.unlink()
    assert record(invoke("backfill", "--stale", "--json"))["files_swept"] == 1
    assert (board.exists(), young.exists()) == (False, True)
    assert asked()[1]["leftovers"]["seen"] == "no file lies about that nobody reads any more"


def test_a_look_that_breaks_is_a_finding_and_the_others_go_on(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(platform: object) -> object:
        raise KeyError("postgresql://me:hunter2@host/x")

    monkeypatch.setattr("stratum_pipelines.doctor.examination.look_at_disk", broken)
    found = findings(filled)
    assert found["disk"].state == "fault"
    assert "hunter2" not in found["disk"].seen
    assert found["days"].state == "ok"


@pytest.mark.parametrize("is_json", [False, True])
def test_a_lake_that_is_a_file_is_a_fault(filled: Path, tmp_path: Path, invoke, monkeypatch, is_json: bool) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STRATUM_LAKE_URL", str(tmp_path / "file"))
    shown = invoke("doctor", *(["--json"] if is_json else []))
    assert shown.exit_code == 1
    assert "fault" in shown.stdout
    assert "Traceback" not in shown.stdout + shown.stderr


def test_a_locked_database_is_a_fault_that_says_so(filled: Path, asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 20)
    holder = sqlite3.connect(filled / "stratum.db", isolation_level=None)
    # Only this way is a reader shut out as well.
    holder.execute("pragma locking_mode = exclusive")
    holder.execute("begin exclusive")
    try:
        status, found = asked()
    finally:
        holder.close()
    assert status == 1
    assert "is locked" in found["database"]["seen"]
    assert found["lake"]["state"] == "ok"


def test_the_budget_of_a_key_is_looked_at_with_its_forecast(filled: Path) -> None:
    feed = Feed(answered(200, x_requests_remaining="400"))
    platform = open_to_look(read_settings({"STRATUM_HOME": str(filled)}))

    def budget() -> Finding:
        found = examine(platform, {"ODDS_API_KEY": KEY}, NOW, open_feed=feed.open)
        (one,) = (finding for finding in found if finding.subject == "budget")
        return one

    assert budget().seen == "no credits have been counted yet"
    at = int(NOW.timestamp()) * 1_000_000
    purse = Purse(platform.database, "the_odds_api", Allowance())
    purse.take_in(Reached(200, at, at, 400, 100))
    assert budget().state == "ok" and budget().seen.startswith("400 credits left, ")
    purse.take_in(Reached(200, at + 1, at + 1, 20, 480))
    assert budget().state == "warning" and "stratum budget" in budget().remedy


def test_messages_that_webhooks_wait_for_and_nobody_hands_on_are_told_of(filled: Path) -> None:
    platform = open_to_look(read_settings({"STRATUM_HOME": str(filled)}))

    def webhooks() -> list[Finding]:
        return [one for one in examine(platform, {}, webhook_rows.NOW + 2 * HOUR) if one.subject == "webhooks"]

    webhook_rows.write_messages(platform.database, "for nobody")
    assert webhooks() == []
    webhook_rows.add_endpoint(platform.database, webhook_rows.make_account(platform.database))
    webhook_rows.write_messages(platform.database, "a", "b", now=webhook_rows.NOW + HOUR)
    fresh = webhook_rows.NOW + 2 * HOUR - dt.timedelta(minutes=9)
    webhook_rows.write_messages(platform.database, "c", now=fresh)
    (found,) = webhooks()
    assert found.state == "warning" and "stratum dispatch" in found.remedy
    assert found.seen.startswith("3 messages wait for a dispatcher, the oldest since 2026-01-04 12:00")
    webhook_rows.fan_out_to(platform.database, "we_one")
    assert webhooks() == []


def test_names_that_look_like_settings_and_are_none_are_told_with_what_was_meant(home: Path) -> None:
    platform = open_to_look(read_settings({"STRATUM_HOME": str(home)}))
    environ = {
        "STRATUM_HOME": str(home),
        "STRATUM_POLL_SECOND": "30",
        "STEAM_MIN_BOOK": "3",
        "ODDS_API_SHOE_SIZE": "44",
        "STRATUM_TEST_DATA": "/data",
        "STEAMROLLER": "1",
    }
    known = {"STRATUM_HOME", "STRATUM_POLL_SECONDS", "STEAM_MIN_BOOKS"}
    told = {one.seen: one.remedy for one in examine(platform, environ, NOW, known=known) if one.subject == "settings"}
    assert list(told) == [
        "ODDS_API_SHOE_SIZE is no setting",
        "STEAM_MIN_BOOK is no setting",
        "STRATUM_POLL_SECOND is no setting",
    ]
    assert told["STEAM_MIN_BOOK is no setting"].startswith("Is STEAM_MIN_BOOKS meant? ")
    assert told["ODDS_API_SHOE_SIZE is no setting"] == "All of them: docs/reference/settings.md"


def test_the_doctor_knows_the_settings_of_every_package(home: Path, invoke, record, monkeypatch) -> None:
    for name in ("STRATUM_API_PORT", "STRATUM_RETENTION", "MOVE_MIN_BOOKS", "ODDS_API_REGIONS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("STRATUM_API_POTR", "8000")
    told = [one["seen"] for one in json.loads(invoke("doctor", "--json").stdout) if one["subject"] == "settings"]
    assert told == ["STRATUM_API_POTR is no setting"]
