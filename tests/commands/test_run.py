import datetime as dt
import gzip
import io
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from stratum_pipelines.backfill import Backfilled
from stratum_pipelines.commands.progress import LongWork
from stratum_pipelines.platform import Platform, open_platform
from stratum_pipelines.providers.quote_changes import CHANGES, INDEX
from stratum_pipelines.raw import Stored
from stratum_pipelines.report import print_summary
from stratum_pipelines.signals import find_signals
from stratum_pipelines.simulation.scoring import SCHEMA
from stratum_pipelines.simulation_run import import_simulation
from stratum_pipelines.summary import summarise
from tests.build import wandering
from warehouse.settings import read_settings
from warehouse.tables import ClosingLines, Events, Scorecards, Signals


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The little market as recorded answers, with a result."""
    folder = tmp_path / "archive of mine"
    (folder / "snapshots").mkdir(parents=True)
    lines = [
        json.dumps({"timestamp": _iso(answer.received_at), "data": json.loads(answer.body)})
        for answer in wandering(4, 90)
    ]
    (folder / "snapshots" / "2025-10-12.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    (folder / "results.csv").write_text(
        "event_id,commence_time,home_team,away_team,home_score,away_score\n"
        "game-0,2025-10-12T14:00:00Z,Home,Away,21,17\n"
    )
    return folder


def _iso(moment: int) -> str:
    return pl.Series([moment]).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%SZ")[0]


@pytest.fixture
def platform(home: Path) -> Platform:
    return open_platform(read_settings({"STRATUM_HOME": str(home)}))


def test_an_archive_goes_through_the_whole_chain_and_ends_in_a_summary(home: Path, archive: Path, invoke) -> None:
    shown = invoke("run", "--archive", str(archive))
    assert shown.exit_code == 0
    for words in ("What came in", "Signals", "Closing-line value", str(home / "lake"), "What to open next"):
        assert words in shown.stdout
    assert "computed 1 of 1 days, 2025-10-12" in shown.stderr


def test_as_json_the_summary_is_the_only_thing_on_standard_output(home: Path, archive: Path, invoke, record) -> None:
    said = record(invoke("run", "--archive", str(archive), "--json"))
    assert said["imported"]["answers_new"] == 90
    assert said["imported"]["results_added"] == 1
    # Games are kept whole and every day writes them again: only tables of days add up.
    assert said["imported"]["rows"]["polls"] == 90 and {"events", "event_links"}.isdisjoint(said["imported"]["rows"])
    assert said["summary"]["rows"]["raw_odds"] == 90
    assert {row["games"] for row in said["summary"]["sports"]} == {3}


def test_a_second_run_finds_everything_done(home: Path, archive: Path, invoke, record) -> None:
    first = record(invoke("import", str(archive), "--json"))
    again = record(invoke("import", str(archive), "--json"))
    assert (first["answers_new"], again["answers_new"]) == (90, 0)
    assert (again["days_computed"], again["results_added"]) == ([], 0)
    assert (
        "90 answers seen, 0 new; 0 days computed, 0 quotes; 0 results added." in invoke("import", str(archive)).stdout
    )


def test_later_days_that_rest_on_older_numbers_are_named(
    home: Path, tmp_path: Path, platform: Platform, invoke
) -> None:
    for day, first in (("2025-10-13", 24), ("2025-10-12", 0)):
        folder = tmp_path / day / "snapshots"
        folder.mkdir(parents=True)
        noon = wandering(4, 1)[0].received_at + first * 3_600_000_000
        lines = [
            json.dumps({"timestamp": _iso(a.received_at), "data": json.loads(a.body)})
            for a in wandering(4, 5, first=noon)
        ]
        (folder / f"{day}.jsonl").write_text("\n".join(lines))
        shown = invoke("import", str(folder.parent))
    assert "1 day of other answers rests on older numbers (2025-10-13 to 2025-10-13)" in shown.stdout
    assert "1 day computed (2025-10-13 to 2025-10-13)" in invoke("backfill", "--stale").stdout


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "There is no folder"),
        (lambda path: path.mkdir(), "holds no archive that can be read"),
        (lambda path: path.write_text("odds"), "is a file. Give the folder it lies in."),
    ],
)
def test_what_is_no_archive_is_refused_in_one_line(home: Path, tmp_path: Path, invoke, make, said: str) -> None:
    make(tmp_path / "odds")
    shown = invoke("run", "--archive", str(tmp_path / "odds"))
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert said in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_an_archive_whose_files_cannot_be_read_is_refused_in_one_line(home: Path, tmp_path: Path, invoke) -> None:
    folder = tmp_path / "nfl"
    folder.mkdir()
    for name in (CHANGES, INDEX):
        (folder / name).write_bytes(b"odds and ends")
    shown = invoke("run", "--archive", str(folder))
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.startswith(f"stratum: The change log in {folder} cannot be read: ")
    assert len(shown.stderr.splitlines()) == 1


def test_a_result_file_that_cannot_be_read_is_said_before_the_work(home: Path, archive: Path, invoke) -> None:
    (archive / "results.csv").write_text("game,score\n")
    shown = invoke("import", str(archive))
    assert shown.exit_code == 1
    assert "lacks the columns event_id" in shown.stderr
    assert not (home / "lake" / "raw_odds").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sport", "curling"), "The sport 'curling' is not simulated; use one of americanfootball_nfl"),
        (("--archive", ".", "--days", "2"), "--days, --sport and --seed are for the simulator"),
    ],
)
def test_what_the_simulator_cannot_do_is_said_in_one_line(
    home: Path, invoke, arguments: tuple[str, ...], said: str
) -> None:
    shown = invoke("run", *arguments)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert said in shown.stderr


def test_the_simulated_market_shows_what_was_planted_and_found(platform: Platform, capsys) -> None:
    from stratum_pipelines.commands.output import results

    imported = import_simulation(platform, days=1, sports=("soccer_epl",), seed=7, cadence_s=900)
    summary = summarise(platform, {"simulator"})
    print_summary(results, summary, 1.0, imported.detections)
    assert "Found of what the simulator planted" in capsys.readouterr().out
    counted = {row["signal_type"]: row for row in summary.signals}
    assert sum(row["signals"] for row in counted.values()) == summary.rows["signals"]
    for row in counted.values():
        assert row["with_close"] + row["missing_close"] + row["not_closed"] == row["signals"]


@pytest.fixture
def mixed(filled: Path) -> Platform:
    """The little market, and beside it a simulated one of the same sport."""
    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    import_simulation(platform, days=1, sports=("americanfootball_nfl",), seed=7, cadence_s=900)
    return platform


def test_a_summary_counts_what_its_provider_brought_and_nothing_else(mixed: Platform, made: Path) -> None:
    alone = open_platform(read_settings({"STRATUM_HOME": str(made)}))
    before, after = summarise(alone, {"the_odds_api"}), summarise(mixed, {"the_odds_api"})
    assert before.scorecard and before.closes and before.example_signal
    for name in ("sports", "signals", "closes", "refused", "example_signal", "first_received_at", "last_received_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert _without_moment(after.scorecard) == _without_moment(before.scorecard)
    assert (before.polls_beside, after.polls_beside) == ({}, {"Market simulator": 96})
    simulated = summarise(mixed, {"simulator"})
    assert simulated.polls_beside == {"The Odds API": 90}
    both = sum(row["games"] for row in after.sports + simulated.sports)
    assert both == mixed.lake.scan(Events).collect().height


def _without_moment(cards: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in card.items() if name != "as_of"} for card in cards]


def test_the_scorecards_of_a_single_source_are_those_stored(filled: Path) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    stored = platform.lake.scan(Scorecards).collect()
    wanted = stored.filter(
        pl.col("as_of") == pl.col("as_of").max(),
        pl.col("window") == "all",
        pl.col("sport_key") == "",
        pl.col("time_bucket") == "",
        pl.col("signal_type") != "",
    ).sort("signal_type", "market")
    assert (
        summarise(platform, {"the_odds_api"}).scorecard
        == wanted.select(pl.exclude("sport_key", "time_bucket", "window")).to_dicts()
    )


def test_a_home_of_several_sources_says_so(mixed: Platform, filled: Path, archive: Path, invoke) -> None:
    shown = " ".join(invoke("run", "--archive", str(archive)).stdout.split())
    assert "This home also holds answers of another source: Market simulator (96 polls)." in shown
    assert "Keep them apart with STRATUM_HOME." in shown


def test_a_home_of_one_source_does_not(home: Path, archive: Path, invoke) -> None:
    assert "another source" not in invoke("run", "--archive", str(archive)).stdout


def test_what_to_open_next_can_be_typed_as_it_stands(home: Path, archive: Path, invoke) -> None:
    shown = invoke("run", "--archive", str(archive)).stdout.partition("What to open next")[2]
    (doctor,) = [line.partition("#")[0].strip() for line in shown.splitlines() if "stratum doctor" in line]
    assert doctor.startswith(f"STRATUM_HOME={home} ")
    assert subprocess.run(["bash", "-c", doctor], capture_output=True, text=True, check=False).stdout.count("lake")


def test_the_legend_says_which_signals_the_value_table_leaves_out(home: Path, archive: Path, invoke) -> None:
    shown = " ".join(invoke("run", "--archive", str(archive)).stdout.split())
    assert (
        "Not in this table: signals whose close is stale, counted under closed above, or missing, counted under no close."
        in shown
    )


def detections(*rows: tuple[str, str, int, int]) -> pl.DataFrame:
    """Scores of detectors: signal type, kind, planted and found."""
    made = [
        (rule, kind, True, n, found, found / n, 5, found, 0.5, 60.0 if found else None) for rule, kind, n, found in rows
    ]
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def lines_with(word: str, shown: str) -> list[list[str]]:
    """The cells of every row of a table that names the word."""
    rows = ([cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if "│" in line)
    return [row for row in rows if word in row]


def test_what_no_rule_looks_for_yet_is_no_failure(platform: Platform, capsys) -> None:
    from stratum_pipelines.commands.output import results

    scores = detections(("MOVE", "steam", 5, 5), ("MOVE", "mood", 4, 1), ("KEY_CROSS", "mood", 4, 0))
    print_summary(results, summarise(platform, {"the_odds_api"}), 1.0, scores)
    assert lines_with("mood", capsys.readouterr().out) == [["mood", "no rule yet", "4", "", "", ""]]


def test_a_rule_that_has_found_nothing_is_shown_beside_what_it_looks_for(platform: Platform, capsys) -> None:
    from stratum_pipelines.commands.output import results

    print_summary(
        results,
        summarise(platform, {"the_odds_api"}),
        1.0,
        detections(("MOVE", "steam", 5, 5), ("MOVE", "key_cross", 2, 1)),
    )
    shown = capsys.readouterr().out
    # The others gave no signal at all, so nothing was scored of them.
    assert lines_with("steam", shown) == [
        ["steam", "DISLOCATION", "5", "0", "0%", ""],
        ["steam", "MOVE", "5", "5", "100%", "1.0 min"],
        ["steam", "MULTIBOOK_SYNC", "5", "0", "0%", ""],
        ["steam", "STEAM", "5", "0", "0%", ""],
    ]
    assert [row[1:4] for row in lines_with("key_cross", shown)] == [["KEY_CROSS", "2", "0"], ["MOVE", "2", "1"]]


def test_closes_are_counted_by_market_and_quality(filled: Path, capsys) -> None:
    from stratum_pipelines.commands.output import results

    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    print_summary(results, summarise(platform, {"the_odds_api"}))
    assert "missing: no price" not in capsys.readouterr().out, "all is well, so nothing needs explaining"
    lines = platform.lake.scan(ClosingLines).collect()
    games = sorted(lines["event_id"].unique())
    # One outcome of the second game is missing, the others thin: the market closed as badly as the worst of them.
    last = pl.col("outcome") == lines.filter(pl.col("market") == "h2h")["outcome"].max()
    worse = (
        pl.when(pl.col("event_id") == games[0])
        .then(pl.lit("stale"))
        .when((pl.col("event_id") == games[1]) & (pl.col("market") == "h2h") & last)
        .then(pl.lit("missing"))
        .when(pl.col("event_id") == games[1])
        .then(pl.lit("thin"))
        .otherwise(pl.col("quality"))
    )
    platform.lake.replace(ClosingLines, dt.date(2025, 10, 12), lines.with_columns(quality=worse))
    assert summarise(platform, {"the_odds_api"}).closes == [
        {"market": "h2h", "games": 3, "ok": 1, "thin": 0, "stale": 1, "missing": 1},
        {"market": "spreads", "games": 3, "ok": 1, "thin": 1, "stale": 1, "missing": 0},
        {"market": "totals", "games": 3, "ok": 1, "thin": 1, "stale": 1, "missing": 0},
    ]
    print_summary(results, summarise(platform, {"the_odds_api"}))
    shown = capsys.readouterr().out
    assert ["h2h", "3", "1", "0", "1", "1"] in lines_with("h2h", shown)
    assert "thin: fewer than 3 operator groups. stale: the last answer came more than 60 minutes before." in " ".join(
        shown.split()
    )


@pytest.mark.parametrize("width", [80, 106, 160])
def test_the_summary_fits_its_terminal_without_cutting_a_number(filled: Path, capsys, width: int) -> None:
    from stratum_pipelines.commands.output import Output

    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    print_summary(Output(width=width, highlight=False), summarise(platform, {"the_odds_api"}), 1.0)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown


def test_the_signals_of_every_rule_fit_eighty_columns_with_whole_headers(platform: Platform, capsys) -> None:
    from stratum_pipelines.commands.output import Output

    counts = {"signals": 12_345, "games": 1_234, "high": 1, "medium": 2, "strength_median": 55.0}
    closes = {"with_close": 10_000, "missing_close": 1_345, "not_closed": 1_000}
    rows = [{"signal_type": name} | counts | closes for name in find_signals()]
    print_summary(Output(width=80, highlight=False), replace(summarise(platform, {"the_odds_api"}), signals=rows))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80 and "…" not in shown
    assert ["EXCHANGE_DIVERGENCE", "12,345", "1,234", "55", "10,000", "1,345", "1,000"] in lines_with("55", shown)
    heads = [[cell.strip() for cell in line.split("┃")[1:-1]] for line in shown.splitlines() if "┃" in line]
    words = [" ".join(parts).split() for parts in zip(*heads[-2:], strict=True)]
    assert words == [["type"], ["signals"], ["games"], ["strength"], ["closed"], ["no", "close"], ["to", "come"]]


def test_the_scorecards_fit_eighty_columns_with_what_the_prices_were_worth_and_both_tiers(
    platform: Platform, capsys
) -> None:
    from stratum_pipelines.commands.output import Output

    card = {
        "signal_type": "EXCHANGE_DIVERGENCE", "market": "spreads", "n": 12_345, "n_events": 1_234, "n_ties": 21, "beat_rate": 0.6,
        "beat_low_by_game": 0.58, "beat_high_by_game": 0.62, "beat_fair_rate": 0.384, "clv_points_mean": 0.21,
        "clv_prob_mean": -0.0123, "clv_prob_se": 0.0017, "tier": "", "tier_naive": "S", "is_ready": True,
    }  # fmt: skip
    few = {**card, "market": "h2h", "is_ready": False}
    summary = replace(summarise(platform, {"the_odds_api"}), scorecard=[card, few])
    print_summary(Output(width=80, highlight=False), summary)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80 and "…" not in shown
    assert ["EXCHANGE_DIVERGENCE", "spreads", "12,345", "60.0 %", "38.4 %", "-0.0123", "- / S"] in lines_with(
        "- / S", shown
    )
    assert [row[-1] for row in lines_with("h2h", shown)] == ["few"]
    print_summary(Output(width=160, highlight=False), summary)
    assert lines_with("-0.0123 ±0.0017", capsys.readouterr().out)[0][-2:] == ["-", "S"]


def test_an_empty_warehouse_has_a_summary_too(platform: Platform, capsys) -> None:
    from stratum_pipelines.commands.output import results

    print_summary(results, summarise(platform, {"the_odds_api"}))
    shown = capsys.readouterr().out
    assert "nothing computed yet" in shown
    assert "Closing lines" not in shown


def test_progress_in_a_log_is_a_line_now_and_then(platform: Platform, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr("stratum_pipelines.commands.progress.time.monotonic", lambda: float(next(clock)))
    with LongWork() as work:
        for n in range(1, 9):
            work.stored(Stored(n * 250, n * 250))
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 4
    assert all(line.startswith("stored ") for line in lines)


@pytest.mark.parametrize("is_terminal", [False, True])
def test_work_that_fails_at_once_leaves_the_error_alone(is_terminal: bool) -> None:
    shown = io.StringIO()

    def fail() -> None:
        with LongWork(Console(file=shown, force_terminal=is_terminal)):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert shown.getvalue() == ""


def test_work_that_has_begun_shows_bars_in_a_terminal() -> None:
    shown = io.StringIO()
    with LongWork(Console(file=shown, force_terminal=True)) as work:
        work.stored(Stored(250, 250))
    assert "storing raw answers" in shown.getvalue()


def test_backfill_gives_the_same_rows_again(filled: Path, invoke, record) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    before = platform.lake.scan(Signals).collect().sort("signal_id")
    done = record(invoke("backfill", "--from", "2025-10-12", "--to", "2025-10-12", "--json"))
    assert done["days"] == ["2025-10-12"]
    assert done["rows"]["signals"] == before.height
    assert platform.lake.scan(Signals).collect().sort("signal_id").equals(before)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say which days: --from DAY --to DAY, or --stale."),
        (("--from", "2025-10-12"), "Say which days"),
        (("--from", "2025-10-12", "--to", "2025-10-12", "--stale"), "not both"),
        (("--from", "2025-10-13", "--to", "2025-10-12"), "--from 2025-10-13 lies after --to 2025-10-12."),
    ],
)
def test_backfill_says_which_days_it_needs(filled: Path, invoke, arguments: tuple[str, ...], said: str) -> None:
    shown = invoke("backfill", *arguments)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert said in shown.stderr


def test_backfill_counts_no_rows_of_tables_that_are_kept_whole(filled: Path, invoke, record) -> None:
    days = ("backfill", "--from", "2025-10-12", "--to", "2025-10-12")
    assert {"events", "event_links"}.isdisjoint(record(invoke(*days, "--json"))["rows"])
    # The list is as long as there are tables, so a terminal may show it on more than one line.
    shown = " ".join(invoke(*days).stdout.split())
    names = [part.split()[0] for part in shown[shown.index("closing_lines") :].split(", ")]
    assert names[:3] == ["closing_lines", "clv_records", "consensus"]
    assert "odds_snapshots" in names
    assert {"events", "event_links"}.isdisjoint(names)


def test_backfill_of_nothing_says_so(filled: Path, invoke) -> None:
    shown = invoke("backfill", "--from", "2020-01-01", "--to", "2020-01-02")
    assert shown.exit_code == 0
    assert "Days with answers: 2025-10-12 to 2025-10-12." in " ".join(shown.stdout.split())
    assert "Every day follows from its answers" in invoke("backfill", "--stale").stdout


def test_a_backfill_of_nothing_counts_nothing() -> None:
    assert (Backfilled().days, Backfilled().quotes) == ([], 0)
