"""The market simulator as a provider: its answers have the shape of The Odds API and are read by the same reader.

The market itself stands in `stratum_pipelines.simulation`, which makes the bytes; here is only what is asked of it.
"""

from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reading import Request
from stratum_pipelines.providers.the_odds_api import odds_request, scores_request
from stratum_pipelines.providers.the_odds_api_reader import read

NAME = "simulator"
# No host answers to it: the request is met by the simulation and never leaves the process.
BASE_URL = "simulator:"
REGIONS = ("us", "uk", "eu")


def simulated_odds_request(sport_key: str, *, odds_format: str = "american") -> Request:
    """Current odds of one sport, as the real feed would be asked for them; costs nothing."""
    asked = odds_request(sport_key, regions=REGIONS, odds_format=odds_format)
    return Request(NAME, sport_key, BASE_URL, asked.path, asked.query)


def simulated_scores_request(sport_key: str) -> Request:
    """Scores of games in play and of those that ended within three days; costs nothing."""
    asked = scores_request(sport_key, days_from=3)
    return Request(NAME, sport_key, BASE_URL, asked.path, asked.query)


PROVIDER = Provider(
    name=NAME,
    title="Market simulator",
    description="A seeded market of many bookmakers that knows what it planted; no network, no key, the same bytes again.",
    read=read,
    requests=lambda sport_key, asking: [simulated_odds_request(sport_key, odds_format=asking.odds_format)],
    default_gap_s=300.0,
)
