"""From a reading to places on the board: which slot every quote belongs to, and what has no place and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from stratum_pipelines.board.games import SIDE_OF_WORD, WHY_UNUSABLE, is_usable, shown
from stratum_pipelines.board.state import BOOK_BITS, H2H, KINDS, MARKET_SHIFT, MAX_BOOKS, TOTALS, Board
from stratum_pipelines.providers.notes import as_noted
from stratum_pipelines.providers.reading import Answer, Game, Reading, Refusal, is_plausible
from stratum_pipelines.quant.odds import AMERICAN_LIMIT, DECIMAL_LIMIT
from stratum_pipelines.reference import Reference

POINT_LIMIT = 1000.0
# More layouts of games than this are not kept in mind.
MANY_LAYOUTS = 20_000
# Slots of quotes that have no place are remembered as negative numbers, one per reason.
UNKNOWN_BOOK, UNKNOWN_MARKET, UNKNOWN_OUTCOME, UNUSABLE_NAME = -1, -2, -3, -4


@dataclass
class Placed:
    """One answer, placed: positions of the games it lists and a slot, price, point and time for every quote kept.

    `quoted` is the price as the feed wrote it, `american` says whether that is an American price. Quotes withdrawn by a
    reading of changes have a NaN price.
    """

    answer: Answer
    reading: Reading
    games: list[int]
    unlisted: list[int]
    slots: npt.NDArray[np.int64]
    quoted: npt.NDArray[np.float64]
    point: npt.NDArray[np.float64]
    quoted_at: npt.NDArray[np.int64]
    n_clamped: int
    refusals: list[Refusal]


def place(board: Board, answer: Answer, reading: Reading, reference: Reference) -> Placed:
    """Give every quote of a reading its slot; new games, markets and books get theirs."""
    reading = as_noted(answer, reading)
    refusals = list(reading.refusals)
    games = _place_games(board, answer, reading, refusals)
    found, of_game = _slots_of(board, reference, reading, games)
    events = np.array(games, np.int64)[of_game] if games else of_game
    if reading.description is not None:
        odd = [bool(text) and not is_usable(text) for text in reading.description]
        found[np.array(odd, np.bool_)] = UNUSABLE_NAME
    keep = (found >= 0) & (events >= 0)
    _refuse_unknown(reading, found, events, refusals)

    quoted = reading.price
    kinds = _kinds_of(board, found)
    point = np.where(kinds == H2H, 0.0, reading.point)
    keep &= _sound(reading, quoted, point, kinds, keep, refusals)
    quoted_at = np.minimum(reading.quoted_at, answer.received_at)
    kept = np.flatnonzero(keep)
    kept = _without_repeats(found, kept, reading, refusals)
    return Placed(
        answer=answer,
        reading=reading,
        games=[g for g in games if g >= 0],
        unlisted=[board.registry.links[key] for key in _known_links(board, answer, reading)],
        slots=found[kept],
        quoted=quoted[kept],
        point=point[kept],
        quoted_at=quoted_at[kept],
        n_clamped=int((reading.quoted_at[kept] > answer.received_at).sum()),
        refusals=refusals,
    )


def _slots_of(
    board: Board, reference: Reference, reading: Reading, games: list[int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The slot of every quote and the place of its game in the reading; known layouts of known games are not looked at again."""
    if reading.layouts is None:
        events = [games[e] for e in reading.event]
        slots = _looked_up(board, reference, events, reading.bookmaker, reading.market, reading.outcome)
        return slots, np.array(reading.event, np.int64)
    known = board.known_layouts
    if len(known) > MANY_LAYOUTS:
        known.clear()
    parts = []
    for position, layout in zip(games, reading.layouts, strict=True):
        part = known.get((position, layout.digest))
        if part is None:
            events = [position] * len(layout.outcome)
            part = _looked_up(board, reference, events, layout.bookmaker, layout.market, layout.outcome)
            known[position, layout.digest] = part
        parts.append(part)
    slots = np.concatenate(parts) if parts else np.empty(0, np.int64)
    return slots, np.repeat(np.arange(len(parts)), reading.sizes)


