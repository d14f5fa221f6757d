"""Signals are matched with what was planted: by game, market, side and time."""

import polars as pl
import pytest

from stratum_pipelines.signals import find_signals
from stratum_pipelines.simulation import KINDS, Planted, score_detections

AT = 1_773_500_000_000_000
MINUTE = 60_000_000


def steam(event_id: str = "game", market: str = "spreads", direction: str = "home", kind: str = "steam") -> Planted:
    return Planted(AT, kind, "americanfootball_nfl", event_id, market, direction, AT + 5 * MINUTE, ("pinnacle",), 1.0)


def signals(*rows: tuple[str, str, str, str, int]) -> pl.DataFrame:
    names = ["signal_type", "event_id", "market", "direction", "detected_at"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names[:4], pl.String) | {names[4]: pl.Int64}, orient="row")
    return frame.with_columns(pl.col("detected_at").cast(pl.Datetime("us", "UTC")))


def row(frame: pl.DataFrame, kind: str, signal_type: str = "SYNC") -> dict:
    return frame.row(by_predicate=(pl.col("kind") == kind) & (pl.col("signal_type") == signal_type), named=True)


def test_recall_and_precision_are_counted_by_hand() -> None:
    # Two of three planted are found (the third is on another game); of four signals three fall within something planted.
    truth = [steam("one"), steam("two"), steam("three")]
    found = signals(
        ("SYNC", "one", "spreads", "home", AT + 2 * MINUTE),
        ("SYNC", "one", "spreads", "home", AT + 4 * MINUTE),
        ("SYNC", "two", "spreads", "home", AT + 4 * MINUTE),
        ("SYNC", "other", "spreads", "home", AT + MINUTE),
    )
    scored = row(score_detections(found, truth), "steam")
    assert (scored["n_planted"], scored["n_found"], scored["n_signals"], scored["n_right"]) == (3, 2, 4, 3)
    assert scored["recall"] == pytest.approx(2 / 3)
    assert scored["precision"] == pytest.approx(3 / 4)
    # First signals after two and four minutes.
    assert scored["delay_s_median"] == pytest.approx(180)


@pytest.mark.parametrize(
    ("event_id", "market", "direction", "minutes", "is_found"),
    [
        ("game", "spreads", "home", 0, True),
        ("game", "spreads", "home", 15, True),
        ("game", "spreads", "home", 15.01, False),
        ("game", "spreads", "home", -0.01, False),
        ("game", "spreads", "away", 1, False),
        ("game", "totals", "home", 1, False),
        ("game_2", "spreads", "home", 1, False),
    ],
)
def test_a_signal_counts_on_its_game_market_side_and_time(
    event_id: str, market: str, direction: str, minutes: float, is_found: bool
) -> None:
    found = signals(("SYNC", event_id, market, direction, AT + int(minutes * MINUTE)))
    assert row(score_detections(found, [steam()], tolerance_s=600), "steam")["n_found"] == is_found


def test_kinds_are_scored_apart_and_together_and_types_too() -> None:
    truth = [steam(), steam(kind="key_cross"), steam("two")]
    found = signals(("SYNC", "game", "spreads", "home", AT), ("CROSS", "two", "spreads", "home", AT))
    scored = score_detections(found, truth)
    assert row(scored, "key_cross")["recall"] == 1.0
    assert row(scored, "steam")["recall"] == 0.5
    assert row(scored, "", "CROSS")["n_found"] == 1
    assert row(scored, "")["n_right"] == 1
    assert scored.height == 2 * 3


def test_a_type_is_measured_by_what_its_file_says_it_is_there_to_find() -> None:
    found = signals(("STEAM", "game", "spreads", "home", AT), ("KEY_CROSS", "game", "spreads", "home", AT))
    scored = score_detections(found, [steam(), steam(kind="outlier"), steam(kind="key_cross")])
    aims = scored.filter("is_aim").select("signal_type", "kind").rows()
    assert aims == [("KEY_CROSS", "key_cross"), ("STEAM", "steam")]
    other = score_detections(found, [steam()], aims={"STEAM": ()})
    assert not other["is_aim"].any()


def test_what_the_types_are_there_to_find_is_planted() -> None:
    for signal in find_signals().values():
        assert set(signal.finds) <= set(KINDS)


def test_things_without_a_side_are_not_scored() -> None:
    pulled = Planted(AT, "pulled", "americanfootball_nfl", "game", "spreads", "", AT + MINUTE)
    scored = score_detections(signals(("SYNC", "game", "spreads", "home", AT)), [pulled])
    assert scored["kind"].to_list() == [""]
    assert scored["n_planted"].to_list() == [0]
    assert scored["recall"].to_list() == [None]


def test_no_signals_give_no_rows() -> None:
    assert score_detections(signals(), [steam()]).is_empty()
