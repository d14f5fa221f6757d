"""What is known of a league: the shape of its markets, its key numbers, its spread of scores. Data in leagues.toml."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

MARKETS = ("h2h", "spreads", "totals")
# Their positions: how arrays name the kind of a market.
H2H, SPREADS, TOTALS = range(len(MARKETS))


@dataclass(frozen=True)
class League:
    """A league under the provider's sport_key.

    `n_outcomes` of the winner market (h2h): 2, or 3 where a draw is an outcome. `key_numbers` are the margins games end on
    most often, positive, for spreads; crossing one is a signal. `margin_sd` and `total_sd` are standard deviations, in points,
    of the final margin around the closing spread and of the final total around the closing total. `score_step` is the
    smallest change of a score and `line_step` the smallest step of a line. `start_zone` is the zone whose calendar the
    league's game days follow. `move_thresholds` says per market how large a move is one: points for spreads and totals, fair
    probability for h2h. `markets` are worth asking the provider for. `season_months` are the months with games.
    `aliases` are other words for the league, as folder names and files spell it.
    """

    sport_key: str
    league: str
    title: str
    sport: str
    n_outcomes: int
    key_numbers: tuple[float, ...]
    margin_sd: float
    total_sd: float
    start_zone: str
    season_months: tuple[int, ...]
    score_step: float = 1.0
    line_step: float = 0.5
    spread_move: float = 0.5
    total_move: float = 1.0
    h2h_move: float = 0.03
    markets: tuple[str, ...] = MARKETS
    aliases: tuple[str, ...] = ()

    @property
    def move_thresholds(self) -> dict[str, float]:
        """The smallest move that counts, by market."""
        return {"spreads": self.spread_move, "totals": self.total_move, "h2h": self.h2h_move}

    @property
    def has_draw(self) -> bool:
        """Whether the winner market has a draw."""
        return self.n_outcomes == 3


def read_leagues(table: dict[str, Any]) -> dict[str, League]:
    """Leagues by sport_key. Raises ValueError for values no league can have."""
    leagues = {}
    for sport_key, entry in table.items():
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
        }
        league = League(sport_key=sport_key, **values)
        if league.n_outcomes not in (2, 3):
            raise ValueError(f"League {sport_key} has {league.n_outcomes} outcomes in h2h; leagues.toml knows 2 and 3.")
        if min(league.margin_sd, league.total_sd, league.score_step, league.line_step) <= 0:
            raise ValueError(
                f"League {sport_key} has a spread of scores or a step that is not above 0 in leagues.toml."
            )
        if set(league.markets) - set(MARKETS):
            raise ValueError(f"League {sport_key} asks for {league.markets}; leagues.toml knows {', '.join(MARKETS)}.")
        ZoneInfo(league.start_zone)
        leagues[sport_key] = league
    return leagues
