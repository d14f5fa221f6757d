"""Signals into paper bets: one at the entry of every signal, settled by what was known of results at a moment."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from stratum_pipelines.paper_terms import PaperTerms
from stratum_pipelines.providers.reading import identity
from stratum_pipelines.quant.deciding_results import deciding_results
from stratum_pipelines.quant.settlement import settle_bets
from stratum_pipelines.reference import League
from warehouse.tables import TIME, EquityPoints, Trades

ACCOUNT = "paper"
# So long after its start books wait for a game that was put off, before they give stakes back.
WAIT_FOR_GAME = pl.duration(hours=48)
HOUR_S = 3600


def paper_bets(
    signals: pl.DataFrame,
    event_changes: pl.LazyFrame,
    results: pl.LazyFrame,
    leagues: Mapping[str, League],
    terms: PaperTerms,
    as_of: int,
    recorded_at: dt.datetime,
) -> pl.DataFrame:
    """Rows of `trades`, a bet per signal with an entry, as known at `as_of` (UTC microseconds): nothing later is read.

    The bet backs the signal's outcome at its entry, with the same stake always; its strategy is the signal type. It is
    open until a result decides (`deciding_results`), and ends when that result came, at the earliest with the start. A
    game without a result is called off when it left the feed before its start, and others of its sport that started two
    days later have results: then the bet is void, two days after the start. Leagues whose winner market has a draw are
    settled on regulation time. `percent_equity_return` is left null: it hangs on the other bets of the account.
    """
    moment = pl.lit(as_of).cast(TIME)
    placed = signals.lazy().filter(pl.col("entry_price_decimal").is_not_null(), pl.col("detected_at") <= moment)
    starts = last_known_starts(event_changes, as_of)
    deciding = deciding_results(results, as_of)
    draws = [key for key, league in leagues.items() if league.has_draw]
    has_draw = pl.col("sport_key").is_in(draws)
    bets = (
        placed.with_columns(has_draw=has_draw, is_regulation=has_draw)
        .join(deciding, on=["event_id", "is_regulation"], how="left")
        .join(starts.rename({"commence_at": "starts_at"}), on="event_id", how="left")
        .join(_resulted_spans(deciding, starts), on="sport_key", how="left")
        .with_columns(
            pl.coalesce("starts_at", "commence_at").alias("commence_at"),
            side=pl.col("direction"),
            point=pl.col("entry_point"),
            price_decimal=pl.col("entry_price_decimal"),
            stake=pl.lit(terms.stake, pl.Int64),
            is_lay=pl.lit(value=False),
        )
        .with_columns(pl.when(_is_called_off()).then(pl.lit("void")).otherwise("status").alias("status"))
        .collect()
    )
    return _as_trades(settle_bets(bets), terms, recorded_at)


def last_known_starts(event_changes: pl.LazyFrame, as_of: int) -> pl.LazyFrame:
    """What was known of each game at `as_of`: its start, its sport, and whether it had left the feed before that start."""
    gone = ~pl.col("is_listed") & (pl.col("received_at") < pl.col("commence_at"))
    return (
        event_changes.filter(pl.col("received_at") <= pl.lit(as_of).cast(TIME))
        .sort("event_id", "received_at")
        .group_by("event_id", maintain_order=True)
        .last()
        .select("event_id", "commence_at", pl.col("sport_key").alias("sport"), has_left=gone)
    )


def _resulted_spans(deciding: pl.LazyFrame, starts: pl.LazyFrame) -> pl.LazyFrame:
    """Per sport the first and the last start of a game with a result."""
    known = starts.join(deciding, on="event_id", how="semi")
    start = pl.col("commence_at")
    return known.group_by(sport_key="sport").agg(first_resulted=start.min(), last_resulted=start.max())


def _is_called_off() -> pl.Expr:
    """Whether a game without a result was not played, going by the feed and the results of its sport."""
    start = pl.col("commence_at")
    passed_over = (pl.col("first_resulted") <= start) & (pl.col("last_resulted") >= start + WAIT_FOR_GAME)
    return pl.col("status").is_null() & (pl.col("has_left") & passed_over).fill_null(value=False)


def _as_trades(settled: pl.DataFrame, terms: PaperTerms, recorded_at: dt.datetime) -> pl.DataFrame:
    """Settled bets as rows of the table."""
    ids = [
        identity(ACCOUNT, strategy, version, signal_id)
        for strategy, version, signal_id in settled.select("signal_type", "rule_version", "signal_id").iter_rows()
    ]
    is_over = pl.col("ended").is_not_null()
    came = pl.coalesce("decided_at", pl.col("commence_at") + WAIT_FOR_GAME)
    ended_at = pl.when(is_over).then(pl.max_horizontal(came, "commence_at", "detected_at"))
    rows = settled.with_columns(
        pl.Series("trade_id", ids, pl.String),
        setup_id=pl.col("signal_id"),
        account=pl.lit(ACCOUNT),
        strategy=pl.col("signal_type"),
        strategy_version=pl.col("rule_version"),
        symbol=pl.col("sport_key"),
        timeframe=pl.lit(""),
        trade_type=pl.lit("bet"),
        direction=pl.lit("back"),
        entry_price=pl.col("price_decimal"),
        entry_at=pl.col("detected_at"),
        exit_at=ended_at,
        currency=pl.lit(terms.currency),
        risk_reward_ratio=pl.col("price_decimal") - 1,
        fees=pl.lit(0, pl.Int64),
        exit_reason=pl.col("ended"),
        status=pl.when(~is_over)
        .then(pl.lit("open"))
        .when(pl.col("ended") == "void")
        .then(pl.lit("void"))
        .otherwise(pl.lit("closed")),
        source=pl.lit("paper"),
        bookmaker=pl.col("entry_bookmaker").fill_null(""),
        import_id=pl.lit(""),
        import_line=pl.lit(""),
        recorded_at=pl.lit(recorded_at).cast(TIME),
    )
    hours = (pl.col("exit_at") - pl.col("entry_at")).dt.total_microseconds() / (HOUR_S * 1_000_000)
    return Trades.conform(rows.with_columns(duration_hours=hours)).sort(Trades.sort_by())


def equity_returns(account: pl.DataFrame, starting_balance: int) -> pl.DataFrame:
    """The bets with `percent_equity_return`: profit in percent of the balance just before the entry.

    That balance is what the account began with and the profits of all bets that ended before the entry. Null while the
    bet is open, and where nothing was left to bet with.

    Needed columns: entry_at, exit_at, profit.
    """
    ends = (
        account.filter(pl.col("profit").is_not_null())
        .group_by("exit_at")
        .agg(pl.col("profit").sum())
        .sort("exit_at")
        .select(ended_at="exit_at", balance=starting_balance + pl.col("profit").cum_sum())
    )
    found = account.sort("entry_at").join_asof(
        ends, left_on="entry_at", right_on="ended_at", strategy="backward", allow_exact_matches=False
    )
    balance = pl.col("balance").fill_null(starting_balance)
    percent = pl.when(balance > 0).then(100.0 * pl.col("profit") / balance)
    return found.with_columns(percent_equity_return=percent).select(
        *(name for name in account.columns if name != "percent_equity_return"), "percent_equity_return"
    )


def starting_deposit(first_entry_at: dt.datetime, terms: PaperTerms, recorded_at: dt.datetime) -> pl.DataFrame:
    """The row of `equity_points` that fills the account, at the moment of its first bet.

    Its id says nothing of that moment: an older archive imported later moves the deposit and adds none.
    """
    return EquityPoints.conform(
        pl.DataFrame(
            {
                "equity_point_id": [identity(ACCOUNT, "start", "deposit", "")],
                "account": [ACCOUNT],
                "noted_at": pl.Series([first_entry_at], dtype=TIME),
                "kind": ["deposit"],
                "amount": [terms.balance],
                "balance": [terms.balance],
                "equity": [terms.balance],
                "currency": [terms.currency],
                "source": ["paper"],
                "import_id": [""],
                "import_line": [""],
                "recorded_at": pl.Series([recorded_at], dtype=TIME),
            }
        )
    )
