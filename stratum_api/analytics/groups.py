"""Trades by groups: buckets of time, heatmaps, and who earned what on which type of signal."""

import datetime as dt

import polars as pl

from stratum_api.analytics.asked import Asked
from stratum_api.analytics.picking import alike, closed_of, ended, known, one_currency, picked
from stratum_api.analytics.trade_book import TradesNow, closed_in
from stratum_api.shown.trades import Attributed, Attribution, Bucket, Buckets, Heatmap, HeatmapRow
from stratum_pipelines.quant.buckets import bucketed, heatmap
from stratum_pipelines.quant.intervals import wilson_bounds
from warehouse.tables import Signals

MOMENTS = {"entry": "entry_at", "exit": "exit_at"}
# A trade follows a signal that was detected before it, as a rule within hours.
LONGEST_WAIT = dt.timedelta(days=7)


def buckets_of(now: TradesNow, asked: Asked, kind: str, moment: str, across: str | None, value: str) -> Buckets:
    """What came of the trades of every bucket, and one kind across another where that is asked for too."""
    found, currency = picked(now, asked)
    trades = closed_of(found, currency)
    how = {"zone": asked.zone, "moment": MOMENTS[moment]}
    rows = bucketed(trades, kind, **how).with_columns(pl.col("mean_profit").round(0, "half_to_even").cast(pl.Int64))
    crossed = None
    if across is not None:
        wide = heatmap(trades, kind, across, value=value, **how)
        whole = wide.with_columns(pl.exclude("bucket").round(0, "half_to_even").cast(pl.Int64))
        crossed = Heatmap(across, value, wide.columns[1:], [HeatmapRow(one[0], list(one[1:])) for one in whole.rows()])
    return Buckets(
        as_of=asked.as_of,
        sources=list(asked.sources),
        currency=currency,
        zone=asked.zone,
        kind=kind,
        moment=moment,
        buckets=[Bucket(**one) for one in rows.iter_rows(named=True)],
        heatmap=crossed,
    )


def attribution_of(now: TradesNow, asked: Asked) -> Attribution:
    """What came of the trades of every source on every type of signal, those on no signal under ""."""
    mine = now.rows(asked.until).filter(*known(asked), *alike(asked), *ended(asked))
    currency = asked.currency or one_currency(now, mine)
    rows = _grouped(now, asked, currency)
    won, decided = rows["n_won"].to_numpy(), (rows["n_won"] + rows["n_lost"]).to_numpy()
    rate = pl.Series(won / decided.clip(min=1))
    low, high = wilson_bounds(rate.to_numpy(), decided)
    told = rows.with_columns(
        mean_profit=(pl.col("profit") / pl.col("n")).round(0, "half_to_even").cast(pl.Int64),
        win_rate=rate,
        win_low=pl.Series(low),
        win_high=pl.Series(high),
        yield_on_stake=pl.when(pl.col("stake") > 0).then(pl.col("profit") / pl.col("stake")),
    )
    return Attribution(
        asked.as_of, list(asked.sources), currency, [Attributed(**one) for one in told.iter_rows(named=True)]
    )


def _grouped(now: TradesNow, asked: Asked, currency: str) -> pl.DataFrame:
    """The sums of every source and type of signal, in order. Signals are looked for from a week before the first entry on."""
    every = closed_in(now.lake, None, asked.until.date())
    mine = every.filter(*known(asked), *alike(asked), *ended(asked), pl.col("currency") == currency)
    trades = mine.select("source", "signal_id", "profit", "stake", "entry_at")
    first = trades.filter(pl.col("signal_id") != "").select(pl.col("entry_at").min()).collect(engine="streaming").item()
    named = now.lake.scan(
        Signals, first=(first - LONGEST_WAIT).date() if first else asked.until.date(), last=asked.until.date()
    )
    profit = pl.col("profit")
    return (
        trades.join(named.select("signal_id", "signal_type").unique("signal_id"), on="signal_id", how="left")
        .group_by("source", pl.col("signal_type").fill_null(""))
        .agg(
            n=pl.len().cast(pl.Int64),
            n_won=(profit > 0).sum().cast(pl.Int64),
            n_lost=(profit < 0).sum().cast(pl.Int64),
            profit=profit.sum(),
            stake=pl.col("stake").sum(),
        )
        .sort("source", "signal_type")
        .collect(engine="streaming")
    )
