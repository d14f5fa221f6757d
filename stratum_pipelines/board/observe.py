"""A run of answers laid over the board: what every book quoted after each, what changed, and what went stale.

The answers are laid out in full, in arrays of shape (answers, markets, outcomes, books); what comes of them is kept only
where an answer changed a market, a few cells in a hundred. A live cycle is a run of one answer, a batch takes as many as
fit in memory; the numbers do not depend on where the runs are cut.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.board.places import Placed
from stratum_pipelines.board.sightings import Seen, Sightings
from stratum_pipelines.board.state import (
    BOOK_BITS,
    BOOK_MASK,
    H2H,
    KINDS,
    MARKET_SHIFT,
    OUTCOME_MASK,
    QUOTE_ARRAYS,
    SPREADS,
    Board,
)
from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.quant.odds import american_to_decimal


@dataclass
class Run:
    """What a run of P answers changed: K cells, a cell being one market at one answer that changed it.

    `times` (P,) are the receipts, `answer` and `market` (K,) say which cell is which, in that order. `now` and `before` hold
    the arrays of `QUOTE_ARRAYS` for each cell, (K, outcomes, books), as of its answer and of the answer before. So do
    `active` and `was_active` (where there is a quote), `changed` (quotes that are new, moved, came back or vanished),
    `restaled` (those that went stale or came back while their price stood) and `quoted_at`, the book's time of each quote.
    `is_american` (P,) says how an answer writes its prices, `commence_at` (P, games) is the start as known after each answer.
    """

    times: npt.NDArray[np.int64]
    answer: npt.NDArray[np.int64]
    market: npt.NDArray[np.int64]
    now: dict[str, npt.NDArray]
    before: dict[str, npt.NDArray]
    active: npt.NDArray[np.bool_]
    was_active: npt.NDArray[np.bool_]
    changed: npt.NDArray[np.bool_]
    restaled: npt.NDArray[np.bool_]
    quoted_at: npt.NDArray[np.int64]
    is_american: npt.NDArray[np.bool_]
    commence_at: npt.NDArray[np.int64]

    def per_answer(self, counted: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """How many quotes are marked at each answer, (P,); `counted` has the shape of `changed`."""
        found = np.zeros(len(self.times), np.int64)
        np.add.at(found, self.answer, counted.sum(axis=(1, 2)))
        return found


def observe(
    board: Board, placed: list[Placed], commence_at: npt.NDArray[np.int64], default_gaps: list[int]
) -> tuple[Run, Seen]:
    """Lay a run of answers over the board, whose quotes and sightings are moved on to the last of them.

    `commence_at` has shape (answers, games); `default_gaps` holds, per answer, the provider's expected gap between
    sightings of a book in microseconds.
    """
    shape = (len(placed), *board.quotes["price"].shape)
    now = {name: np.full(shape, fill, dtype) for name, (dtype, fill) in QUOTE_ARRAYS.items()}
    quoted_at = np.zeros(shape, np.int64)
    for i, answer in enumerate(placed):
        offered = ~np.isnan(answer.quoted)
        slots, quoted = answer.slots[offered], answer.quoted[offered]
        at = (slots >> MARKET_SHIFT, slots >> BOOK_BITS & OUTCOME_MASK, slots & BOOK_MASK)
        american = answer.reading.odds_format == "american"
        now["price"][i][at] = american_to_decimal(quoted) if american else quoted
        now["quoted"][i][at] = quoted
        now["point"][i][at] = answer.point[offered]
        now["sighted"][i][at] = answer.quoted_at[offered]
        now["owner"][i][at] = board.providers.index(answer.answer.provider)
        quoted_at[i][at] = answer.quoted_at[offered]
    _refuse_disagreeing(board, placed, now)
    _carry(board, placed, now)
    times = np.array([p.answer.received_at for p in placed], np.int64)
    seen = _seen(board, times, now["sighted"].max(axis=2, initial=0), commence_at, default_gaps)
    # Beyond the limit of its book a quote is stale.
    now["stale"] = times[:, None, None, None] - now["sighted"] > seen.limits[:, None, None, :]
    now["stale"] &= ~np.isnan(now["price"])
    run = run_of(
        times,
        *_cells(board.quotes, now, quoted_at),
        is_american=np.array([p.reading.odds_format == "american" for p in placed]),
        commence_at=commence_at,
    )
    board.quotes = {name: array[-1].copy() for name, array in now.items()}
    return run, seen


def run_of(
    times: npt.NDArray[np.int64],
    answer: npt.NDArray[np.int64],
    market: npt.NDArray[np.int64],
    now: dict[str, npt.NDArray],
    before: dict[str, npt.NDArray],
    quoted_at: npt.NDArray[np.int64],
    *,
    is_american: npt.NDArray[np.bool_],
    commence_at: npt.NDArray[np.int64],
) -> Run:
    """The run whose cells hold these quotes; what changed in them is worked out here."""
    active, was_active = ~np.isnan(now["price"]), ~np.isnan(before["price"])
    both = active & was_active
    moved = (now["quoted"] != before["quoted"]) | (now["point"] != before["point"])
    return Run(
        times=times,
        answer=answer,
        market=market,
        now=now,
        before=before,
        active=active,
        was_active=was_active,
        changed=(active != was_active) | both & moved,
        restaled=both & (now["stale"] != before["stale"]),
        quoted_at=quoted_at,
        is_american=is_american,
        commence_at=commence_at,
    )


def _cells(
    held: dict[str, npt.NDArray], now: dict[str, npt.NDArray], quoted_at: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], dict[str, npt.NDArray], dict[str, npt.NDArray], npt.NDArray]:
    """Answer, market, quotes now and before, and the books' times, wherever an answer changed a market at all."""
    # A quote that is not there is NaN in its price, 0 in its point and never stale: so are all that were never there.
    differs = np.empty(quoted_at.shape, np.bool_)
    for name in ("quoted", "point", "stale"):
        array = now[name]
        for part, earlier, later in ((differs[:1], held[name][None], array[:1]), (differs[1:], array[:-1], array[1:])):
            if name == "quoted":
                np.not_equal(later, earlier, out=part)
                part &= ~(np.isnan(later) & np.isnan(earlier))
            else:
                part |= later != earlier
    answer, market = np.nonzero(differs.any(axis=(2, 3)))
    first = np.flatnonzero(answer == 0)
    before = {}
    for name, array in now.items():
        before[name] = array[answer - 1, market]
        before[name][first] = held[name][market[first]]
    return answer, market, {n: a[answer, market] for n, a in now.items()}, before, quoted_at[answer, market]


