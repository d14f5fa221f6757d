"""The simulated market: ask it at any moment, in any order, in any process, and the same moment gives the same bytes."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
import polars as pl

from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.providers.simulator import NAME, simulated_odds_request, simulated_scores_request
from stratum_pipelines.simulation.books import books_named
from stratum_pipelines.simulation.chance import generator
from stratum_pipelines.simulation.drift import gained
from stratum_pipelines.simulation.feed import events_at
from stratum_pipelines.simulation.ledger import absences, planted_in
from stratum_pipelines.simulation.planting import MARGIN, TOTAL, missing_windows
from stratum_pipelines.simulation.pricing import winner_chances
from stratum_pipelines.simulation.rates import USUAL_RATES, Rates
from stratum_pipelines.simulation.scores import KEPT_S, result_frame, score_body
from stratum_pipelines.simulation.slate import Slate
from stratum_pipelines.simulation.sports import SPORTS, sport_of
from stratum_pipelines.simulation.truth import Planted
from stratum_pipelines.simulation.world import HOUR_S, World

SECOND = 1_000_000
DAY_S = 24 * HOUR_S
# How long an answer is under way.
LATENCY_US = 180_000
# A day of a league may begin and end so far from the UTC day of its name, postponed starts and long games included.
MARGIN_S = 20 * HOUR_S
DAYS_KEPT = 9


@dataclass(frozen=True)
class Latent:
    """The fair line of a game at a moment: home handicap, total, and fair probabilities by side, summing to 1."""

    event_id: str
    at: int
    home_point: float
    total: float
    probabilities: Mapping[str, float]
    is_live: bool


class Simulation:
    """A market of many books, made from a seed. Nothing is kept but what makes the next answer quick."""

    def __init__(
        self,
        seed: int,
        sports: Collection[str] = tuple(SPORTS),
        *,
        books: Collection[str] | None = None,
        games_per_day: Mapping[str, int] | int | None = None,
        rates: Rates | None = None,
        lead_hours: float = 24.0,
        odds_format: str = "american",
    ) -> None:
        """The market of these sports and books (all for None).

        `games_per_day` is one number or one per sport; `rates` says how much is planted; `lead_hours` (at least 6) how
        long before its start a game is listed. Raises ValueError for an unknown sport, book or odds format.
        """
        if lead_hours < 6:
            raise ValueError(f"A game has to be listed 6 hours before its start or more; lead_hours is {lead_hours}.")
        if odds_format not in ("american", "decimal"):
            raise ValueError(f"Odds come as american or decimal, not as {odds_format!r}.")
        per_day = dict.fromkeys(sports, games_per_day) if isinstance(games_per_day, int) else dict(games_per_day or {})
        self.sports = tuple(sport_of(key).sport_key for key in sports)
        self.odds_format = odds_format
        self.world = World(seed, books_named(books), rates or USUAL_RATES, int(lead_hours * HOUR_S), per_day)
        self._slates: OrderedDict[tuple[str, dt.date], Slate] = OrderedDict()

    @property
    def seed(self) -> int:
        """What everything is drawn from."""
        return self.world.seed

    def answer(self, sport_key: str, received_at: int) -> Answer:
        """What the feed answers about one sport at a moment in UTC microseconds; the body changes once a second."""
        at = received_at // SECOND
        absent = self._absent(sport_key, at)
        decimal = self.odds_format == "decimal"
        events = []
        for slate in self._slates_around(sport_key, at, at):
            events += events_at(slate, at, absent, decimal=decimal)
            slate.rest(at)
        events.sort(key=lambda event: (event["commence_time"], event["id"]))
        return self._answered(
            simulated_odds_request(sport_key, odds_format=self.odds_format).endpoint, sport_key, received_at, events
        )

    def scores(self, sport_key: str, as_of: int) -> bytes:
        """The scores of one sport at a moment in UTC microseconds, in the shape of The Odds API."""
        at = as_of // SECOND
        return score_body(self._slates_around(sport_key, at - KEPT_S, at), at)

    def scores_answer(self, sport_key: str, received_at: int) -> Answer:
        """The same as an answer."""
        endpoint = simulated_scores_request(sport_key).endpoint
        return self._answered(endpoint, sport_key, received_at, self.scores(sport_key, received_at))

    def results(self, first: dt.date, last: dt.date, as_of: int | None = None) -> pl.DataFrame:
        """Results that became known on these UTC days (first and last included) and not after `as_of` (UTC microseconds).

        Columns: event_id, home_score, away_score, status, period, source, received_at.
        """
        start, end = _midnight(first), _midnight(last) + DAY_S
        at = min(end - 1, as_of // SECOND) if as_of is not None else end - 1
        slates = [slate for key in self.sports for slate in self._slates_around(key, start, at)]
        frame = result_frame(slates, at)
        return frame.filter(pl.col("received_at").dt.epoch("s") >= start)

    def poll_times(self, day: dt.date, cadence_s: float = 60.0) -> list[int]:
        """Moments to poll at on a UTC day, `cadence_s` apart and each late by up to a tenth of that; UTC microseconds."""
        if not cadence_s > 0:
            raise ValueError(f"Polls cannot be {cadence_s} seconds apart; cadence_s must be above 0.")
        n = int(DAY_S // cadence_s)
        late = generator(self.seed, "polls", day, cadence_s).random(n) * cadence_s / 10
        return [(_midnight(day) * SECOND) + int((i * cadence_s + late[i]) * SECOND) for i in range(n)]

    def answers(self, first: dt.date, last: dt.date | None = None, *, cadence_s: float = 60.0) -> Iterator[Answer]:
        """The answers of all sports on these UTC days (both included), polled at this cadence, in order of receipt.

        Sports are polled a tenth of a second after each other.
        """
        day = first
        while day <= (last or first):
            for received_at in self.poll_times(day, cadence_s):
                for i, sport_key in enumerate(self.sports):
                    yield self.answer(sport_key, received_at + i * SECOND // 10)
            day += dt.timedelta(days=1)

    def truth(self, first: dt.date, last: dt.date | None = None) -> list[Planted]:
        """Everything planted that begins on these UTC days (both included), by start; event ids are the first ones."""
        start, end = _midnight(first), _midnight(last or first) + DAY_S
        found: list[Planted] = []
        for key in self.sports:
            for slate in self._slates_around(key, start, end):
                found += planted_in(slate)
            for day in range(start // DAY_S, end // DAY_S):
                found += absences(self.world, sport_of(key), day)
        return sorted(one for one in found if start * SECOND <= one.started_at < end * SECOND)

    def latent(self, event_id: str, at: int) -> Latent:
        """The fair line of a game at a moment in UTC microseconds. Raises KeyError when no such game is on around it."""
        slate, game = self._game(event_id, at // SECOND)
        return _latent(slate, game, event_id, at // SECOND)

    def gained(self, event_id: str, market: str, direction: str, since: int, at: int) -> float:
        """How far the fair line has come toward a side at a moment before the start, from where it was farthest off since another.

        Both in UTC microseconds; points, or fair probability in h2h. Raises KeyError when no such game is on around it.
        """
        slate, game = self._game(event_id, at // SECOND)
        return gained(slate, game, market, direction, since // SECOND, at // SECOND)

    def _game(self, event_id: str, second: int) -> tuple[Slate, int]:
        """The slate of a game that is on around a moment, and its place there."""
        for key in self.sports:
            for slate in self._slates_around(key, second, second):
                for i, game in enumerate(slate.games):
                    if event_id in (game.event_id, game.second_id):
                        return slate, i
        raise KeyError(
            f"No simulated game {event_id} is on around {dt.datetime.fromtimestamp(second, dt.UTC):%F %T} UTC."
        )

    def _answered(self, endpoint: str, sport_key: str, received_at: int, body: object) -> Answer:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return Answer(NAME, sport_key, endpoint, received_at, content, "simulator", received_at - LATENCY_US)

    def _absent(self, sport_key: str, at: int) -> set[int]:
        day = at // DAY_S
        windows = [window for d in (day - 1, day) for window in missing_windows(self.world, sport_key, d)]
        return {book for book, first, last in windows if first <= at < last}

    def _slates_around(self, sport_key: str, first: int, last: int) -> list[Slate]:
        """The days whose games may be listed between two moments in whole UTC seconds."""
        if sport_key not in self.sports:
            raise ValueError(f"This simulation has no sport {sport_key!r}; it has {', '.join(self.sports)}.")
        day = _day(first - DAY_S - MARGIN_S)
        slates = []
        while day <= _day(last + self.world.lead_s + MARGIN_S):
            slates.append(self._slate(sport_key, day))
            day += dt.timedelta(days=1)
        return [slate for slate in slates if slate.games]

    def _slate(self, sport_key: str, day: dt.date) -> Slate:
        found = self._slates.pop((sport_key, day), None) or Slate(self.world, sport_of(sport_key), day)
        self._slates[sport_key, day] = found
        # What was not asked for longest goes first; all days an answer or its scores need stay at hand.
        while len(self._slates) > (self.world.lead_s // DAY_S + DAYS_KEPT) * len(self.sports):
            self._slates.popitem(last=False)
        return found


def _latent(slate: Slate, i: int, event_id: str, at: int) -> Latent:
    game = slate.games[i]
    lines = slate.paths.lines[:, i, slate.paths.step(at)]
    standing = slate.standing(np.full((len(slate.games), 1), at))
    every = slate.paths.lines[:, :, slate.paths.step(at)]
    chances = winner_chances(slate.sport, every[MARGIN], every[TOTAL], standing)[i].tolist()
    return Latent(
        event_id,
        at * SECOND,
        -float(lines[MARGIN]),
        float(lines[TOTAL]),
        dict(zip(("home", "away", "draw"), chances, strict=False)),
        game.share_played(at) > 0,
    )


def _midnight(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())


def _day(at: int) -> dt.date:
    return dt.datetime.fromtimestamp(at, dt.UTC).date()
