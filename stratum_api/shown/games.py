"""Games as answers show them: the schedule, and one game in detail.

A schedule is no market data: when a game is played is told as soon as it is known.
"""

import datetime as dt
from typing import Annotated, ClassVar

import msgspec

from stratum_api.pages import Page
from stratum_api.shown.signals import EXAMPLE as SIGNAL
from stratum_api.shown.signals import ShownSignal
from stratum_api.tiers import TIMELESS, Full, Open, Shown
from warehouse.tables import ClosingLines, Events, Table


class ShownGame(Shown):
    """One game, as last seen."""

    clock: ClassVar[str] = TIMELESS
    table: ClassVar[type[Table] | None] = Events

    event_id: Open[str]
    sport_key: Open[str]
    league: Open[str]
    commence_at: Open[dt.datetime]
    home_team: Open[str]
    away_team: Open[str]
    status: Open[str]
    first_seen_at: Open[dt.datetime]
    n_reschedules: Open[int]


class GamePage(Page[ShownGame]):
    """Games in the order of their starts, and where the next begin."""


class LinePoint(Shown):
    """What the books agreed on for an outcome, from a moment on."""

    clock: ClassVar[str] = "as_of"

    as_of: Open[dt.datetime]
    point_median: Annotated[Open[float | None], msgspec.Meta(description="Null in h2h.", examples=[-3.5])]
    price_median: Annotated[Open[float | None], msgspec.Meta(examples=[1.91])]
    fair_prob: Annotated[Open[float | None], msgspec.Meta(description="At fair_point.", examples=[0.502])]
    fair_point: Annotated[Open[float | None], msgspec.Meta(examples=[-3.5])]


class LinePath(msgspec.Struct):
    """The path of one outcome's consensus, the oldest point first."""

    market: Annotated[Open[str], msgspec.Meta(examples=["spreads"])]
    outcome: Annotated[Open[str], msgspec.Meta(examples=["Kansas City Chiefs"])]
    side: Annotated[Open[str], msgspec.Meta(examples=["home"])]
    points: Open[list[LinePoint]]


class ShownClose(Shown):
    """One closing line by the scheduled convention: the version in force."""

    clock: ClassVar[str] = "closed_at"
    table: ClassVar[type[Table] | None] = ClosingLines

    market: Open[str]
    outcome: Open[str]
    side: Open[str]
    bookmaker: Open[str]
    version: Open[int]
    closed_at: Open[dt.datetime]
    age_s: Open[float | None]
    point: Open[float | None]
    price_decimal: Open[float | None]
    fair_prob: Open[float | None]
    fair_point: Open[float | None]
    n_books: Full[int]
    bookmakers: Full[list[str]]
    quality: Open[str]
    fault: Open[str | None]
    is_repaired: Open[bool | None]
    final_at: Open[dt.datetime | None]
    is_final: Open[bool | None]


class GameDetail(msgspec.Struct):
    """A game: its path, its signals, where it closed."""

    game: Open[ShownGame]
    lines: Annotated[Open[list[LinePath]], msgspec.Meta(description="By market and outcome.")]
    has_more_points: Annotated[
        Open[bool],
        msgspec.Meta(description="Whether a path has older points: /api/v1/intel/consensus/history has them all."),
    ]
    signals: Annotated[Open[list[ShownSignal]], msgspec.Meta(description="The newest first.")]
    has_more_signals: Annotated[
        Open[bool], msgspec.Meta(description="Whether there are older ones: /api/v1/intel/signals has them all.")
    ]
    closing_lines: Annotated[
        Open[list[ShownClose]],
        msgspec.Meta(description="By market, outcome and book; for redacted plans those of the consensus alone."),
    ]


START = dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC)
GAME = ShownGame(
    event_id="0d6f17fa60bfac6750a4d67573376da3",
    sport_key="americanfootball_nfl",
    league="NFL",
    commence_at=START,
    home_team="Kansas City Chiefs",
    away_team="Denver Broncos",
    status="scheduled",
    first_seen_at=START - dt.timedelta(days=6),
    n_reschedules=0,
)
GAMES = GamePage([GAME], None)
CLOSE = ShownClose(
    market="spreads",
    outcome="Kansas City Chiefs",
    side="home",
    bookmaker="consensus",
    version=1,
    closed_at=START,
    age_s=31.0,
    point=-3.5,
    price_decimal=1.91,
    fair_prob=0.502,
    fair_point=-3.5,
    n_books=9,
    bookmakers=["betmgm", "draftkings", "fanduel", "pinnacle"],
    quality="ok",
    fault="",
    is_repaired=False,
    final_at=START + dt.timedelta(hours=1),
    is_final=True,
)
DETAIL = GameDetail(
    GAME,
    [LinePath("spreads", "Kansas City Chiefs", "home", [LinePoint(SIGNAL.detected_at, -3.5, 1.91, 0.502, -3.5)])],
    False,
    [SIGNAL],
    False,
    [CLOSE],
)
