"""What an answer says about the games themselves: listed or gone, moved or begun."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.board.games import KnownGame
from stratum_pipelines.board.places import Placed
from stratum_pipelines.board.rows import frame_of
from stratum_pipelines.board.state import Board
from warehouse.tables import EventChanges, EventLinks, Events


class Schedule:
    """The games of a board followed through a run of answers, one after the other."""

    def __init__(self, board: Board) -> None:
        """Start from the games as the board knows them."""
        self.board = board
        self.first_new = len(board.registry.games)
        self.starts = [game.commence_at for game in board.registry.games]
        self.moved: list[tuple[int, int, int]] = []
        self.changes: list[dict[str, Any]] = []
        self.touched: set[int] = set()
        self.links_before = len(board.registry.links)

    def follow(self, index: int, placed: Placed) -> None:
        """Take in what one answer lists. Must be called before the next answer is placed."""
        answer, reading = placed.answer, placed.reading
        games = self.board.registry.games
        links = self.board.registry.links
        self.starts += [game.commence_at for game in games[len(self.starts) :]]
        present = set(placed.games)
        for named in reading.games:
            position = links.get((answer.provider, named.event_id), -1)
            if position not in present:
                continue
            game = games[position]
            new = position >= self.first_new and position not in self.touched
            moved = game.commence_at != named.commence_at
            if moved:
                game.n_reschedules += 1
                game.commence_at = named.commence_at
                self.moved.append((index, position, named.commence_at))
            if new or moved or not game.is_listed:
                self._note(position, placed, is_listed=True)
            game.is_listed, game.last_seen_at = True, answer.received_at
            self.board.listed.add(position)
            game.status = "live" if answer.received_at >= game.commence_at else "scheduled"
            self.touched.add(position)
        for position in self._gone(placed, present):
            game = games[position]
            game.is_listed = False
            self.board.listed.discard(position)
            game.status = "closed" if answer.received_at >= game.commence_at else "vanished"
            self._note(position, placed, is_listed=False)
            self.touched.add(position)
        if reading.kind == "changes":
            # A change log repeats nothing: every game it has not dropped was still in the feed.
            for position in self.board.listed:
                game = games[position]
                if game.provider == answer.provider:
                    game.last_seen_at = answer.received_at
                    game.status = "live" if answer.received_at >= game.commence_at else "scheduled"
                    self.touched.add(position)

    def _gone(self, placed: Placed, present: set[int]) -> list[int]:
        """Games a complete answer of their own provider no longer lists."""
        if placed.reading.kind == "changes":
            return sorted(self.board.listed.intersection(placed.unlisted))
        if not (placed.answer.is_complete and placed.reading.is_complete):
            return []
        games = self.board.registry.games
        return sorted(p for p in self.board.listed - present if games[p].provider == placed.answer.provider)

    def _note(self, position: int, placed: Placed, *, is_listed: bool) -> None:
        game = self.board.registry.games[position]
        self.changes.append(
            {
                "event_id": game.event_id,
                "received_at": placed.answer.received_at,
                "sport_key": self.board.sport_key,
                "commence_at": game.commence_at,
                "is_listed": is_listed,
                "response_id": placed.answer.response_id,
            }
        )

    def starts_by_answer(self, n_answers: int) -> npt.NDArray[np.int64]:
        """The start of every game as known after each answer, shape (answers, games)."""
        # A game met during the run is given its first start for the answers before it too: it has no quotes there.
        known = np.tile(np.array(self.starts, np.int64), (n_answers, 1))
        for index, position, commence_at in self.moved:
            known[index:, position] = commence_at
        return known

    def change_rows(self) -> pl.DataFrame:
        """One row per game and answer that changed its schedule, in the columns of event_changes."""
        last = {(row["event_id"], row["received_at"]): row for row in self.changes}
        return frame_of(list(last.values()), EventChanges.schema())

    def event_rows(self, league: str) -> pl.DataFrame:
        """The games an answer of this run said something about, as they stand after it, in the columns of events."""
        rows = [_event_row(self.board, self.board.registry.games[p], league) for p in sorted(self.touched)]
        return frame_of(rows, Events.schema())

    def link_rows(self) -> pl.DataFrame:
        """Ids met for the first time in this run, in the columns of event_links."""
        registry = self.board.registry
        rows = []
        for key in list(registry.links)[self.links_before :]:
            provider, event_id = key
            reason, linked_at = registry.reasons[key]
            rows.append(
                {
                    "provider": provider,
                    "provider_event_id": event_id,
                    "event_id": registry.games[registry.links[key]].event_id,
                    "linked_at": linked_at,
                    "reason": reason,
                }
            )
        return frame_of(rows, EventLinks.schema())


def _event_row(board: Board, game: KnownGame, league: str) -> dict[str, Any]:
    return {
        "event_id": game.event_id,
        "sport_key": board.sport_key,
        "league": league,
        "commence_at": game.commence_at,
        "home_team": game.home_team,
        "away_team": game.away_team,
        "status": game.status,
        "first_seen_at": game.first_seen_at,
        "last_seen_at": game.last_seen_at,
        "n_reschedules": game.n_reschedules,
    }
