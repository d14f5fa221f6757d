"""From hits to signals: ids, entries, scores and explanations, worked out the same way for every rule."""

from typing import Any

import msgspec
import numpy as np
import polars as pl

from stratum_pipelines.board.entries import Entry
from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.regimes import Followed
from stratum_pipelines.board.rows import Names
from stratum_pipelines.board.state import KINDS, Board
from stratum_pipelines.providers.reading import identity
from stratum_pipelines.signals.composite import composite
from stratum_pipelines.signals.known import Surroundings, known_inputs
from stratum_pipelines.signals.scoring import is_structural_core, priority, strength, time_bucket
from stratum_pipelines.signals.signal import Hit, Signal
from stratum_pipelines.signals.tape import Tape
from warehouse.tables import TIME, Signals


class SignalRows:
    """Collects the hits of one run as rows of the signals table."""

    def __init__(
        self,
        board: Board,
        run: Run,
        names: Names,
        tape: Tape,
        followed: Followed | None,
    ) -> None:
        """Start without a row; `followed` are the regimes of the markets, None where they are not followed."""
        self.board, self.run, self.names, self.tape, self.followed = board, run, names, tape, followed
        self.rows: list[dict[str, Any]] = []

    def add(self, signal: Signal, hit: Hit, around: Surroundings | None, entry: Entry | None) -> None:
        """Add what `signal` found in the market around it, and what could be taken on it."""
        board, run, names, tape = self.board, self.run, self.names, self.tape
        i, m, o = hit.row - tape.n_past, hit.market, hit.outcome
        position, kind = board.market_game[m], board.market_kind[m]
        game, market = board.registry.games[position], KINDS[kind]
        at = np.array([m]), np.array([o])
        outcome = names.outcomes[int(names.outcome_codes(*at)[0])]
        side = names.sides[int(names.side_codes(*at)[0])]
        detected_at, commence_at = int(run.times[i]), int(run.commence_at[i, position])
        book_keys = sorted(board.books[b] for b in hit.books)
        n_groups = len({int(tape.groups[b]) for b in hit.books})
        move = hit.to_value - hit.from_value
        window_s = hit.window_us / 1e6
        behind = n_groups if hit.groups is None else hit.groups
        score, parts = strength(move, tape.league.move_thresholds[market], window_s, behind, hit.steps)
        minutes = (commence_at - detected_at) / 60e6
        ages = tape.ages(i, m, o, hit.books)
        ranked = composite(known_inputs(tape, hit, around, behind, score, minutes, ages))
        meta = {
            **hit.meta,
            "strength": parts,
            "composite": ranked.meta,
            "parameters": signal.parameters,
            "book_age_s": ages,
            "fresh_age_s": tape.fresh_ages(i, m, o),
        }
        regime = self.followed.at(i, m) if self.followed else None
        if regime:
            meta["regime"] = regime
        self.rows.append(
            {
                "signal_id": signal_identity(
                    signal.name, signal.rule_version, game.event_id, market, outcome, detected_at
                ),
                "signal_type": signal.name,
                "display_type": signal.shown_as,
                "rule_version": signal.rule_version,
                "event_id": game.event_id,
                "sport_key": board.sport_key,
                "market": market,
                "outcome": outcome,
                "direction": side,
                "detected_at": detected_at,
                "commence_at": commence_at,
                "minutes_to_start": minutes,
                "time_bucket": time_bucket(minutes),
                "from_value": hit.from_value,
                "to_value": hit.to_value,
                "move": move,
                "velocity_per_min": abs(move) / max(window_s / 60, 1.0),
                "n_books": len(book_keys),
                "n_groups": n_groups,
                "bookmakers": book_keys,
                "window_s": window_s,
                "entry_point": entry.point if entry else None,
                "entry_price_decimal": entry.price if entry else None,
                "entry_bookmaker": entry.book if entry else None,
                "strength_score": score,
                "composite_score": ranked.score,
                "score_source": ranked.source,
                "priority": priority(ranked.score),
                "is_structural_core": is_structural_core(signal.name, market, score),
                "meta": msgspec.json.encode(meta, order="sorted").decode(),
                "response_id": names.responses[i],
            }
        )

    def frame(self) -> pl.DataFrame:
        """The rows in the columns of signals."""
        if not self.rows:
            return Signals.empty()
        moments = ("detected_at", "commence_at")
        schema = {name: pl.Int64 if name in moments else dtype for name, dtype in Signals.schema().items()}
        return pl.DataFrame(self.rows, schema=schema).with_columns(pl.col(name).cast(TIME) for name in moments)


def signal_identity(name: str, rule_version: str, event_id: str, market: str, outcome: str, detected_at: int) -> str:
    """The signal_id of the data contract; `detected_at` in UTC microseconds."""
    return identity(name, rule_version, event_id, market, outcome, str(detected_at))
