import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.platform import Platform, open_platform
from stratum_pipelines.trace import UnknownSignal, trace
from tests.webhook_rows import NOW, add_endpoint, claim, make_account, tried
from warehouse.database.outbox import Draft, add_to_outbox
from warehouse.database.webhooks.fan_out import FanOut, NewDelivery
from warehouse.database.webhooks.queue import record as note
from warehouse.settings import read_settings
from warehouse.tables import ClvRecords, RawOdds, Signals


@pytest.fixture
def platform(filled: Path) -> Platform:
    return open_platform(read_settings({"STRATUM_HOME": str(filled)}))


@pytest.fixture
def strongest(platform: Platform) -> str:
    signals = platform.lake.scan(Signals).sort("strength_score", "signal_id", descending=True).collect()
    return signals["signal_id"][0]


def test_a_signal_leads_to_its_quotes_and_the_answers_they_came_in(strongest: str, invoke, record) -> None:
    found = record(invoke("trace", strongest, "--json"))
    assert found["signal"]["signal_id"] == strongest
    assert found["quotes"]
    assert found["consensus"]
    answers = {answer["response_id"] for answer in found["answers"]}
    assert {quote["response_id"] for quote in found["quotes"]} <= answers
    assert found["signal"]["response_id"] in answers
    assert max(answer["received_at"] for answer in found["answers"]) <= found["signal"]["detected_at"]


def test_every_answer_named_is_stored(platform: Platform, strongest: str) -> None:
    named = trace(platform, strongest).answers
    stored = platform.lake.scan(RawOdds).select("response_id", "body_sha256").collect()
    assert named.join(stored, on=["response_id", "body_sha256"], how="anti").is_empty()


def test_the_report_names_game_entry_and_close(strongest: str, invoke) -> None:
    shown = invoke("trace", strongest).stdout
    assert "Away at Home" in shown
    assert "Entry: " in shown
    assert "Close (scheduled), version 1, current, at 2025-10-12 1" in shown
    assert "none" not in shown


def test_every_version_of_the_close_is_shown_with_its_moment_and_which_one_counts(
    platform: Platform, strongest: str, invoke
) -> None:
    records = platform.lake.scan(ClvRecords).collect()
    mine = records.filter(pl.col("signal_id") == strongest, pl.col("convention") == "scheduled")
    later = mine.with_columns(pl.lit(2, pl.Int32).alias("version"), pl.col("closed_at") + pl.duration(hours=2))
    both = pl.concat([mine.with_columns(is_current=pl.lit(False)), later])
    platform.lake.replace_rows(ClvRecords, both, column="signal_id", values=[strongest])
    (was,) = mine["closed_at"]
    lines = [line for line in invoke("trace", strongest).stdout.splitlines() if line.startswith("Close ")]
    assert lines[0].startswith(f"Close (scheduled), version 1, outdated, at {was:%Y-%m-%d %H:%M:%S} UTC: ")
    assert lines[1].startswith(
        f"Close (scheduled), version 2, current, at {was + dt.timedelta(hours=2):%Y-%m-%d %H:%M:%S}"
    )


def test_the_convention_that_is_counted_comes_first_and_last_seen_says_what_it_is(
    platform: Platform, strongest: str, invoke
) -> None:
    mine = platform.lake.scan(ClvRecords).collect().filter(pl.col("signal_id") == strongest).head(1)
    every = ("actual", "last_seen", "pregame_end", "scheduled")
    records = pl.concat([mine.with_columns(convention=pl.lit(name)) for name in every])
    platform.lake.replace_rows(ClvRecords, records, column="signal_id", values=[strongest])
    shown = invoke("trace", strongest).stdout
    told = [line.partition("(")[2].partition(")")[0] for line in shown.splitlines() if line.startswith("Close (")]
    assert told == ["scheduled", "actual", "last_seen", "pregame_end"]
    assert "last_seen: the last line before the game left the feed" in shown
    alone = mine.with_columns(convention=pl.lit("scheduled"))
    platform.lake.replace_rows(ClvRecords, alone, column="signal_id", values=[strongest])
    assert "last_seen" not in invoke("trace", strongest).stdout


def test_a_beginning_in_any_case_is_enough(platform: Platform, strongest: str) -> None:
    assert trace(platform, strongest[:16].upper()).signal["signal_id"] == strongest


def test_a_beginning_of_several_names_some_of_them(platform: Platform, invoke) -> None:
    ids = platform.lake.scan(Signals).select(pl.col("signal_id")).collect()["signal_id"].to_list()
    firsts = [one[0] for one in ids]
    shared = max(set(firsts), key=firsts.count)
    result = invoke("trace", shared)
    assert result.exit_code == 1
    assert f"{firsts.count(shared)} signals have an id that begins with '{shared}'" in result.stderr


@pytest.mark.parametrize(
    ("asked", "said"), [("xyz", "There is no signal whose id begins with 'xyz'."), ("", "Give the id")]
)
def test_an_id_that_nothing_has_is_said_in_one_line(filled: Path, invoke, asked: str, said: str) -> None:
    result = invoke("trace", asked)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_tracing_reads_the_tables_and_leaves_the_database_alone(filled: Path, strongest: str, invoke) -> None:
    # A home that may only be read has a database that cannot even be opened for writing.
    (filled / "stratum.db").unlink()
    assert invoke("trace", strongest).exit_code == 0
    assert not (filled / "stratum.db").exists()


def test_a_delivery_leads_to_the_signal_it_told_of(
    filled: Path, platform: Platform, strongest: str, invoke, record
) -> None:
    database = platform.database
    add_endpoint(database, make_account(database))
    drafts = [Draft("signal.detected", (one,), {"signal_id": one}) for one in (strongest, "another signal")]
    with database.begin() as connection:
        add_to_outbox(connection, drafts, NOW)
    ids = tuple(one.outbox_id for one in drafts)

    def matching(_: object) -> list[NewDelivery]:
        single = NewDelivery(ids[0], "we_one", ids[:1], "signal.detected")
        return [single, NewDelivery("b" * 32, "we_one", ids, "signal.detected")]

    FanOut(database).step(matching, NOW, limit=0)
    assert FanOut(database).step(matching, NOW) == 2
    claimed = next(one for one in claim(database, we_one=2) if one.webhook_id == ids[0])
    with database.begin() as connection:
        note(connection, [tried(claimed)], NOW)
    found = record(invoke("trace", ids[0].upper(), "--json"))
    assert found["signal"]["signal_id"] == strongest and found["answers"]
    (delivery,) = found["deliveries"]
    assert (delivery["endpoint_id"], delivery["state"], delivery["n_attempts"]) == ("we_one", "delivered", 1)
    shown = invoke("trace", ids[0]).stdout
    assert f"Delivery {ids[0]} to we_one: delivered 2026-01-04 12:00:00 UTC, attempt 1" in shown
    assert strongest in shown
    several = invoke("trace", "b" * 32)
    assert several.exit_code == 1 and f"tells of 2 signals; trace one of {strongest}, another signal." in several.stderr
    assert "no delivery of that id" in invoke("trace", "c" * 32).stderr


def test_an_unknown_signal_is_an_error_of_its_own(platform: Platform) -> None:
    with pytest.raises(UnknownSignal, match="no signal"):
        trace(platform, "zzz")
