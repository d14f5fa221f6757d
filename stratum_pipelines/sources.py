"""Where polled answers come from: The Odds API when there is a key for it, else the simulated market."""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stratum_pipelines.fetch import Fetcher, FetchFailed, open_fetcher
from stratum_pipelines.providers.reading import Answer, Request
from stratum_pipelines.providers.the_odds_api import odds_request
from stratum_pipelines.settings import SPORTS, PipelineSettings

if TYPE_CHECKING:
    from stratum_pipelines.poller import Source
    from stratum_pipelines.simulation import Simulation

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Feed:
    """The Odds API over HTTP: one request for the odds of a sport."""

    fetcher: Fetcher
    settings: PipelineSettings

    @property
    def sports(self) -> tuple[str, ...]:
        """The sports to poll."""
        return self.settings.sports

    @property
    def cost(self) -> int:
        """Credits that asking for one sport uses, on average over the sports."""
        costs = [self.request(sport_key).cost for sport_key in self.sports]
        return -(-sum(costs) // len(costs))

    def request(self, sport_key: str) -> Request:
        """What is asked."""
        return odds_request(sport_key, regions=self.settings.regions, odds_format=self.settings.odds_format)

    def ask(self, sport_key: str) -> list[Answer]:
        """The answer, of whatever status; nothing when none came."""
        try:
            return [self.fetcher.fetch(self.request(sport_key))]
        except FetchFailed as error:
            logger.warning("%s", error)
            return []


@dataclass(frozen=True)
class SimulatedFeed:
    """The simulated market, asked at the present moment; it costs nothing and never fails."""

    market: "Simulation"
    cost: int = 0

    @property
    def sports(self) -> tuple[str, ...]:
        """The sports to poll."""
        return self.market.sports

    def ask(self, sport_key: str) -> list[Answer]:
        """The answer of this moment."""
        return [self.market.answer(sport_key, time.time_ns() // 1000)]


def open_source(settings: PipelineSettings) -> "Source":
    """The feed when ODDS_API_KEY is set, else the simulated market. Raises SettingInvalid for a sport it does not have."""
    if settings.api_key:
        return Feed(open_fetcher(settings), settings)
    # The simulated market is large, and of no use where there is a feed.
    from stratum_pipelines.simulation import SPORTS as SIMULATED
    from stratum_pipelines.simulation import Simulation

    for sport_key in settings.sports:
        if sport_key not in SIMULATED:
            raise SPORTS.invalid(sport_key, f"a list of {', '.join(SIMULATED)} while ODDS_API_KEY is not set")
    return SimulatedFeed(Simulation(settings.simulator_seed, settings.sports, odds_format=settings.odds_format))
