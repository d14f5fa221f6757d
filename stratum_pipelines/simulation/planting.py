"""What is to be planted in the games of a day: when, where and in what direction. Moments are whole UTC seconds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stratum_pipelines.simulation.chance import count_of, generator
from stratum_pipelines.simulation.schedule import Fixture
from stratum_pipelines.simulation.sports import Sport
from stratum_pipelines.simulation.world import HOUR_S, World

MARKETS = ("h2h", "spreads", "totals")
MARGIN, TOTAL = 0, 1
MINUTE_S = 60
STEAM_RAMP_S = 30
KEY_CROSS_RAMP_S = 600
LEAD_S = (10 * MINUTE_S, 20 * MINUTE_S)
# Two moves of one game are at least so far apart that a rule looking back half an hour sees one at a time.
APART_S = 75 * MINUTE_S
# A market is not taken down altogether so close to a planted move.
HIDES_S = 20 * MINUTE_S


@dataclass(frozen=True, order=True)
class LineMove:
    """A move of a game's fair line to be made. `way` is +1 or -1; `draw`, from 0 to 1, is how large it is to be.

    `line` is MARGIN (a positive move favours the home team) or TOTAL. Exchanges show it `led_by_s` seconds before the others.
    """

    starts_at: int
    game: int
    kind: str
    line: int
    way: int
    draw: float
    led_by_s: int = 0

    @property
    def ramp_s(self) -> int:
        """How long the fair line takes to move."""
        return STEAM_RAMP_S if self.kind == "steam" else KEY_CROSS_RAMP_S


@dataclass(frozen=True, order=True)
class Disturbance:
    """Something that happens to quotes while the fair line goes on: kind stale, pulled or outlier.

    `books` are positions in the world's books; `market` is "" for a stale book, all of whose markets stand still. An
    outlier's view is off by `offset` standard deviations of the league.
    """

    starts_at: int
    ends_at: int
    game: int
    kind: str
    books: tuple[int, ...]
    market: str = ""
    offset: float = 0.0


@dataclass(frozen=True)
class Plan:
    """Everything to be planted in the games of one day."""

    moves: tuple[LineMove, ...]
    disturbances: tuple[Disturbance, ...]


def plan_for(world: World, sport: Sport, games: Sequence[Fixture]) -> Plan:
    """The plan for these games. Every game and kind draws by itself."""
    moves: list[LineMove] = []
    disturbances: list[Disturbance] = []
    for i, game in enumerate(games):
        made = _moves(world, sport, game, i)
        moves += made
        disturbances += _disturbances(world, game, i, made)
    return Plan(tuple(sorted(moves)), tuple(sorted(disturbances)))


def _moment(chance: np.random.Generator, game: Fixture, needed_s: int = 0) -> int | None:
    """A moment before the start, rather late than early, with room for `needed_s` seconds; None when there is none."""
    earliest = game.opens_at + min(3 * HOUR_S, (game.starts_at - game.opens_at) // 3)
    latest = min(game.starts_at, game.announced[0][1], game.vanishes_at) - 20 * MINUTE_S - needed_s
    if latest <= earliest:
        return None
    return latest - int((latest - earliest) * chance.random() ** 2)


def _moves(world: World, sport: Sport, game: Fixture, i: int) -> list[LineMove]:
    found: list[LineMove] = []
    chance = generator(world.seed, "steam", game.event_id)
    for _ in range(count_of(chance, world.rates.steam)):
        at = _moment(chance, game)
        line = MARGIN if chance.random() < 0.6 else TOTAL
        way, draw = int(chance.choice([-1, 1])), float(chance.random())
        if at is not None:
            found.append(LineMove(at, i, "steam", line, way, draw))
    chance = generator(world.seed, "key_cross", game.event_id)
    if sport.league.key_numbers:
        for _ in range(count_of(chance, world.rates.key_cross)):
            at = _moment(chance, game, KEY_CROSS_RAMP_S)
            if at is not None:
                found.append(LineMove(at, i, "key_cross", MARGIN, 0, float(chance.random())))
    kept: list[LineMove] = []
    for move in sorted(found):
        if not kept or move.starts_at - kept[-1].starts_at >= APART_S:
            kept.append(move)
    return _led(world, game, kept)


def _led(world: World, game: Fixture, moves: Sequence[LineMove]) -> list[LineMove]:
    """The moves, some of the fast ones led by exchanges where there are any."""
    chance = generator(world.seed, "lead", game.event_id)
    led = []
    for move in moves:
        is_led, seconds = chance.random() < world.rates.lead, int(chance.integers(*LEAD_S))
        is_led &= move.kind == "steam" and any(book.is_exchange for book in world.books)
        led.append(replace(move, led_by_s=seconds) if is_led else move)
    return led


def _disturbances(world: World, game: Fixture, i: int, moves: Sequence[LineMove]) -> list[Disturbance]:
    """What happens to the quotes of a game. No book is disturbed twice at the same game."""
    found: list[Disturbance] = []
    lengths = {"stale": (40, 120), "pulled": (6, 40), "outlier": (20, 90)}
    for kind, (shortest, longest) in lengths.items():
        chance = generator(world.seed, kind, game.event_id)
        for _ in range(count_of(chance, getattr(world.rates, kind))):
            length = int(chance.integers(shortest * MINUTE_S, longest * MINUTE_S))
            at = _moment(chance, game, length)
            if at is None:
                continue
            books = _books(chance, world, kind)
            market = "" if kind == "stale" else str(chance.choice(MARKETS))
            # An outlier's error lies well beyond the books' usual differences (0.02).
            offset = float(chance.uniform(0.12, 0.22)) * int(chance.choice([-1, 1])) if kind == "outlier" else 0.0
            # A move that no book can show would be planted in vain.
            hidden = len(books) > 1 and any(at - HIDES_S < move.starts_at < at + length + HIDES_S for move in moves)
            one = Disturbance(at, at + length, i, kind, books, market, offset)
            if books and not hidden and not any(_conflict(one, other) for other in found):
                found.append(one)
    return found


def _conflict(one: Disturbance, other: Disturbance) -> bool:
    """Whether two disturbances of a game would hide each other: on one book, or two outliers at the same time."""
    is_same_time = one.starts_at < other.ends_at and other.starts_at < one.ends_at
    return bool(set(one.books) & set(other.books)) or (is_same_time and one.kind == other.kind == "outlier")


def _books(chance: np.random.Generator, world: World, kind: str) -> tuple[int, ...]:
    """One book; for a pulled market half the time all of them. Never a twin alone: it would not move by itself."""
    if kind == "pulled" and chance.random() < 0.5:
        return tuple(range(len(world.books)))
    sizes = Counter(book.desk for book in world.books)
    single = [position for position, book in enumerate(world.books) if sizes[book.desk] == 1]
    return (int(chance.choice(single)),) if single else ()


def missing_windows(world: World, sport_key: str, day: int) -> list[tuple[int, int, int]]:
    """Which books are absent from every answer of a sport on a UTC day (days since 1970): (book, from, until)."""
    chance = generator(world.seed, "missing", sport_key, day)
    windows = []
    for _ in range(count_of(chance, world.rates.missing)):
        starts_at = day * 24 * HOUR_S + int(chance.integers(0, 24 * HOUR_S))
        windows.append((int(chance.integers(len(world.books))), starts_at, starts_at + int(chance.integers(120, 1200))))
    return windows
