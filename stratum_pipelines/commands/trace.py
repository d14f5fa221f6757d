"""`stratum trace`: from a signal, or a delivery that told of it, back to the quotes and the answers it came from."""

from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.markup import escape
from rich.table import Table as Grid
from rich.text import Text

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import json_option, opened_platform, print_json, results
from stratum_pipelines.hints import hint

if TYPE_CHECKING:
    import polars as pl

CONSENSUS = {
    "as_of": "as of",
    "outcome": "outcome",
    "n_books": "books",
    "n_groups": "groups",
    "point_median": "point",
    "price_median": "price",
    "fair_prob": "fair",
    "fair_point": "fair at",
    "response_id": "answer",
}
QUOTES = {
    "received_at": "received",
    "bookmaker": "book",
    "outcome": "outcome",
    "point": "point",
    "price_decimal": "price",
    "price_american": "US",
    "quoted_at": "quoted",
    "response_id": "answer",
}
ANSWERS = {
    "received_at": "received",
    "provider": "provider",
    "endpoint": "endpoint",
    "response_id": "answer",
    "body_sha256": "SHA-256 of the body",
}


@click.command(name="trace")
@click.argument("signal_id")
@json_option
def trace_command(signal_id: str, as_json: bool) -> None:
    """Print the way from a signal back to the quotes and the answers it came from.

    SIGNAL_ID may also be the webhook-id of a delivery that told of the signal.
    """
    import polars as pl

    from stratum_pipelines.doctor import open_to_look
    from stratum_pipelines.trace import WEBHOOK_ID, UnknownSignal, asked, trace, trace_delivery
    from warehouse.tables import COUNTED_CONVENTION

    with opened_platform(filled=True, opener=open_to_look) as platform:
        try:
            try:
                found = trace(platform, signal_id)
            except UnknownSignal:
                if not WEBHOOK_ID.fullmatch(asked(signal_id)):
                    raise
                found = trace_delivery(platform, asked(signal_id))
        except UnknownSignal as error:
            raise StratumError(str(error)) from error
    if as_json:
        tables = {name: getattr(found, name).to_dicts() for name in ("consensus", "quotes", "answers", "clv")}
        told = {"deliveries": [vars(one) for one in found.deliveries]} if found.deliveries else {}
        print_json({"signal": found.signal, "event": found.event, **tables, **told})
        return
    signal, event = found.signal, found.event
    for one in found.deliveries:
        results.print(
            f"Delivery {one.webhook_id} to {one.endpoint_id}: {one.state} {_time(one.finished_at)} UTC, attempt {one.n_attempts}"
            if one.finished_at
            else f"Delivery {one.webhook_id} to {one.endpoint_id}: {one.state}, {one.n_attempts} attempts"
        )
    results.print(f"\n[bold]{signal['display_type']}[/bold]  {signal['signal_id']}")
    results.print(f"{event.get('away_team')} at {event.get('home_team')}, start {_time(event.get('commence_at'))} UTC")
    results.print(
        f"{signal['market']} toward {signal['outcome']}: {signal['from_value']:g} to {signal['to_value']:g} "
        f"within {signal['window_s']:,.0f} s, detected {_time(signal['detected_at'])} UTC, strength {signal['strength_score']}"
    )
    if signal["entry_bookmaker"]:
        entry = _quote(signal["market"], signal["entry_point"], signal["entry_price_decimal"])
        results.print(f"Entry: {entry} at {signal['entry_bookmaker']}")
    else:
        results.print("Entry: no fresh quote was left to take")
    if found.clv.is_empty():
        results.print("Close: not drawn yet, the game has not started as far as the answers go")
    # Scorecards, summaries and messages go by one convention: it comes first, whatever the others say.
    is_beside = pl.col("convention") != COUNTED_CONVENTION
    for row in found.clv.sort(is_beside, "convention", "version").iter_rows(named=True):
        results.print(_close(row))
    if "last_seen" in found.clv["convention"]:
        results.print(
            "[dim]last_seen: the last line before the game left the feed, in play where the feed goes on[/dim]"
        )
    date = f"{signal['detected_at']:%Y-%m-%d}"
    _grid("Consensus", found.consensus, CONSENSUS, date)
    _grid("Quotes, with the last ones before the window", found.quotes, QUOTES, date)
    _grid("Answers", found.answers, ANSWERS, date)
    bytes_of = hint(
        """stratum sql --format csv "select body from raw_odds where starts_with(response_id, 'ANSWER')\""""
    )
    results.print(f"[dim]The bytes of an answer, gzip in base64: {escape(bytes_of)}[/dim]", soft_wrap=True)


def _quote(market: str, point: float | None, price: float | None) -> str:
    return f"{_number(price)}" if point is None else f"{_point(market, point)} for {_number(price)}"


def _point(market: str, point: float) -> str:
    """A handicap with its sign, a total without."""
    return f"{point:+g}" if market == "spreads" else f"{point:g}"


def _close(row: dict[str, Any]) -> str:
    """The close by one convention, and what the entry was worth against it."""
    standing = "outdated" if not row["is_current"] else "not final yet" if row["is_final"] is False else "current"
    name = f"Close ({row['convention']}), version {row['version']}, {standing}, at {_time(row['closed_at'])} UTC"
    if row["clv_prob"] is None:
        return f"{name}: {row['quality']}, so there is no closing-line value"
    point = "" if row["close_point"] is None else f"{_point(row['market'], row['close_point'])}, "
    gained = f"{row['clv_points']:+.2f} points, " if row["clv_points"] is not None else ""
    thin = "" if row["quality"] == "ok" else f" ({row['quality']})"
    at = "" if row["close_fair_point"] is None else f" at {_point(row['market'], row['close_fair_point'])}"
    return (
        f"{name}: {point}fair probability {row['close_fair_prob']:.4f}{at}{thin}; closing-line value {gained}"
        f"{row['clv_prob']:+.4f} probability"
    )


def _grid(title: str, frame: "pl.DataFrame", columns: dict[str, str], date: str) -> None:
    """A table of these columns under these headings; moments of the signal's own day without the date."""
    grid = Grid(title=f"{title} ({frame.height})", title_justify="left", header_style="bold")
    held = {name: heading for name, heading in columns.items() if frame[name].null_count() < frame.height}
    for heading in held.values():
        grid.add_column(heading, overflow="fold")
    for row in frame.select(list(held)).iter_rows():
        grid.add_row(*(Text(_short(name, value, date)) for name, value in zip(held, row, strict=True)))
    results.print(grid)


def _short(name: str, value: object, date: str) -> str:
    if name.endswith("_at") or name == "as_of":
        return _time(value).removeprefix(f"{date} ")
    if name in ("response_id", "body_sha256"):
        return str(value)[:12]
    if name == "endpoint":
        return str(value).partition("?")[0]
    if value is None:
        return ""
    return _number(value) if isinstance(value, float) else str(value)


def _time(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value else "unknown"


def _number(value: object) -> str:
    return "" if value is None else f"{value:.4g}"
