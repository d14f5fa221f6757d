"""Where polled answers come from: The Odds API when there is a key for it, else the simulated market."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stratum_pipelines.fetch import Fetcher, FetchFailed, open_fetcher
from stratum_pipelines.providers.reading import Answer, Request
from stratum_pipelines.providers.the_odds_api import odds_request
from stratum_pipelines.settings import PipelineSettings

if TYPE_CHECKING:
    from stratum_pipelines.poller import Source

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


def open_source(settings: PipelineSettings) -> "Source":
    """The feed when ODDS_API_KEY is set, else the simulated market."""
    if settings.api_key:
        return Feed(open_fetcher(settings), settings)
    from stratum_pipelines.simulated import open_simulated

    return open_simulated(settings)
