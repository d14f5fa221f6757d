"""Change logs give one answer per snapshot, and which games vanished is worked out from the counts alone."""

import gzip
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.providers import archive, find_providers, reasons
from stratum_pipelines.providers.notes import as_noted
from stratum_pipelines.providers.quote_changes import PROVIDER, answers, read, recognises
from stratum_pipelines.providers.quote_changes_listing import first_combination
from stratum_pipelines.providers.reading import Answer, Reading
from stratum_pipelines.providers.the_odds_api_answer import microseconds
from tests.providers import feed

Board = dict[tuple[str, str, str, str], tuple[float, float | None]]
T = [f"2025-10-09T0{hour}:00:00Z" for hour in range(9)]
EARLY, LATE = "2025-10-09T00:30:00Z", "2025-10-12T17:00:00Z"


def change(
    at: str, event: str, outcome: str, price: int | None, point: float | None = None, start: str = LATE
) -> dict[str, Any]:
    return {
        "snapshot_time": at,
        "event_id": event,
        "commence_time": start,
        "home_team": f"{event} home",
        "away_team": f"{event} away",
        "bookmaker": "draftkings",
        "market": "h2h" if point is None else "totals",
        "outcome": outcome,
        "price": price,
        "point": point,
        "market_last_update": at,
    }


