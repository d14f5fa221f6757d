"""Made-up answers of The Odds API: invented teams and prices, as plain Python, to be bent by the tests."""

import json
from typing import Any

from hypothesis import strategies as st

from stratum_pipelines.providers.reading import Answer

RECEIVED_AT = 1_760_000_000_000_000
ENDPOINT = (
    "/v4/sports/americanfootball_nfl/odds?regions=us&markets=h2h,spreads,totals&oddsFormat=american&dateFormat=iso"
)


def answer(body: bytes | object, **changes: Any) -> Answer:
    """An answer with this body, or with this document as its JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {
        "provider": "the_odds_api",
        "sport_key": "americanfootball_nfl",
        "endpoint": ENDPOINT,
        "received_at": RECEIVED_AT,
        "body": content,
        "source": "live",
    }
    return Answer(**{**given, **changes})


def outcome(name: str, price: object, **more: object) -> dict[str, Any]:
    return {"name": name, "price": price, **more}


def market(key: str, outcomes: list[Any], **more: object) -> dict[str, Any]:
    return {"key": key, "last_update": "2025-10-09T08:52:00Z", "outcomes": outcomes, **more}


def book(key: str, markets: list[Any], **more: object) -> dict[str, Any]:
    return {"key": key, "title": key.title(), "last_update": "2025-10-09T08:53:00Z", "markets": markets, **more}


def event(event_id: str, books: list[Any], **more: object) -> dict[str, Any]:
    return {
        "id": event_id,
        "sport_key": "americanfootball_nfl",
        "sport_title": "NFL",
        "commence_time": "2025-10-12T17:00:00Z",
        "home_team": "Amber Foxes",
        "away_team": "Blue Herons",
        "bookmakers": books,
        **more,
    }


def plain_event(event_id: str = "game_1") -> dict[str, Any]:
    """One game with two books, three markets each."""
    return event(event_id, [plain_book("draftkings", 3.5), plain_book("fanduel", 3.0)])


def plain_book(key: str, point: float) -> dict[str, Any]:
    return book(
        key,
        [
            market("h2h", [outcome("Amber Foxes", -150), outcome("Blue Herons", 130)]),
            market("spreads", [outcome("Amber Foxes", -110, point=-point), outcome("Blue Herons", -110, point=point)]),
            market("totals", [outcome("Over", -105, point=44.5), outcome("Under", -115, point=44.5)]),
        ],
    )


_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
_stamps = st.sampled_from([None, "2025-10-09T08:52:00Z", "2025-10-09T08:52:00.25+02:00", "2025-10-09 08:52:00"])
_numbers = st.one_of(st.integers(-1_000_000, 1_000_000), st.floats(allow_nan=False, allow_infinity=False, width=32))


def _documents(fields: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields, optional=optional)


_outcomes = _documents(
    {"name": _names, "price": _numbers},
    {"point": st.one_of(st.none(), _numbers), "description": st.one_of(st.none(), _names)},
)
_markets = _documents({"key": _names, "outcomes": st.lists(_outcomes, max_size=4)}, {"last_update": _stamps})
_books = _documents(
    {"key": _names, "markets": st.lists(_markets, max_size=3)}, {"last_update": _stamps, "title": _names}
)
_events = _documents(
    {
        "id": _names,
        "commence_time": st.sampled_from(["2025-10-12T17:00:00Z", "2026-01-01T00:00:00+00:00"]),
        "home_team": _names,
        "away_team": _names,
        "bookmakers": st.lists(_books, max_size=3),
    },
    {"sport_key": st.sampled_from(["americanfootball_nfl", "basketball_nba"]), "sport_title": _names},
)
# Lists of events in the right shape; ids, keys and names may repeat.
documents = st.one_of(
    st.lists(_events, max_size=3),
    st.fixed_dictionaries({"timestamp": st.just("2025-10-09T08:53:20Z"), "data": st.lists(_events, max_size=3)}),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["id", "data", "bookmakers", "markets", "outcomes", "key", "name", "price", "point", "last_update"]
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=20,
)
