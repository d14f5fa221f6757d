"""Stored changes found their places on a board and laid out in cells, compiled.

Numba keeps machine code on disk for as long as its file does not change, and looks at no other file: what calls each other
stands together. Importing Numba takes half a second, so whoever calls this imports it in the function that does.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

compiled = njit(cache=True, nogil=True)

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@compiled
def met(event: Codes, kind: Codes, book: Codes, is_own: Bools, n_kinds: int, n_books: int) -> tuple[Bools, Bools]:
    """Which pairs of a game and a kind of market (E, n_kinds) and which books (n_books,) the rows of one's own games name."""
    markets, books = np.zeros((is_own.size, n_kinds), np.bool_), np.zeros(n_books, np.bool_)
    for row in range(event.size):
        if is_own[event[row]]:
            markets[event[row], kind[row]] = True
            books[book[row]] = True
    return markets, books


@compiled
def placed(
    event: Codes, kind: Codes, side: Codes, book: Codes, received_at: Ints,
    times: Ints, market_of: Ints, outcome_of: Ints, book_of: Ints,
) -> tuple[Ints, Ints, Ints, Ints, Ints]:  # fmt: skip
    """The rows that have a place: their number, answer, market, outcome and book.

    `times` (P,) are those of the answers, rising; `market_of` (E, n_kinds) is -1 where a row is of no concern, the others lead from
    codes to places.
    """
    n = event.size
    rows, answers, markets = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    outcomes, books = np.empty(n, np.int64), np.empty(n, np.int64)
    found = answer = 0
    for row in range(n):
        market = market_of[event[row], kind[row]]
        if market < 0:
            continue
        moment = received_at[row]
        # Each quote's rows come in order of time, mostly not far from one another.
        if not (answer < times.size and times[answer] <= moment):
            answer = 0
        step = 1
        while answer + step < times.size and times[answer + step] <= moment:
            answer += step
            step *= 2
        while step:
            if answer + step < times.size and times[answer + step] <= moment:
                answer += step
            step //= 2
        if answer < times.size and times[answer] == moment:
            rows[found], answers[found], markets[found] = row, answer, market
            outcomes[found], books[found] = outcome_of[side[row]], book_of[book[row]]
            found += 1
    return rows[:found], answers[:found], markets[:found], outcomes[:found], books[:found]


@compiled
def cells(answer: Ints, market: Ints, n_answers: int, n_markets: int) -> tuple[Ints, Ints, Ints, Ints]:
    """The cells that changes (R,) touch, K of them in order of answer and market.

    Returns each change's cell (R,), and of each cell its answer, its market and the cell of the same market before it, -1 where
    there is none.
    """
    number = np.full((n_answers, n_markets), -1, np.int64)
    for row in range(answer.size):
        number[answer[row], market[row]] = 0
    n_cells = 0
    for touched in number.flat:
        n_cells += touched == 0
    answers, markets, earlier = np.empty(n_cells, np.int64), np.empty(n_cells, np.int64), np.empty(n_cells, np.int64)
    last = np.full(n_markets, -1, np.int64)
    n_cells = 0
    for a in range(n_answers):
        for m in range(n_markets):
            if number[a, m] == 0:
                number[a, m], answers[n_cells], markets[n_cells] = n_cells, a, m
                earlier[n_cells] = last[m]
                last[m] = n_cells
                n_cells += 1
    cell = np.empty(answer.size, np.int64)
    for row in range(answer.size):
        cell[row] = number[answer[row], market[row]]
    return cell, answers, markets, earlier


@compiled
def lay(
    cell: Ints, outcome: Ints, book: Ints, price: Floats, point: Floats, markets: Ints,
    held_price: Floats, held_point: Floats, now_price: Floats, now_point: Floats,
) -> None:  # fmt: skip
    """What every book quotes in each of K cells, (K, O, B): what is held (M, O, B) and what the changes wrote.

    `now_price` and `now_point` are filled in; what is held is moved on to the last cell of each market.
    """
    first = np.zeros(markets.size + 1, np.int64)
    for k in cell:
        first[k + 1] += 1
    first = first.cumsum()
    rows, at = np.empty(cell.size, np.int64), first.copy()
    for row in range(cell.size):
        rows[at[cell[row]]] = row
        at[cell[row]] += 1
    for k in range(markets.size):
        m = markets[k]
        for i in range(first[k], first[k + 1]):
            row = rows[i]
            held_price[m, outcome[row], book[row]] = price[row]
            held_point[m, outcome[row], book[row]] = point[row]
        for o in range(held_price.shape[1]):
            for b in range(held_price.shape[2]):
                now_price[k, o, b], now_point[k, o, b] = held_price[m, o, b], held_point[m, o, b]
