"""Where polled answers come from: The Odds API when there is a key for it, else the simulated market."""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stratum_pipelines.fetch import Fetcher, FetchFailed, Reached, open_fetcher
from stratum_pipelines.providers.provider import Asking, Provider
from stratum_pipelines.providers.reading import Answer, Request
from stratum_pipelines.providers.simulator import NAME as SIMULATOR
from stratum_pipelines.providers.the_odds_api import PROVIDER as THE_ODDS_API
from stratum_pipelines.providers.the_odds_api import sports_request
from stratum_pipelines.settings import SPORTS, PipelineSettings

if TYPE_CHECKING:
    from stratum_pipelines.poller import Source
    from stratum_pipelines.simulation import Simulation

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Feed:
    """A provider asked over HTTP for the odds of one sport after another."""

    asked: Provider
    fetcher: Fetcher
    settings: PipelineSettings

    @property
    def provider(self) -> str:
        """Who answers."""
        return self.asked.name

    @property
    def attempts(self) -> int:
        """How often a request is sent at most."""
        return self.settings.retry_attempts

    @property
    def sports(self) -> tuple[str, ...]:
        """The sports to poll."""
        return self.settings.sports

    def price(self, sport_key: str) -> int:
        """Credits that asking for a sport is charged, as the provider documents it: markets times regions."""
        return sum(request.cost for request in self.requests(sport_key))

    def count(self) -> Reached:
        """The credits left, asked for with something that costs none. Raises FetchFailed."""
        return self.fetcher.reach(sports_request())

    def requests(self, sport_key: str) -> list[Request]:
        """What is asked."""
        assert self.asked.requests is not None
        return self.asked.requests(sport_key, Asking(self.settings.regions, self.settings.odds_format))

    def ask(self, sport_key: str) -> list[Answer]:
        """The answers, of whatever status; nothing where none came."""
        answers = []
        for request in self.requests(sport_key):
            try:
                answers.append(self.fetcher.fetch(request))
            except FetchFailed as error:
                logger.warning("%s", error)
        return answers


@dataclass(frozen=True)
class SimulatedFeed:
    """The simulated market, asked at the present moment; it costs nothing and never fails."""

    market: "Simulation"
    provider: str = SIMULATOR
    attempts: int = 1

    @property
    def sports(self) -> tuple[str, ...]:
        """The sports to poll."""
        return self.market.sports

    def price(self, sport_key: str) -> int:
        """Nothing."""
        return 0

    def count(self) -> Reached:
        """Nothing is counted."""
        now = time.time_ns() // 1000
        return Reached(200, now, now, None, None)

    def ask(self, sport_key: str) -> list[Answer]:
        """The answer of this moment."""
        return [self.market.answer(sport_key, time.time_ns() // 1000)]


def open_source(settings: PipelineSettings) -> "Source":
    """The feed when ODDS_API_KEY is set, else the simulated market. Raises SettingInvalid for a sport it does not have."""
    if settings.api_key:
        return Feed(THE_ODDS_API, open_fetcher(settings), settings)
    # The simulated market is large, and of no use where there is a feed.
    from stratum_pipelines.simulation import SPORTS as SIMULATED
    from stratum_pipelines.simulation import Simulation

    for sport_key in settings.sports:
        if sport_key not in SIMULATED:
            raise SPORTS.invalid(sport_key, f"a list of {', '.join(SIMULATED)} while ODDS_API_KEY is not set")
    return SimulatedFeed(Simulation(settings.simulator_seed, settings.sports, odds_format=settings.odds_format))