def _looked_up(board: Board, reference: Reference, events: list[int], *names: Sequence[str]) -> npt.NDArray[np.int64]:
    """The slots of quotes by position of their game, bookmaker, market and outcome; new ones get theirs."""
    codes = []
    for key in zip(events, *names, strict=True):
        code = board.slots.get(key)
        codes.append(_assign(board, reference, key) if code is None else code)
    return np.array(codes, np.int64)


def _known_links(board: Board, answer: Answer, reading: Reading) -> list[tuple[str, str]]:
    keys = zip(repeat(answer.provider), reading.unlisted, strict=False)
    return [key for key in keys if key in board.registry.links]


def _place_games(board: Board, answer: Answer, reading: Reading, refusals: list[Refusal]) -> list[int]:
    links = board.registry.links
    known = ((answer.provider, game.event_id) for game in reading.games)
    taken = {links[key] for key in known if key in links}
    positions = []
    for game in reading.games:
        position, remark = -1, _misfit(board, game)
        if remark is None:
            position, remark = board.registry.place(answer.provider, game, answer.received_at, taken)
        if remark:
            refusals.append(remark)
        taken.add(position)
        positions.append(position)
    return positions


def _misfit(board: Board, game: Game) -> Refusal | None:
    """What keeps a game off this board, whatever its names are."""
    if game.sport_key != board.sport_key:
        name, sport = shown(game.event_id), shown(game.sport_key)
        detail = f"Game {name} is of sport {sport}, the answer is about {board.sport_key}; it was left out."
        return Refusal("events", "wrong_sport", detail, sport, name)
    if not is_plausible(game.commence_at):
        name, at = shown(game.event_id), f"{game.commence_at} microseconds since 1970"
        detail = f"Game {name} would start at {at}, which is not in the years 1970 to 2199; it was left out."
        return Refusal("events", "impossible_start", detail, str(game.commence_at), name)
    return None


def _assign(board: Board, reference: Reference, key: tuple[int, str, str, str]) -> int:
    """The slot of a quote seen for the first time, remembered for the next; negative when it can have none."""
    game, book_key, market_key, outcome = key
    code = board.slots.get(key)
    if code is not None:
        return code
    if game < 0:
        return UNKNOWN_OUTCOME
    code = _new_slot(board, reference, game, book_key, market_key, outcome)
    board.slots[key] = code
    return code


def _new_slot(board: Board, reference: Reference, game: int, book_key: str, market_key: str, outcome: str) -> int:
    if not (is_usable(book_key) and is_usable(market_key) and is_usable(outcome)):
        return UNUSABLE_NAME
    book = reference.book(book_key)
    if book is None:
        return UNKNOWN_BOOK
    if market_key not in KINDS:
        return UNKNOWN_MARKET
    kind = KINDS.index(market_key)
    names = board.registry.games[game].names
    if kind == TOTALS:
        side = SIDE_OF_WORD.get(outcome, -1) if outcome in ("Over", "Under") else -1
    else:
        side = names.get(outcome, 2 if outcome == "Draw" and kind == H2H and board.n_outcomes == 3 else -1)
    if side < 0:
        return UNKNOWN_OUTCOME
    if book.key not in board.books:
        if len(board.books) == MAX_BOOKS:
            return UNKNOWN_BOOK
        board.books.append(book.key)
    return board.market(game, kind) << MARKET_SHIFT | side << BOOK_BITS | board.books.index(book.key)


