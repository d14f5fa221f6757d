"""Moving a board on by a run of answers: the one function behind live cycles, backfills and replays."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from stratum_pipelines.board.changes import Changes, run_of_changes
from stratum_pipelines.board.detection import detect
from stratum_pipelines.board.freshness import Follower
from stratum_pipelines.board.in_force import in_force
from stratum_pipelines.board.observe import observe
from stratum_pipelines.board.panels import panel_of
from stratum_pipelines.board.places import Placed, place
from stratum_pipelines.board.regime_models import DAY_US
from stratum_pipelines.board.regimes import follow
from stratum_pipelines.board.rows import (
    consensus_of_run,
    consensus_rows,
    name_codes,
    poll_rows,
    quarantine_rows,
    snapshot_rows,
)
from stratum_pipelines.board.schedule import Schedule
from stratum_pipelines.board.state import Board
from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reading import Answer, Reading, Refusal
from stratum_pipelines.quant.consensus import load_agreement
from stratum_pipelines.reference import (
    BookWeights,
    League,
    MethodChoices,
    Reference,
    load_book_weights,
    load_method_choices,
)
from stratum_pipelines.signals.signal import Signal

CELLS_PER_RUN = 400_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rules:
    """What the computation of a sport depends on besides its answers: reference data, signals, providers.

    `links` are the links a person has made, from (provider, its id of a game) to our event_id; `methods` says how the margin
    of each book is removed, `book_weights` how much books weigh where sharp ones weigh more, `regimes` whether regimes are
    followed.
    """

    reference: Reference
    signals: Mapping[str, Signal]
    providers: Mapping[str, Provider]
    links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    methods: MethodChoices = field(default_factory=load_method_choices)
    book_weights: BookWeights = field(default_factory=load_book_weights)
    regimes: bool = False

    def default_gap_s(self, provider: str) -> float:
        """The expected gap between sightings of a book, in seconds, while few have been seen."""
        return self.providers[provider].default_gap_s if provider in self.providers else Provider.default_gap_s

    def method(self, sport_key: str, market: str, bookmaker: str) -> str:
        """How the margin of a book is removed in a market of a league."""
        league = self.league(sport_key)
        return self.methods.method(league.sport, market, bookmaker) if league else self.methods.default

    def league(self, sport_key: str) -> League | None:
        """The league behind a sport_key."""
        return self.reference.league(sport_key)


Rows = dict[str, pl.DataFrame]


def load_computation(rules: Rules) -> None:
    """Load what is compiled: no answer should wait for it."""
    league = next(iter(rules.reference.leagues.values()))
    load_agreement(panel_of((), 8, league, rules.reference, rules.methods, rules.book_weights), league)


class Unworkable(Exception):
    """The computation broke off at an answer, or in a run that begins with it; the board is of no use any more."""

    def __init__(self, response_id: str, error: Exception) -> None:
        """Break off at this answer because of this error."""
        super().__init__(f"The computation broke off with {type(error).__name__}: {error}".rstrip(".")[:400] + ".")
        self.response_id = response_id


def blank_board(sport_key: str, rules: Rules) -> Board:
    """The board of a sport before its first answer. Raises KeyError for a sport no league is known for."""
    league = rules.reference.leagues[sport_key]
    return Board(sport_key=sport_key, n_outcomes=league.n_outcomes)


def read_by(reader: Callable[[Answer], Reading] | None, answer: Answer) -> Reading:
    """What an answer says; without a reader (its provider's file is gone) that nothing of it can be read."""
    if reader is not None:
        return reader(answer)
    detail = f"There is no provider {answer.provider!r} to read this answer; it stays in raw_odds."
    refusal = Refusal("raw_odds", "unknown_provider", detail, answer.provider, answer.provider)
    return Reading(is_complete=False, odds_format="american", refusals=[refusal])


def advance(board: Board, answers: Iterable[Answer], rules: Rules) -> Iterator[Rows]:
    """Move the board on by answers in order of receipt; yields the rows of every table, a run at a time.

    An answer that is not later than the one before it is refused whole: the past of a board cannot be changed. It stays
    in raw_odds, and recomputing its day puts it where it belongs.
    """
    readers = {name: provider.read for name, provider in rules.providers.items()}
    return advance_read(board, ((answer, read_by(readers.get(answer.provider), answer)) for answer in answers), rules)


def advance_read(board: Board, answers: Iterable[tuple[Answer, Reading]], rules: Rules) -> Iterator[Rows]:
    """`advance` for answers that have been read already; of them only the circumstances are used, not the bytes."""
    run: list[tuple[Answer, Reading]] = []
    for answer, reading in answers:
        last = run[-1][0].received_at if run else board.received_at
        if answer.received_at <= last:
            if run:
                yield _attempt(board, run, rules)
                run = []
            yield refused_whole(answer, "out_of_order", "The answer is not later than the one before it.")
            continue
        if run and answer.received_at // DAY_US > last // DAY_US:
            # What changes with the day, changes between two runs.
            yield _attempt(board, run, rules)
            run = []
        run.append((answer, reading))
        if len(run) >= run_length(board, reading):
            yield _attempt(board, run, rules)
            run = []
    if run:
        yield _attempt(board, run, rules)


def advance_around(
    before: bytes, answers: Callable[[], Iterable[Answer]], rules: Rules, *, done: int = 0
) -> Generator[Rows, None, Board]:
    """`advance` past answers that break the computation: each is refused whole. Returns the board after the last.

    A board that broke off is of no use, so all begins again at the board whose bytes are `before`, and again for every
    answer that breaks it. Yields the rows of one answer at a time, of those after the first `done`.
    """
    broken: dict[str, Unworkable] = {}
    while True:
        board = Board.from_bytes(before)
        try:
            for index, answer in enumerate(answers()):
                error = broken.get(answer.response_id)
                rows = unworkable(answer, str(error)) if error else next(advance(board, [answer], rules))
                if index >= done:
                    yield rows
                    done = index + 1
            return board
        except Unworkable as error:
            broken[error.response_id] = error


def unworkable(answer: Answer, why: str) -> Rows:
    """The rows of an answer that breaks the computation; `why` is a sentence."""
    return refused_whole(answer, "cannot_be_computed", why)


def _attempt(board: Board, run: Sequence[tuple[Answer, Reading]], rules: Rules) -> Rows:
    try:
        return _advance(board, run, rules)
    except Exception as error:
        answer = run[0][0]
        if len(run) == 1:
            logger.exception("Answer %s cannot be computed and is refused whole.", answer.response_id)
        raise Unworkable(answer.response_id, error) from error


def refused_whole(answer: Answer, reason: str, detail: str) -> Rows:
    """The rows of an answer that cannot be used at all: a poll that found nothing, and why."""
    refusal = Refusal(
        "raw_odds", reason, f"{detail} Nothing of it was used; it stays in raw_odds.", answer.sport_key, ""
    )
    nothing = Placed(
        answer=answer,
        reading=Reading(False, "american"),
        games=[],
        unlisted=[],
        slots=np.empty(0, np.int64),
        quoted=np.empty(0),
        point=np.empty(0),
        quoted_at=np.empty(0, np.int64),
        n_clamped=0,
        refusals=[refusal],
    )
    counts = np.zeros(1, np.int64)
    polls = poll_rows([nothing], counts, counts, np.full(1, np.inf), [[]])
    return {"polls": polls, "quarantine": quarantine_rows([nothing])}


def run_length(board: Board, reading: Reading) -> int:
    """How many answers fit into one run: dense arrays of a bounded number of cells."""
    markets, outcomes, books = board.quotes["price"].shape
    markets = max(markets, 3 * len(reading.games))
    return max(1, min(64, CELLS_PER_RUN // max(1, markets * outcomes * books)))


def _advance(board: Board, run: Sequence[tuple[Answer, Reading]], rules: Rules) -> Rows:
    league = rules.reference.leagues[board.sport_key]
    board.registry.manual = rules.links
    schedule = Schedule(board)
    placed = []
    for index, (answer, reading) in enumerate(run):
        board.received_at, board.response_id = answer.received_at, answer.response_id
        if answer.provider not in board.providers:
            board.providers.append(answer.provider)
        placed.append(place(board, answer, reading, rules.reference))
        schedule.follow(index, placed[-1])
    board.fit()
    gaps = [int(1e6 * rules.default_gap_s(p.answer.provider)) for p in placed]
    seen, sighted = observe(board, placed, schedule.starts_by_answer(len(placed)), gaps)
    names = name_codes(board, pl.Series([p.answer.response_id for p in placed]))
    width = board.quotes["price"].shape[2]
    panel = panel_of(tuple(board.books), width, league, rules.reference, rules.methods, rules.book_weights)
    found = consensus_of_run(board, seen, panel, league)
    standing = in_force(board, seen, found)
    followed = follow(board, seen, league, panel.groups) if rules.regimes else None
    detected = detect(board, seen, names, rules.reference, rules.signals, panel, found, standing, followed)
    rows = {
        "odds_snapshots": snapshot_rows(board, seen, names),
        "consensus": consensus_rows(board, seen, names, found, panel),
        "signals": detected.rows,
        **Follower(board, seen.times, sighted, placed).rows(),
        "polls": poll_rows(
            placed,
            seen.per_answer(seen.changed),
            seen.per_answer(seen.changed & ~seen.active),
            detected.gaps_us,
            detected.silent,
        ),
        "quarantine": quarantine_rows(placed),
        "event_changes": schedule.change_rows(),
        "events": schedule.event_rows(league.league),
        "event_links": schedule.link_rows(),
    }
    if followed:
        rows |= followed.rows(names)
    standing.keep(board)
    return rows


def advance_changes(
    board: Board, changes: Changes, responses: pl.Series, rules: Rules, *, with_signals: bool = True
) -> Rows:
    """Move the board on by stored changes; the rows of consensus, and of signals, that follow from them.

    `responses` (P,) are the ids of the answers. The board has room for all markets and books the changes name.
    """
    league = rules.reference.leagues[board.sport_key]
    seen = run_of_changes(board, changes, with_past=with_signals)
    names = name_codes(board, responses)
    n_books = len(board.books)
    panel = panel_of(tuple(board.books), n_books, league, rules.reference, rules.methods, rules.book_weights)
    # When a standing quote was last seen is not stored.
    found = consensus_of_run(board, seen, panel, league, with_ages=False)
    rows = {"consensus": consensus_rows(board, seen, names, found, panel)}
    if with_signals:
        standing = in_force(board, seen, found)
        # Regimes are not followed: their models are fitted to days that a replay may not have seen.
        rows["signals"] = detect(board, seen, names, rules.reference, rules.signals, panel, found, standing, None).rows
        standing.keep(board)
    board.received_at = int(changes.times[-1])
    return rows
