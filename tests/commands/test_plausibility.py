import json
from pathlib import Path

from click.testing import CliRunner, Result

from stratum_pipelines.commands.plausibility import plausibility

ROWS = """season,date,neutral_site,home_team,away_team,home_score,away_score,open_spread_home,close_spread_home,open_total,close_total,home_ml_close,away_ml_close
2016-17,2016-11-17,false,Utah,Chicago,77,85,-3.5,-3.0,1955.5,192.5,-155,135
2016-17,2016-11-18,false,Utah,Boston,77,85,-3.5,-3.0,195.5,192.5,-155,135
"""


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(plausibility, [str(folder), *arguments, "--format", "json"])


def archive(folder: Path) -> Path:
    import gzip

    (folder / "sbr_nba_open_close").mkdir()
    (folder / "sbr_nba_open_close" / "games.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    return folder


def test_what_was_found_is_counted_and_listed(tmp_path: Path) -> None:
    folder = archive(tmp_path)
    assert json.loads(run(folder).output) == [
        {"folder": "sbr_nba_open_close", "fault": "none", "games": 1, "share": 0.5},
        {"folder": "sbr_nba_open_close", "fault": "no_open_total", "games": 1, "share": 0.5},
    ]
    (game,) = json.loads(run(folder, "--games").output)
    assert (game["away_team"], game["fault"], game["published_open_total"]) == ("Chicago", "no_open_total", 1955.5)


def test_planted_faults_are_counted(tmp_path: Path) -> None:
    rows = json.loads(run(archive(tmp_path), "--planted").output)
    swapped = next(row for row in rows if row["fault"] == "close: spread and total swapped")
    assert (swapped["planted"], swapped["found"], swapped["mended"]) == (1, 1, 1)


def test_a_folder_without_archives_is_said(tmp_path: Path) -> None:
    assert "No folder of opening and closing lines" in run(tmp_path).output
    found = run(tmp_path, "--only", "sbr_nba_open_close")
    assert found.exit_code != 0 and "There is no file games.csv.gz" in found.output
