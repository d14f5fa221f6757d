"""A market in which whatever is not for everybody can be told at a glance.

Every table has a row that was known half an hour ago and one of two minutes ago. What tells books, velocity or the components of scores
holds CANARY or 73117311; whatever is young holds YOUNG or 62216221 besides. Which columns tell that stands here, apart from what
the code declares, so that a slip there is seen.
"""

import datetime as dt
from typing import Any

import polars as pl

from tests.api.conftest import Api
from warehouse.database import MarketStore
from warehouse.tables import (
    TIME,
    ClosingLines,
    ClvRecords,
    Column,
    Consensus,
    Events,
    OddsSnapshots,
    RawOdds,
    Signals,
    Table,
    Trades,
)

CANARY, CANARY_NUMBER = "CANARY", 73117311
YOUNG, YOUNG_NUMBER = "YOUNG", 62216221
OLD_SIGNAL, YOUNG_SIGNAL = "a" * 32, "b" * 32
OLD_DISLOCATION, YOUNG_DISLOCATION = "c" * 32, "d" * 32
GAME = "game"
# The ages of the two rows: community sees nothing younger than ten minutes.
OLD_AGE, YOUNG_AGE = dt.timedelta(minutes=30), dt.timedelta(minutes=2)

REVEALING: dict[type[Table], set[str]] = {
    Signals: {
        "velocity_per_min", "n_books", "n_groups", "bookmakers", "window_s", "entry_point", "entry_price_decimal",
        "entry_bookmaker", "meta",
    },
    Consensus: {
        "n_books", "n_groups", "n_stale", "n_at_number", "n_sharp", "n_implausible", "best_price_decimal", "best_bookmaker", "sharp_fair_prob",
        "sharp_point", "age_median_s", "age_max_s", "point_std", "point_mad", "point_iqr", "fair_prob_std", "fair_prob_mad",
        "fair_prob_iqr", "margin_median",
    },
    OddsSnapshots: {"bookmaker", "price_decimal", "price_american", "point"},
    ClosingLines: {"bookmakers", "n_books"},
    # By how much the entry beats a close that is shown would tell the entry.
    ClvRecords: {
        "entry_point", "entry_price_decimal", "close_bookmakers", "close_n_books", "clv_points", "clv_points_novig", "clv_prob",
        "clv_ev", "clv_cents", "clv_prob_raw", "clv_ev_raw", "clv_cents_raw",
    },
    # Profit over stake is the price; and what was bet on tells the signal, of which not all are shown.
    Trades: {
        "account", "direction", "volume", "stake", "entry_price", "exit_price", "take_profit", "stop_loss", "profit", "pips",
        "risk_reward_ratio", "percent_equity_return", "fees", "signal_id", "event_id", "market", "outcome", "point", "bookmaker",
    },
}  # fmt: skip


def seed(api: Api) -> dt.datetime:
    """Fill database and lake; gives the moment the old rows were known."""
    now = dt.datetime.now(dt.UTC)
    old, young = now - OLD_AGE, now - YOUNG_AGE
    store, lake = MarketStore(api.service.database), api.service.lake
    start = {"commence_at": now + dt.timedelta(hours=2), "event_id": GAME, "sport_key": "football"}
    ids = {OLD_SIGNAL: OLD_DISLOCATION, YOUNG_SIGNAL: YOUNG_DISLOCATION}
    for at, is_young, signal_id in ((old, False, OLD_SIGNAL), (young, True, YOUNG_SIGNAL)):
        events = rows(Events, at, is_young, **start)
        consensus = rows(Consensus, at, is_young, **start, outcome="Home", market="spreads")
        about = {**start, "outcome": "Home", "market": "spreads", "meta": meta(is_young)}
        dislocated = {"signal_id": ids[signal_id], "signal_type": "DISLOCATION", "is_structural_core": False}
        signals = pl.concat(
            [
                rows(Signals, at, is_young, **about, signal_id=signal_id),
                rows(Signals, at, is_young, **{**about, **dislocated}),
            ]
        )
        store.publish(events=events, consensus=consensus, signals=signals, now=at)
        quotes = rows(OddsSnapshots, at, is_young, **start, outcome="Home", market="spreads")
        answers = rows(RawOdds, at, is_young)
        for table, frame in ((Consensus, consensus), (Signals, signals), (OddsSnapshots, quotes), (RawOdds, answers)):
            lake.append(table, frame, batch="young" if is_young else "old")
        lake.merge(Events, events)
    return old


def meta(is_young: bool) -> str:
    """What explains a signal, which names books."""
    return f'{{"book":"{CANARY}{YOUNG if is_young else ""}","z":{CANARY_NUMBER}}}'


def rows(table: type[Table], at: dt.datetime, is_young: bool, **changed: Any) -> pl.DataFrame:
    """One row of a table, known at a moment."""
    told = REVEALING.get(table, set())
    made = {name: value(column, at, name in told, is_young) for name, column in table.columns.items()}
    return pl.DataFrame([{**made, **changed}], schema=table.schema())


def value(column: Column, at: dt.datetime, is_told: bool, is_young: bool) -> Any:
    """What a column holds: something unremarkable, or what must not be seen."""
    if column.dtype == TIME:
        return at
    if column.one_of:
        return column.one_of[0]
    text = f"{CANARY if is_told else 'open'}{YOUNG if is_young else ''}"
    number = CANARY_NUMBER if is_told else YOUNG_NUMBER if is_young else 5
    if column.dtype == pl.Float64:
        # Written so that its digits can be found again in an answer.
        return float(f"{0 if column.at_most is not None and column.at_most <= 1 else 1}.{number}")
    kinds: dict[Any, Any] = {pl.String: text, pl.Boolean: True, pl.Binary: b"", pl.Int32: number, pl.Int64: number}
    return kinds.get(column.dtype, [text])
