from typing import Any

import polars as pl
import pytest

from stratum_pipelines.quant.closing import MethodOf, closing_lines
from stratum_pipelines.quant.closing_moments import closing_moments
from stratum_pipelines.quant.devig import fair_probabilities
from tests.build import MINUTE, NFL, NOON
from tests.quant.rows import table
from warehouse.tables import ClosingLines, Consensus, EventChanges, OddsSnapshots, Polls

START = NOON + 600 * MINUTE
TEAMS = {"home": "Home", "away": "Away"}


def changes(*rows: tuple[int, int, bool], event: str = "game-1") -> pl.LazyFrame:
    """Schedule changes: (received, start as known from then on, listed)."""
    return table(
        EventChanges,
        [
            {"event_id": event, "sport_key": NFL, "received_at": r, "commence_at": c, "is_listed": listed}
            for r, c, listed in rows
        ],
    ).lazy()


def agreed(
    at: int, home_point: float | None, price: float | None = 1.9, *, groups: int = 5, fair: float | None = 0.5
) -> list[dict[str, Any]]:
    """Consensus rows of both sides of the spread."""
    sides = (
        ("home", home_point, fair),
        ("away", None if home_point is None else -home_point, None if fair is None else 1 - fair),
    )
    return [
        {
            "event_id": "game-1",
            "market": "spreads",
            "outcome": TEAMS[side],
            "side": side,
            "sport_key": NFL,
            "as_of": at,
            "commence_at": START,
            "n_books": groups + 1,
            "n_groups": groups,
            "n_stale": 2,
            "age_median_s": 31.5,
            "age_max_s": 118.0,
            "point_median": point,
            "price_median": price,
            "fair_prob": f,
        }
        for side, point, f in sides
    ]


def quotes(at: int, book: str, home: float | None, away: float | None, point: float = -3.0) -> list[dict[str, Any]]:
    """Snapshot rows of one book's spread; a price of None is a suspension."""
    return [
        {
            "event_id": "game-1",
            "bookmaker": book,
            "market": "spreads",
            "outcome": TEAMS[side],
            "side": side,
            "sport_key": NFL,
            "received_at": at,
            "price_decimal": price,
            "point": None if price is None else own,
            "is_suspended": price is None,
            "is_live": at >= START,
        }
        for side, price, own in (("home", home, point), ("away", away, -point))
    ]


def polls(*moments: int, is_complete: bool = True) -> pl.LazyFrame:
    return table(Polls, [{"sport_key": NFL, "received_at": at, "is_complete": is_complete} for at in moments]).lazy()


def closes(
    consensus: list[dict[str, Any]],
    snapshots: list[dict[str, Any]] | None = None,
    *,
    starts: pl.LazyFrame | None = None,
    seen: pl.LazyFrame | None = None,
    convention: str = "scheduled",
    method_of: MethodOf = lambda sport_key, market, bookmaker: "multiplicative",
) -> pl.DataFrame:
    """The closes by one convention."""
    moments = closing_moments(changes((NOON, START, True)) if starts is None else starts, START + 600 * MINUTE)
    moments = moments.filter(pl.col("convention") == convention)
    seen = polls(START - MINUTE) if seen is None else seen
    found = closing_lines(
        moments, table(Consensus, consensus).lazy(), table(OddsSnapshots, snapshots or []).lazy(), seen, method_of
    )
    assert list(ClosingLines.faults(found)) == []
    return found


def test_the_close_is_the_last_row_at_or_before_the_start_and_a_late_price_is_none() -> None:
    rows = [*agreed(NOON, -3.0), *agreed(START, -5.5), *agreed(START + 1, -9.0)]
    found = closes(rows, [*quotes(NOON, "fanduel", 1.9, 1.9), *quotes(START + 1, "fanduel", 1.1, 7.0)])
    overall = found.filter(pl.col("bookmaker") == "consensus")
    assert overall.select("outcome", "point").rows() == [("Away", 5.5), ("Home", -5.5)]
    assert found.filter(pl.col("bookmaker") == "fanduel")["price_decimal"].to_list() == [1.9, 1.9]
    assert set(found["convention"]) == {"scheduled"}


