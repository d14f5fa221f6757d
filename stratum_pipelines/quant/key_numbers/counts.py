"""How often games ended on each margin and total: per league, era and bucket of the closing line."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.quant.intervals import wilson_interval
from stratum_pipelines.quant.normal import quantile
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.reference import League
from stratum_pipelines.reference.key_numbers import Cell, LeaguePlan, Plan

Bools = npt.NDArray[np.bool_]


def count_cells(games: pl.DataFrame, plan: Plan, leagues: Mapping[str, League]) -> tuple[Cell, ...]:
    """The cells of every league in the plan: each era and all together, each bucket and all together; empty ones left out.

    `games` has the columns of `recorded_games.GAMES`.
    """
    cells: list[Cell] = []
    for sport_key, league_plan in plan.leagues.items():
        frame = games.filter(pl.col("sport_key") == sport_key)
        spread, total = closing_numbers(frame, leagues[sport_key])
        margin = frame["margin"].to_numpy()
        values = {"spreads": np.where(spread > 0, -margin, margin), "totals": frame["total"].to_numpy()}
        for market, ended in values.items():
            for era, played in _eras(frame["season"].to_numpy(), league_plan):
                for by, at_least, below, chosen in _buckets(spread, total, league_plan):
                    own = ended[played & chosen]
                    if not own.size:
                        continue
                    lowest = int(own.min())
                    hits = tuple(np.bincount(own - lowest).tolist())
                    cells.append(Cell(sport_key, market, era, by, at_least, below, own.size, lowest, hits))
    return tuple(cells)


def closing_numbers(games: pl.DataFrame, league: League) -> tuple[Floats, Floats]:
    """The home handicap and the total at which each game's market was even, NaN where no line is recorded.

    Where a line was recorded with a probability other than one half, the number follows from the league's normal:
    number less deviation times the normal quantile for the spread, plus for the total.
    """
    numbers = []
    for line, prob, deviation in (
        ("spread", "spread_prob", -league.margin_sd),
        ("total_line", "total_prob", league.total_sd),
    ):
        shift = quantile(games[prob].fill_null(0.5).to_numpy().astype(np.float64))
        numbers.append(games[line].fill_null(np.nan).to_numpy().astype(np.float64) + deviation * shift)
    return numbers[0], numbers[1]


def frequencies(cell: Cell) -> pl.DataFrame:
    """A row per number the games of a cell ended on: n, hits, their share and its 95 % Wilson interval."""
    intervals = [wilson_interval(hits, cell.games) for hits in cell.hits]
    frame = pl.DataFrame(
        {
            "number": np.arange(cell.lowest, cell.lowest + len(cell.hits)),
            "n": np.full(len(cell.hits), cell.games),
            "hits": cell.hits,
            "share": np.array(cell.hits) / cell.games,
            "low": [low for low, _ in intervals],
            "high": [high for _, high in intervals],
        }
    )
    return frame.filter(pl.col("hits") > 0)


def either_way(cell: Cell) -> Cell:
    """The cell with margins of either sign counted together."""
    numbers = np.abs(np.arange(cell.lowest, cell.lowest + len(cell.hits)))
    hits = np.bincount(numbers, weights=cell.hits).astype(np.int64)
    return Cell(**{**vars(cell), "lowest": 0, "hits": tuple(hits.tolist())})


def _eras(seasons: npt.NDArray[np.int64], plan: LeaguePlan) -> Iterator[tuple[str, Bools]]:
    yield "", np.full(seasons.size, fill_value=True)
    for era in plan.eras:
        yield era.name, (seasons >= era.first) & (seasons <= era.last)


def _buckets(
    spread: Floats, total: Floats, plan: LeaguePlan
) -> Iterator[tuple[str, float | None, float | None, Bools]]:
    yield "", None, None, np.full(spread.size, fill_value=True)
    for by, numbers, edges in (("spread", np.abs(spread), plan.spread_edges), ("total", total, plan.total_edges)):
        ends = (None, *edges, None)
        for at_least, below in pairwise(ends):
            low, high = -np.inf if at_least is None else at_least, np.inf if below is None else below
            yield by, at_least, below, (numbers >= low) & (numbers < high)
