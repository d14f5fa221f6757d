"""What a simulated market answers, picked apart: events by id, books by key, prices and points by outcome."""

import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec

from stratum_pipelines.simulation import NOTHING_PLANTED, Planted, Rates, Simulation

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = dt.date(2026, 3, 14)
NFL, NBA, MLB, EPL = "americanfootball_nfl", "basketball_nba", "baseball_mlb", "soccer_epl"


def moment(hour: int = 20, minute: int = 0, day: dt.date = DAY) -> int:
    return int(dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.UTC).timestamp()) * SECOND


def only(**rates: float) -> Rates:
    """Rates under which nothing but these is planted."""
    return replace(NOTHING_PLANTED, **rates)


def planted(simulation: Simulation, kind: str, days: int = 1) -> list[Planted]:
    """What was planted of a kind; a test on nothing would prove nothing."""
    truth = simulation.truth(DAY, DAY + dt.timedelta(days=days - 1))
    found = [one for one in truth if one.kind == kind]
    assert found, f"Nothing of the kind {kind} was planted."
    return found


def events(simulation: Simulation, sport_key: str, at: int) -> dict[str, dict[str, Any]]:
    return {event["id"]: event for event in msgspec.json.decode(simulation.answer(sport_key, at).body)}


def books(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {book["key"]: book for book in event["bookmakers"]}


def markets(book: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {market["key"]: market for market in book["markets"]}


def quote(event: dict[str, Any], book: str, market: str) -> dict[str, tuple[float, float | None]] | None:
    """(price, point) by side of one market of one book; None when it is not quoted."""
    found = markets(books(event)[book]).get(market) if book in books(event) else None
    if found is None:
        return None
    sides = {event["home_team"]: "home", event["away_team"]: "away", "Draw": "draw", "Over": "over", "Under": "under"}
    return {sides[outcome["name"]]: (outcome["price"], outcome.get("point")) for outcome in found["outcomes"]}


def implied(american: float) -> float:
    return 100 / (american + 100) if american > 0 else -american / (100 - american)
