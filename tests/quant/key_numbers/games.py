"""Made-up games in the columns of recorded ones, and a plan for them."""

import polars as pl

from stratum_pipelines.recorded_games import GAMES
from stratum_pipelines.reference.key_numbers import Era, LeaguePlan, Plan, Source

NFL = "americanfootball_nfl"
NBA = "basketball_nba"

ERAS = (Era(2011, 2014, "before"), Era(2015, 2018, "after"))
PLAN = Plan(
    version=7,
    shrinkage={"spreads": 10, "totals": 40},
    cannot_tie=frozenset({NBA}),
    sources={"shaping": True, "counted": False},
    leagues={NFL: LeaguePlan(ERAS, (3.0, 7.0), (45.0,)), NBA: LeaguePlan(ERAS, (5.0,), (200.0,))},
)
SOURCES = (Source("shaping", 0, fitted=True, sha256="aa"), Source("counted", 0, fitted=False, sha256="bb"))


def played(*games: tuple, sport_key: str = NFL, source: str = "shaping") -> pl.DataFrame:
    """Games of (season, home score, away score, home spread, total line); None where no line is known."""
    rows = [
        (
            sport_key,
            source,
            season,
            home - away,
            home + away,
            spread,
            None if spread is None else 0.5,
            line,
            None if line is None else 0.5,
        )
        for season, home, away, spread, line in games
    ]
    return pl.DataFrame(rows, schema=GAMES, orient="row")
