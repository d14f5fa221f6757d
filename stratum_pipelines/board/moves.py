"""Which books moved, toward which outcome, when and how far."""

from typing import Any

import numpy as np
import numpy.typing as npt

from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.state import H2H, TOTALS, Board
from stratum_pipelines.quant.devig.by_book import MarginMethods
from stratum_pipelines.signals.tape import SANE_AGE_US

MIN_H2H_MOVE = 0.01
COLUMNS = {
    "received_at": np.int64,
    "at": np.int64,
    "since": np.int64,
    "market": np.int64,
    "outcome": np.int64,
    "book": np.int64,
    "size": np.float64,
}


def book_moves(board: Board, run: Run, methods: MarginMethods) -> dict[str, npt.NDArray[Any]]:
    """One entry per answer, market and book whose own line moved; the columns of `Tape.moves`.

    A move is a changed point on spreads and totals, and in h2h a change of the book's own fair probability by 0.01 or
    more, toward the outcome that gained most. A quote that was not there before has not moved. The book's time counts
    where it lies within 15 minutes before the receipt, else the receipt. The move happened between `since`, when the quote
    before it was last seen (by the same clock, or at the answer before), and `at`.
    """
    k, b = np.nonzero(run.changed.any(axis=1))
    p, m = run.answer[k], run.market[k]
    kinds: npt.NDArray[np.int64] = np.array(board.market_kind, np.int64)[m]
    at = np.maximum.reduce(run.quoted_at[k, :, b], axis=1)
    received = run.times[p]
    at = np.where((received - at >= 0) & (received - at <= SANE_AGE_US), at, received)

    looked = np.concatenate([board.past_times[-1:] if len(board.past_times) else run.times[:1], run.times[:-1]])[p]
    since = run.before["sighted"][k, :, b].max(axis=1)
    since = np.where((looked - since >= 0) & (looked - since <= SANE_AGE_US), since, looked)

    change = run.now["point"][k, 0, b] - run.before["point"][k, 0, b]
    lined = run.active[k, 0, b] & run.was_active[k, 0, b] & (kinds != H2H) & (change != 0)
    rises = change > 0
    line_outcome = np.where(kinds == TOTALS, ~rises, rises).astype(np.int64)

    now, before = (_fair(held["price"][k, :, b], kinds, b, methods) for held in (run.now, run.before))
    gain = now - before
    known: npt.NDArray[np.bool_] = np.asarray(~np.isnan(gain).any(axis=1))
    outcome = np.where(known[:, None], gain, -1.0).argmax(axis=1)
    gained = np.take_along_axis(gain, outcome[:, None], 1)[:, 0]
    priced = (kinds == H2H) & known & (np.where(known, gained, 0.0) >= MIN_H2H_MOVE - 1e-9)

    moved = np.flatnonzero(lined | priced)
    return {
        "received_at": received[moved],
        "at": at[moved],
        "since": since[moved],
        "market": m[moved],
        "outcome": np.where(lined, line_outcome, outcome)[moved],
        "book": b[moved],
        "size": np.where(lined, np.abs(change), gained)[moved],
    }


def _fair(
    prices: npt.NDArray[np.float64], kinds: npt.NDArray[np.int64], books: npt.NDArray[np.int64], methods: MarginMethods
) -> npt.NDArray[np.float64]:
    """The fair probabilities (K, O) of K winner markets, each at one book; NaN unless it quotes every outcome, and elsewhere."""
    fair = np.full(prices.shape, np.nan)
    winner = kinds == H2H
    n_outcomes = np.full(int(winner.sum()), prices.shape[1], np.int64)
    found, _ = methods.remove(prices[winner][:, :, None], kinds[winner], n_outcomes, books[winner][:, None])
    fair[winner] = found[:, :, 0]
    return fair
