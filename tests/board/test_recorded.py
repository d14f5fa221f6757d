"""The board against recorded seasons: facts about them that were worked out independently of this code."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.board.advance import advance, blank_board
from stratum_pipelines.providers.archive import PROVIDER
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.quant.closing import closing_lines
from stratum_pipelines.quant.closing_moments import closing_moments
from tests.build import NFL, rules

KEY = ["event_id", "bookmaker", "market", "outcome", "snapshot_time"]
HOUSTON_AT_SEATTLE = "7ca953ab786f70b22cabbe4946d330fa"
SEATTLE, KANSAS_CITY = "Seattle Seahawks", "Kansas City Chiefs"


def board_rows(answers: Iterator[Answer], sport: str) -> dict[str, pl.DataFrame]:
    """The rows of every table that a fresh board gives for these answers."""
    found: dict[str, list[pl.DataFrame]] = {}
    for rows in advance(blank_board(sport, rules()), answers, rules()):
        for name, frame in rows.items():
            found.setdefault(name, []).append(frame)
    return {name: pl.concat(frames) for name, frames in found.items()}


def test_every_change_of_a_recorded_season_is_a_snapshot_row_and_nothing_else_is(recorded: Path) -> None:
    folder = recorded / "oddsapi_wnba_2026"
    rows = board_rows(PROVIDER.answers(folder), "basketball_wnba")
    ours = rows["odds_snapshots"].rename({"received_at": "snapshot_time", "price_american": "price"})
    theirs = pl.read_parquet(folder / "quote_changes.parquet")

    assert rows["polls"].height == 1678
    assert rows["quarantine"].is_empty()
    quoted = [*KEY, "price", "point"]
    left = ours.filter(~pl.col("is_suspended")).select(quoted).sort(KEY)
    right = theirs.filter(pl.col("price").is_not_null()).select(quoted).sort(KEY)
    assert right.height == 54_849
    assert left.equals(right, null_equal=True)

    # The change log notes a withdrawal only while its game is listed; ours also ends the quotes of games that are gone.
    withdrawn = theirs.filter(pl.col("price").is_null()).select(KEY)
    assert withdrawn.height == 2_292
    assert withdrawn.join(ours.filter("is_suspended"), on=KEY, how="anti").is_empty()


def test_rows_read_back_give_the_board_of_the_last_recorded_answer(recorded: Path) -> None:
    folder = recorded / "oddsapi_nfl_2025" / "snapshots"
    answers = [a for day in ("2025-10-20", "2025-10-21") for a in PROVIDER.answers(folder / f"{day}.jsonl.gz")]
    snapshots = board_rows(iter(answers), NFL)["odds_snapshots"]
    standing = snapshots.group_by("event_id", "bookmaker", "market", "outcome").agg(
        pl.all().sort_by("received_at").last()
    )
    standing = standing.filter(~pl.col("is_suspended"))
    reading = rules().providers["the_odds_api"].read(answers[-1])
    listed = pl.DataFrame(
        {
            "event_id": [reading.games[e].event_id for e in reading.event],
            "bookmaker": reading.bookmaker,
            "market": reading.market,
            "outcome": reading.outcome,
            "price_american": pl.Series(reading.price).cast(pl.Int32),
            "point": pl.Series(reading.point).fill_nan(None),
        }
    )
    assert listed.height > 1000
    key = ["event_id", "bookmaker", "market", "outcome"]
    assert standing.select(listed.columns).sort(key).equals(listed.sort(key), null_equal=True)


@pytest.fixture(scope="module")
def houston_at_seattle(recorded: Path) -> dict[str, pl.DataFrame]:
    """The night Houston played at Seattle, and the day before it."""
    folder = recorded / "oddsapi_nfl_2025" / "snapshots"
    days = ("2025-10-20", "2025-10-21")
    return board_rows((a for day in days for a in PROVIDER.answers(folder / f"{day}.jsonl.gz")), NFL)


def test_draftkings_closed_seattle_at_minus_3(houston_at_seattle: dict[str, pl.DataFrame]) -> None:
    rows = {name: frame.lazy() for name, frame in houston_at_seattle.items()}
    as_of = int(dt.datetime(2025, 10, 22, tzinfo=dt.UTC).timestamp() * 1_000_000)
    moments = closing_moments(rows["event_changes"].filter(event_id=HOUSTON_AT_SEATTLE), as_of)
    starts = moments.filter(convention="scheduled")
    lines = closing_lines(starts, rows["consensus"], rows["odds_snapshots"], rows["polls"], rules().method)
    close = lines.filter(pl.col("is_current"), bookmaker="draftkings", market="spreads", outcome=SEATTLE)
    # README: DraftKings closed Seattle -3 (-110), that is 1 + 100 / 110.
    assert close.select("point", "price_decimal", "quality").rows() == [(-3.0, 1 + 100 / 110, "ok")]
    overall = lines.filter(pl.col("is_current"), bookmaker="consensus", market="spreads", outcome=SEATTLE)
    assert overall["quality"].item() == "ok" and overall["n_books"].item() >= 8
    # Every two-way close is one whole: consensus and each book alike.
    whole = (
        lines.filter(pl.col("fair_prob").is_not_null())
        .group_by("bookmaker", "market", "version")
        .agg(pl.col("fair_prob").sum())
    )
    assert whole.height > 20
    assert (whole["fair_prob"] - 1).abs().max() < 1e-12


def test_no_close_of_a_recorded_game_was_received_after_its_start(houston_at_seattle: dict[str, pl.DataFrame]) -> None:
    rows = {name: frame.lazy() for name, frame in houston_at_seattle.items()}
    as_of = int(dt.datetime(2025, 10, 22, tzinfo=dt.UTC).timestamp() * 1_000_000)
    starts = closing_moments(rows["event_changes"], as_of).filter(convention="scheduled")
    lines = closing_lines(starts, rows["consensus"], rows["odds_snapshots"], rows["polls"], rules().method)
    late = rows["odds_snapshots"].filter(pl.col("is_live")).collect()
    assert late.height > 100  # the game was quoted in play
    before = rows["odds_snapshots"].filter(~pl.col("is_live"))
    without = closing_lines(starts.filter(version=1), rows["consensus"], before, rows["polls"], rules().method)
    kept = lines.filter(version=1)
    assert kept.filter(pl.col("bookmaker") != "consensus").equals(without.filter(pl.col("bookmaker") != "consensus"))


def test_the_median_spread_of_kansas_city_went_from_5_5_to_10_5(recorded: Path) -> None:
    folder = recorded / "oddsapi_nfl_2025" / "snapshots"
    days = ("2025-10-14", "2025-10-27", "2025-10-28")
    rows = board_rows((a for day in days for a in PROVIDER.answers(folder / f"{day}.jsonl.gz")), NFL)
    home = (
        rows["consensus"]
        .filter(
            pl.col("as_of") < pl.col("commence_at"),
            pl.col("commence_at").dt.date() == dt.date(2025, 10, 28),
            pl.col("n_groups") >= 2,  # the very first quote, -6.5 at one book, is nobody's agreement
            market="spreads",
            outcome=KANSAS_CITY,
        )
        .sort("as_of")
    )
    assert (home["point_median"][0], home["point_median"][-1]) == (-5.5, -10.5)
    assert home["n_groups"][-1] == 10


def test_every_signal_of_a_recorded_night_names_its_books_and_their_ages(
    houston_at_seattle: dict[str, pl.DataFrame],
) -> None:
    signals = houston_at_seattle["signals"]
    assert signals.height > 20 and signals["signal_type"].n_unique() >= 2
    for books, meta in signals.select("bookmakers", "meta").iter_rows():
        found = json.loads(meta)
        named, fresh = found["book_age_s"], found["fresh_age_s"]
        assert sorted(named) == books
        # A consensus that moved because a book came or went names those it rests on.
        assert fresh and all(0 <= age < 3600 for age in fresh.values())
        # A book that took part and quotes no more has no age.
        assert all(age is None or age == fresh.get(name, age) for name, age in named.items())