def write(folder: Path, changes: list[dict[str, Any]], index: list[tuple[str, int | None, int | None]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    times = pl.col("snapshot_time", "commence_time", "market_last_update").str.to_datetime(
        time_unit="us", time_zone="UTC"
    )
    frame = pl.DataFrame(changes, schema_overrides={"price": pl.Int32, "point": pl.Float64})
    frame.with_columns(times).sample(fraction=1, shuffle=True, seed=1).write_parquet(folder / "quote_changes.parquet")
    lines = ["snapshot_time,recorded_at,n_events,n_quotes,in_jsonl"]
    lines += [f"{at},{at},{'' if n is None else n},{'' if q is None else q},0" for at, n, q in index]
    (folder / "snapshot_index.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    return folder


def readings(folder: Path) -> list[Reading]:
    return [read(answer) for answer in answers(folder)]


def board_after(readings_: list[Reading], before: Board | None = None) -> Board:
    """The board as its contract says: changes laid over, withdrawn quotes and unlisted games taken off."""
    board: Board = dict(before or {})
    for reading in readings_:
        board = {key: quote for key, quote in board.items() if key[0] not in reading.unlisted}
        for i, event in enumerate(reading.event):
            key = (reading.games[event].event_id, reading.bookmaker[i], reading.market[i], reading.outcome[i])
            board.pop(key, None)
            if not np.isnan(reading.price[i]):
                board[key] = (reading.price[i], None if np.isnan(reading.point[i]) else float(reading.point[i]))
    return board


def test_every_snapshot_of_the_index_is_an_answer_also_where_nothing_changed(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "oddsapi_kbo_2026",
        [change(T[0], "a", "home", -120), change(T[2], "a", "home", -125)],
        [(T[0], 1, 1), (T[1], 1, 1), (T[2], 1, 1)],
    )
    found = list(answers(folder))
    assert [answer.received_at for answer in found] == [microseconds(at) for at in T[:3]]
    assert {(a.provider, a.sport_key, a.endpoint, a.source) for a in found} == {
        ("quote_changes", "baseball_kbo", "archive/quote_changes", "archive")
    }
    assert [reading.price.tolist() for reading in readings(folder)] == [[-120], [], [-125]]


def test_a_reading_of_changes_names_what_changed_and_nothing_more(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "log",
        [change(T[0], "a", "Over", -110, 8.5), change(T[1], "a", "Over", None)],
        [(T[0], 1, 1), (T[1], 1, 0)],
    )
    first, second = readings(folder)
    assert (first.kind, first.is_complete, first.odds_format) == ("changes", True, "american")
    assert first.games[0].commence_at == microseconds(LATE)
    assert (first.bookmaker, first.market, first.outcome) == (["draftkings"], ["totals"], ["Over"])
    assert first.point.tolist() == [8.5]
    assert first.quoted_at.tolist() == [microseconds(T[0])]
    assert np.isnan(second.price).all()
    assert len(second.event) == 1


def test_a_price_of_the_smallest_number_comes_through_as_a_number(tmp_path: Path) -> None:
    folder = write(tmp_path / "log", [change(T[0], "a", "home", -2_147_483_648)], [(T[0], 1, 1)])
    assert readings(folder)[0].price.tolist() == [-2_147_483_648]


def test_changes_without_a_usable_time_come_last_and_say_so_and_cost_no_other(tmp_path: Path) -> None:
    odd = [
        change("0001-01-01T00:00:00Z", "a", "home", -130),
        {**change(T[0], "a", "home", -135), "snapshot_time": None},
        change("9999-12-31T23:59:59Z", "a", "home", -140),
    ]
    times = [(at, 1, 1) for at in (T[0], T[1], "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", "")]
    folder = write(tmp_path / "log", [change(T[0], "a", "home", -120), change(T[1], "a", "home", -125), *odd], times)
    *timed, last = answers(folder)
    assert [answer.received_at for answer in timed] == [microseconds(at) for at in T[:2]]
    assert [read(answer).price.tolist() for answer in timed] == [[-120], [-125]]
    assert sorted(read(last).price) == [-140, -135, -130]
    assert last.received_at == microseconds(T[1]) + 1
    reading = as_noted(last, read(last))
    assert [refusal.reason for refusal in reading.refusals] == [reasons.UNKNOWN_RECEIPT]
    assert not reading.event


def test_a_snapshot_the_index_lacks_is_not_lost(tmp_path: Path) -> None:
    folder = write(tmp_path / "log", [change(T[0], "a", "home", -120), change(T[1], "a", "home", -125)], [(T[0], 1, 1)])
    assert [reading.price.tolist() for reading in readings(folder)] == [[-120], [-125]]


def test_a_game_that_is_gone_shows_in_the_counts(tmp_path: Path) -> None:
    changes = [
        change(T[0], "old", "home", -120, start=EARLY),
        change(T[0], "old", "away", 100, start=EARLY),
        change(T[0], "new", "home", 110),
    ]
    folder = write(tmp_path / "log", changes, [(T[0], 2, 3), (T[1], 2, 3), (T[2], 1, 1)])
    assert [reading.unlisted for reading in readings(folder)] == [[], [], ["old"]]


def test_of_two_games_that_fit_the_one_that_started_first_is_gone(tmp_path: Path) -> None:
    changes = [change(T[0], "later", "home", 110), change(T[0], "early", "home", -120, start=EARLY)]
    folder = write(tmp_path / "log", changes, [(T[0], 2, 2), (T[1], 1, 1)])
    assert readings(folder)[1].unlisted == ["early"]


def test_a_game_that_changed_in_the_snapshot_is_not_gone(tmp_path: Path) -> None:
    changes = [
        change(T[0], "later", "home", 110),
        change(T[0], "early", "home", -120, start=EARLY),
        change(T[1], "early", "home", -130, start=EARLY),
    ]
    folder = write(tmp_path / "log", changes, [(T[0], 2, 2), (T[1], 1, 1)])
    assert readings(folder)[1].unlisted == ["later"]


def test_counts_that_no_set_of_games_explains_take_nothing_away(tmp_path: Path) -> None:
    changes = [
        change(T[0], "a", "home", 110),
        change(T[0], "a", "away", -120),
        change(T[0], "b", "home", 110),
        change(T[0], "b", "away", 110),
    ]
    folder = write(tmp_path / "log", changes, [(T[0], 2, 4), (T[1], 2, 3)])
    assert readings(folder)[1].unlisted == []


def test_a_game_that_comes_back_unchanged_brings_its_quotes_along(tmp_path: Path) -> None:
    changes = [change(T[0], "a", "home", 110), change(T[0], "a", "away", -130), change(T[0], "b", "home", 120)]
    folder = write(tmp_path / "log", changes, [(T[0], 2, 3), (T[1], 1, 1), (T[2], 2, 3)])
    found = readings(folder)
    assert found[1].unlisted == ["a"]
    assert sorted(found[2].price.tolist()) == [-130, 110]
    assert board_after(found) == board_after(found[:1])


def test_a_game_that_comes_back_with_a_change_brings_its_other_quotes_along(tmp_path: Path) -> None:
    changes = [
        change(T[0], "a", "home", 110),
        change(T[0], "a", "away", -130),
        change(T[2], "a", "home", 105, start=EARLY),
    ]
    folder = write(tmp_path / "log", changes, [(T[0], 1, 2), (T[1], 0, 0), (T[2], 1, 2)])
    last = readings(folder)[2]
    assert sorted(last.price.tolist()) == [-130, 105]
    assert [game.commence_at for game in last.games] == [microseconds(EARLY)]


def test_what_is_gone_is_known_without_looking_ahead(tmp_path: Path) -> None:
    changes = [change(T[0], "a", "home", 110), change(T[0], "b", "home", 120), change(T[3], "b", "home", 125)]
    index: list[tuple[str, int | None, int | None]] = [(T[0], 2, 2), (T[1], 1, 1), (T[2], 1, 1), (T[3], 1, 1)]
    whole = list(answers(write(tmp_path / "whole" / "nfl", changes, index)))
    for n in range(1, len(index)):
        early = [row for row in changes if row["snapshot_time"] <= index[n - 1][0]]
        cut = list(answers(write(tmp_path / str(n) / "nfl", early, index[:n])))
        assert [answer.body for answer in cut] == [answer.body for answer in whole[:n]]


def test_only_a_log_without_its_answers_is_recognised(tmp_path: Path) -> None:
    folder = write(tmp_path / "log", [change(T[0], "a", "home", 110)], [(T[0], 1, 1)])
    assert recognises(folder)
    assert not archive.recognises(folder)
    (folder / "snapshots").mkdir()
    assert not recognises(folder)
    assert find_providers()["quote_changes"] is PROVIDER


def test_a_log_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path) -> None:
    folder = write(tmp_path / "log", [change(T[0], "a", "home", 110)], [(T[0], 1, 1)])
    (folder / "quote_changes.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ValueError, match="cannot be read"):
        list(answers(folder))


def log_answer(body: object) -> Answer:
    return feed.answer(body, provider="quote_changes", endpoint="archive/quote_changes", source="archive")


def test_one_bad_change_is_refused_alone() -> None:
    good = {name: value for name, value in change(T[0], "a", "home", 110).items() if name != "snapshot_time"}
    good["last_update"] = good.pop("market_last_update")
    bad = [
        {**good, "event_id": None},
        {**good, "price": "110"},
        {**good, "commence_time": "soon"},
        {**good, "last_update": "?"},
        7,
    ]
    reading = read(log_answer({"timestamp": T[0], "changes": [*bad, good], "unlisted": ["z", 5]}))
    assert [refusal.reason for refusal in reading.refusals] == [reasons.BAD_CHANGE] * 5
    assert len({refusal.place for refusal in reading.refusals}) == 5
    assert reading.price.tolist() == [110]
    assert reading.unlisted == ["z"]


@given(
    st.one_of(
        st.binary(max_size=60), feed.anything, st.dictionaries(st.sampled_from(["changes", "unlisted"]), feed.anything)
    )
)
def test_anything_else_is_never_too_much(body: object) -> None:
    reading = read(log_answer(body))
    assert reading.kind == "changes"
    assert len(reading.event) == len(reading.price) == len(reading.quoted_at)


@given(st.lists(st.integers(1, 9), max_size=7), st.integers(0, 4), st.integers(0, 30))
def test_a_combination_is_found_exactly_when_there_is_one(counts: list[int], n: int, total: int) -> None:
    candidates = [(str(i), count) for i, count in enumerate(counts)]
    fitting = [
        [name for name, _ in some] for some in combinations(candidates, n) if n and sum(c for _, c in some) == total
    ]
    assert first_combination(candidates, n, total) == (fitting[0] if fitting else None)


def test_the_recorded_log_rebuilds_the_recorded_answers_quote_by_quote(recorded: Path, tmp_path: Path) -> None:
    source = recorded / "oddsapi_wnba_2026"
    folder = tmp_path / source.name
    folder.mkdir()
    for name in ("quote_changes.parquet", "snapshot_index.csv.gz"):
        (folder / name).symlink_to(source / name)
    board: Board = {}
    n_equal = 0
    for change_, whole in zip(answers(folder), archive.answers(source), strict=True):
        reading = read(change_)
        board = board_after([reading], board)
        n_equal += board == board_after([archive.PROVIDER.read(whole)])
    assert n_equal == 1678
