"""Rows of the hot tables by keyword, for tests that publish and settle."""

import datetime as dt
from typing import Any

import polars as pl

from warehouse.tables import ClosingLines, ClvRecords, Consensus, Events, Signals, Table

NOON = dt.datetime(2026, 1, 4, 12, 0, 0, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def _frame(table: type[Table], rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{**dict.fromkeys(table.columns), **row} for row in rows], schema=table.schema())


def event_rows(*event_ids: str, at: dt.datetime = NOON, **changed: Any) -> pl.DataFrame:
    """Games last seen at a moment."""
    row = {
        "sport_key": "football",
        "league": "NFL",
        "commence_at": NOON + 3600 * SECOND,
        "home_team": "Home",
        "away_team": "Away",
        "status": "scheduled",
        "first_seen_at": NOON,
        "last_seen_at": at,
        "n_reschedules": 0,
    }
    return _frame(Events, [{**row, "event_id": event_id, **changed} for event_id in event_ids])


def consensus_rows(*event_ids: str, at: dt.datetime = NOON, **changed: Any) -> pl.DataFrame:
    """Two outcomes of each game's spread."""
    row = {
        "market": "spreads",
        "as_of": at,
        "sport_key": "football",
        "commence_at": NOON + 3600 * SECOND,
        "n_books": 9,
        "n_groups": 8,
        "n_stale": 1,
        "price_median": 1.91,
        "fair_prob": 0.5,
        "devig_method": "multiplicative",
        "response_id": "answer",
    }
    sides = [("Home", "home", -3.5), ("Away", "away", 3.5)]
    return _frame(
        Consensus,
        [
            {**row, "event_id": event_id, "outcome": outcome, "side": side, "point_median": point, **changed}
            for event_id in event_ids
            for outcome, side, point in sides
        ],
    )


def signal_rows(*signal_ids: str, at: dt.datetime = NOON, event_id: str = "game", **changed: Any) -> pl.DataFrame:
    """Signals of one game."""
    row = {
        "signal_type": "MOVE",
        "display_type": "Line move",
        "rule_version": "1",
        "event_id": event_id,
        "sport_key": "football",
        "market": "spreads",
        "outcome": 'Hôme \\ "quoted"',
        "direction": "home",
        "detected_at": at,
        "commence_at": NOON + 3600 * SECOND,
        "minutes_to_start": 60.0,
        "time_bucket": "15-60m",
        "from_value": -3.0,
        "to_value": -3.5,
        "n_books": 2,
        "n_groups": 2,
        "bookmakers": ["book, one", "böok two"],
        "window_s": 300.0,
        "strength_score": 60,
        "composite_score": 60.0,
        "score_source": "strength_fallback",
        "priority": "Medium",
        "is_structural_core": True,
        "meta": '{"a":1}',
        "response_id": "answer",
    }
    return _frame(Signals, [{**row, "signal_id": signal_id, **changed} for signal_id in signal_ids])


def closing_rows(*event_ids: str, **changed: Any) -> pl.DataFrame:
    """One closing line of each game."""
    row = {
        "market": "spreads",
        "outcome": "Home",
        "bookmaker": "consensus",
        "convention": "scheduled",
        "version": 1,
        "sport_key": "football",
        "side": "home",
        "closed_at": NOON,
        "point": -5.5,
        "n_books": 9,
        "quality": "ok",
        "is_current": True,
        "final_at": NOON,
        "is_final": True,
        "reason": "first",
    }
    return _frame(ClosingLines, [{**row, "event_id": event_id, **changed} for event_id in event_ids])


def clv_rows(*signal_ids: str, event_id: str = "game", **changed: Any) -> pl.DataFrame:
    """One CLV record of each signal."""
    row = {
        "convention": "scheduled",
        "version": 1,
        "event_id": event_id,
        "sport_key": "football",
        "market": "spreads",
        "outcome": "Home",
        "signal_type": "MOVE",
        "time_bucket": "15-60m",
        "detected_at": NOON,
        "clv_points": 2.0,
        "beat_close": True,
        "quality": "ok",
        "closed_at": NOON,
        "computed_at": NOON,
        "is_current": True,
        "final_at": NOON,
        "is_final": True,
        "reason": "first",
    }
    return _frame(ClvRecords, [{**row, "signal_id": signal_id, **changed} for signal_id in signal_ids])


def state_rows(at: dt.datetime, *, sport: str = "football", **states: str) -> pl.DataFrame:
    """How books stand in the spreads of a sport at an answer, in the columns that a board gives; one is fresh by default."""
    rows = [
        {
            "bookmaker": name,
            "sport_key": sport,
            "market": "spreads",
            "as_of": at,
            "state_at_answer": state,
            "since_at_answer": at,
            "reason_at_answer": "" if state == "fresh" else "standing_still",
            "last_sighted_at": at - 30 * SECOND,
            "expected_gap_s": 60.0,
            "limit_s": 120.0,
            "is_quoted": True,
            "is_wanted": True,
        }
        for name, state in (states or {"fanduel": "fresh"}).items()
    ]
    return pl.DataFrame(rows)