def _kinds_of(board: Board, slots: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    kinds = np.array(board.market_kind or [0], np.int64)
    return kinds[np.maximum(slots, 0) >> MARKET_SHIFT]


def _refuse_unknown(
    reading: Reading, slots: npt.NDArray[np.int64], events: npt.NDArray[np.int64], refusals: list[Refusal]
) -> None:
    """One refusal per name without a place and answer, with the number of quotes it cost; outcomes, which may be many, share one."""
    strange = np.flatnonzero((slots < 0) & (events >= 0)) if len(slots) else slots
    names: dict[tuple[int, str], list[int]] = {}
    for i in strange.tolist():
        code = int(slots[i])
        name = "" if code == UNKNOWN_OUTCOME else _name_at_fault(reading, i, code)
        names.setdefault((code, name), []).append(i)
    for (code, name), where in names.items():
        first = reading.games[reading.event[where[0]]].event_id
        cost = f"{len(where)} quotes were left out, the first in game {first}."
        if code == UNUSABLE_NAME:
            detail = f"The name {shown(name)} {WHY_UNUSABLE}; {cost}"
            refusals.append(Refusal("odds_snapshots", "unusable_name", detail, shown(name), repr(name)))
        elif code == UNKNOWN_OUTCOME:
            unknown = list(dict.fromkeys(_name_at_fault(reading, i, code) for i in where))
            some = ", ".join(map(repr, unknown[:5])) + (", …" if len(unknown) > 5 else "")
            detail = (
                f"{'An outcome is' if len(unknown) == 1 else f'{len(unknown)} outcomes are'} not known ({some}); {cost}"
            )
            refusals.append(Refusal("odds_snapshots", "unknown_outcome", detail, ", ".join(unknown), unknown[0]))
        else:
            what = {UNKNOWN_BOOK: "bookmaker", UNKNOWN_MARKET: "market"}[code]
            detail = f"The {what} {name!r} is not known; {cost}"
            refusals.append(Refusal("odds_snapshots", f"unknown_{what}", detail, name, name))


def _name_at_fault(reading: Reading, i: int, code: int) -> str:
    """The name that keeps a quote without a place."""
    names = (reading.bookmaker[i], reading.market[i], reading.outcome[i])
    if code != UNUSABLE_NAME:
        return names[(UNKNOWN_BOOK, UNKNOWN_MARKET, UNKNOWN_OUTCOME).index(code)]
    description = reading.description[i] if reading.description else ""
    return next((name for name in names if not is_usable(name)), description)


def _sound(
    reading: Reading,
    quoted: npt.NDArray[np.float64],
    point: npt.NDArray[np.float64],
    kinds: npt.NDArray[np.int64],
    keep: npt.NDArray[np.bool_],
    refusals: list[Refusal],
) -> npt.NDArray[np.bool_]:
    """Which quotes have a possible price and point; a withdrawal, in a reading of changes, needs neither."""
    withdrawn = np.isnan(quoted) if reading.kind == "changes" else np.zeros(len(quoted), bool)
    if reading.odds_format == "american":
        size = np.abs(quoted)
        priced = (size >= 100) & (size <= AMERICAN_LIMIT) & (quoted == np.rint(quoted))
    else:
        priced = (quoted > 1) & (quoted <= DECIMAL_LIMIT)
    # Only what is within bounds is multiplied: a point of 1e308 has no fourfold.
    bounded = np.abs(point) <= POINT_LIMIT
    quarters = 4 * np.where(bounded, point, 0.0)
    pointed = bounded & (quarters == np.rint(quarters))
    for bad, reason, values in (
        (keep & ~priced & ~withdrawn, "impossible_price", quoted),
        (keep & priced & ~pointed & np.isnan(point), "missing_point", point),
        (keep & priced & ~pointed & ~np.isnan(point), "impossible_point", point),
    ):
        for i in np.flatnonzero(bad).tolist():
            where = f"{reading.games[reading.event[i]].event_id}/{reading.bookmaker[i]}/{reading.market[i]}/{reading.outcome[i]}"
            detail = f"{reason.replace('_', ' ').capitalize()} {values[i]:g} ({reading.odds_format} odds) at {where}; the quote was left out."
            refusals.append(Refusal("odds_snapshots", reason, detail, f"{values[i]:g}", where))
    return withdrawn | (priced & pointed)


def _without_repeats(
    slots: npt.NDArray[np.int64], kept: npt.NDArray[np.int64], reading: Reading, refusals: list[Refusal]
) -> npt.NDArray[np.int64]:
    """The first of quotes that share a slot; two names of one team or book can lead there."""
    ordered = np.sort(slots[kept])
    if not (ordered[1:] == ordered[:-1]).any():
        return kept
    _, first = np.unique(slots[kept], return_index=True)
    first.sort()
    for i in np.setdiff1d(kept, kept[first]).tolist():
        where = f"{reading.games[reading.event[i]].event_id}/{reading.bookmaker[i]}/{reading.market[i]}/{reading.outcome[i]}"
        detail = f"The quote at {where} stands twice in the answer; the first was kept."
        refusals.append(Refusal("odds_snapshots", "repeated_quote", detail, where, where + f"#{i}"))
    return kept[first]
