"""Stored quotes replayed: the consensus and the signals that follow from odds_snapshots, under any rules.

No answer is read again. The functions are those of live cycles and batches, on the same board; what odds_snapshots does not
hold is taken as `board.changes` says. Partitions are read one at a time, so a replay takes little memory however long it is.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.board.advance import Rules, advance_changes, blank_board
from stratum_pipelines.board.changes import Changes
from stratum_pipelines.board.games import KnownGame
from stratum_pipelines.board.state import KINDS, Board
from warehouse.lake import CodedRows, Lake
from warehouse.tables import Consensus, Events, OddsSnapshots, Polls, Quarantine, Signals

OUTCOME_OF_SIDE = {"home": 0, "away": 1, "draw": 2, "over": 0, "under": 1}
COLUMNS = (
    "event_id", "bookmaker", "market", "side", "received_at", "price_decimal", "point", "quoted_at", "commence_at",
)  # fmt: skip
# Answers that were refused whole moved no board.
REFUSED_WHOLE = ("out_of_order", "cannot_be_computed", "unknown_sport")
# What a rule remembers may matter for a day.
REMEMBERED = dt.timedelta(days=1)
# So many changes are laid out at once: few enough for memory.
CHANGES_PER_RUN = 50_000


@dataclass(frozen=True)
class ReplayedDay:
    """One day replayed: the rows of consensus and signals, and how many rows of odds_snapshots they follow from."""

    day: dt.date
    consensus: pl.DataFrame
    signals: pl.DataFrame
    changes: int


def replay(
    lake: Lake, rules: Rules, first: dt.date, last: dt.date, *, with_signals: bool = True
) -> Iterator[ReplayedDay]:
    """Replay the days from `first` to `last`, both included; yields each day that holds quotes.

    It begins early enough that every game listed on the first day is known from its first quote, and every rule remembers
    what it would have remembered.
    """
    known = _games_between(lake, first, last)
    start = min([first - REMEMBERED, *known["first_seen_at"].dt.date()])
    replayed = _Replay(rules, _Games(known), with_signals)
    for day in lake.days(OddsSnapshots):
        if start <= day <= last:
            found = replayed.take(day, lake.coded(OddsSnapshots, day, COLUMNS), _polls(lake, day))
            if day >= first:
                yield found
            # Before the next day is read.
            del found


def _games_between(lake: Lake, first: dt.date, last: dt.date) -> pl.DataFrame:
    """The games that may have stood on a board between two days, both included."""
    names = ("event_id", "sport_key", "home_team", "away_team", "first_seen_at", "last_seen_at")
    games = lake.scan(Events).select(names).collect().filter(pl.col("first_seen_at").dt.date() <= last)
    # Quotes end with the first answer that lacks their game. After a pause of polling that may be days after it was last
    # seen, so what was listed by the last answer before the first day counts too.
    seen = pl.col("last_seen_at").dt.date()
    before = pl.when(seen < first).then(seen).max().over("sport_key")
    return games.filter((seen >= first) | (seen == before))


class _Games:
    """What is known of the games a replay meets, by id."""

    def __init__(self, known: pl.DataFrame) -> None:
        self.rows = {row["event_id"]: row for row in known.iter_rows(named=True)}

    def sport_of(self, event_id: str) -> str:
        """The sport of a game; "" for one that is of no concern."""
        row = self.rows.get(event_id)
        return row["sport_key"] if row else ""

    def met(self, event_id: str, at: int) -> KnownGame:
        """The game as a board knows it."""
        row = self.rows[event_id]
        home, away = row["home_team"], row["away_team"]
        return KnownGame(event_id, "", home, away, at, at, at, {home: 0, away: 1})


def _polls(lake: Lake, day: dt.date) -> dict[str, tuple[npt.NDArray[np.int64], pl.Series]]:
    """Per sport the times of the answers of a day that moved its board, and their ids."""
    rows = lake.coded(Polls, day, ("sport_key", "received_at", "response_id"))
    refused = lake.coded(Quarantine, day, ("reason", "response_id"))
    is_whole = np.array([reason in REFUSED_WHOLE for reason in refused.texts["reason"]], np.bool_)
    out = {
        refused.texts["response_id"][code]
        for code in refused.codes["response_id"][is_whole[refused.codes["reason"]]].tolist()
    }
    moved = np.array([response not in out for response in rows.texts["response_id"]], np.bool_)
    names = pl.Series(rows.texts["response_id"], dtype=pl.String)
    found = {}
    for code, sport_key in enumerate(rows.texts["sport_key"]):
        own = np.flatnonzero((rows.codes["sport_key"] == code) & moved[rows.codes["response_id"]])
        own = own[rows.values["received_at"][own].argsort()]
        found[sport_key] = (rows.values["received_at"][own], names.gather(rows.codes["response_id"][own]))
    return found


@dataclass
class _Sport:
    """One sport on its way: its board, and where its games stand on it."""

    board: Board
    places: dict[str, int] = field(default_factory=dict)


class _Replay:
    """Boards of every sport, moved on day by day."""

    def __init__(self, rules: Rules, games: _Games, with_signals: bool) -> None:
        self.rules, self.games, self.with_signals = rules, games, with_signals
        self.sports: dict[str, _Sport] = {}

    def take(
        self, day: dt.date, rows: CodedRows, polls: Mapping[str, tuple[npt.NDArray[np.int64], pl.Series]]
    ) -> ReplayedDay:
        """Move the boards on by the rows of a day."""
        sports = [self.games.sport_of(event_id) for event_id in rows.texts["event_id"]]
        found = {"consensus": [Consensus.empty()], "signals": [Signals.empty()]}
        n_changes = 0
        for sport_key in sorted(polls):
            if self.rules.league(sport_key) is None:
                continue
            is_own = np.array([sport == sport_key for sport in sports], np.bool_)
            times, responses = polls[sport_key]
            for changes, its_responses in self._changes(sport_key, rows, is_own, times, responses):
                n_changes += len(changes.answer)
                board = self.sports[sport_key].board
                for name, frame in advance_changes(
                    board, changes, its_responses, self.rules, with_signals=self.with_signals
                ).items():
                    found[name].append(frame)
            self._end_day(self.sports[sport_key])
        return ReplayedDay(day, pl.concat(found["consensus"]), pl.concat(found["signals"]), n_changes)

    def _changes(
        self,
        sport_key: str,
        rows: CodedRows,
        is_own: npt.NDArray[np.bool_],
        times: npt.NDArray[np.int64],
        responses: pl.Series,
    ) -> Iterator[tuple[Changes, pl.Series]]:
        """The rows of one sport on its board, a bounded number at a time; the board grows to hold them."""
        from stratum_pipelines.board.laying import met, placed

        sport = self.sports.setdefault(sport_key, _Sport(blank_board(sport_key, self.rules)))
        board = sport.board
        event, book, kind, side = (rows.codes[name] for name in ("event_id", "bookmaker", "market", "side"))
        n_kinds, n_books = len(rows.texts["market"]), len(rows.texts["bookmaker"])
        listed, quoting = met(event, kind, book, is_own, n_kinds, n_books)
        markets = self._markets(
            sport, rows.texts["event_id"], rows.texts["market"], listed, int(times[0]) if len(times) else 0
        )
        books = _placed(rows.texts["bookmaker"], quoting, board.books)
        outcomes = np.array([OUTCOME_OF_SIDE[name] for name in rows.texts["side"]], np.int64)
        board.fit()
        values = rows.values
        own, answer, *places = placed(event, kind, side, book, values["received_at"], times, markets, outcomes, books)
        price, point = values["price_decimal"][own], values["point"][own]
        market, outcome, book_ = places
        everything = Changes(
            times=times,
            answer=answer,
            market=market,
            outcome=outcome,
            book=book_,
            price=price,
            point=np.where(np.isnan(point), 0.0, point),
            quoted_at=values["quoted_at"][own],
            commence_at=values["commence_at"][own],
        )
        for first, end in _cuts(everything.answer, len(times)):
            yield everything.between(first, end), responses[first:end]

    def _markets(
        self, sport: _Sport, events: Sequence[str], kinds: Sequence[str], listed: npt.NDArray[np.bool_], at: int
    ) -> npt.NDArray[np.int64]:
        """The board's position of every pair of a game and a market that is listed, -1 elsewhere and where there is none."""
        markets = np.full(listed.shape, -1, np.int64)
        for event, kind in np.argwhere(listed).tolist():
            if kinds[kind] not in KINDS:
                continue
            place = sport.places.get(events[event])
            if place is None:
                place = sport.places[events[event]] = len(sport.board.registry.games)
                sport.board.registry.games.append(self.games.met(events[event], at))
            markets[event, kind] = sport.board.market(place, KINDS.index(kinds[kind]))
        return markets

    def _end_day(self, sport: _Sport) -> None:
        """Forget the games that have been over for a day: no quote of theirs stands."""
        board = sport.board
        quoted = ~np.isnan(board.quotes["price"]).all(axis=(1, 2)) if board.n_markets else np.empty(0, bool)
        listed = set(np.array(board.market_game, np.int64)[quoted].tolist())
        for place in set(board.market_game):
            game = board.registry.games[place]
            if place in listed:
                game.last_seen_at = board.received_at
            game.is_listed = place in listed
        board.forget()
        # Boards of live cycles know a game for ever, in case it comes back; here it would be met anew.
        kept = sorted(set(board.market_game))
        board.registry.games = [board.registry.games[place] for place in kept]
        moved = {old: new for new, old in enumerate(kept)}
        board.market_game = [moved[place] for place in board.market_game]
        board.market_at = {key: m for m, key in enumerate(zip(board.market_game, board.market_kind, strict=True))}
        sport.places = {game.event_id: place for place, game in enumerate(board.registry.games)}


def _placed(names: Sequence[str], quoting: npt.NDArray[np.bool_], known: list[str]) -> npt.NDArray[np.int64]:
    """Each name's place among the known names, which grow by those that quote, in alphabetical order."""
    new = {name for name, quotes in zip(names, quoting.tolist(), strict=True) if quotes}
    known += sorted(new.difference(known))
    place = {name: i for i, name in enumerate(known)}
    return np.array([place.get(name, -1) for name in names], np.int64)


def _cuts(answer: npt.NDArray[np.int64], n_answers: int) -> Iterator[tuple[int, int]]:
    """Stretches of answers that bring a bounded number of changes each."""
    if not n_answers:
        return
    total = np.cumsum(np.bincount(answer, minlength=n_answers))
    first = done = 0
    while first < n_answers:
        end = max(first + 1, int(np.searchsorted(total, done + CHANGES_PER_RUN, side="right")))
        yield first, end
        first, done = end, int(total[end - 1])
