"""The tables: a promise, so they are listed.

What is stored, in which types and units, under which key. How rows are computed does not belong here.
"""

from warehouse.tables.events import EventChanges, EventLinks, Events, Results
from warehouse.tables.freshness import BookFreshness, FreshnessBreaches
from warehouse.tables.market import CONVENTIONS, COUNTED_CONVENTION, SIDES, ClosingLines, Consensus, OddsSnapshots
from warehouse.tables.raw import Polls, Quarantine, RawOdds
from warehouse.tables.signals import ClvRecords, RegimeModels, RegimeSnapshots, ScoreBands, Scorecards, Signals
from warehouse.tables.table import TIME, Column, Table
from warehouse.tables.trades import EquityPoints, Trades, ValidationLogs

TABLES: tuple[type[Table], ...] = (
    RawOdds,
    Polls,
    Quarantine,
    Events,
    EventChanges,
    EventLinks,
    Results,
    OddsSnapshots,
    Consensus,
    BookFreshness,
    FreshnessBreaches,
    Signals,
    ClosingLines,
    ClvRecords,
    Scorecards,
    ScoreBands,
    RegimeSnapshots,
    RegimeModels,
    Trades,
    EquityPoints,
    ValidationLogs,
)

BY_NAME: dict[str, type[Table]] = {table.name: table for table in TABLES}

__all__ = [
    "BY_NAME",
    "CONVENTIONS",
    "COUNTED_CONVENTION",
    "SIDES",
    "TABLES",
    "TIME",
    "BookFreshness",
    "ClosingLines",
    "ClvRecords",
    "Column",
    "Consensus",
    "EquityPoints",
    "EventChanges",
    "EventLinks",
    "Events",
    "FreshnessBreaches",
    "OddsSnapshots",
    "Polls",
    "Quarantine",
    "RawOdds",
    "RegimeModels",
    "RegimeSnapshots",
    "Results",
    "ScoreBands",
    "Scorecards",
    "Signals",
    "Table",
    "Trades",
    "ValidationLogs",
]
