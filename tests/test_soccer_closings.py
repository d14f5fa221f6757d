"""Closing odds and results are read from files as they are published."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from stratum_pipelines.soccer_closings import handicap_shares, read_closings

OLD = "Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR,PSH,PSCH,PSCD,PSCA\nE0,18/08/12,A,B,2,1,H,9,2.10,3.40,3.90\n"
NEW = (
    "Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR,PSCH,PSCD,PSCA,B365CH,B365CD,B365CA,PC>2.5,PC<2.5,AHCh,PCAHH,PCAHA,MaxCH\n"
    "E0,09/08/2019,A,B,0.0,0.0,D,1.50,4.20,7.50,1.48,4.33,,1.80,2.10,-0.25,1.95,1.97,1.55\n"
    "E0,10/08/2019,C,D,3,1,H,1.30,5.50,11.0,,,,1.60,2.45,-1.5,1.88,2.04,1.33\n"
    "E0,11/08/2019,E,F,,,,2.00,3.50,4.00,,,,1.90,2.00,0,1.9,2.0,2.1\n"
    ",,,,,,,,,,,,,,,,,,\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "E0_1213.csv").write_text(OLD, encoding="utf-8")
    (tmp_path / "E0_1920.csv.gz").write_bytes(gzip.compress(NEW.encode("latin-1")))
    (tmp_path / "notes.txt").write_text("not ours", encoding="utf-8")
    return tmp_path


def test_seasons_with_columns_of_their_own_are_read_together(folder: Path) -> None:
    closings = read_closings(folder)
    # The third match of the second file was not played, the last line is empty.
    assert (closings.n_files, closings.n_matches) == (2, 3)
    samples = {(sample.market, sample.book): sample for sample in closings.samples}
    pinnacle = samples["h2h", "pinnacle"]
    assert pinnacle.prices.tolist() == [[2.1, 3.4, 3.9], [1.5, 4.2, 7.5], [1.3, 5.5, 11.0]]
    assert pinnacle.shares.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert pinnacle.games.tolist() == [0, 1, 2]
    assert np.isnan(samples["h2h", "bet365"].prices).sum() == 7
    totals = samples["totals", "pinnacle"]
    assert totals.prices[1:].tolist() == [[1.8, 2.1], [1.6, 2.45]]
    assert totals.shares[1:].tolist() == [[0, 1], [1, 0]]
    assert samples["spreads", "pinnacle"].shares.tolist() == [[0, 0], [0, 0.5], [1, 0]]
    assert {book for _, book in samples} == {"pinnacle", "bet365", "bwin", "interwetten", "williamhill", "betvictor"}


def test_the_digest_is_that_of_the_contents_however_they_are_packed(folder: Path) -> None:
    before = read_closings(folder).sha256
    (folder / "E0_1920.csv.gz").unlink()
    (folder / "E0_1920.csv").write_text(NEW, encoding="utf-8")
    assert read_closings(folder).sha256 == before
    (folder / "E0_1213.csv").write_text(OLD.replace("3.40", "3.41"), encoding="utf-8")
    assert read_closings(folder).sha256 != before


@pytest.mark.parametrize(
    ("line", "margin", "shares"),
    [
        (-0.5, 1, [1, 0]),
        (-0.5, 0, [0, 1]),
        (-1.0, 1, [0, 0]),  # returned
        (-0.25, 0, [0, 0.5]),  # half returned, half lost
        (-0.75, 1, [0.5, 0]),  # half won, half returned
        (0.25, 0, [0.5, 0]),
        (-0.25, 2, [1, 0]),
        (float("nan"), 2, [0, 0]),
    ],
)
def test_a_handicap_is_settled_half_by_half(line: float, margin: float, shares: list[float]) -> None:
    assert handicap_shares(np.array([float(margin)]), np.array([line])).tolist() == [shares]


def test_a_folder_without_matches_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no CSV file of matches"):
        read_closings(tmp_path)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.csv lacks the columns FTHG, FTAG"):
        read_closings(tmp_path)
