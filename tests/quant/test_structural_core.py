"""The gate of public surfaces: what it lets through, what was known when, and that skips are logged."""

import datetime as dt
import logging

import polars as pl
import pytest

from stratum_pipelines.quant.structural_core import Gate, gated, is_structural_core, public_gate, public_signals
from warehouse.tables import Scorecards, Signals

NFL = "americanfootball_nfl"
DAY = dt.datetime(2025, 10, 12, 12, tzinfo=dt.UTC)


def signals(*rows: tuple[str, str, int, dt.datetime], n_groups: int = 3) -> pl.LazyFrame:
    """Signals by type, market, strength and moment; everything else is of no interest here."""
    columns = [
        {
            "signal_id": str(i),
            "signal_type": signal_type,
            "market": market,
            "strength_score": strength,
            "n_groups": n_groups,
            "detected_at": at,
            "sport_key": NFL,
        }
        for i, (signal_type, market, strength, at) in enumerate(rows)
    ]
    return Signals.conform(pl.DataFrame(columns)).lazy()


def cards(*rows: tuple[dt.datetime, int], **more: str) -> pl.LazyFrame:
    """Scorecards of key crosses on spreads over all time, by the end of the day and how many they count."""
    cut = {
        "signal_type": "KEY_CROSS",
        "sport_key": NFL,
        "market": "spreads",
        "time_bucket": "",
        "window": "all",
        **more,
    }
    frame = pl.DataFrame([{**cut, "as_of": as_of, "n": n} for as_of, n in rows], schema_overrides={"n": pl.Int32})
    return Scorecards.conform(frame).lazy() if rows else Scorecards.empty().lazy()


def end_of(day: int) -> dt.datetime:
    return dt.datetime(2025, 10, day, 23, 59, 59, 999_999, dt.UTC)


@pytest.mark.parametrize(
    ("signal_type", "market", "strength", "n_groups", "n", "opens", "why"),
    [
        ("KEY_CROSS", "spreads", 55, 3, None, True, ""),
        ("KEY_CROSS", "spreads", 55, 3, 15, True, ""),
        ("KEY_CROSS", "spreads", 55, 3, 14, False, "fewer than 15"),
        ("KEY_CROSS", "spreads", 54, 3, 900, False, "below 55"),
        ("KEY_CROSS", "spreads", 90, 2, 900, False, "fewer than 3 operator groups moved"),
        ("KEY_CROSS", "totals", 90, 3, 900, False, "no key-number cross"),
        ("STEAM", "spreads", 90, 3, 900, False, "no key-number cross"),
    ],
)
def test_the_gate_opens_for_strong_key_crosses_with_enough_behind_them(
    signal_type: str, market: str, strength: int, n_groups: int, n: int | None, opens: bool, why: str
) -> None:
    gate = public_gate(signal_type, market, strength, n_groups, n)
    assert gate.is_open is opens and why in gate.reason
    assert (gate == Gate(True)) is opens
    # The frame says the same of the same signal.
    known = cards((end_of(11), n)) if n is not None else cards()
    (row,) = gated(signals((signal_type, market, strength, DAY), n_groups=n_groups), known).collect().to_dicts()
    assert row["skip_reason"] == gate.reason


def test_what_a_row_knows_of_itself_is_the_gate_without_samples() -> None:
    for signal_type in ("KEY_CROSS", "MOVE"):
        for market in ("spreads", "totals"):
            for strength, n_groups in ((54, 3), (55, 2), (55, 3)):
                assert (
                    is_structural_core(signal_type, market, strength, n_groups)
                    is public_gate(signal_type, market, strength, n_groups).is_open
                )


def test_only_scorecards_of_days_closed_before_the_signal_count() -> None:
    counted = cards((end_of(10), 3), (end_of(11), 20), (end_of(12), 900))
    moments = [DAY - dt.timedelta(days=3), DAY - dt.timedelta(days=1), end_of(11), DAY, DAY + dt.timedelta(days=1)]
    found = gated(signals(*(("KEY_CROSS", "spreads", 60, at) for at in moments)), counted).collect()
    # On the 9th nothing was known; on the 11th, to its last moment, the card of the 10th; on the 12th that of the 11th.
    assert found["n_samples"].to_list() == [None, 3, 3, 20, 900]
    assert [reason == "" for reason in found["skip_reason"]] == [True, False, False, True, True]


def test_cards_of_other_cuts_do_not_count() -> None:
    row = signals(("KEY_CROSS", "spreads", 60, DAY))
    for other in (
        {"time_bucket": "1-3h"},
        {"window": "7d"},
        {"sport_key": ""},
        {"market": ""},
        {"signal_type": "MOVE"},
    ):
        assert gated(row, cards((end_of(11), 2), **other)).collect()["n_samples"].item() is None


def test_rows_keep_their_order_whatever_their_times() -> None:
    rows = signals(*(("KEY_CROSS", "spreads", 60, DAY - dt.timedelta(hours=h)) for h in (1, 5, 3, 0)))
    assert gated(rows, cards((end_of(11), 20))).collect()["signal_id"].to_list() == ["0", "1", "2", "3"]


def test_the_public_sees_whole_rows_and_the_log_says_what_was_skipped(caplog: pytest.LogCaptureFixture) -> None:
    rows = signals(
        ("KEY_CROSS", "spreads", 60, DAY),
        ("KEY_CROSS", "spreads", 20, DAY),
        ("MOVE", "spreads", 60, DAY),
        ("MOVE", "h2h", 60, DAY),
    )
    with caplog.at_level(logging.INFO):
        shown = public_signals(rows, cards((end_of(11), 20)))
    assert shown["signal_id"].to_list() == ["0"]
    assert shown.columns == list(Signals.schema())
    assert sorted(record.getMessage() for record in caplog.records) == [
        "Kept from the public, 1 of 4 signals: its strength is below 55.",
        "Kept from the public, 2 of 4 signals: it is no key-number cross on spreads.",
    ]


def test_without_signals_nobody_is_shown_and_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    assert public_signals(Signals.empty().lazy(), cards()).is_empty()
    assert not caplog.records