def _refuse_disagreeing(board: Board, placed: list[Placed], now: dict[str, npt.NDArray]) -> None:
    """Take out spreads whose two points are not opposite and totals whose two points differ: one of them is wrong."""
    kinds = np.array(board.market_kind, np.int64)
    price, point = now["price"], now["point"]
    both = ~np.isnan(price[:, :, 0]) & ~np.isnan(price[:, :, 1])
    expected = np.where((kinds == SPREADS)[None, :, None], -point[:, :, 0], point[:, :, 0])
    wrong = both & (kinds != H2H)[None, :, None] & (point[:, :, 1] != expected)
    for i, m, b in np.argwhere(wrong).tolist():
        game = board.registry.games[board.market_game[m]]
        kind = "spreads" if kinds[m] == SPREADS else "totals"
        where = f"{game.event_id}/{board.books[b]}/{kind}"
        points = f"{point[i, m, 0, b]:g} and {point[i, m, 1, b]:g}"
        rule = "must be opposite" if kinds[m] == SPREADS else "must be equal"
        detail = f"The points {points} at {where} {rule}; both quotes were left out."
        placed[i].refusals.append(Refusal("odds_snapshots", "points_disagree", detail, points, where))
    for name, (_, fill) in QUOTE_ARRAYS.items():
        now[name].transpose(0, 1, 3, 2)[wrong] = fill


def _carry(board: Board, placed: list[Placed], now: dict[str, npt.NDArray]) -> None:
    """Let quotes stand that an answer could not have withdrawn: it was incomplete, of changes only, or another provider's."""
    held = board.quotes
    games = np.array(board.market_game, np.int64)
    for i, answer in enumerate(placed):
        previous = {name: now[name][i - 1] for name in now} if i else held
        reading = answer.reading
        standing = np.isnan(now["price"][i]) & ~np.isnan(previous["price"])
        if reading.kind == "changes":
            withdrawn = answer.slots[np.isnan(answer.quoted)]
            standing[withdrawn >> MARKET_SHIFT, withdrawn >> BOOK_BITS & OUTCOME_MASK, withdrawn & BOOK_MASK] = False
            standing[np.isin(games, answer.unlisted)] = False
        elif reading.is_complete and answer.answer.is_complete:
            standing &= previous["owner"] != board.providers.index(answer.answer.provider)
        if standing.any():
            for name, array in now.items():
                array[i][standing] = previous[name][standing]
        if reading.kind == "changes":
            # The snapshot behind a change log was complete: what it left unchanged was seen again.
            seen = ~np.isnan(now["price"][i]) & (now["owner"][i] == board.providers.index(answer.answer.provider))
            now["sighted"][i][seen] = answer.answer.received_at


def _seen(
    board: Board,
    times: npt.NDArray[np.int64],
    sighted: npt.NDArray[np.int64],
    commence_at: npt.NDArray[np.int64],
    default_gaps: list[int],
) -> Seen:
    """How recently every book was sighted at each answer; the books take note of it.

    `sighted` (answers, markets, books) is when the newest of a book's quotes was sighted, 0 where it has none.
    """
    n_answers, _, n_books = sighted.shape
    newest = np.zeros((n_answers, n_books, len(KINDS)), np.int64)
    wanted = np.zeros((n_answers, len(KINDS)), np.bool_)
    kinds, games = np.array(board.market_kind, np.int64), np.array(board.market_game, np.int64)
    for kind in range(len(KINDS)):
        of_kind = np.flatnonzero(kinds == kind)
        there = sighted[:, of_kind]
        newest[:, :, kind] = there.max(axis=1, initial=0)
        to_come = commence_at[:, games[of_kind]] > times[:, None]
        wanted[:, kind] = (to_come & there.any(axis=2)).any(axis=1)
    return Seen(_limits(board, times, newest.max(axis=2), default_gaps), newest, wanted)


def _limits(
    board: Board, times: npt.NDArray[np.int64], newest: npt.NDArray[np.int64], default_gaps: list[int]
) -> npt.NDArray[np.int64]:
    """The age beyond which each book's quotes are stale, answer by answer: twice its expected gap.

    `newest` (answers, books) is when the newest of each book's quotes was sighted; the books take note of it.
    """
    limits = np.zeros(newest.shape, np.int64)
    for i, row in enumerate(newest.tolist()):
        for b, book in enumerate(board.books):
            sightings = board.sightings.get(book)
            if sightings is None:
                sightings = board.sightings[book] = Sightings()
            sightings.see(row[b])
            limits[i, b] = sightings.limit(int(times[i]), default_gaps[i])
    return limits
