"""How calm every market is, followed step by step: what the signals of a run are told, and the rows of regime_snapshots."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.regime_models import begin_day, model_rows, note
from stratum_pipelines.board.rows import Names, constant, numbers, times
from stratum_pipelines.board.state import H2H, SPREADS, Board, grown
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.regimes.features import book_levels, step_features
from stratum_pipelines.quant.regimes.filtering import forward_step, log_emissions, unstable_next
from stratum_pipelines.quant.regimes.model import LABELS, STABLE, UNSTABLE
from stratum_pipelines.reference import League

Ints = npt.NDArray[np.int64]

# The stability score looks back on so many steps.
RECENT_STEPS = 20
# What is told is rounded to so many decimals, in rows and in the meta of signals alike.
DECIMALS = 6
# Where the board remembers each market's regime, beside the memories of the rules.
MEMORY = "regimes"
MINUTE_US = 60 * 1_000_000
REMEMBERED: dict[str, tuple[Any, Any, tuple[int, ...]]] = {
    "held": (np.float64, np.nan, (2,)),
    "stepped": (np.int64, 0, ()),
    "recent": (np.int8, -1, (RECENT_STEPS,)),
    # Probability of the unstable state now and at the next step, and the stability score; NaN until a step of the day.
    "told": (np.float64, np.nan, (3,)),
}
UNSTABLE_NOW, UNSTABLE_NEXT, STABILITY = range(3)


@dataclass(frozen=True)
class Followed:
    """The regimes of a run: of steps (S,) their answers, markets and what is `told` of them (S, 3); `before` the run (M, 3).

    `versions` are those of the models by kind of market. `models` are the rows of those that were fitted as the run began.
    """

    board: Board
    run: Run
    answers: Ints
    markets: Ints
    told: Floats
    before: Floats
    versions: npt.NDArray[np.str_]
    models: pl.DataFrame | None

    def at(self, answer: int, market: int) -> dict[str, Any] | None:
        """What a signal in this market at this answer is told: as of the market's last step; None in play or without a model."""
        if self.run.times[answer] >= self.run.commence_at[answer, self.board.market_game[market]]:
            return None
        steps = np.flatnonzero((self.markets == market) & (self.answers <= answer))
        told = self.told[steps[-1]] if len(steps) else self.before[market]
        if np.isnan(told).any():
            return None
        said = _said(told[None])
        version = str(self.versions[self.board.market_kind[market]])
        return {name: column[0].item() for name, column in said.items()} | {"model_version": version}

    def rows(self, names: Names) -> dict[str, pl.DataFrame]:
        """The rows of regime_snapshots, one per step, and those of regime_models where any were fitted."""
        known = ~np.isnan(self.told).any(axis=1)
        p, m, told = self.answers[known], self.markets[known], _said(self.told[known])
        snapshots = pl.DataFrame(
            {
                "event_id": names.events[names.market_game[m]],
                "market": names.kinds[names.market_kind[m]],
                "as_of": times(self.run.times[p]),
                "model_version": pl.Series(self.versions[names.market_kind[m]].tolist(), dtype=pl.String),
                "regime_label": pl.Series(told["regime_label"].tolist(), dtype=pl.String),
                **{name: numbers(told[name]) for name in ("regime_probability", "transition_risk", "stability_score")},
                "sport_key": constant(self.board.sport_key, len(p)),
                "response_id": names.responses[p],
            }
        )
        return {"regime_snapshots": snapshots} | ({} if self.models is None else {"regime_models": self.models})


def follow(board: Board, run: Run, league: League, groups: Ints) -> Followed:
    """Follow the steps of a run: its cells, which are where the consensus is written.

    Steps of games that have begun are left out: the score moves prices then, and every market would be unstable. The board
    moves on: it remembers the regime of each market, and the steps for the days to come.
    """
    now = int(run.times[0])
    fitted = begin_day(board, now)
    rows = model_rows(board, fitted, now) if fitted else None
    memory = _memory(board)
    models = board.regimes["models"]
    kinds, games = np.array(board.market_kind, np.int64), np.array(board.market_game, np.int64)
    if fitted:
        # What yesterday's model held is where today's begins; but nothing is told of a market before its first step today.
        memory["told"][:] = np.nan
        without = ~models["is_fitted"][kinds]
        memory["held"][without], memory["recent"][without] = np.nan, -1
    cells = np.flatnonzero(run.times[run.answer] < run.commence_at[run.answer, games[run.market]])
    p, m = run.answer[cells], run.market[cells]
    features = _features(board, run, league, groups, cells, memory["stepped"])
    note(board, run.times[p], m, features)
    before = memory["told"].copy()
    told = np.full((len(p), 3), np.nan)
    of_step = {name: values[kinds[m]] for name, values in models.items()}
    emissions = log_emissions(features, *(of_step[name] for name in ("centre", "scale", "means", "variances")))
    says = ~np.isnan(features).any(axis=1) & of_step["is_fitted"]
    start, transitions = np.log(of_step["start"]), np.log(of_step["transitions"])
    for answer in np.unique(p).tolist():
        # Within one answer a market steps once, so its steps are taken side by side.
        at = slice(*np.searchsorted(p, [answer, answer + 1]).tolist())
        these = m[at]
        held = forward_step(memory["held"][these], start[at], transitions[at], emissions[at], says[at])
        memory["held"][these] = held
        told[at] = _told(held, of_step["transitions"][at], memory["recent"], these)
        memory["told"][these] = told[at]
    return Followed(board, run, p, m, told, before, models["version"], rows)


