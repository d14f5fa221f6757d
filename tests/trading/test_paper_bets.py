"""Signals into paper bets: what is bet, when it ends, and that nothing later than the moment asked for is read."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from stratum_pipelines.paper_terms import PaperTerms
from stratum_pipelines.reference import load_reference
from stratum_pipelines.trading.paper_bets import equity_returns, paper_bets, starting_deposit
from tests.warehouse.frames import sample
from warehouse.tables import TIME, EventChanges, Results, Signals

NFL, SOCCER = "americanfootball_nfl", "soccer_fifa_world_cup"
NOW = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
START = dt.datetime(2026, 1, 10, 18, tzinfo=dt.UTC)
TERMS = PaperTerms(stake=1_000, balance=100_000, currency="EUR")


def hours(n: float) -> dt.datetime:
    """So many hours after the start of the game."""
    return START + dt.timedelta(hours=n)


def signals(*rows: dict[str, Any]) -> pl.DataFrame:
    """Signals on the home team of one game at -2.5 and 1.91, two hours before its start, unless said otherwise."""
    base = {
        "signal_type": "MOVE",
        "rule_version": "3",
        "event_id": "game",
        "sport_key": NFL,
        "market": "spreads",
        "outcome": "Chiefs",
        "direction": "home",
        "detected_at": hours(-2),
        "commence_at": START,
        "entry_point": -2.5,
        "entry_price_decimal": 1.91,
        "entry_bookmaker": "fanduel",
    }
    frame = sample(Signals, len(rows))
    made = pl.DataFrame([base | row for row in rows], schema_overrides={"entry_point": pl.Float64})
    return Signals.conform(frame.drop(*made.columns).hstack(made))


def changes(*rows: tuple[str, dt.datetime, dt.datetime, bool], sport_key: str = NFL) -> pl.LazyFrame:
    """Changes of schedules: game, receipt, start as known from then on, whether it is listed."""
    names = ("event_id", "received_at", "commence_at", "is_listed")
    frame = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows], orient="row")
    return EventChanges.conform(frame.with_columns(sport_key=pl.lit(sport_key), response_id=pl.lit("answer"))).lazy()


def results(*rows: dict[str, Any]) -> pl.LazyFrame:
    """Results of the game, received five hours after its start, unless said otherwise."""
    base = {
        "event_id": "game",
        "version": 1,
        "home_score": 27,
        "away_score": 20,
        "status": "final",
        "period": "full",
        "source": "test",
        "received_at": hours(5),
        "is_current": True,
    }
    frame = pl.DataFrame([base | row for row in rows]) if rows else Results.empty()
    return Results.conform(frame).lazy()


LISTED = changes(("game", hours(-100), START, True))


def bet(
    made: pl.DataFrame,
    schedule: pl.LazyFrame = LISTED,
    known: pl.LazyFrame | None = None,
    *,
    as_of: dt.datetime = NOW,
) -> pl.DataFrame:
    """The paper bets on these signals, as of a moment."""
    at = int(as_of.timestamp() * 1_000_000)
    leagues = load_reference().leagues
    return paper_bets(made, schedule, results() if known is None else known, leagues, TERMS, at, NOW)


def test_a_signal_is_bet_at_its_entry_and_ends_when_its_result_came() -> None:
    made = bet(signals({}), known=results({}))
    row = made.row(0, named=True)
    # Home won by 7 at -2.5: 1000 x 0.91.
    assert (row["profit"], row["stake"], row["exit_reason"], row["status"]) == (910, 1000, "win", "closed")
    assert (row["entry_at"], row["exit_at"], row["duration_hours"]) == (hours(-2), hours(5), 7.0)
    assert (row["account"], row["strategy"], row["strategy_version"], row["source"]) == ("paper", "MOVE", "3", "paper")
    assert (row["symbol"], row["market"], row["outcome"], row["point"]) == (NFL, "spreads", "Chiefs", -2.5)
    assert (row["entry_price"], row["bookmaker"], row["currency"], row["direction"]) == (1.91, "fanduel", "EUR", "back")
    assert row["risk_reward_ratio"] == pytest.approx(0.91)
    assert row["setup_id"] == row["signal_id"] == signals({})["signal_id"][0]


def test_a_signal_without_an_entry_is_not_bet() -> None:
    none = {"entry_price_decimal": None, "entry_point": None, "entry_bookmaker": None}
    assert bet(signals({}, none)).height == 1


def test_the_same_signal_gives_the_same_id_whatever_is_known_and_another_signal_another() -> None:
    two = signals({}, {"direction": "away", "outcome": "Raiders", "entry_point": 2.5})
    before, after = bet(two), bet(two, known=results({}))
    assert before["trade_id"].to_list() == after["trade_id"].to_list()
    assert after["trade_id"].n_unique() == 2
    assert after.sort("profit")["exit_reason"].to_list() == ["loss", "win"]


def test_a_bet_is_open_until_its_result_has_come_and_nothing_later_is_read() -> None:
    moved = changes(("game", hours(-100), START, True), ("game", hours(-1), hours(1), True))
    known = results({}, {"version": 2, "home_score": 20, "away_score": 20, "received_at": hours(30)})
    at = {h: bet(signals({}), moved, known, as_of=hours(h)) for h in (-3, -2, 4.9, 5, 30)}
    assert at[-3].is_empty()
    assert at[-2].row(0, named=True)["commence_at"] == START
    assert at[4.9].select("status", "commence_at", "profit", "exit_at").row(0) == ("open", hours(1), None, None)
    assert at[5].select("profit", "exit_at").row(0) == (910, hours(5))
    # Corrected to a tie: -2.5 loses, and the account knows it from then on.
    assert at[30].select("profit", "exit_at").row(0) == (-1000, hours(30))


def test_a_result_said_to_be_from_before_the_start_ends_the_bet_with_the_start() -> None:
    early = results({"received_at": hours(-1)})
    assert bet(signals({}), known=early)["exit_at"].to_list() == [START]
    in_play = signals({"detected_at": hours(1)})
    assert bet(in_play, known=early)["exit_at"].to_list() == [hours(1)]


@pytest.mark.parametrize("status", ["void", "postponed"])
def test_a_game_that_was_not_played_gives_the_stake_back(status: str) -> None:
    off = results({"status": status, "home_score": None, "away_score": None})
    row = bet(signals({}), known=off).row(0, named=True)
    assert (row["status"], row["exit_reason"], row["profit"]) == ("void", "void", 0)


def test_a_tie_loses_where_a_draw_was_on_offer_and_is_a_push_where_none_was() -> None:
    level = results({"home_score": 1, "away_score": 1})
    h2h = {"market": "h2h", "entry_point": None, "entry_price_decimal": 2.5}
    assert bet(signals(h2h), known=level)["exit_reason"].to_list() == ["push"]
    three = [h2h | {"sport_key": SOCCER}, h2h | {"sport_key": SOCCER, "direction": "draw", "outcome": "Draw"}]
    assert bet(signals(*three), known=level).sort("profit")["exit_reason"].to_list() == ["loss", "win"]


def test_soccer_is_settled_on_regulation_time_and_football_on_the_whole_game() -> None:
    both = results(
        {"home_score": 1, "away_score": 1, "period": "regulation"},
        {"version": 2, "home_score": 2, "away_score": 1, "period": "full"},
    )
    h2h = {"market": "h2h", "entry_point": None, "entry_price_decimal": 2.5}
    assert bet(signals(h2h | {"sport_key": SOCCER}), known=both)["exit_reason"].to_list() == ["loss"]
    assert bet(signals(h2h), known=both)["exit_reason"].to_list() == ["win"]


def test_a_game_that_left_the_feed_and_was_passed_over_by_results_is_void_two_days_after_its_start() -> None:
    def schedule(gone_at: dt.datetime) -> pl.LazyFrame:
        return changes(
            ("game", hours(-100), START, True),
            ("game", gone_at, START, False),
            *((f"other {h}", hours(-100), hours(h), True) for h in (-24, 48)),
        )

    known = results({"event_id": "other -24"}, {"event_id": "other 48", "received_at": hours(53)})
    off = bet(signals({}), schedule(hours(-1)), known)
    assert off.select("status", "exit_at", "profit").row(0) == ("void", hours(48), 0)
    # One that was still listed when it started, whose later games have no result yet, or that came back is open.
    assert bet(signals({}), schedule(hours(1)), known)["status"].to_list() == ["open"]
    assert bet(signals({}), schedule(hours(-1)), known, as_of=hours(52))["status"].to_list() == ["open"]
    back = pl.concat([schedule(hours(-1)), changes(("game", hours(20), hours(90), True))])
    assert bet(signals({}), back, known)["status"].to_list() == ["open"]
    # And a result that comes after all counts.
    late = pl.concat([known, results({"received_at": hours(60)})])
    assert bet(signals({}), schedule(hours(-1)), late)["exit_reason"].to_list() == ["win"]


def account(*rows: tuple[float, float | None, int | None]) -> pl.DataFrame:
    """Bets as entry and end in hours and profit, in this order."""
    return pl.DataFrame(
        {
            "entry_at": pl.Series([hours(entry) for entry, _, _ in rows], dtype=TIME),
            "exit_at": pl.Series([None if end is None else hours(end) for _, end, _ in rows], dtype=TIME),
            "profit": pl.Series([profit for _, _, profit in rows], dtype=pl.Int64),
        }
    )


def test_returns_are_of_the_balance_just_before_the_entry() -> None:
    # 1000 at first. The second is entered before the first ends: still of 1000. The third and fourth are of 1000 + 100 and
    # of 1000 + 100 - 50: what ends with an entry's own moment is not there yet.
    rows = equity_returns(account((0, 2, 100), (1, 3, -50), (3, 9, 22), (4, 9, 21), (5, None, None)), 1_000)
    assert rows["percent_equity_return"].to_list() == pytest.approx([10.0, -5.0, 2.0, 2.0, None])


def test_there_is_no_return_on_a_balance_that_is_gone() -> None:
    rows = equity_returns(account((0, 1, -1_000), (2, 3, 500)), 1_000)
    assert rows["percent_equity_return"].to_list() == [-100.0, None]


def test_the_account_begins_with_its_deposit_whose_id_does_not_hang_on_its_moment() -> None:
    first, earlier = (starting_deposit(hours(h), TERMS, NOW) for h in (0, -5))
    assert first.select("kind", "amount", "balance", "currency").row(0) == ("deposit", 100_000, 100_000, "EUR")
    assert first["equity_point_id"].to_list() == earlier["equity_point_id"].to_list()
    assert earlier["noted_at"].to_list() == [hours(-5)]
