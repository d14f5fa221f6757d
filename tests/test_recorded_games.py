import datetime as dt
import gzip
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.recorded_games import GAMES, read_recorded_games

NFL_GAMES = """season,date,home_team,away_team,home_score,away_score,open_spread_home,close_spread_home,open_total,close_total
2011,2011-09-08,Home,Away,42,34,-4.5,-5.0,46.0,48.0
2012,2012-09-09,Home,Away,,,-4.5,-5.0,46.0,48.0
2013,2013-09-09,Home,Away,20,23,2,,46.0,
"""
MATCHES = """Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,PSCH,PSCD,PSCA,PC>2.5,PC<2.5
E0,12/09/2020,A,B,0,3,4.0,3.5,2.0,1.5,3.0
E0,13/09/2020,C,D,1,1,,,,,
"""


def put(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(gzip.compress(text.encode()))


def rows(found: pl.DataFrame) -> list[tuple]:
    return found.drop("source").rows()


def test_a_season_archive_by_hand(tmp_path: Path) -> None:
    put(tmp_path / "sbr_nfl_open_close", "games.csv.gz", NFL_GAMES)
    found = read_recorded_games(tmp_path, {"sbr_nfl_open_close": True})
    assert found.games.schema == GAMES
    # The game without a score was not played; the one without a close has no line.
    assert rows(found.games) == [
        ("americanfootball_nfl", 2011, 8, 76, -5.0, 0.5, 48.0, 0.5),
        ("americanfootball_nfl", 2013, -3, 43, None, 0.5, None, 0.5),
    ]
    (source,) = found.sources
    assert (source.folder, source.games, source.fitted, len(source.sha256)) == ("sbr_nfl_open_close", 2, True, 64)


def test_the_digest_is_of_the_contents_and_not_of_their_packing(tmp_path: Path) -> None:
    digests = set()
    for level in (1, 9):
        put(tmp_path / "sbr_nfl_open_close", "games.csv.gz", "")
        (tmp_path / "sbr_nfl_open_close" / "games.csv.gz").write_bytes(gzip.compress(NFL_GAMES.encode(), level))
        digests.add(read_recorded_games(tmp_path, {"sbr_nfl_open_close": True}).sources[0].sha256)
    assert len(digests) == 1


def test_a_soccer_match_is_lined_at_nothing_by_its_winner_market(tmp_path: Path) -> None:
    put(tmp_path / "football_data_co_uk", "E0_2021.csv.gz", MATCHES)
    found = read_recorded_games(tmp_path, {"football_data_co_uk": True}).games
    # 1/4 against 1/2: a third. 1/1.5 against 1/3: two thirds.
    assert rows(found) == [
        ("soccer_epl", 2020, -3, 3, 0.0, 0.3333, 2.5, 0.6667),
        ("soccer_epl", 2020, 0, 2, 0.0, None, None, None),
    ]


def test_the_other_sign_of_a_spread_is_turned(tmp_path: Path) -> None:
    text = "event_id,home_score,away_score,nflverse_spread,nflverse_total\ng1,27,18,3.5,48.5\n"
    put(tmp_path / "oddsapi_nfl_2025", "results.csv.gz", text)
    found = read_recorded_games(tmp_path, {"oddsapi_nfl_2025": False}).games
    assert rows(found) == [("americanfootball_nfl", 2025, 9, 45, -3.5, 0.5, 48.5, 0.5)]


def test_a_change_log_closes_at_the_earliest_start_it_ever_named(tmp_path: Path) -> None:
    def at(hour: int) -> dt.datetime:
        return dt.datetime(2026, 7, 15, hour, tzinfo=dt.UTC)

    def quote(hour: int, book: str, market: str, outcome: str, price: int | None, point: float | None, start: int = 20):
        return (at(hour), "g1", at(start), "Home", "Away", book, market, outcome, price, point)

    changes = [
        quote(10, "one", "spreads", "Home", -110, -3.5),
        quote(10, "one", "spreads", "Away", -110, 3.5),
        quote(11, "two", "spreads", "Home", -110, -4.5),
        quote(12, "one", "spreads", "Home", -110, -5.5),
        quote(13, "three", "spreads", "Home", -110, -9.5),
        quote(14, "three", "spreads", "Home", None, None),  # withdrawn
        quote(12, "one", "totals", "Over", -110, 165.5),
        quote(12, "one", "totals", "Under", -110, 165.5),
        quote(21, "one", "spreads", "Home", -110, -12.5, start=22),  # in play: the start was moved afterwards
    ]
    names = (
        "snapshot_time",
        "event_id",
        "commence_time",
        "home_team",
        "away_team",
        "bookmaker",
        "market",
        "outcome",
        "price",
        "point",
    )
    folder = tmp_path / "oddsapi_wnba_2026"
    put(folder, "results.csv.gz", "event_id,home_score,away_score\ng1,90,87\ng2,70,71\n")
    pl.DataFrame(changes, schema=list(names), orient="row").write_parquet(folder / "quote_changes.parquet")
    found = read_recorded_games(tmp_path, {"oddsapi_wnba_2026": False}).games
    # The median of -5.5 and -4.5. The second game was never quoted.
    assert rows(found) == [
        ("basketball_wnba", 2026, 3, 177, -5.0, 0.5, 165.5, 0.5),
        ("basketball_wnba", 2026, -1, 141, None, 0.5, None, 0.5),
    ]


def test_a_folder_that_is_missing_or_unknown_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file games\.csv\.gz"):
        read_recorded_games(tmp_path, {"sbr_nfl_open_close": True})
    with pytest.raises(ValueError, match="no reader"):
        read_recorded_games(tmp_path, {"somewhere": True})
