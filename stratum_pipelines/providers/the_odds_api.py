"""The Odds API, version 4: what to ask for and what it costs. How its odds are read stands in `the_odds_api_reader`."""

from collections.abc import Sequence

from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reading import Request
from stratum_pipelines.providers.the_odds_api_answer import iso
from stratum_pipelines.providers.the_odds_api_reader import read
from stratum_pipelines.reference import load_reference

NAME = "the_odds_api"
BASE_URL = "https://api.the-odds-api.com"
DEFAULT_MARKETS = ("h2h", "spreads", "totals")


def odds_request(
    sport_key: str,
    *,
    regions: Sequence[str] = ("us",),
    markets: Sequence[str] | None = None,
    bookmakers: Sequence[str] = (),
    odds_format: str = "american",
) -> Request:
    """Current odds of one sport. `bookmakers`, when given, stand in place of the regions.

    Costs one credit per market and region; every ten bookmakers named count as one region.
    """
    query = _odds_query(sport_key, regions, markets, bookmakers, odds_format)
    return Request(NAME, sport_key, BASE_URL, f"/v4/sports/{sport_key}/odds", query, _odds_cost(query))


def historical_odds_request(
    sport_key: str,
    at: int,
    *,
    regions: Sequence[str] = ("us",),
    markets: Sequence[str] | None = None,
    bookmakers: Sequence[str] = (),
    odds_format: str = "american",
) -> Request:
    """Odds of one sport as they stood at a time in UTC microseconds, or at the last snapshot before it.

    Costs ten times what current odds cost.
    """
    query = (*_odds_query(sport_key, regions, markets, bookmakers, odds_format), ("date", iso(at)))
    return Request(NAME, sport_key, BASE_URL, f"/v4/historical/sports/{sport_key}/odds", query, 10 * _odds_cost(query))


def scores_request(sport_key: str, *, days_from: int | None = None) -> Request:
    """Scores of games in play and, with `days_from` (1 to 3), of those that ended in so many days. Costs 1, else 2."""
    if days_from is not None and not 1 <= days_from <= 3:
        raise ValueError(f"The Odds API keeps scores for 1 to 3 days; {days_from} days were asked for.")
    query = (("dateFormat", "iso"),) + ((("daysFrom", str(days_from)),) if days_from else ())
    return Request(NAME, sport_key, BASE_URL, f"/v4/sports/{sport_key}/scores", query, 2 if days_from else 1)


def events_request(sport_key: str) -> Request:
    """The games of one sport, in play and to come, without odds. Costs nothing."""
    return Request(NAME, sport_key, BASE_URL, f"/v4/sports/{sport_key}/events", (("dateFormat", "iso"),))


def sports_request() -> Request:
    """The sports there are. Costs nothing, and its answer says as any other how many credits are left."""
    return Request(NAME, "", BASE_URL, "/v4/sports")


def _odds_query(
    sport_key: str, regions: Sequence[str], markets: Sequence[str] | None, bookmakers: Sequence[str], odds_format: str
) -> tuple[tuple[str, str], ...]:
    league = load_reference().league(sport_key)
    asked = markets or (league.markets if league else DEFAULT_MARKETS)
    where = ("bookmakers", ",".join(bookmakers)) if bookmakers else ("regions", ",".join(regions))
    return where, ("markets", ",".join(asked)), ("oddsFormat", odds_format), ("dateFormat", "iso")


def _odds_cost(query: tuple[tuple[str, str], ...]) -> int:
    values = {name: value.split(",") for name, value in query}
    regions = len(values["regions"]) if "regions" in values else -(-len(values["bookmakers"]) // 10)
    return regions * len(values["markets"])


PROVIDER = Provider(
    name=NAME,
    title="The Odds API",
    description="Odds of many bookmakers, polled sport by sport over HTTP; version 4 of the interface.",
    read=read,
    requests=lambda sport_key, asking: [
        odds_request(sport_key, regions=asking.regions, odds_format=asking.odds_format)
    ],
)
