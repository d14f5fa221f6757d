"""The rows of the market tables that a run of answers causes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.places import Placed
from stratum_pipelines.board.state import H2H, KINDS, TOTALS, Board
from stratum_pipelines.providers.reading import identity
from stratum_pipelines.quant.consensus import BY_OUTCOME, COUNTS, Agreement, agree
from stratum_pipelines.quant.one_number import n_outcomes_of
from stratum_pipelines.quant.panel import Panel
from stratum_pipelines.reference import League
from warehouse.tables import TIME, Consensus, Polls, Quarantine


@dataclass
class Names:
    """Texts by position: what the integer codes of the board are called."""

    events: pl.Series
    kinds: pl.Series
    books: pl.Series
    sides: pl.Series
    outcomes: pl.Series
    responses: pl.Series
    market_game: npt.NDArray[np.int64]
    market_kind: npt.NDArray[np.int64]

    def outcome_codes(self, m: npt.NDArray[np.int64], o: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Positions in `outcomes`: per game home, away and draw; then over and under."""
        return np.where(self.market_kind[m] == TOTALS, o, 2 + 3 * self.market_game[m] + o)

    def side_codes(self, m: npt.NDArray[np.int64], o: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Positions in `sides`."""
        return np.where(self.market_kind[m] == TOTALS, 3 + o, o)


def name_codes(board: Board, responses: pl.Series) -> Names:
    """The names behind the codes of this board and of a run of answers, whose ids are given."""
    games = board.registry.games
    outcomes = ["Over", "Under"]
    for game in games:
        outcomes += (game.home_team, game.away_team, "Draw")
    return Names(
        events=pl.Series([game.event_id for game in games], dtype=pl.String),
        kinds=pl.Series(KINDS),
        # One more than there are: the place of no book.
        books=pl.Series([*board.books, None], dtype=pl.String),
        sides=pl.Series(["home", "away", "draw", "over", "under"]),
        outcomes=pl.Series(outcomes),
        responses=responses,
        market_game=np.array(board.market_game, np.int64),
        market_kind=np.array(board.market_kind, np.int64),
    )


def times(values: npt.NDArray[np.int64]) -> pl.Series:
    """Microseconds as a column of UTC times."""
    return pl.Series(values, dtype=pl.Int64).cast(TIME)


def numbers(values: npt.NDArray[np.float64]) -> pl.Series:
    """Float values with NaN as null."""
    return pl.Series(values, dtype=pl.Float64, nan_to_null=True)


def frame_of(rows: Sequence[Mapping[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    """Rows given one by one as a table, their moments as whole microseconds; column by column, without a query."""
    if not rows:
        return pl.DataFrame(schema=schema)
    columns = {}
    for name, dtype in schema.items():
        values = [row[name] for row in rows]
        columns[name] = (
            pl.Series(values, dtype=pl.Int64).cast(TIME) if dtype == TIME else pl.Series(values, dtype=dtype)
        )
    return pl.DataFrame(columns)


def texts(names: pl.Series, codes: npt.NDArray[np.int64]) -> pl.Series:
    """The names of these codes."""
    return names[pl.Series(codes.astype(np.uint32))]


def constant(text: str, n: int) -> pl.Series:
    """The same text in every row."""
    return pl.Series([text], dtype=pl.String).new_from_index(0, n)


def snapshot_rows(board: Board, run: Run, names: Names) -> pl.DataFrame:
    """One row per changed quote, in the columns of odds_snapshots."""
    k, o, b = np.nonzero(run.changed)
    p, m = run.answer[k], run.market[k]
    active = run.active[k, o, b]
    received = run.times[p]
    commence = run.commence_at[p, names.market_game[m]]
    quoted = run.now["quoted"][k, o, b]
    american = run.is_american[p] & active
    point = np.where(active & (names.market_kind[m] != H2H), run.now["point"][k, o, b], np.nan)
    # A quote that vanished has no book time of its own; it was last known gone when the answer came.
    quoted_at = np.where(active, run.quoted_at[k, o, b], received)
    quoted_at = np.where(quoted_at > 0, quoted_at, received)
    return pl.DataFrame(
        {
            "event_id": names.events[names.market_game[m]],
            "bookmaker": names.books[b],
            "market": names.kinds[names.market_kind[m]],
            "outcome": names.outcomes[names.outcome_codes(m, o)],
            "description": constant("", len(p)),
            "line": constant("", len(p)),
            "received_at": times(received),
            "sport_key": constant(board.sport_key, len(p)),
            "side": names.sides[names.side_codes(m, o)],
            "commence_at": times(commence),
            "price_decimal": numbers(run.now["price"][k, o, b]),
            "price_american": numbers(np.where(american, quoted, np.nan)).cast(pl.Int32),
            "point": numbers(point),
            "is_suspended": pl.Series(~active),
            "is_live": pl.Series(received >= commence),
            "quoted_at": times(quoted_at),
            "response_id": names.responses[p],
        }
    )


def consensus_of_run(board: Board, run: Run, panel: Panel, league: League, *, with_ages: bool = True) -> Agreement:
    """The consensus in every cell of the run; without `with_ages` the ages of quotes are taken as unknown."""
    kinds = np.array(board.market_kind, np.int64)[run.market]
    return agree(
        run.now["price"],
        run.now["point"],
        _ages(run, n_outcomes_of(kinds, league)) if with_ages else None,
        run.active,
        run.now["stale"],
        kinds,
        panel,
        league,
        run.market,
    )


def _ages(run: Run, n_outcomes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How long ago each book's quotes of a cell were last seen at its answer, in seconds: the oldest of them, (K, books)."""
    sighted = run.now["sighted"]
    oldest = sighted[:, 0].copy()
    for outcome in range(1, sighted.shape[1]):
        mine = (n_outcomes > outcome)[:, None]
        oldest = np.where(mine, np.minimum(oldest, sighted[:, outcome]), oldest)
    return (run.times[run.answer][:, None] - oldest) / 1e6


def consensus_rows(board: Board, run: Run, names: Names, found: Agreement, panel: Panel) -> pl.DataFrame:
    """One row per outcome of every cell of the run, in the columns of consensus."""
    kinds = names.market_kind[run.market]
    exists = np.arange(board.n_outcomes) < np.where(kinds == H2H, board.n_outcomes, 2)[:, None]
    i, o = np.nonzero(exists)
    # Where no market lacks an outcome the rows are what lies in memory.
    rows: slice | npt.NDArray[np.bool_] = slice(None) if exists.all() else exists.ravel()
    p, m = run.answer[i], run.market[i]
    game = names.market_game[m]
    methods, method = panel.methods.named(found.views.counted, kinds)
    best = found.best_price.ravel()[rows]
    best_book = np.where(np.isnan(best), len(board.books), found.best_book.ravel()[rows])
    columns = {
        "event_id": texts(names.events, game),
        "market": texts(names.kinds, names.market_kind[m]),
        "outcome": texts(names.outcomes, names.outcome_codes(m, o)),
        "as_of": times(run.times[p]),
        "sport_key": constant(board.sport_key, len(i)),
        "side": texts(names.sides, names.side_codes(m, o)),
        "commence_at": times(run.commence_at[p, game]),
        **{name: pl.Series(getattr(found, name)[i]) for name in COUNTS},
        "age_median_s": numbers(found.age_median[i]),
        "age_max_s": numbers(found.age_max[i]),
        **{name: numbers(getattr(found, name).ravel()[rows]) for name in BY_OUTCOME if name != "best_price"},
        "margin_median": numbers(found.margin_median[i]),
        "best_price_decimal": numbers(best),
        "best_bookmaker": texts(names.books, best_book),
        "devig_method": texts(pl.Series(methods, dtype=pl.String), method[i]),
        "response_id": texts(names.responses, p),
    }
    return pl.DataFrame({name: columns[name] for name in Consensus.columns})


def poll_rows(
    placed: list[Placed],
    changed: npt.NDArray[np.int64],
    vanished: npt.NDArray[np.int64],
    gaps_us: npt.NDArray[np.float64],
    silent: list[list[str]],
) -> pl.DataFrame:
    """One row per answer, in the columns of polls; `changed` counts snapshot rows, `vanished` those that suspend.

    `gaps_us` says how far apart answers lay, infinite where that is not known, `silent` which rules were silent for that.
    duration_ms is for the caller who measured it.
    """
    rows = []
    for i, one in enumerate(placed):
        answer = one.answer
        rows.append(
            {
                "poll_id": identity("poll", answer.response_id),
                "response_id": answer.response_id,
                "provider": answer.provider,
                "sport_key": answer.sport_key,
                "received_at": answer.received_at,
                "is_complete": answer.is_complete and one.reading.is_complete,
                "n_events": len(one.games),
                "n_bookmakers": len(one.reading.bookmakers),
                "n_quotes": int((~np.isnan(one.quoted)).sum()),
                "n_changed": int(changed[i] - vanished[i]),
                "n_suspended": int(vanished[i]),
                "n_refused": len(one.refusals),
                "n_clamped": one.n_clamped,
                "credits_used": answer.credits_used,
                "credits_remaining": answer.credits_remaining,
                "duration_ms": None,
                "gap_p95_s": gaps_us[i] / 1e6 if np.isfinite(gaps_us[i]) else None,
                "silent_rules": silent[i],
            }
        )
    return frame_of(rows, Polls.schema())


def quarantine_rows(placed: list[Placed]) -> pl.DataFrame:
    """One row per thing refused, in the columns of quarantine."""
    rows = {}
    for one in placed:
        answer = one.answer
        for refusal in one.refusals:
            quarantine_id = identity(answer.response_id, refusal.reason, refusal.place)
            rows[quarantine_id] = {
                "quarantine_id": quarantine_id,
                "table": refusal.table,
                "reason": refusal.reason,
                "detail": refusal.detail,
                "value": refusal.value[:500],
                "response_id": answer.response_id,
                "received_at": answer.received_at,
            }
    return frame_of(list(rows.values()), Quarantine.schema())
