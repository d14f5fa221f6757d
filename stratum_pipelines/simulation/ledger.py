"""The truth about a day's games: everything planted, as it was made."""

import numpy as np

from stratum_pipelines.simulation.paths import Moved
from stratum_pipelines.simulation.planting import MARGIN, Disturbance, missing_windows
from stratum_pipelines.simulation.pricing import Standing, winner_chances
from stratum_pipelines.simulation.schedule import Fixture
from stratum_pipelines.simulation.slate import Slate
from stratum_pipelines.simulation.sports import Sport
from stratum_pipelines.simulation.truth import Planted
from stratum_pipelines.simulation.world import STEP_S, World

SECOND = 1_000_000
# Closer than this to a key number, books may round either way, and nothing is said.
SURE_OF_KEY = 0.35
SEEN_IN_POINTS = 0.75
SEEN_IN_CHANCE = 0.02


def planted_in(slate: Slate) -> list[Planted]:
    """Everything planted in the games of a day, unsorted."""
    found = [planted for moved in slate.paths.moved for planted in _move(slate, moved)]
    found += [planted for odd in slate.plan.disturbances for planted in _disturbance(slate, odd)]
    for game in slate.games:
        found += _schedule(slate.sport, game)
    return found


def absences(world: World, sport: Sport, utc_day: int) -> list[Planted]:
    """Books absent from every answer of a sport, by UTC day (days since 1970) in which the absence begins."""
    return [
        Planted(first * SECOND, "missing", sport.sport_key, ended_at=last * SECOND, books=(world.books[book].key,))
        for book, first, last in missing_windows(world, sport.sport_key, utc_day)
    ]


def _move(slate: Slate, moved: Moved) -> list[Planted]:
    """A move as seen in every market that shows it, and the key numbers it crossed."""
    move, sport = moved.move, slate.sport
    slowest = max(book.lag_s + book.period_s for book in slate.world.books) + 2 * STEP_S

    exchanges = [position for position, book in enumerate(slate.world.books) if book.is_exchange]

    def planted(kind: str, market: str, direction: str, size: float) -> list[Planted]:
        books = slate.keys_quoting(move.game, market, exchanges if kind == "lead" else None)
        starts_at, ended_at = move.starts_at, move.starts_at + move.ramp_s + slowest
        if kind == "lead":
            starts_at, ended_at = move.starts_at - move.led_by_s, move.starts_at
        event_id = slate.games[move.game].event_id
        one = Planted(
            starts_at * SECOND,
            kind,
            sport.sport_key,
            event_id,
            market,
            direction,
            ended_at * SECOND,
            books,
            round(abs(size), 6),
        )
        led = planted("lead", market, direction, size) if kind == "steam" and move.led_by_s else []
        return [one, *led] if books else []

    if move.line != MARGIN:
        return planted("steam", "totals", "over" if moved.size > 0 else "under", moved.size)
    direction = "home" if moved.size > 0 else "away"
    travels = not sport.fixed_spread
    found: list[Planted] = []
    if move.kind == "steam":
        if travels and abs(moved.size) >= SEEN_IN_POINTS:
            found += planted("steam", "spreads", direction, moved.size)
        before, after = (_chances(slate, margin, moved.total) for margin in (moved.margin, moved.margin + moved.size))
        gained = after[0] - before[0] if direction == "home" else after[1] - before[1]
        if gained >= SEEN_IN_CHANCE:
            found += planted("steam", "h2h", direction, gained)
    if travels and any(_crosses(moved.margin, moved.margin + moved.size, key) for key in sport.league.key_numbers):
        found += planted("key_cross", "spreads", direction, moved.size)
    return found


def _chances(slate: Slate, margin: float, total: float) -> list[float]:
    not_begun = Standing(np.ones(1), np.zeros(1), np.zeros(1))
    return winner_chances(slate.sport, np.array([margin]), np.array([total]), not_begun)[0].tolist()


def _crosses(before: float, after: float, key: float) -> bool:
    """Whether a margin goes surely from one side of +key or -key to the other."""
    low, high = min(before, after), max(before, after)
    return any(low < number - SURE_OF_KEY and high > number + SURE_OF_KEY for number in (key, -key))


def _disturbance(slate: Slate, odd: Disturbance) -> list[Planted]:
    """A disturbance in each market it shows in: a wrong view of the margin shows in the winner and the spread alike."""
    markets: tuple[str, ...] = (odd.market,)
    if odd.kind == "outlier" and odd.market != "totals":
        markets = ("h2h", "spreads")
    found = []
    for market in markets:
        books = slate.keys_quoting(odd.game, market, odd.books)
        direction, size = _outlier(slate, odd, market) if odd.kind == "outlier" else ("", 0.0)
        event_id = slate.games[odd.game].event_id
        one = Planted(
            odd.starts_at * SECOND,
            odd.kind,
            slate.sport.sport_key,
            event_id,
            market,
            direction,
            odd.ends_at * SECOND,
            books,
            size,
        )
        found += [one] if books else []
    return found


def _outlier(slate: Slate, odd: Disturbance, market: str) -> tuple[str, float]:
    """The side an outlier quotes too well, and by how much it is off."""
    league = slate.sport.league
    if market == "totals":
        return ("under" if odd.offset > 0 else "over"), round(abs(odd.offset) * league.total_sd, 6)
    # A book that thinks more of the home team quotes the away team too well.
    direction = "away" if odd.offset > 0 else "home"
    off_by = odd.offset * league.margin_sd
    if market == "spreads":
        return direction, round(abs(off_by), 6)
    margin, total = slate.paths.lines[:, odd.game, slate.paths.step(odd.starts_at)].tolist()
    side = 0 if direction == "home" else 1
    return direction, round(
        abs(_chances(slate, margin + off_by, total)[side] - _chances(slate, margin, total)[side]), 6
    )


def _schedule(sport: Sport, game: Fixture) -> list[Planted]:
    """What happened to the start and the id of a game."""
    found = []

    def note(kind: str, at: int, size: float = 0.0) -> None:
        found.append(Planted(at * SECOND, kind, sport.sport_key, game.event_id, ended_at=at * SECOND, size=size))

    for (_, before), (shown_from, start) in zip(game.announced, game.announced[1:], strict=False):
        if shown_from < game.vanishes_at:
            note("true_start" if shown_from > start else "reschedule", shown_from, float(start - before))
    if game.is_postponed:
        note("postponed", game.vanishes_at)
    if game.reissued_at is not None:
        note("reissued", game.reissued_at)
    return found