def test_a_close_says_how_old_the_quotes_behind_it_were_and_how_many_were_left_out() -> None:
    found = closes(agreed(NOON, -3.0), quotes(NOON, "fanduel", 1.9, 1.9))
    behind = found.select("bookmaker", "n_books", "n_stale", "age_median_s", "age_max_s").unique().sort("bookmaker")
    assert behind.rows() == [("consensus", 6, 2, 31.5, 118.0), ("fanduel", 1, None, None, None)]


def test_each_version_has_the_close_of_its_own_moment() -> None:
    # Final at +60, and only then moved: both are closes.
    starts = changes((NOON, START, True), (START + 63 * MINUTE, START + 65 * MINUTE, True))
    rows = [*agreed(NOON, -3.0), *agreed(START + 63 * MINUTE, -4.5)]
    home = closes(rows, starts=starts, seen=polls(NOON, START + 63 * MINUTE)).filter(pl.col("side") == "home")
    assert home.select("version", "is_current", "is_final", "reason", "point", "age_s").rows() == [
        (1, False, True, "first", -3.0, 36000.0),
        (2, True, True, "moved", -4.5, 120.0),
    ]


def test_the_end_of_the_time_before_play_counts_no_row_that_was_live() -> None:
    # At the start exactly a row is live; the convention `scheduled` still counts it.
    rows = [*agreed(NOON, -3.0), *agreed(START - MINUTE, -4.0), *agreed(START, -5.5)]
    quoted = [*quotes(NOON, "fanduel", 1.9, 1.9), *quotes(START, "fanduel", 1.5, 2.6)]
    for convention, point, price in (("pregame_end", -4.0, 1.9), ("scheduled", -5.5, 1.5)):
        found = closes(rows, quoted, convention=convention).filter(pl.col("side") == "home")
        assert found.select("bookmaker", "point", "price_decimal").rows() == [
            ("consensus", point, 1.9),
            ("fanduel", -3.0, price),
        ]


def test_a_row_of_play_does_not_come_back_when_the_start_is_moved_again() -> None:
    # Taken for live at +2, then told to start at +10: what was quoted in between was no time before play.
    starts = changes((NOON, START, True), (START + 5 * MINUTE, START + 10 * MINUTE, True))
    rows = [*agreed(NOON, -3.0), *agreed(START + 2 * MINUTE, -9.0)]
    assert closes(rows, starts=starts, convention="pregame_end")["point"].to_list() == [3.0, -3.0]
    assert closes(rows, starts=starts, convention="scheduled")["point"].to_list() == [9.0, -9.0]


def test_last_seen_is_what_stood_before_the_answer_without_the_game() -> None:
    gone = START + 150 * MINUTE
    starts = changes((NOON, START, True), (gone, START, False))
    rows = [*agreed(NOON, -3.0), *agreed(gone - 2 * MINUTE, 4.5), *agreed(gone, None, None, groups=0, fair=None)]
    found = closes(rows, starts=starts, seen=polls(gone - MINUTE, gone), convention="last_seen")
    assert found.select("point", "quality", "age_s").rows() == [(-4.5, "ok", 60.0), (4.5, "ok", 60.0)]


def test_the_close_names_the_books_that_quoted_every_outcome() -> None:
    rows = [
        *quotes(NOON, "fanduel", 1.9, 1.9),
        *quotes(NOON, "betmgm", 1.9, 1.9),
        *quotes(NOON, "bovada", 1.9, 1.9)[:1],
    ]
    found = closes(agreed(NOON, -3.0), rows)
    said = dict(found.filter(pl.col("side") == "home").select("bookmaker", "bookmakers").iter_rows())
    assert said == {
        "consensus": ["betmgm", "fanduel"],
        "fanduel": ["fanduel"],
        "betmgm": ["betmgm"],
        "bovada": ["bovada"],
    }


@pytest.mark.parametrize(
    ("age_us", "groups", "quality"),
    [
        (0, 3, "ok"),
        (60 * MINUTE, 3, "ok"),
        (60 * MINUTE + 1, 3, "stale"),
        (MINUTE, 2, "thin"),
        (61 * MINUTE, 2, "stale"),  # an old close of few books is old before it is thin
    ],
)
def test_quality_says_how_old_and_how_broad_a_close_is(age_us: int, groups: int, quality: str) -> None:
    found = closes(agreed(NOON, -3.0, groups=groups), seen=polls(START - age_us))
    assert set(found["quality"]) == {quality}
    assert found["age_s"].to_list() == [age_us / 1e6] * 2
    assert found["n_books"].to_list() == [groups + 1] * 2


