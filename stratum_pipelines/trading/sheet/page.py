"""The tear sheet as one HTML document: nothing is asked for from elsewhere, nothing runs, every text is escaped."""

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from stratum_pipelines.quant.performance import Measure
from stratum_pipelines.trading.sheet.code_version import code_version
from stratum_pipelines.trading.sheet.figures import TearSheet
from stratum_pipelines.trading.sheet.markup import Markup, element, joined, table
from stratum_pipelines.trading.sheet.pictures import about, pictures
from stratum_pipelines.trading.sheet.tables import (
    buckets,
    drawdowns,
    figures,
    not_counted,
    single_trades,
    strategies,
    windows,
    yearly_figures,
)
from stratum_pipelines.trading.sheet.words import (
    SOURCES,
    figure_text,
    interval_text,
    moment_text,
    money_text,
    named,
    reason_text,
    standing,
    verdict,
)
from warehouse.charts import ChartCache

STYLE = Path(__file__).with_name("tear_sheet.css")
CARDS = (
    ("net_profit", "Net result"),
    ("yield_on_stake", "Yield on stakes"),
    ("expectancy", "Mean result per trade"),
    ("win_rate", "Win rate"),
    ("max_drawdown", "Deepest drawdown"),
)
ORIGINS = {
    "given": "was given",
    "stated": "was written down for the account, with what moved until the first trade",
    "paid_in": "is what was paid in until the first trade, with what had been earned by then",
    "assumed": "is assumed, because nobody wrote down what the account held: every share, drawdown and ratio scales with it",
}


def as_page(sheet: TearSheet, charts: ChartCache | None = None) -> str:
    """The document. The same trades give the same text, to the byte."""
    style = _style()
    title = f"Tear sheet: {about(sheet)}"
    # Written down again for whoever opens the file: nothing is loaded, nothing runs, and the one style is this one.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Markup(style)),
    )
    body = element("body", element("main", *_parts(sheet, pictures(sheet, charts))))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8")


def _parts(sheet: TearSheet, drawn: dict[str, Markup]) -> Iterator[Markup]:
    yield _header(sheet)
    yield element("p", _verdict(sheet), class_="verdict")
    yield element("section", *(_card(sheet, name, label) for name, label in CARDS), class_="cards")
    yield _section(
        "Balance, and how far it lay below its peak",
        drawn["equity"],
        element("p", _about_balance(sheet), class_="note"),
    )
    yield _section("Figures", figures(sheet), yearly_figures(sheet))
    yield _section("Month by month, by exit", drawn["months"])
    yield _section("How results are spread", drawn["results"])
    yield _section("Return over the last 30, 90 and 365 days", drawn["rolling"], windows(sheet))
    if sheet.strategies.height > 1:
        yield _section("By strategy", strategies(sheet))
    yield _section("By weekday and hour of entry", drawn["hours"], buckets(sheet))
    yield _section("Worst drawdowns", drawdowns(sheet))
    yield _section("Best and worst trades", single_trades(sheet))
    yield _section("What is not counted", not_counted(sheet))
    yield _footer(sheet)


def _section(title: str, *parts: Markup) -> Markup:
    return element("section", element("h2", title), *parts)


def _header(sheet: TearSheet) -> Markup:
    trades, zone = sheet.trades, sheet.choice.zone
    word, kind = standing(trades["source"].unique().to_list())
    first, last = trades["entry_at"].min(), sheet.closed["exit_at"].max()
    asked = [f"from {sheet.choice.first}"] * bool(sheet.choice.first) + [f"to {sheet.choice.last}"] * bool(
        sheet.choice.last
    )
    entered = f" (asked for: entered {' '.join(asked)})" if asked else ""
    rows = {
        "Account": named(trades["account"].to_list(), "no account"),
        "Strategy": named(trades["strategy"].to_list(), "no strategy"),
        "Version": named(trades["strategy_version"].to_list(), "not known"),
        "Source": named([SOURCES[one] for one in trades["source"].unique()], ""),
        "Traded": named(trades["symbol"].to_list(), "not known"),
        "First entry": moment_text(first, zone),  # type: ignore[arg-type]
        "Last exit": moment_text(last, zone) + entered,  # type: ignore[arg-type]
        "Clocks": zone,
        "Currency": sheet.currency,
        "Trades": f"{sheet.statuses.get('closed', 0):,} closed of {trades.height:,}",
    }
    said = [element("div", element("dt", name), element("dd", element("bdi", value))) for name, value in rows.items()]
    left = element("div", element("p", "Tear sheet", class_="quiet"), element("h1", element("bdi", about(sheet))))
    return element(
        "header",
        element("div", left, element("span", word, class_=f"badge {kind}"), class_="head"),
        element("dl", *said, class_="about"),
    )


def _verdict(sheet: TearSheet) -> str:
    _, kind = standing(sheet.trades["source"].unique().to_list())
    return verdict(sheet.performance.measure("expectancy"), sheet.n_days, sheet.currency, kind)


def _card(sheet: TearSheet, name: str, label: str) -> Markup:
    measure = sheet.performance.measure(name)
    below = reason_text(measure.reason) or (f"95 %: {text}" if (text := interval_text(measure, sheet.currency)) else "")
    return element(
        "div",
        element("small", label),
        element("b", _told(measure, sheet.currency), class_=_sign(measure)),
        element("small", below),
        class_="card",
    )


def _told(measure: Measure, currency: str) -> str:
    """The figure, with its sign where that is what is asked."""
    plus = "+" if _sign(measure) == "up" else ""
    return plus + figure_text(measure, currency)


def _sign(measure: Measure) -> str:
    if measure.name not in ("net_profit", "yield_on_stake", "expectancy") or not measure.value:
        return ""
    return "up" if measure.value > 0 else "down"


def _about_balance(sheet: TearSheet) -> str:
    begun = money_text(sheet.bankroll.balance, sheet.currency)
    moved = int(sheet.bankroll.flows["flow"].sum())
    later = (
        f" Later {money_text(moved, sheet.currency, signed=True)} were paid in or out; that is no result."
        if moved
        else ""
    )
    return f"The balance of {begun} at the first entry {ORIGINS[sheet.bankroll.origin]}.{later} It moves when trades close; what was open lies in no drawdown."


def _footer(sheet: TearSheet) -> Markup:
    rows = [
        ("Trades", element("code", f"sha256:{sheet.fingerprint}")),
        ("Code", element("code", code_version())),
        ("Asked for", str(sheet.choice)),
    ]
    said = table(("", ""), rows, texts=2)
    words = "The same trades and the same code give the same page, to the byte. What each figure means and when it misleads: docs/methodology/performance.md."
    return element("footer", joined([said, element("p", words)]))
