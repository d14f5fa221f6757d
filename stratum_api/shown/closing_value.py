"""How signals compare with the close, as answers show it: of groups, of games, in short."""

import datetime as dt
from typing import Annotated

import msgspec

from stratum_api.tiers import Open


class ClosingValue(msgspec.Struct, kw_only=True):
    """How signals compare with the close. Rates are over decided signals: ties are in none. What nothing is known of is null."""

    n: Annotated[Open[int], msgspec.Meta(description="Signals with an entry and a close to rely on.", examples=[412])]
    n_events: Annotated[Open[int], msgspec.Meta(description="Games behind them.", examples=[57])]
    n_ties: Annotated[Open[int], msgspec.Meta(description="Entries equal to the close.", examples=[12])]
    n_beat: Annotated[Open[int], msgspec.Meta(description="Entries better than the close.", examples=[236])]
    beat_rate: Annotated[Open[float | None], msgspec.Meta(description="n_beat over n less ties.", examples=[0.59])]
    beat_low: Annotated[
        Open[float | None],
        msgspec.Meta(description="Lower end of its 95 % Wilson interval, signals as independent.", examples=[0.541]),
    ]
    beat_high: Annotated[Open[float | None], msgspec.Meta(description="Upper end of it.", examples=[0.637])]
    beat_low_by_game: Annotated[
        Open[float | None],
        msgspec.Meta(description="Lower end of its 95 % interval, games as independent.", examples=[0.503]),
    ]
    beat_high_by_game: Annotated[Open[float | None], msgspec.Meta(description="Upper end of it.", examples=[0.672])]
    clv_points_mean: Annotated[Open[float | None], msgspec.Meta(description="Mean of clv_points.", examples=[0.31])]
    clv_prob_mean: Annotated[Open[float | None], msgspec.Meta(description="Mean of clv_prob.", examples=[0.0123])]
    clv_prob_se: Annotated[
        Open[float | None], msgspec.Meta(description="Its standard error, clustered by game.", examples=[0.0041])
    ]


VALUE = ClosingValue(
    n=412,
    n_events=57,
    n_ties=12,
    n_beat=236,
    beat_rate=0.59,
    beat_low=0.541,
    beat_high=0.637,
    beat_low_by_game=0.503,
    beat_high_by_game=0.672,
    clv_points_mean=0.31,
    clv_prob_mean=0.0123,
    clv_prob_se=0.0041,
)


class GroupValue(msgspec.Struct):
    """The value of a group of signals. What the groups are not told apart by is null."""

    signal_type: Annotated[Open[str | None], msgspec.Meta(examples=["STEAM"])]
    sport_key: Annotated[Open[str | None], msgspec.Meta(examples=["basketball_nba"])]
    market: Annotated[Open[str | None], msgspec.Meta(examples=["spreads"])]
    time_bucket: Annotated[Open[str | None], msgspec.Meta(description="Time to start at detection.", examples=["1-3h"])]
    value: Open[ClosingValue]


class Summary(msgspec.Struct):
    """The value of all signals whose game closed between two moments, and of groups of them."""

    since: Annotated[Open[dt.datetime | None], msgspec.Meta(description="Null for all there is.")]
    until: Open[dt.datetime]
    total: Open[ClosingValue]
    groups: Annotated[Open[list[GroupValue]], msgspec.Meta(description="Those that hold a signal, by name.")]


class FinishedGame(msgspec.Struct):
    """A game that is over, and the value of the signals on it."""

    event_id: Annotated[Open[str], msgspec.Meta(examples=["e912304de2b2ce35b473ce2ecd3d1502"])]
    sport_key: Annotated[Open[str], msgspec.Meta(examples=["basketball_nba"])]
    commence_at: Open[dt.datetime]
    home_team: Annotated[Open[str], msgspec.Meta(examples=["Boston Celtics"])]
    away_team: Annotated[Open[str], msgspec.Meta(examples=["Miami Heat"])]
    value: Open[ClosingValue]


class Recap(msgspec.Struct):
    """The games of a day or a week that are over, in the order of their starts, and the value of the signals on all of them."""

    since: Open[dt.datetime]
    until: Annotated[Open[dt.datetime], msgspec.Meta(description="Not included.")]
    n_games: Annotated[Open[int], msgspec.Meta(description="On all pages together.", examples=[9])]
    total: Annotated[Open[ClosingValue], msgspec.Meta(description="Of all pages together.")]
    items: Open[list[FinishedGame]]
    next_cursor: Annotated[Open[str | None], msgspec.Meta(description="Null on the last page.")]


DAY = dt.timedelta(days=1)
MIDNIGHT = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
SUMMARY = Summary(MIDNIGHT - 30 * DAY, MIDNIGHT, VALUE, [GroupValue("STEAM", None, None, None, VALUE)])
GAME = FinishedGame(
    "e912304de2b2ce35b473ce2ecd3d1502",
    "basketball_nba",
    MIDNIGHT + DAY / 2,
    "Boston Celtics",
    "Miami Heat",
    VALUE,
)
RECAP = Recap(MIDNIGHT, MIDNIGHT + DAY, 1, VALUE, [GAME], None)
