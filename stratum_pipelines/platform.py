"""The platform opened: where the lake is, where the database is, and which rules are in force."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from stratum_pipelines.board.advance import Rules
from stratum_pipelines.checkpoints import Checkpoints
from stratum_pipelines.paper_terms import DEFAULT_TERMS, PaperTerms
from stratum_pipelines.providers import find_providers
from stratum_pipelines.quant.closing_moments import FINAL_AFTER
from stratum_pipelines.reference import load_reference
from stratum_pipelines.signals import Overrides, signals_in_force
from warehouse.database import Database
from warehouse.lake import Lake
from warehouse.settings import Settings
from warehouse.tables import EventLinks


@dataclass(frozen=True)
class Platform:
    """Lake, database and rules of one installation; everything that computes takes one.

    `final_after` is how long after its moment a close becomes final, `paper` the terms of paper bets.
    """

    settings: Settings
    lake: Lake
    database: Database
    rules: Rules
    final_after: dt.timedelta = FINAL_AFTER
    paper: PaperTerms = DEFAULT_TERMS

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Stored boards, one per sport and day."""
        return Checkpoints(self.settings.home / "boards")


def open_platform(
    settings: Settings,
    overrides: Overrides = (),
    final_after: dt.timedelta = FINAL_AFTER,
    paper: PaperTerms = DEFAULT_TERMS,
) -> Platform:
    """Open what the settings name, with the database brought up to date.

    `overrides` are parameters set for signal rules, `final_after` how long after its moment a close becomes final, `paper`
    the terms of paper bets.
    """
    database = Database(settings.database_url)
    database.migrate()
    lake = Lake(settings.lake_url)
    signals = signals_in_force(overrides)
    rules = Rules(load_reference(), signals, find_providers(), manual_links(lake), regimes=settings.regimes)
    return Platform(settings, lake, database, rules, final_after, paper)


def manual_links(lake: Lake) -> dict[tuple[str, str], str]:
    """The links a person has made, from (provider, its id of a game) to our event_id."""
    rows = lake.scan(EventLinks).filter(pl.col("reason") == "manual").collect()
    return {(row["provider"], row["provider_event_id"]): row["event_id"] for row in rows.iter_rows(named=True)}
