"""The simulated market in the words of The Odds API, version 4: events with bookmakers, markets and outcomes."""

from collections.abc import Collection
from typing import Any

import numpy as np

from stratum_pipelines.providers.the_odds_api_answer import iso
from stratum_pipelines.simulation.planting import MARKETS
from stratum_pipelines.simulation.pricing import decimal_prices
from stratum_pipelines.simulation.quotes import Quotes, quotes_at
from stratum_pipelines.simulation.schedule import Fixture
from stratum_pipelines.simulation.slate import Slate

SECOND = 1_000_000
Json = dict[str, Any]


def events_at(slate: Slate, at: int, absent: Collection[int] = (), *, decimal: bool = False) -> list[Json]:
    """The listed games of a day with their quotes, at a moment in whole UTC seconds; `absent` books are left out."""
    listed = [i for i, game in enumerate(slate.games) if game.is_listed(at)]
    if not listed:
        return []
    quotes = quotes_at(slate, at)
    read = _reader(quotes, decimal=decimal)
    events = []
    for i in listed:
        game = slate.games[i]
        event = heading(slate, game, at)
        event["bookmakers"] = [
            found
            for position in range(len(slate.world.books))
            if position not in absent and (found := _bookmaker(slate, game, read, i, position)) is not None
        ]
        events.append(event)
    return events


def heading(slate: Slate, game: Fixture, at: int) -> Json:
    """What stands above the quotes of a game."""
    return {
        "id": game.id_at(at),
        "sport_key": slate.sport.sport_key,
        "sport_title": slate.sport.league.title,
        "commence_time": iso(game.commence_at(at) * SECOND),
        "home_team": game.home_team,
        "away_team": game.away_team,
    }


def _reader(quotes: Quotes, *, decimal: bool) -> dict[str, list[Any]]:
    """The quotes as plain lists, which are far quicker to pick from one by one."""
    prices = {market: getattr(quotes, market) for market in MARKETS}
    shown = {
        name: decimal_prices(values).tolist() if decimal else values.astype(int).tolist()
        for name, values in prices.items()
    }
    texts = {seen: iso(seen * SECOND) for seen in np.unique(quotes.seen_at).tolist()}
    return shown | {
        "is_shown": quotes.is_shown.tolist(),
        # Few moments stand many times, and writing them out is slow.
        "seen_at": [[texts[seen] for seen in row] for row in quotes.seen_at.tolist()],
        "points": quotes.points.tolist(),
    }


def _bookmaker(slate: Slate, game: Fixture, read: dict[str, list[Any]], i: int, position: int) -> Json | None:
    """One bookmaker's entry, None when it shows nothing of the game."""
    is_shown = read["is_shown"][i][position]
    if not any(is_shown):
        return None
    book = slate.world.books[position]
    seen = read["seen_at"][i][position]
    home_point, total = read["points"][i][position]
    markets = []
    for market, shown in zip(MARKETS, is_shown, strict=True):
        if not shown:
            continue
        prices = read[market][i][position]
        if market == "totals":
            point = _number(total)
            outcomes = [
                {"name": "Over", "price": prices[0], "point": point},
                {"name": "Under", "price": prices[1], "point": point},
            ]
        else:
            home: Json = {"name": game.home_team, "price": prices[0]}
            away: Json = {"name": game.away_team, "price": prices[1]}
            if market == "spreads":
                home["point"], away["point"] = _number(home_point), _number(-home_point)
            # The feed lists teams by name, a draw last.
            outcomes = [home, away] if game.home_team < game.away_team else [away, home]
            if len(prices) == 3:
                outcomes.append({"name": "Draw", "price": prices[2]})
        markets.append({"key": market, "last_update": seen, "outcomes": outcomes})
    return {"key": book.key, "title": book.title, "last_update": seen, "markets": markets}


def _number(value: float) -> float | int:
    """The number as the feed writes it: 45 and 45.5."""
    return int(value) if value == int(value) else value
