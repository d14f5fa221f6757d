"""Every rule let loose on a run of answers, and the past kept that the next run's windows reach back to."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.board.entries import entries_of
from stratum_pipelines.board.in_force import InForce
from stratum_pipelines.board.moves import COLUMNS, book_moves
from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.regimes import Followed
from stratum_pipelines.board.rows import Names
from stratum_pipelines.board.signal_rows import signal_rows
from stratum_pipelines.board.state import Board
from stratum_pipelines.quant.consensus import Agreement
from stratum_pipelines.quant.panel import Panel
from stratum_pipelines.reference import Reference
from stratum_pipelines.signals.admission import admit, refused
from stratum_pipelines.signals.hits import hits_of
from stratum_pipelines.signals.moves import moves_by_market
from stratum_pipelines.signals.opinions import opinions
from stratum_pipelines.signals.quotes import MARKETS, Quotes
from stratum_pipelines.signals.signal import Hit, Memory, Signal
from stratum_pipelines.signals.tape import LOOKBACK_US, Tape, feed_gaps

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Detected:
    """The signals of a run; and per answer how far apart the feed's answers lay, and which rules were silent for that."""

    rows: pl.DataFrame
    gaps_us: Floats
    silent: list[list[str]]


def detect(
    board: Board,
    seen: Run,
    names: Names,
    reference: Reference,
    signals: Mapping[str, Signal],
    panel: Panel,
    agreed: Agreement,
    standing: InForce,
    followed: Followed | None,
) -> Detected:
    """Let every rule judge the run; `agreed` is the consensus of its cells, `standing` the one in force after each answer.

    `followed` are the regimes of the markets, None where they are not followed.
    """
    tape = _tape(board, seen, names, reference, panel, agreed, standing)
    found: list[tuple[Signal, Hit]] = []
    silent: list[list[str]] = [[] for _ in seen.times]
    for name, signal in signals.items():
        coarse = refused(signal, tape)
        for answer in np.flatnonzero(coarse).tolist():
            silent[answer].append(name)
        memory = _memory(board, signal)
        if not coarse.all():
            admitted = admit(signal, signal.detect(tape.seen_by(signal.parameters), memory), tape, memory)
            found += [(signal, hit) for hit in admitted]
    hits = hits_of(tape, found)
    rows = signal_rows(board, seen, names, tape, followed, hits, entries_of(tape, agreed, hits))
    _keep_past(board, tape)
    return Detected(rows, tape.gaps_us, silent)


def _tape(
    board: Board,
    seen: Run,
    names: Names,
    reference: Reference,
    panel: Panel,
    agreed: Agreement,
    standing: InForce,
) -> Tape:
    league = reference.leagues[board.sport_key]
    moves = book_moves(board, seen, panel.methods)
    past = board.past_moves or {name: np.empty(0, dtype) for name, dtype in COLUMNS.items()}
    moves = {name: np.concatenate([past[name], moves[name]]) for name in COLUMNS}
    n_past = len(board.past_times)
    times = np.concatenate([board.past_times, seen.times])
    starts = seen.commence_at[:, names.market_game] if board.n_markets else np.empty((len(seen.times), 0), np.int64)
    updated = np.zeros((len(seen.times), board.n_markets), np.bool_)
    updated[seen.answer, seen.market] = True
    unnamed = len(panel.groups) - len(board.books)
    quotes = Quotes(seen.answer, seen.market, seen.now, seen.before, seen.active, seen.was_active)
    return Tape(
        n_past=n_past,
        times=times,
        value=np.concatenate([board.past_value, standing.value]),
        n_groups=np.concatenate([board.past_n_groups, standing.n_groups]),
        kinds=names.market_kind,
        updated=updated,
        opinions=opinions(agreed.views, seen.answer, seen.market, quotes.point),
        starts=starts,
        before_start=seen.times[:, None] < starts,
        gaps_us=feed_gaps(times, n_past),
        moves=moves,
        by_market=moves_by_market(moves),
        quotes=quotes,
        books=tuple(board.books),
        panel=panel,
        book_kinds=np.array([reference.books[book].kind for book in board.books] + [""] * unnamed, np.str_),
        league=league,
        steps=np.array([league.move_thresholds[kind] for kind in MARKETS]),
        game=names.market_game,
        games=board.registry.games,
    )


def _memory(board: Board, signal: Signal) -> Memory:
    """The rule's memory, grown to the markets known by now."""
    memory = signal.blank_memory(board.n_markets)
    for name, held in board.memory.get(signal.name, {}).items():
        memory[name][: len(held)] = held
    board.memory[signal.name] = memory
    return memory


def _keep_past(board: Board, tape: Tape) -> None:
    """Keep what windows may reach back to: the last half hour and the answer before it."""
    first = max(int(tape.index_at(tape.times[-1:] - LOOKBACK_US)[0]), 0)
    board.past_times, board.past_value = tape.times[first:].copy(), tape.value[first:].copy()
    board.past_n_groups = tape.n_groups[first:].copy()
    recent = tape.moves["received_at"] >= board.past_times[0]
    board.past_moves = {name: array[recent] for name, array in tape.moves.items()}
