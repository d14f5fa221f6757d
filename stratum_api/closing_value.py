"""Adds up how signals compare with the close: rates with their intervals, means with their errors, by game where games are what is independent.

The database adds up; what the sums mean is `stratum_pipelines.quant.intervals`, the same as in scorecards.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from stratum_api.rows import Rows, Select
from stratum_api.shown.closing_value import ClosingValue
from stratum_pipelines.quant.intervals import clustered_bounds, mean_of_sums, wilson_bounds
from warehouse.tables import COUNTED_CONVENTION

# As in scorecards: what has a close that can be relied on, and a price that could be taken.
STANDING = f"r.is_current and r.convention = '{COUNTED_CONVENTION}'"
COUNTED = f"{STANDING} and r.quality in ('ok', 'thin') and r.entry_price_decimal is not null and r.clv_prob is not null"
RECORDS = "clv_records r"
RECORDS_AND_GAMES = "clv_records r join events e on e.event_id = r.event_id"
# Sums over games, in the order of `Sums`; n - ties is how many of a game's signals are decided.
OF_GAMES = """
count(*), sum(n), sum(ties), sum(beat), sum(n * n), sum(prob), sum(prob * prob), sum(n * prob), sum(points), sum(n_points),
sum(case when n > ties then 1 else 0 end), sum((n - ties) * (n - ties)), sum(beat * beat), sum((n - ties) * beat)
"""
OF_GAME = """
r.event_id as game, count(*) as n, sum(case when r.beat_close is null then 1 else 0 end) as ties,
sum(case when r.beat_close then 1 else 0 end) as beat, sum(r.clv_prob) as prob, sum(r.clv_points) as points,
count(r.clv_points) as n_points
"""


class Sums(NamedTuple):
    """What a group of games adds up to: signals n, their ties and beats, clv_prob and clv_points; squares and products by game."""

    games: float = 0.0
    n: float = 0.0
    ties: float = 0.0
    beat: float = 0.0
    n_squared: float = 0.0
    prob: float = 0.0
    prob_squared: float = 0.0
    n_by_prob: float = 0.0
    points: float = 0.0
    n_points: float = 0.0
    games_decided: float = 0.0
    decided_squared: float = 0.0
    beat_squared: float = 0.0
    decided_by_beat: float = 0.0

    @property
    def decided(self) -> float:
        """Signals that are no ties."""
        return self.n - self.ties


async def add_up(
    rows: Rows, ask: Select, by: Sequence[str] = (), *, source: str = RECORDS
) -> dict[tuple[Any, ...], ClosingValue]:
    """The value of each group of the records `r` that are counted and asked for, in order; `by` no column, of all of them under ().

    Columns are names of ours, never a caller's. Groups without a record are not there.
    """
    ask.where(COUNTED)
    group = "".join(f"r.{name}, " for name in by)
    games = ask.sql(f"{group}{OF_GAME}", source, f"group by {group}r.event_id")
    columns = "".join(f"{name}, " for name in by)
    grouped = f" group by {', '.join(by)}" if by else ""
    found = await rows.fetch_long(f"select {columns}{OF_GAMES} from ({games}) games{grouped}", *ask.values)  # noqa: S608
    counted = sorted(tuple(row) for row in found if row[len(by)])
    values = values_of([Sums(*(float(figure or 0) for figure in row[len(by) :])) for row in counted])
    return {row[: len(by)]: value for row, value in zip(counted, values, strict=True)}


def values_of(groups: Sequence[Sums]) -> list[ClosingValue]:
    """The value of each group."""
    means = [
        mean_of_sums(int(one.games), one.n, one.prob, one.n_squared, one.prob_squared, one.n_by_prob) for one in groups
    ]
    rates = np.array([_rate(one) for one in groups]).reshape(-1, 2)
    decided, games = (np.array([getattr(one, name) for one in groups]) for name in ("decided", "games_decided"))
    known = np.nan_to_num(rates)
    low, high = wilson_bounds(known[:, 0], decided)
    low_by_game, high_by_game = clustered_bounds(known[:, 0], known[:, 1], decided, games)
    return [
        ClosingValue(
            n=int(one.n),
            n_events=int(one.games),
            n_ties=int(one.ties),
            n_beat=int(one.beat),
            beat_rate=_known(rates[i, 0]),
            beat_low=_known(low[i]) if one.decided else None,
            beat_high=_known(high[i]) if one.decided else None,
            beat_low_by_game=_known(low_by_game[i]),
            beat_high_by_game=_known(high_by_game[i]),
            clv_points_mean=one.points / one.n_points if one.n_points else None,
            clv_prob_mean=_known(means[i][0]),
            clv_prob_se=_known(means[i][1]),
        )
        for i, one in enumerate(groups)
    ]


def _rate(one: Sums) -> tuple[float, float]:
    """The rate of beats among what was decided, and its error."""
    return mean_of_sums(
        int(one.games_decided), one.decided, one.beat, one.decided_squared, one.beat_squared, one.decided_by_beat
    )


def _known(figure: float) -> float | None:
    return None if math.isnan(figure) else float(figure)


(NO_VALUE,) = values_of([Sums()])
