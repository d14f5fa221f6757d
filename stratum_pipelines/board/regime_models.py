"""The models of a sport's regimes: steps are noted as they come, and at the first answer of a day fitted to the days before.

All of it is part of the board, so whoever has the board at the end of a day has the models of the next: live polling, a
restart, a backfill and a replay fit the same steps, and a day computed anew leaves another board behind when they differ.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.board.state import KINDS, Board
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.regimes.features import FEATURES
from stratum_pipelines.quant.regimes.fitting import Fit, fit
from stratum_pipelines.quant.regimes.model import UNSTABLE
from warehouse.tables import TIME, RegimeModels

# Whatever changes what a model is or says raises it; it is part of every model_version and of the digest of the rules.
VERSION = "1"
WINDOW_DAYS = 7
# Of every market key only so many steps, the newest, are fitted.
MOST_STEPS = 6_000
DAY_US = 24 * 3600 * 1_000_000

D = len(FEATURES)
STEPS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "at": (np.int64, ()),
    "game": (np.int64, ()),
    "kind": (np.int64, ()),
    "features": (np.float64, (D,)),
}
# By market key; where none was fitted, numbers that are never used and do no harm.
MODELS: dict[str, tuple[Any, Any, tuple[int, ...]]] = {
    "is_fitted": (np.bool_, False, ()),
    "centre": (np.float64, 0.0, (D,)),
    "scale": (np.float64, 1.0, (D,)),
    "start": (np.float64, 0.5, (2,)),
    "transitions": (np.float64, 0.5, (2, 2)),
    "means": (np.float64, 0.0, (2, D)),
    "variances": (np.float64, 1.0, (2, D)),
    "version": ("<U48", "", ()),
}

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Fitted:
    """What the fit of one market key came to, under the name it goes by and with the steps it was made from."""

    market: str
    version: str
    fit: Fit
    first_at: int | None
    last_at: int | None


def note(board: Board, at: npt.NDArray[np.int64], markets: npt.NDArray[np.int64], features: Floats) -> None:
    """Note steps (N,) that say something; days that come after theirs will be fitted to them."""
    says = ~np.isnan(features).any(axis=1)
    markets = markets[says]
    steps: Columns = {
        "at": at[says],
        "game": np.array(board.market_game, np.int64)[markets],
        "kind": np.array(board.market_kind, np.int64)[markets],
        "features": features[says],
    }
    today = board.regimes["today"]
    board.regimes["today"] = {name: np.concatenate([today[name], steps[name]]) for name in STEPS}


def begin_day(board: Board, now: int) -> list[Fitted]:
    """Fit the models of the day of `now` (UTC microseconds) unless they are there; what was fitted, an entry per market key.

    The steps of the days before it that lie within the window are fitted, the day's own are not.
    """
    day = now // DAY_US
    if _has_models_of(board, day):
        return []
    past, fitted = _models_of(board, day)
    board.regimes = {
        "day": {"day": np.array([day])},
        "past": past,
        "today": _no_steps(),
        "models": _together(fitted),
    }
    return fitted


def fit_ahead(board: Board, now: int) -> None:
    """Fit what the day of `now` (UTC microseconds) will begin with if no step comes before it; the board stays as it is.

    `begin_day` then finds the same fits at once, for a fit is remembered by what went into it.
    """
    if not _has_models_of(board, now // DAY_US):
        _models_of(board, now // DAY_US)


def _has_models_of(board: Board, day: int) -> bool:
    return bool(board.regimes) and int(board.regimes["day"]["day"][0]) == day


def _models_of(board: Board, day: int) -> tuple[Columns, list[Fitted]]:
    """The steps that a day's models are fitted to, and the fits, an entry per market key."""
    held = board.regimes or {"past": _no_steps(), "today": _no_steps()}
    past = {name: np.concatenate([held["past"][name], held["today"][name]]) for name in STEPS}
    past = _window(past, day * DAY_US)
    return past, [_fit(board, past, kind, day) for kind in range(len(KINDS))]


def model_rows(board: Board, fitted: list[Fitted], now: int) -> pl.DataFrame:
    """The fits of a day in the columns of regime_models."""
    rows = []
    for one in fitted:
        found = one.fit
        model = found.model
        rows.append(
            {
                "model_version": one.version,
                "sport_key": board.sport_key,
                "market": one.market,
                "in_force_at": now // DAY_US * DAY_US,
                "rule_version": VERSION,
                "first_step_at": one.first_at,
                "last_step_at": one.last_at,
                "n_steps": found.n_steps,
                "n_events": found.n_paths,
                "n_iterations": found.n_iterations,
                "log_likelihood": found.log_likelihood,
                "unstable_share": float(model.start[UNSTABLE]) if model else None,
                "variance_ratio": model.variance_ratio if model else None,
                "refused": str(found.unfit),
                "parameters": _json(model.parameters()) if model else None,
            }
        )
    moments = [name for name, dtype in RegimeModels.schema().items() if dtype == TIME]
    schema: dict[str, Any] = {**RegimeModels.schema(), **dict.fromkeys(moments, pl.Int64)}
    return pl.DataFrame(rows, schema=schema).with_columns(pl.col(name).cast(TIME) for name in moments)


def _no_steps() -> Columns:
    return {name: np.empty((0, *shape), dtype) for name, (dtype, shape) in STEPS.items()}


def _window(past: Columns, day_us: int) -> Columns:
    """The steps of the days before that count: within the window, and of every market key the newest."""
    kept = past["at"] >= day_us - WINDOW_DAYS * DAY_US
    for kind in range(len(KINDS)):
        mine = np.flatnonzero(kept & (past["kind"] == kind))
        kept[mine[: max(0, len(mine) - MOST_STEPS)]] = False
    return {name: values[kept] for name, values in past.items()}


def _fit(board: Board, past: Columns, kind: int, day: int) -> Fitted:
    mine = np.flatnonzero(past["kind"] == kind)
    # Paths game by game, steps in order of time within each: they were noted in that order.
    mine = mine[np.argsort(past["game"][mine], kind="stable")]
    games, at, features = past["game"][mine], past["at"][mine], past["features"][mine]
    cuts = np.flatnonzero(np.diff(games)) + 1
    found = fit(np.split(features, cuts) if len(mine) else [])
    names = [board.registry.games[game].event_id for game in games[[0, *cuts]].tolist()] if len(mine) else []
    said = _json([VERSION, board.sport_key, KINDS[kind], day, names, cuts.tolist(), str(found.unfit)])
    said += _json(found.model.parameters()) if found.model else ""
    digest = hashlib.sha256(said.encode() + at.tobytes() + features.tobytes()).hexdigest()
    date = dt.datetime.fromtimestamp(day * DAY_US // 1_000_000, dt.UTC).date()
    first, last = (int(at.min()), int(at.max())) if len(mine) else (None, None)
    return Fitted(KINDS[kind], f"{VERSION}-{date}-{digest[:16]}", found, first, last)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _together(fitted: list[Fitted]) -> Columns:
    """The models side by side, in the order of `KINDS`."""
    stacked: Columns = {
        name: np.full((len(fitted), *shape), fill, dtype) for name, (dtype, fill, shape) in MODELS.items()
    }
    for kind, one in enumerate(fitted):
        stacked["version"][kind] = one.version
        if one.fit.model:
            stacked["is_fitted"][kind] = True
            for name in ("centre", "scale", "start", "transitions", "means", "variances"):
                stacked[name][kind] = getattr(one.fit.model, name)
    return stacked
