"""What follows the market of `seeded_market`: closes, closing-line value, scorecards, how books stand; told apart in the same way."""

import datetime as dt

import polars as pl

from tests.api.conftest import Api
from tests.api.seeded_market import CANARY, GAME, OLD_AGE, OLD_SIGNAL, YOUNG, YOUNG_AGE, YOUNG_SIGNAL, rows
from tests.warehouse.market_rows import state_rows
from warehouse.database import MarketStore
from warehouse.database.freshness import BookStates
from warehouse.tables import BookFreshness, ClosingLines, ClvRecords, FreshnessBreaches, Scorecards


def seed_closes(api: Api) -> None:
    """Fill database and lake beside what `seed` fills."""
    now = dt.datetime.now(dt.UTC)
    lake = api.service.lake
    about = {"event_id": GAME, "sport_key": "football", "market": "spreads", "outcome": "Home"}
    lines, records = [], []
    for at, is_young, signal_id in ((now - OLD_AGE, False, OLD_SIGNAL), (now - YOUNG_AGE, True, YOUNG_SIGNAL)):
        version = {"version": 2 if is_young else 1}
        lines += [
            rows(ClosingLines, at, is_young, **about, **version, bookmaker="consensus"),
            rows(ClosingLines, at, is_young, **about, **version, bookmaker=CANARY),
        ]
        records.append(rows(ClvRecords, at, is_young, **about, version=1, signal_id=signal_id))
        # A scorecard speaks for the end of a day: of today's nobody late may know yet.
        day = dt.datetime.combine(now.date(), dt.time.max, dt.UTC) - dt.timedelta(days=0 if is_young else 2)
        card = rows(
            Scorecards, day, is_young, signal_type=YOUNG if is_young else "", sport_key="", market="", time_bucket=""
        )
        for table, frame in (
            (ClvRecords, records[-1]),
            (Scorecards, card),
            (
                BookFreshness,
                rows(BookFreshness, at, is_young, bookmaker="book", sport_key="football", market="spreads"),
            ),
            (FreshnessBreaches, rows(FreshnessBreaches, at, is_young)),
        ):
            lake.append(table, frame, batch="young" if is_young else "old", is_checked=True)
    store = MarketStore(api.service.database)
    store.settle(pl.concat(lines), pl.concat(records), event_ids=[GAME], now=now)
    states = state_rows(now - YOUNG_AGE, **{YOUNG: "late"})
    BookStates(api.service.database).publish("football", now - YOUNG_AGE, states)
