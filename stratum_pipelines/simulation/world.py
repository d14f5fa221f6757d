"""What a simulated market is made from: everything that, besides the moment asked about, decides its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stratum_pipelines.simulation.books import BOOKS, SimulatedBook
from stratum_pipelines.simulation.rates import USUAL_RATES, Rates
from stratum_pipelines.simulation.sports import Sport

HOUR_S = 3600
# Every path is drawn in steps of so many seconds.
STEP_S = 10


@dataclass(frozen=True)
class World:
    """Seed, books and amounts. `lead_s` is how long before its start a game is listed, in seconds."""

    seed: int
    books: tuple[SimulatedBook, ...] = BOOKS
    rates: Rates = USUAL_RATES
    lead_s: int = 24 * HOUR_S
    games_per_day: Mapping[str, int] = field(default_factory=dict)

    def n_games(self, sport: Sport) -> int:
        """Games of one day: as asked for, else as usual, and never more than there are pairs of teams."""
        return min(self.games_per_day.get(sport.sport_key, sport.games_per_day), len(sport.teams) // 2)
