"""The budget as it stands, looked at from outside of polling: by `stratum budget` and `stratum doctor`."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from stratum_pipelines.budget.credits import month_of, price_of
from stratum_pipelines.budget.forecast import Forecast
from stratum_pipelines.budget.information import Coming, weight_of
from stratum_pipelines.budget.outlook import Outlook, Sport
from stratum_pipelines.budget.schedule import WEEK
from stratum_pipelines.fetch import FetchFailed, Reached
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.provider import Asking
from stratum_pipelines.providers.the_odds_api import PROVIDER
from stratum_pipelines.purse import Purse
from stratum_pipelines.settings import PipelineSettings
from stratum_pipelines.spending import Spending
from warehouse.database.credits import Balance
from warehouse.database.types import micros, moment
from warehouse.lake import Lake
from warehouse.tables import Events, Polls, RawOdds


@dataclass(frozen=True)
class BudgetNow:
    """What is known of the credits of the key, what requests under way hold, and what the rest of the month looks like.

    `outlook` and `forecast` are None where nothing was counted yet, or the provider counts nothing.
    """

    balance: Balance | None
    held: int
    reserve: int
    renewed_at: dt.datetime
    outlook: Outlook | None
    forecast: Forecast | None


def budget_now(platform: Platform, settings: PipelineSettings, now: dt.datetime) -> BudgetNow:
    """The budget of the key in the settings. Nothing is asked of the feed; how lively markets are is taken as usual."""
    purse = Purse(platform.database, PROVIDER.name, settings.allowance, settings.retry_attempts)
    spending = Spending(purse, _not_counted, settings.poll_s)
    at = micros(now)
    outlook = spending.look_ahead(_sports(platform.lake, settings, at), at)
    balance, held = purse.credits.standing(purse.provider)
    renewed_at = moment(month_of(at, settings.allowance.reset_day).end)
    return BudgetNow(balance, held, settings.allowance.reserve, renewed_at, outlook, spending.forecast(at))


def _not_counted() -> Reached:
    raise FetchFailed("The feed is not asked while somebody only looks.")


def _sports(lake: Lake, settings: PipelineSettings, now: int) -> list[Sport]:
    """The sports that are polled, with their games and charges as the tables hold them."""
    since = moment(now - WEEK)
    games = lake.scan(Events).filter(pl.col("commence_at") > since, pl.col("status") != "vanished").collect()
    answers = lake.scan(RawOdds, first=since.date()).filter(pl.col("provider") == PROVIDER.name)
    charges = answers.filter(pl.col("credits_last").is_not_null()).select("sport_key", "received_at", "credits_last")
    charged = charges.sort("received_at").collect()
    last = lake.scan(Polls, first=since.date()).filter(pl.col("provider") == PROVIDER.name)
    polled = dict(last.group_by("sport_key").agg(pl.col("received_at").max()).collect().iter_rows())
    return [
        _sport(sport_key, settings, games, charged, polled.get(sport_key), settings.followed)
        for sport_key in settings.sports
    ]


def _sport(
    sport_key: str,
    settings: PipelineSettings,
    games: pl.DataFrame,
    charged: pl.DataFrame,
    polled: dt.datetime | None,
    followed: Mapping[str, float],
) -> Sport:
    assert PROVIDER.requests is not None
    asked = PROVIDER.requests(sport_key, Asking(settings.regions, settings.odds_format))
    mine = games.filter(pl.col("sport_key") == sport_key)
    coming = [
        Coming(micros(start), weight_of([sport_key, event_id, home, away], followed))
        for event_id, home, away, start in mine.select("event_id", "home_team", "away_team", "commence_at").iter_rows()
    ]
    charges = charged.filter(pl.col("sport_key") == sport_key)["credits_last"].to_list()
    at = None if polled is None else micros(polled)
    return Sport(sport_key, price_of(sum(one.cost for one in asked), charges), coming, at, at)
