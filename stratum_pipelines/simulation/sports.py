"""The leagues of the simulated market: how games are scored and when they are played."""

from dataclasses import dataclass
from functools import cached_property

from stratum_pipelines.reference import League, load_reference
from stratum_pipelines.simulation.teams import TEAMS

Clock = tuple[int, int]


@dataclass(frozen=True)
class Sport:
    """A league as it is simulated; everything else about it stands in the reference.

    `mean_total` and `home_edge` are points of an average game, `strength_sd` and `total_sd` how far teams and games differ;
    `minutes` how long a game lasts; `starts` the usual starts on the clock of the league's zone. `fixed_spread` is the one
    handicap of leagues whose spread does not travel (0 elsewhere).
    """

    sport_key: str
    games_per_day: int
    mean_total: float
    total_sd: float
    home_edge: float
    strength_sd: float
    minutes: int
    starts: tuple[Clock, ...]
    fixed_spread: float = 0.0

    @cached_property
    def league(self) -> League:
        """What the reference knows of it."""
        return load_reference().leagues[self.sport_key]

    @property
    def teams(self) -> tuple[str, ...]:
        """Everyone who plays in it."""
        return TEAMS[self.sport_key]


SPORTS = {
    sport.sport_key: sport
    for sport in (
        Sport("americanfootball_nfl", 6, 45.0, 3.5, 1.8, 3.6, 190, ((13, 0), (13, 0), (16, 25), (20, 15))),
        Sport("basketball_nba", 7, 227.0, 6.0, 2.3, 3.6, 145, ((19, 0), (19, 30), (20, 0), (22, 0), (22, 30))),
        Sport("basketball_wnba", 3, 164.0, 5.0, 2.0, 3.4, 130, ((15, 0), (19, 0), (20, 0), (22, 0))),
        Sport("baseball_mlb", 10, 8.6, 0.7, 0.2, 0.6, 170, ((13, 5), (18, 40), (19, 10), (20, 10), (21, 45)), 1.5),
        Sport("icehockey_nhl", 7, 6.1, 0.3, 0.2, 0.35, 155, ((19, 0), (19, 30), (20, 0), (22, 0)), 1.5),
        Sport("soccer_epl", 5, 2.8, 0.25, 0.3, 0.5, 115, ((12, 30), (15, 0), (15, 0), (17, 30), (20, 0))),
    )
}


def sport_of(sport_key: str) -> Sport:
    """The sport with this key. Raises ValueError for one that is not simulated."""
    if sport_key not in SPORTS:
        raise ValueError(f"The sport {sport_key!r} is not simulated; use one of {', '.join(SPORTS)}.")
    return SPORTS[sport_key]