def _told(held: Floats, transitions: Floats, recent: npt.NDArray[np.int8], markets: Ints) -> Floats:
    """What is told of markets after a step; notes in `recent` which of them it found stable."""
    begun = ~np.isnan(held[:, 0])
    unstable = np.exp(held[:, UNSTABLE])
    past = recent[markets]
    past[begun] = np.concatenate([past[begun, 1:], (unstable[begun, None] <= 0.5).astype(np.int8)], axis=1)
    recent[markets] = past
    stable, seen = (past == 1).sum(axis=1), (past >= 0).sum(axis=1)
    stability = np.where(begun, stable / np.maximum(seen, 1), np.nan)
    return np.stack([unstable, unstable_next(unstable, transitions), stability], axis=1)


def _said(told: Floats) -> Mapping[str, npt.NDArray[Any]]:
    """The columns of regime_snapshots that steps (S, 3) come to."""
    unstable = told[:, UNSTABLE_NOW]
    is_unstable = unstable > 0.5
    following = told[:, UNSTABLE_NEXT]
    return {
        "regime_label": np.where(is_unstable, LABELS[UNSTABLE], LABELS[STABLE]),
        "regime_probability": np.where(is_unstable, unstable, 1 - unstable).round(DECIMALS),
        "transition_risk": np.where(is_unstable, 1 - following, following).round(DECIMALS),
        "stability_score": told[:, STABILITY].round(DECIMALS),
    }


def _features(
    board: Board, run: Run, league: League, groups: Ints, cells: Ints, stepped: npt.NDArray[np.int64]
) -> Floats:
    """The features of steps (S, 3), given as cells of the run; `stepped` (M,), when each market stepped last, is moved on."""
    p, m = run.answer[cells], run.market[cells]
    kinds = np.array(board.market_kind, np.int64)[m]
    order = np.lexsort((p, m))
    sorted_m, at = m[order], run.times[p[order]]
    first = np.concatenate([np.ones(min(len(m), 1), np.bool_), sorted_m[1:] != sorted_m[:-1]])
    since = np.empty(len(m), np.int64)
    since[order] = np.where(first, stepped[sorted_m], np.concatenate([at[:1], at[:-1]]))
    stepped[sorted_m] = at  # in order of time: the last one stays
    has_draw = (kinds == H2H) & (board.n_outcomes > 2)
    per_point = np.where(kinds == H2H, 0.0, np.where(kinds == SPREADS, -1 / league.margin_sd, 1 / league.total_sd))

    def levels(quotes: dict[str, npt.NDArray[Any]]) -> Floats:
        prices = quotes["price"][cells]
        needed = np.arange(board.n_outcomes)[None, :] < (2 + has_draw)[:, None]
        fresh = ~np.isnan(prices) & ~quotes["stale"][cells]
        counted = (fresh | ~needed[:, :, None]).all(axis=1)
        return book_levels(prices, quotes["point"][cells, 0], counted, has_draw, per_point)

    before = np.where((since > 0)[:, None], levels(run.before), np.nan)
    minutes = (run.times[p] - since) / MINUTE_US
    return step_features(before, levels(run.now), minutes, groups)


def _memory(board: Board) -> dict[str, npt.NDArray[Any]]:
    """What is remembered of each market, grown to the markets known by now."""
    held = board.memory.get(MEMORY, {})
    memory = {}
    for name, (dtype, fill, shape) in REMEMBERED.items():
        known = held.get(name, np.empty((0, *shape), dtype))
        memory[name] = grown(known, (board.n_markets, *shape), fill)
    board.memory[MEMORY] = memory
    return memory
