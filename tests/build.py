"""Tiny answers and boards by keyword, for tests that need a market and not a feed."""

import datetime as dt
import json
from typing import Any

import numpy as np
import polars as pl

from stratum_pipelines.board.advance import Rules, advance, blank_board
from stratum_pipelines.providers import find_providers
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.reference import load_reference
from stratum_pipelines.signals import signals_in_force

NFL = "americanfootball_nfl"
EPL = "soccer_epl"
NOON = int(dt.datetime(2025, 10, 12, 12, tzinfo=dt.UTC).timestamp() * 1_000_000)
MINUTE = 60 * 1_000_000


def rules() -> Rules:
    """The rules as shipped."""
    return Rules(reference=load_reference(), signals=signals_in_force(), providers=find_providers())


def iso(moment: int) -> str:
    """Microseconds as the provider writes times."""
    return dt.datetime.fromtimestamp(moment / 1e6, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def book(key: str, at: int, *, h2h: Any = None, spread: Any = None, total: Any = None) -> dict[str, Any]:
    """One bookmaker: h2h (home, away[, draw]) prices, spread (home point, home price, away price), total likewise."""
    markets = []
    if h2h:
        names = ("Home", "Away", "Draw")
        markets.append(
            {
                "key": "h2h",
                "last_update": iso(at),
                "outcomes": [{"name": n, "price": p} for n, p in zip(names, h2h, strict=False)],
            }
        )
    if spread:
        point, home, away = spread
        outcomes = [{"name": "Home", "price": home, "point": point}, {"name": "Away", "price": away, "point": -point}]
        markets.append({"key": "spreads", "last_update": iso(at), "outcomes": outcomes})
    if total:
        point, over, under = total
        outcomes = [{"name": "Over", "price": over, "point": point}, {"name": "Under", "price": under, "point": point}]
        markets.append({"key": "totals", "last_update": iso(at), "outcomes": outcomes})
    return {"key": key, "title": key.title(), "last_update": iso(at), "markets": markets}


def game(
    books: list[dict[str, Any]],
    *,
    event_id: str = "game-1",
    start: int = NOON + 600 * MINUTE,
    home: str = "Home",
    away: str = "Away",
    sport: str = NFL,
) -> dict[str, Any]:
    """One game with its bookmakers."""
    return {
        "id": event_id,
        "sport_key": sport,
        "commence_time": iso(start),
        "home_team": home,
        "away_team": away,
        "bookmakers": books,
    }


def answer(at: int, games: list[dict[str, Any]], *, sport: str = NFL, **fields: Any) -> Answer:
    """A live answer of The Odds API received at `at`."""
    body = json.dumps(games).encode()
    return Answer("the_odds_api", sport, f"/v4/sports/{sport}/odds?oddsFormat=american", at, body, "live", **fields)


def replay(answers: list[Answer], *, sport: str = NFL, one_by_one: bool = False) -> dict[str, pl.DataFrame]:
    """The rows a fresh board gives for these answers, by table."""
    board = blank_board(sport, rules())
    cuts = [[a] for a in answers] if one_by_one else [answers]
    found: dict[str, list[pl.DataFrame]] = {}
    for cut in cuts:
        for rows in advance(board, cut, rules()):
            for name, frame in rows.items():
                found.setdefault(name, []).append(frame)
    return {name: pl.concat(frames) for name, frames in found.items()}


def wandering(seed: int, n: int, *, minutes: int = 5, first: int = NOON, sport: str = NFL) -> list[Answer]:
    """A seeded little market: three games, nine books that follow a wandering line, drop out and come back."""
    generator = np.random.default_rng(seed)
    keys = ["draftkings", "fanduel", "betmgm", "lowvig", "betonlineag", "bovada", "betus", "fanatics", "betrivers"]
    lines = np.array([-3.0, 2.5, -6.5])
    answers = []
    for i in range(n):
        at = first + i * minutes * MINUTE
        lines = lines + generator.choice([-0.5, 0.0, 0.0, 0.0, 0.5], 3)
        games = []
        for j, line in enumerate(lines.tolist()):
            if generator.random() < 0.05:
                continue
            books = [_wandering_book(generator, key, at, line) for key in keys if generator.random() > 0.08]
            games.append(game(books, event_id=f"game-{j}", start=first + (120 + 60 * j) * MINUTE, sport=sport))
        answers.append(answer(at, games, sport=sport, is_complete=bool(generator.random() > 0.1)))
    return answers


def _wandering_book(generator: np.random.Generator, key: str, at: int, line: float) -> dict[str, Any]:
    seen = at - int(generator.integers(0, 200)) * 1_000_000
    line = line + float(generator.choice([0.0, 0.0, 0.0, 0.5, -0.5]))
    favourite = -110 - int(abs(line) * 18)
    prices = (favourite, -favourite - 20) if line < 0 else (-favourite - 20, favourite)
    return book(key, seen, h2h=prices, spread=(line, -110, -110), total=(44.5 + round(line), -108, -112))
