"""Hits made into rows of the signals table: identities, scores and everything a row says about where its numbers come from."""

from typing import Any

import msgspec
import numpy as np
import polars as pl

from stratum_pipelines.board.entries import Entries
from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.regimes import Followed
from stratum_pipelines.board.rows import Names, constant, numbers, times
from stratum_pipelines.board.state import Board
from stratum_pipelines.providers.reading import identity
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.signals.composite import Composite, composite
from stratum_pipelines.signals.hits import NO_BOOK, Hits
from stratum_pipelines.signals.known import known_inputs
from stratum_pipelines.signals.scoring import Strength, is_structural_core, priority, strength, time_bucket
from stratum_pipelines.signals.tape import Tape
from warehouse.tables import Signals

_encode = msgspec.json.Encoder(order="sorted").encode


def signal_rows(
    board: Board, run: Run, names: Names, tape: Tape, followed: Followed | None, hits: Hits, entries: Entries
) -> pl.DataFrame:
    """The rows of hits and of what could be taken on them, in the columns of signals; `followed` as in `detect`."""
    if not len(hits):
        return Signals.empty()
    p, m, o = hits.answer, hits.market, hits.outcome
    games = names.market_game[m]
    detected_at, commence_at = run.times[p], run.commence_at[p, games]
    minutes = (commence_at - detected_at) / 60e6
    move = hits.to_value - hits.from_value
    strong = strength(move, tape.steps[hits.kind], hits.window_s, hits.behind, hits.steps)
    ages = tape.ages(hits.cell, o)
    ranked = composite(known_inputs(tape, hits, strong.score.astype(np.float64), minutes, ages))
    types = [signal.name for signal in hits.signals]
    versions = [signal.rule_version for signal in hits.signals]
    events, markets = names.events[games], names.kinds[hits.kind]
    outcomes = names.outcomes[names.outcome_codes(m, o)]
    keys = (types, versions, events.to_list(), markets.to_list(), outcomes.to_list(), map(str, detected_at.tolist()))
    bookmakers = [list(named) for named in tape.by_book(ages, hits.books)]
    return pl.DataFrame(
        {
            "signal_id": [identity(*key) for key in zip(*keys, strict=True)],
            "signal_type": types,
            "display_type": [signal.shown_as for signal in hits.signals],
            "rule_version": versions,
            "event_id": events,
            "sport_key": constant(board.sport_key, len(hits)),
            "market": markets,
            "outcome": outcomes,
            "direction": names.sides[names.side_codes(m, o)],
            "detected_at": times(detected_at),
            "commence_at": times(commence_at),
            "minutes_to_start": minutes,
            "time_bucket": list(map(time_bucket, minutes.tolist())),
            "from_value": hits.from_value,
            "to_value": hits.to_value,
            "move": move,
            "velocity_per_min": np.abs(move) / np.maximum(hits.window_s / 60, 1.0),
            "n_books": hits.books.sum(axis=1),
            "n_groups": hits.n_groups,
            "bookmakers": bookmakers,
            "window_s": hits.window_s,
            "entry_point": numbers(entries.point),
            "entry_price_decimal": numbers(entries.price),
            "entry_bookmaker": names.books[np.where(entries.book == NO_BOOK, len(board.books), entries.book)],
            "strength_score": strong.score,
            "composite_score": ranked.score,
            "score_source": ranked.source,
            "priority": list(map(priority, ranked.score.tolist(), ranked.source)),
            "is_structural_core": list(
                map(is_structural_core, types, keys[3], strong.score.tolist(), hits.n_groups.tolist())
            ),
            "meta": _metas(tape, followed, hits, strong, ranked, ages),
            "response_id": names.responses[p],
        },
        schema=Signals.schema(),
    )


def _metas(
    tape: Tape, followed: Followed | None, hits: Hits, strong: Strength, ranked: Composite, ages: Floats
) -> list[str]:
    """What explains the numbers of each row, as JSON with sorted keys; what is not a number is null there."""
    fresh = tape.offered(hits.cell, hits.outcome)
    parameters = {signal.name: msgspec.Raw(_encode(dict(signal.parameters))) for signal in hits.signals}
    texts = []
    for k, (hit, signal, size, speed, breadth, score, own, all_fresh) in enumerate(
        zip(
            hits.found,
            hits.signals,
            strong.size.tolist(),
            strong.speed.tolist(),
            strong.breadth.tolist(),
            ranked.metas,
            tape.by_book(ages, hits.books),
            tape.by_book(ages, fresh),
            strict=True,
        )
    ):
        meta: dict[str, Any] = {
            **hit.meta,
            "strength": {"size": size, "speed": speed, "breadth": breadth},
            "composite": score,
            "parameters": parameters[signal.name],
            "book_age_s": own,
            "fresh_age_s": all_fresh,
        }
        regime = followed.at(int(hits.answer[k]), int(hits.market[k])) if followed else None
        if regime:
            meta["regime"] = regime
        texts.append(_encode(meta).decode())
    return texts
