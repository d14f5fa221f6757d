"""Nothing from the future: with the answers cut at any moment, the rows up to it are the same. Every signal by itself."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.board.advance import advance, blank_board
from stratum_pipelines.board.state import Board
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.signals import find_signals
from stratum_pipelines.signals.signal import Hit, Memory, Signal
from stratum_pipelines.signals.tape import Tape
from tests.build import MINUTE, NFL, NOON, answer, book, game, rules

N_ANSWERS = 60
FIRST_START_MINUTES = 28
BOOKS = ("draftkings", "fanduel", "betmgm", "bovada", "lowvig", "betonlineag", "betrivers", "pinnacle", "betfair_ex_uk")
# Parameters without which a rule looks at nothing.
SET = {"LIVE_SHOCK": {"enabled": True, "watchlist": ("*",)}}
TABLES = {"odds_snapshots": "received_at", "consensus": "as_of", "signals": "detected_at"}
SEEDS = st.integers(0, 2)
CUTS = st.integers(1, N_ANSWERS - 1)


@cache
def random_market(seed: int) -> tuple[Answer, ...]:
    """Three quarters of an hour of three games that move, with late, missing and stale books; one begins on the way."""
    random = np.random.default_rng(seed)
    home, total, chance = random.uniform(-7, 3, 3), random.uniform(40, 50, 3), random.uniform(0.35, 0.65, 3)
    shown = {(g, k): (home[g], total[g], chance[g], NOON) for g in range(3) for k in BOOKS}
    answers = []
    at = NOON
    for _ in range(N_ANSWERS):
        at += int(random.integers(15, 80)) * 1_000_000
        moves = random.random(3) < 0.2
        in_play = at >= NOON + FIRST_START_MINUTES * MINUTE
        home, total = home + moves * random.normal(0, 0.9, 3), total + moves * random.normal(0, 1.2, 3)
        jump = np.array([0.2 if in_play else 0.03, 0.03, 0.03])
        chance = np.clip(chance + moves * random.normal(0, jump), 0.2, 0.8)
        games = []
        for g in range(3):
            listed = []
            for key in BOOKS:
                if random.random() < 0.7:
                    seen = at - int(random.integers(0, 60)) * 1_000_000
                    # Now and then a book, the exchange more often, has a mind of its own.
                    odd = random.random() < (0.15 if key == "betfair_ex_uk" else 0.03)
                    own = (home[g], total[g], chance[g]) + odd * random.normal(0, (1.5, 2.0, 0.06))
                    shown[g, key] = (*own[:2], min(max(own[2], 0.15), 0.85), seen)
                if random.random() > 0.04:
                    listed.append(quoted(key, *shown[g, key]))
            if random.random() > 0.02:
                games.append(game(listed, event_id=f"g{g}", start=NOON + (FIRST_START_MINUTES + 300 * g) * MINUTE))
        answers.append(answer(at, games, is_complete=bool(random.random() > 0.1)))
    return tuple(answers)


def quoted(key: str, home: float, total: float, chance: float, at: int) -> dict:
    """A bookmaker quoting the nearest half points and prices with a margin."""
    odds = [
        round(-100 * p / (1 - p)) if p > 0.5 else round(100 * (1 - p) / p) for p in (chance * 1.03, (1 - chance) * 1.03)
    ]
    h2h = tuple(o if abs(o) >= 100 else -100 for o in odds)
    return book(key, at, h2h=h2h, spread=(round(home * 2) / 2, -110, -110), total=(round(total * 2) / 2, -108, -112))


def rows_of(signal: Signal, answers: tuple[Answer, ...], *, one_by_one: bool = False) -> dict[str, pl.DataFrame]:
    """The rows these answers give with this one signal; one by one, the board goes through its bytes in between."""
    only = replace(rules(), signals={signal.name: signal.set(**SET.get(signal.name, {}))})
    board, found = blank_board(NFL, only), []
    for cut in [(one,) for one in answers] if one_by_one else [answers]:
        found += advance(board, cut, only)
        board = Board.from_bytes(board.to_bytes())
    return {name: pl.concat([rows[name] for rows in found if name in rows]) for name in TABLES}


@cache
def whole(name: str, seed: int) -> dict[str, pl.DataFrame]:
    return rows_of(find_signals()[name], random_market(seed))


def changed_by_the_future(signal: Signal, everything: dict[str, pl.DataFrame], seed: int, cut: int) -> list[str]:
    """Tables whose rows up to the cut would have been others, had the rest never come."""
    answers = random_market(seed)[:cut]
    until = answers[-1].received_at
    known = rows_of(signal, answers)
    past = {name: everything[name].filter(pl.col(moment).to_physical() <= until) for name, moment in TABLES.items()}
    return [name for name in TABLES if not known[name].equals(past[name], null_equal=True)]


@pytest.mark.parametrize("name", find_signals())
def test_the_markets_have_signals_before_and_after_most_cuts(name: str) -> None:
    times = pl.concat([whole(name, seed)["signals"] for seed in range(3)])["detected_at"].to_physical()
    assert len(times) >= 5, f"The random markets hardly know a {name}; a test of them says nothing."


@pytest.mark.parametrize("name", find_signals())
@given(seed=SEEDS, cut=CUTS)
def test_rows_up_to_a_moment_do_not_depend_on_what_came_later(name: str, seed: int, cut: int) -> None:
    assert changed_by_the_future(find_signals()[name], whole(name, seed), seed, cut) == []


@pytest.mark.parametrize("name", find_signals())
@pytest.mark.parametrize("seed", range(3))
def test_one_answer_at_a_time_gives_the_rows_of_all_at_once(name: str, seed: int) -> None:
    signal = find_signals()[name]
    assert rows_of(signal, random_market(seed), one_by_one=True)["signals"].equals(whole(name, seed)["signals"])


def leaking(tape: Tape, memory: Memory) -> list[Hit]:
    """A rule that looks one answer ahead where there is one: it reports a move before it comes."""
    hits = []
    for row in range(tape.n_past, len(tape.times) - 1):
        ahead = np.abs(tape.value[row + 1, :, 0] - tape.value[row, :, 0]) >= 0.5
        for m in np.flatnonzero(ahead & tape.updated[row - tape.n_past]).tolist():
            hits.append(Hit(row, m, 0, float(tape.value[row, m, 0]), float(tape.value[row + 1, m, 0]), 0, ()))
    return hits


def test_a_rule_that_looks_ahead_is_caught() -> None:
    leak = Signal("LEAK", "1", "Looks one answer ahead.", leaking)
    everything = rows_of(leak, random_market(0))
    caught = [cut for cut in range(1, N_ANSWERS) if changed_by_the_future(leak, everything, 0, cut)]
    # Wherever the answer after the cut moved a consensus by half a point, the last row before it knew.
    assert len(caught) >= 5
    assert {tuple(changed_by_the_future(leak, everything, 0, cut)) for cut in caught} == {("signals",)}


def test_a_rule_that_remembers_the_size_of_the_future_is_caught() -> None:
    def scaled(tape: Tape, memory: Memory) -> list[Hit]:
        # Not a row ahead, but a yardstick taken over the whole tape: the usual way a backtest cheats unawares.
        yardstick = float(np.nanstd(tape.value[:, 0, 0]))
        rows = tape.n_past + np.flatnonzero(tape.updated[:, 0])[::10]
        return [Hit(row, 0, 0, 0.0, yardstick, 0, ()) for row in rows.tolist()]

    leak = Signal("YARDSTICK", "1", "Measures with the whole tape.", scaled)
    everything = rows_of(leak, random_market(1))
    assert all("signals" in changed_by_the_future(leak, everything, 1, cut) for cut in (15, 30, 45))
