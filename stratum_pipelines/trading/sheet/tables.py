"""The tables of a tear sheet."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from stratum_pipelines.quant.performance import Measure
from stratum_pipelines.trading.sheet.figures import MOST_TRADES, TearSheet
from stratum_pipelines.trading.sheet.markup import Markup, element, joined, table
from stratum_pipelines.trading.sheet.words import (
    BASES,
    NAMES,
    bucket_text,
    figure_text,
    interval_text,
    moment_text,
    money_text,
    reason_text,
    share_text,
    value_text,
)
from warehouse.charts.scales import number_text

KINDS = {
    "hour": "By hour",
    "weekday": "By weekday",
    "session": "By market session",
    "time_to_start": "By time to the start",
}
STATUSES = {
    "open": "have no result yet",
    "void": "never took place: the stake came back",
    "cancelled": "were orders that never became trades",
}
MOST_STRATEGIES = 30
A_YEAR = 365


def figures(sheet: TearSheet) -> Markup:
    """The figures that do not depend on what a year is: value, interval, definition, and why where undefined."""
    rows = [
        (
            element("b", NAMES[one.name]),
            element("span", one.definition, class_="why"),
            _value(one, sheet.currency),
            interval_text(one, sheet.currency),
        )
        for one in sheet.performance.measures
        if not one.basis
    ]
    return table(("Figure", "Is", "Value", "95 % interval"), rows, texts=2)


def yearly_figures(sheet: TearSheet) -> Markup:
    """The figures a year on three bases side by side."""
    of = {(one.name, one.basis): one for one in sheet.performance.measures if one.basis}
    names = dict.fromkeys(name for name, _ in of)
    counts = [f"{next(one.n for (_, basis), one in of.items() if basis == wanted):,} observations" for wanted in BASES]
    head = (
        "Figure",
        "Is",
        *(joined([words, element("br"), count]) for words, count in zip(BASES.values(), counts, strict=True)),
    )
    rows = [
        (
            element("b", NAMES[name]),
            element("span", of[name, "calendar_days"].definition, class_="why"),
            *(_value(of[name, basis], sheet.currency) for basis in BASES),
        )
        for name in names
    ]
    made = table(head, rows, texts=2, caption="Figures a year, on three bases: compare like with like")
    n = sheet.performance.days.height
    short = f"{n:,} {'day is' if n == 1 else 'days are'} stretched to a year here: such figures promise what nobody has seen."
    return made if n >= A_YEAR else joined([made, element("p", short, class_="note")])


def windows(sheet: TearSheet) -> Markup:
    """The figures of the windows that end with the last day."""
    last = sheet.rolling.filter(pl.col("date") == pl.col("date").max())
    if last.is_empty():
        n = sheet.performance.days.height
        return element(
            "p", f"There are {n} days from the first closing to the last: no window of 30 is full.", class_="note"
        )
    lengths = last["window_days"].unique().sort().to_list()
    of = {(row["measure"], row["window_days"]): row for row in last.iter_rows(named=True)}
    rows = [
        (NAMES[name], *(_windowed(of[name, length], sheet.currency) for length in lengths))
        for name in dict.fromkeys(name for name, _ in of)
    ]
    head = ("Up to the last day", *(f"{length} days" for length in lengths))
    return table(head, rows, caption="Figures a year are on calendar days")


def _windowed(row: dict[str, Any], currency: str) -> str:
    if row["value"] is None:
        return "–"
    unit = "share" if row["measure"] in ("total_return", "volatility", "max_drawdown") else "ratio"
    return value_text(row["value"], unit, currency)


def strategies(sheet: TearSheet) -> Markup:
    """What came of each strategy, the best sum first."""
    best = sheet.strategies.sort("profit", "strategy", descending=[True, False])
    rows = [
        (
            row["strategy"] or "no strategy",
            number_text(row["n"], 0),
            _money(row["profit"], sheet.currency),
            "–" if row["yield"] is None else share_text(row["yield"], signed=True),
            "–" if row["mean"] is None else money_text(row["mean"], sheet.currency, signed=True),
            _ends(row, sheet.currency),
        )
        for row in best.head(MOST_STRATEGIES).iter_rows(named=True)
    ]
    n = sheet.strategies.height
    shown = f"The best {MOST_STRATEGIES} of {n}. " if n > MOST_STRATEGIES else ""
    words = f"{shown}With {n} strategies, one in twenty intervals lies beside the truth by chance."
    head = ("Strategy", "Closed", "Result", "Yield", "Mean per trade", "95 % interval of the mean")
    return joined([table(head, rows), element("p", words, class_="note")])


def _ends(row: dict[str, Any], currency: str) -> str:
    if row["low"] is None:
        return "one day alone"
    return f"{money_text(row['low'], currency, signed=True)} to {money_text(row['high'], currency, signed=True)}"


def buckets(sheet: TearSheet) -> Markup:
    """What was entered in every bucket; a kind in which nothing fell (bets alone have a start) is left out."""
    made = {}
    for kind, rows in sheet.buckets.items():
        if rows["n"].sum():
            body = [_bucket(kind, row, sheet.currency) for row in rows.iter_rows(named=True)]
            made[kind] = table(("", "Closed", "Result", "Mean", "Won", "95 %"), body, caption=KINDS[kind])
    hours = made.pop("hour", Markup(""))
    words = (
        f"By entry, on the clocks of {sheet.choice.zone}; sessions on those of their own city. The intervals take trades as independent: "
        "several on one game or one day make them too narrow. And the more buckets, the more of them look good by luck."
    )
    return joined(
        [
            element("div", element("div", hours), element("div", *made.values()), class_="two"),
            element("p", words, class_="note"),
        ]
    )


def _bucket(kind: str, row: dict[str, Any], currency: str) -> tuple[Markup | str, ...]:
    name = bucket_text(kind, row["bucket"])
    if not row["n"]:
        return (element("span", name, class_="quiet"), "0", "", "", "", "")
    decided = row["n_won"] + row["n_lost"]
    won = (
        (
            share_text(row["win_rate"]),
            f"{share_text(row['win_low']).removesuffix(' %')} to {share_text(row['win_high'])}",
        )
        if decided
        else ("–", "")
    )
    mean = money_text(row["mean_profit"], currency, signed=True).removesuffix(f" {currency}")
    return (name, number_text(row["n"], 0), _money(row["profit"], currency, bare=True), mean, *won)


def drawdowns(sheet: TearSheet) -> Markup:
    """The deepest falls."""
    if sheet.drawdowns.is_empty():
        return element("p", "The balance was never below its peak.", class_="note")
    zone = sheet.choice.zone
    rows = [
        (
            moment_text(row["left_at"], zone),
            moment_text(row["lowest_at"], zone),
            moment_text(row["recovered_at"], zone) if row["recovered_at"] else "still open",
            share_text(-row["depth"]),
            number_text(row["length_days"], 1),
        )
        for row in sheet.drawdowns.iter_rows(named=True)
    ]
    return table(("Peak", "Lowest", "Back at the peak", "Depth", "Days"), rows, texts=3)


def single_trades(sheet: TearSheet) -> Markup:
    """The five best and the five worst."""
    ordered = sheet.closed.sort("profit", "entry_at", "trade_id")
    if ordered.is_empty():
        return element("p", "Nothing was closed.", class_="note")
    lost = ordered.filter(pl.col("profit") < 0).head(MOST_TRADES)
    won = ordered.reverse().filter(pl.col("profit") > 0).head(MOST_TRADES)
    head = ("Entered", "What", "At", "Ended by", "Size", "Result")
    parts = [
        table(head, _trades(rows, sheet), texts=4, caption=caption)
        for rows, caption in ((won, "Best"), (lost, "Worst"))
        if rows.height
    ]
    return joined(parts) if parts else element("p", "Every trade came out even.", class_="note")


def _trades(rows: pl.DataFrame, sheet: TearSheet) -> Iterator[tuple[Markup | str, ...]]:
    for row in rows.iter_rows(named=True):
        point = "" if row["point"] is None else f" {row['point']:g}"
        what = (
            " ".join(part for part in (row["symbol"], row["direction"], row["market"], row["outcome"]) if part) + point
        )
        size = money_text(row["stake"], sheet.currency) if row["stake"] is not None else f"{row['volume'] or 0:g} lots"
        digits = 4 if row["trade_type"] == "bet" else 8
        price = "–" if row["entry_price"] is None else f"{row['entry_price']:.{digits}g}"
        at = f"{price} ({row['bookmaker']})" if row["bookmaker"] else price
        ended = (row["exit_reason"] or "not known").replace("_", " ")
        yield (
            moment_text(row["entry_at"], sheet.choice.zone),
            element("bdi", what),
            at,
            ended,
            size,
            _money(row["profit"], sheet.currency),
        )


def not_counted(sheet: TearSheet) -> Markup:
    """What the figures leave out, and what they cannot know."""
    left = []
    for status, words in STATUSES.items():
        if n := sheet.statuses.get(status, 0):
            stake = int(sheet.trades.filter(status=status)["stake"].sum())
            risked = f", {money_text(stake, sheet.currency)} staked" if stake and status == "open" else ""
            left.append(element("li", f"{n:,} {status}{risked}: they {words}."))
    if not left:
        left.append(element("li", "No trade was left out: all are closed."))
    left.append(element("li", "What open trades would bring: balances and drawdowns are seen at closings alone."))
    return element("ul", *left)


def _value(measure: Measure, currency: str) -> Markup:
    if measure.value is None:
        return joined(["–", element("div", reason_text(measure.reason), class_="why")])
    return joined([figure_text(measure, currency)])


def _money(minor: int, currency: str, *, bare: bool = False) -> Markup:
    text = money_text(minor, currency, signed=True)
    sign = "up" if minor > 0 else "down" if minor < 0 else ""
    return element("span", text.removesuffix(f" {currency}") if bare else text, class_=sign)
