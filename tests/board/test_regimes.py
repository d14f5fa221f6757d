"""Regimes on the board: fitted to the days before, followed step by step, told to signals, and nothing at all when off."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.board.advance import advance, blank_board
from stratum_pipelines.board.regime_models import DAY_US, MOST_STEPS, WINDOW_DAYS
from stratum_pipelines.board.state import Board
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.quant.regimes.filtering import filtered
from stratum_pipelines.quant.regimes.model import RegimeModel
from stratum_pipelines.signals.meta import REGIME, SHARED, faults
from stratum_pipelines.signals.signal import Hit, Memory, Signal
from stratum_pipelines.signals.tape import Tape
from tests.board.calm_and_lively import BEGINS_AT, DAY, market
from tests.build import NFL, NOON, rules
from warehouse.tables import BY_NAME

ON = replace(rules(), regimes=True)
OFF = rules()
FIRST_DAY = NOON // DAY_US


def rows_of(answers: Iterable[Answer], used=ON, *, one_by_one: bool = False) -> dict[str, pl.DataFrame]:
    """The rows of every table, and through bytes after every answer if one by one."""
    board = blank_board(NFL, used)
    found: dict[str, list[pl.DataFrame]] = {}
    for cut in [[one] for one in answers] if one_by_one else [list(answers)]:
        for rows in advance(board, cut, used):
            for name, frame in rows.items():
                found.setdefault(name, []).append(frame)
        if one_by_one:
            board = Board.from_bytes(board.to_bytes())
    return {name: pl.concat(frames).sort(BY_NAME[name].key) for name, frames in found.items()}


@cache
def whole() -> dict[str, pl.DataFrame]:
    return rows_of(market())


def regimes(signals: pl.DataFrame) -> pl.DataFrame:
    """The signals that are told a regime, with it unpacked."""
    told = [(*row[:-1], json.loads(row[-1]).get("regime")) for row in signals.select(*KEYS, "meta").iter_rows()]
    schema = {**{key: signals.schema[key] for key in KEYS}, "regime": pl.Object}
    return pl.DataFrame(told, schema=schema, orient="row")


KEYS = ["event_id", "market", "detected_at"]


def speak(tape: Tape, memory: Memory) -> list[Hit]:
    """A word on every market whenever it changes."""
    cells = zip(tape.quotes.answer.tolist(), tape.quotes.market.tolist(), strict=True)
    return [Hit(tape.n_past + row, market, 0, 0.0, 0.0, 0, ()) for row, market in cells]


SPEAKS = Signal("SPEAKS", "1", "A word on every market.", speak)


def day_of(moments: pl.Series) -> pl.Series:
    return moments.to_physical() // DAY_US


def test_a_model_per_market_key_is_fitted_as_a_day_begins_and_the_first_day_has_none() -> None:
    models = whole()["regime_models"].sort("in_force_at", "market")
    assert models["in_force_at"].to_physical().to_list() == [
        d * DAY_US for d in (FIRST_DAY, FIRST_DAY + 1) for _ in "123"
    ]
    assert models["market"].to_list() == ["h2h", "spreads", "totals"] * 2
    assert models["refused"].to_list() == ["too_few_steps"] * 3 + [""] * 3
    assert models["model_version"].n_unique() == 6
    fitted = models.filter(pl.col("refused") == "")
    assert (fitted["variance_ratio"] > 4).all() and fitted["unstable_share"].is_between(0.2, 0.5).all()
    assert (fitted["last_step_at"] < fitted["in_force_at"]).all()
    assert fitted["n_events"].to_list() == [6, 6, 6]


def test_lively_hours_are_found_unstable_and_calm_ones_stable() -> None:
    rows = whole()["regime_snapshots"].filter(pl.col("market") == "h2h")
    step = (rows["as_of"].to_physical() - NOON) // (15 * 60 * 1_000_000)
    lively = (step // 8 + rows["event_id"].str.slice(1).cast(pl.Int64)) % 3 == 0
    right = (rows["regime_label"] == "unstable") == lively
    assert rows.height > 250 and right.mean() > 0.9


def test_what_is_told_is_the_forward_recursion_of_the_stored_model() -> None:
    board = blank_board(NFL, ON)
    today = [one for one in market() if one.received_at // DAY_US == FIRST_DAY + 1]
    before = [one for one in market() if one.received_at // DAY_US == FIRST_DAY]
    for _ in advance(board, before + today, ON):
        pass
    stored = whole()["regime_models"].filter(pl.col("refused") == "")
    for kind, name in enumerate(("h2h", "spreads", "totals")):
        (parameters,) = stored.filter(pl.col("market") == name)["parameters"]
        model = RegimeModel.from_parameters(json.loads(parameters))
        steps = board.regimes["today"]
        for position, one in enumerate(board.registry.games):
            path = steps["features"][(steps["kind"] == kind) & (steps["game"] == position)]
            mine = (pl.col("event_id") == one.event_id) & (pl.col("market") == name)
            rows = whole()["regime_snapshots"].filter(mine).sort("as_of")
            unstable = filtered(model, path)[:, 1]
            assert rows.height == len(path) > 20
            is_unstable = rows["regime_label"].to_numpy() == "unstable"
            assert np.array_equal(is_unstable, unstable > 0.5)
            expected = np.where(is_unstable, unstable, 1 - unstable)
            assert np.allclose(rows["regime_probability"], expected, atol=1e-6)
            following = (1 - unstable) * model.transitions[0, 1] + unstable * model.transitions[1, 1]
            assert np.allclose(rows["transition_risk"], np.where(is_unstable, 1 - following, following), atol=1e-6)
            share = [1 - is_unstable[max(0, i - 19) : i + 1].mean() for i in range(len(path))]
            assert np.allclose(rows["stability_score"], share, atol=1e-6)


def test_one_answer_at_a_time_and_through_bytes_gives_the_rows_of_all_at_once() -> None:
    singly = rows_of(market(), one_by_one=True)
    assert singly.keys() == whole().keys()
    # Of games, every run gives the last word: those of single answers are more.
    tables = set(singly) - {"events"}
    assert all(singly[name].equals(whole()[name], null_equal=True) for name in tables)


@pytest.mark.parametrize("cut", [30, 55, 80, 100])
def test_rows_up_to_a_moment_do_not_depend_on_what_came_later(cut: int) -> None:
    answers = market()[:cut]
    until = answers[-1].received_at
    known = rows_of(answers)
    for name, moment in (("regime_models", "in_force_at"), ("regime_snapshots", "as_of"), ("signals", "detected_at")):
        assert known[name].equals(whole()[name].filter(pl.col(moment).to_physical() <= until), null_equal=True)


def test_a_model_is_of_the_days_before_and_not_of_its_own() -> None:
    other = market(seed=1)
    midnight = (FIRST_DAY + 1) * DAY_US
    before = [one for one in market() if one.received_at < midnight]
    with_another_today = rows_of(before + [one for one in other if one.received_at >= midnight])
    assert with_another_today["regime_models"].equals(whole()["regime_models"], null_equal=True)
    another_yesterday = rows_of(
        [one for one in other if one.received_at < midnight] + [one for one in market() if one.received_at >= midnight]
    )
    assert not set(another_yesterday["regime_models"]["model_version"][3:]) & set(
        whole()["regime_models"]["model_version"]
    )


def test_in_play_nothing_is_followed() -> None:
    rows = whole()["regime_snapshots"]
    begun = rows.filter(pl.col("event_id") == "g0")["as_of"].to_physical()
    others = rows.filter(pl.col("event_id") == "g1")["as_of"].to_physical()
    assert begun.max() < BEGINS_AT < others.max()
    told = regimes(rows_of(market(), replace(ON, signals={"SPEAKS": SPEAKS}))["signals"])
    today = told.filter(day_of(told["detected_at"]) > FIRST_DAY)
    in_play = (pl.col("event_id") == "g0") & (pl.col("detected_at").to_physical() >= BEGINS_AT)
    assert today.filter(in_play).height > 20
    assert all(regime is None for regime in today.filter(in_play)["regime"])
    # Before the start every change of a market is told.
    before = today.filter(~in_play)["regime"].to_list()
    assert len(before) > 500 and None not in before


def test_every_signal_before_the_start_is_told_what_the_snapshot_says_and_those_of_a_day_without_a_model_nothing() -> (
    None
):
    snapshots = {(e, m, at): row for e, m, at, *row in whole()["regime_snapshots"].select(*COLUMNS).iter_rows()}
    n_told = 0
    for event_id, market_key, at, regime in regimes(whole()["signals"]).iter_rows():
        row = snapshots.get((event_id, market_key, at))
        if row is None:
            assert regime is None
            continue
        assert set(regime) == set(REGIME)
        assert [regime[name] for name in REGIME] == row
        n_told += 1
    assert n_told > 50
    for meta in whole()["signals"]["meta"].head(20):
        shared = {name: value for name, value in json.loads(meta).items() if name in SHARED}
        assert list(faults(shared, SHARED)) == []


COLUMNS = ["event_id", "market", "as_of", *REGIME]


def test_switched_off_nothing_is_there_and_switched_on_nothing_else_is_changed() -> None:
    off = rows_of(market(), OFF)
    assert set(whole()) - set(off) == {"regime_snapshots", "regime_models"}
    assert not any("regime" in json.loads(meta) for meta in off["signals"]["meta"])
    for name, frame in off.items():
        on = whole()[name]
        if name == "signals":
            bare = [json.loads(meta) for meta in on["meta"]]
            assert any("regime" in meta for meta in bare)
            texts = [json.dumps({k: v for k, v in meta.items() if k != "regime"}, sort_keys=True) for meta in bare]
            assert texts == [json.dumps(json.loads(meta), sort_keys=True) for meta in off["signals"]["meta"]]
            on, frame = on.drop("meta"), frame.drop("meta")
        assert on.equals(frame, null_equal=True)


def test_a_board_that_follows_nothing_holds_nothing_of_regimes() -> None:
    board = blank_board(NFL, OFF)
    for _ in advance(board, market()[:60], OFF):
        pass
    assert board.regimes == {} and "regimes" not in board.memory


def test_a_market_that_is_forgotten_begins_anew() -> None:
    board = blank_board(NFL, ON)
    later = replace(market()[0], received_at=NOON + 3 * DAY, body=b"[]", source="live")
    for _ in advance(board, [*market()[:100], later], ON):
        pass
    assert len(board.memory["regimes"]["held"]) == board.n_markets == 18
    board.registry.games[1].last_seen_at = NOON
    board.forget()
    assert len(board.memory["regimes"]["held"]) == board.n_markets < 18


def test_only_the_window_is_fitted_and_of_it_the_newest_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stratum_pipelines.board.regime_models.MOST_STEPS", 50)
    board = blank_board(NFL, ON)
    first = [one for one in market() if one.received_at // DAY_US == FIRST_DAY]
    quiet = replace(market()[0], received_at=NOON + DAY, body=b"[]")
    for _ in advance(board, [*first, quiet], ON):
        pass
    past = board.regimes["past"]
    assert [int((past["kind"] == kind).sum()) for kind in range(3)] == [50, 50, 50] and MOST_STEPS > 50
    assert past["at"].min() > first[len(first) // 2].received_at
    long_after = replace(market()[0], received_at=NOON + (WINDOW_DAYS + 1) * DAY, body=b"[]")
    (rows,) = list(advance(board, [long_after], ON))
    assert len(board.regimes["past"]["at"]) == 0
    assert rows["regime_models"]["n_steps"].to_list() == [0, 0, 0]
