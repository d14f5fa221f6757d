"""When there were too few samples for the public to be shown the structural core: by sport, from the scorecards of the days before.

What a signal knows of itself is in its row (`is_structural_core`). This is the other half of the gate
(`stratum_pipelines.quant.structural_core`): whether enough signals like it had met their close when it was detected.
"""

import datetime as dt
import logging
from dataclasses import dataclass

import polars as pl

from stratum_api.history import History
from stratum_api.remembered import Remembered
from stratum_pipelines.quant.structural_core import MARKET, MIN_SAMPLES, SIGNAL_TYPE
from warehouse.tables import Scorecards

logger = logging.getLogger("stratum.api")

# Scorecards change once a day.
KEPT_S = 60.0
FOR_EVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
COLUMNS = ("sport_key", "as_of", "n")


@dataclass(frozen=True)
class TooFew:
    """Signals of this sport that were detected after `since`, up to `until`, had too few before them."""

    sport_key: str
    since: dt.datetime
    until: dt.datetime


class Stretches:
    """The stretches of time with too few samples, read from the scorecards and remembered."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._known: list[TooFew] = []
        self._remembered = Remembered(self._look, KEPT_S)

    async def found(self) -> list[TooFew]:
        """Every stretch, as the scorecards say now or said a minute or two ago."""
        return await self._remembered.get()

    async def _look(self) -> list[TooFew]:
        found = await self._read()
        for one in found:
            if one not in self._known:
                logger.info(
                    "Kept from the public: %s detected in %s after %s up to %s, fewer than %d of them had met their close.",
                    SIGNAL_TYPE, one.sport_key, one.since, one.until, MIN_SAMPLES,
                )  # fmt: skip
        self._known = found
        return found

    async def _read(self) -> list[TooFew]:
        cards = self._history.lake.scan(Scorecards).filter(
            pl.col("signal_type") == SIGNAL_TYPE,
            pl.col("market") == MARKET,
            pl.col("sport_key") != "",
            pl.col("time_bucket") == "",
            pl.col("window") == "all",
        )
        return too_few((await self._history.collect(cards, COLUMNS)).sort("sport_key", "as_of").rows())


def too_few(cards: list[tuple[str, dt.datetime, int]]) -> list[TooFew]:
    """The stretches, from (sport, as_of, n) in order: a scorecard speaks after its `as_of`, up to that of the next one, included.

    Before the first one nothing is known, and nothing is kept back.
    """
    found: list[TooFew] = []
    for place, (sport, as_of, n) in enumerate(cards):
        if n >= MIN_SAMPLES:
            continue
        is_last = place + 1 == len(cards) or cards[place + 1][0] != sport
        until = FOR_EVER if is_last else cards[place + 1][1]
        if found and (found[-1].sport_key, found[-1].until) == (sport, as_of):
            found[-1] = TooFew(sport, found[-1].since, until)
        else:
            found.append(TooFew(sport, as_of, until))
    return found
