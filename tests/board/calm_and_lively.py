"""A made market whose books are calm for hours and then all move: six games over two midnights, one of them begins on the way."""

from functools import cache

import numpy as np

from stratum_pipelines.providers.reading import Answer
from tests.build import MINUTE, NOON, answer, book, game

N_GAMES, EVERY_MINUTES = 6, 15
BOOKS = ("draftkings", "fanduel", "betmgm", "bovada", "lowvig", "betonlineag", "betrivers", "fanatics")
DAY = 24 * 60 * MINUTE
BEGINS_AT = NOON + 20 * 60 * MINUTE


@cache
def market(seed: int = 0, n: int = 110) -> tuple[Answer, ...]:
    """Polls a quarter of an hour apart from noon; a game is lively for two hours and calm for four, each at its own time."""
    random = np.random.default_rng(seed)
    line, chance = random.integers(-14, 6, N_GAMES) / 2, random.uniform(0.4, 0.6, N_GAMES)
    shown = {(g, key): (line[g], chance[g], NOON) for g in range(N_GAMES) for key in BOOKS}
    answers = []
    for i in range(n):
        at = NOON + i * EVERY_MINUTES * MINUTE
        games = []
        for g in range(N_GAMES):
            lively = (i // 8 + g) % 3 == 0
            line[g] += lively * random.choice([-0.5, 0.0, 0.5])
            chance[g] = np.clip(chance[g] + random.normal(0, 0.02 if lively else 0.001), 0.3, 0.7)
            for key in BOOKS:
                if random.random() < (0.8 if lively else 0.2):
                    shown[g, key] = (line[g], chance[g], at)
            books = [_quoted(key, *shown[g, key][:2], at) for key in BOOKS if random.random() > 0.02]
            start = BEGINS_AT if g == 0 else NOON + (60 + g) * 60 * MINUTE
            games.append(game(books, event_id=f"g{g}", start=start))
        answers.append(answer(at, games))
    return tuple(answers)


def _quoted(key: str, line: float, chance: float, at: int) -> dict:
    prices = [
        round(-100 * p / (1 - p)) if p > 0.5 else round(100 * (1 - p) / p) for p in (chance * 1.03, (1 - chance) * 1.03)
    ]
    home, away = (p if abs(p) >= 100 else -100 for p in prices)
    return book(key, at, h2h=(home, away), spread=(float(line), home, away), total=(44.5 + round(line), home, away))
