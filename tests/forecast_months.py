"""How often what was left at the renewal lay in the interval that was forecast, over simulated months of polling.

python -m tests.forecast_months
"""

import argparse
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.polling_month import SETUPS, Judged, Setup, budgeted

# The months of the polling budget, and one with more credits than the cadence can use.
MONTHS = (*SETUPS, Setup(15_000, fastest_s=900.0))
# All forecasts of a month have one truth, so it takes several months to see how often it lies in the interval.
SEEDS = (7, 8, 9)
HORIZONS = ((0, 5), (5, 15), (15, 31))


def figures(months: tuple[Setup, ...] = MONTHS, seeds: tuple[int, ...] = SEEDS) -> Iterator[str]:
    """A line of Markdown for each month over all its seeds, for each distance from the renewal, and for everything."""
    yield "| credits a month, or days | forecasts | left in the end | mean error, credits | mean width | within the interval |"
    yield "|---|---|---|---|---|---|"
    every: list[Judged] = []
    for setup in months:
        mine: list[Judged] = []
        with tempfile.TemporaryDirectory() as folder:
            for seed in seeds:
                mine += budgeted(replace(setup, seed=seed), Path(folder)).forecasts
        every += mine
        yield _line(setup.name, mine)
    for low, high in HORIZONS:
        yield _line(f"{low} to {high} days before the renewal", [one for one in every if low <= one[0] < high])
    yield _line("all", every)


def _line(name: str, found: list[Judged]) -> str:
    _, expected, low, high, actual = np.array(found).T
    # Credits are whole, the ends of an interval are not.
    within = np.mean((low - 0.5 <= actual) & (actual <= high + 0.5))
    return (
        f"| {name} | {len(found)} | {actual.min():,.0f} to {actual.max():,.0f} | {(expected - actual).mean():+,.1f} | "
        f"{(high - low).mean():,.0f} | {within:.0%} |"
    )


def main() -> None:
    """Print the figures that docs/methodology/polling-budget.md quotes."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    logging.getLogger("stratum_pipelines").setLevel(logging.CRITICAL)
    for line in figures():
        print(line, flush=True)


if __name__ == "__main__":
    main()