def test_the_age_runs_from_the_last_complete_answer_of_the_sport_before_the_start() -> None:
    seen = pl.concat(
        [
            polls(START - 30 * MINUTE, START + MINUTE),
            polls(START - MINUTE, is_complete=False),
            polls(START - MINUTE).with_columns(sport_key=pl.lit("another_sport")),
        ]
    )
    assert set(closes(agreed(NOON, -3.0), seen=seen)["age_s"]) == {1800.0}


def test_a_close_without_a_price_or_of_a_game_that_left_the_feed_is_missing() -> None:
    withdrawn = closes([*agreed(NOON, -3.0), *agreed(START - MINUTE, None, None, groups=0, fair=None)])
    assert withdrawn.select("quality", "point", "price_decimal", "fair_prob").unique().rows() == [
        ("missing", None, None, None)
    ]
    gone = changes((NOON, START, True), (NOON + MINUTE, START, False))
    assert set(closes(agreed(NOON, -3.0), starts=gone)["quality"]) == {"missing"}
    never_seen = closes(agreed(NOON, -3.0), seen=polls())
    assert never_seen.select("quality", "age_s").unique().rows() == [("missing", None)]


def test_a_books_own_close_has_its_own_probability_and_suspended_ones_are_left_out() -> None:
    rows = [
        *quotes(NOON, "fanduel", 1.80, 2.10, -3.5),
        *quotes(NOON, "betmgm", 1.95, 1.95),
        *quotes(START - MINUTE, "betmgm", None, None),
        *quotes(NOON, "bovada", 1.95, 1.95)[:1],
    ]
    books = closes(agreed(NOON, -3.0, groups=1), rows).filter(pl.col("bookmaker") != "consensus")
    got = {(r["bookmaker"], r["side"]): r for r in books.iter_rows(named=True)}
    assert set(got) == {("fanduel", "home"), ("fanduel", "away"), ("bovada", "home")}
    # 1 / 1.80 over 1 / 1.80 + 1 / 2.10 is 7 / 13. One side alone has no margin to remove.
    assert got["fanduel", "home"]["fair_prob"] == pytest.approx(7 / 13)
    assert got["fanduel", "away"]["fair_prob"] == pytest.approx(6 / 13)
    assert got["bovada", "home"]["fair_prob"] is None
    assert (got["fanduel", "home"]["point"], got["fanduel", "away"]["point"]) == (-3.5, 3.5)
    assert {(r["n_books"], r["quality"]) for r in got.values()} == {(1, "ok")}


def test_no_start_gives_no_line() -> None:
    found = closes(agreed(NOON, -3.0), quotes(NOON, "fanduel", 1.9, 1.9), starts=changes())
    assert found.is_empty() and found.schema == ClosingLines.schema()


def test_a_book_is_priced_by_the_method_chosen_for_it() -> None:
    snapshots = [
        *quotes(NOON, "fanduel", 1.4, 3.1),
        *quotes(NOON, "bovada", 1.4, 3.1),
        *quotes(NOON, "betmgm", 1.9, 1.9)[:1],
    ]

    def method_of(sport_key: str, market: str, bookmaker: str) -> str:
        assert (sport_key, market) == (NFL, "spreads")
        return "power" if bookmaker == "bovada" else "multiplicative"

    found = closes(agreed(NOON, -3.0), snapshots, method_of=method_of).filter(pl.col("bookmaker") != "consensus")
    fair = {(book, side): value for book, side, value in found.select("bookmaker", "side", "fair_prob").iter_rows()}
    for book, method in (("fanduel", "multiplicative"), ("bovada", "power")):
        expected = fair_probabilities([[1.4, 3.1]], method).probabilities[0].tolist()
        assert [fair[book, "home"], fair[book, "away"]] == expected
    assert fair["bovada", "home"] != fair["fanduel", "home"]
    assert fair["betmgm", "home"] is None
