"""`stratum trace`: from a signal back to the quotes and the answers it came from."""

import rich_click as click
from rich.table import Table as Grid

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import json_option, opened_platform, print_json, results


@click.command(name="trace")
@click.argument("signal_id")
@json_option
def trace_command(signal_id: str, as_json: bool) -> None:
    """Print the way from a signal back to the quotes and the answers it came from."""
    from stratum_pipelines.trace import UnknownSignal, trace

    with opened_platform() as platform:
        try:
            found = trace(platform, signal_id)
        except UnknownSignal as error:
            raise StratumError(str(error)) from error
    if as_json:
        tables = {name: getattr(found, name).to_dicts() for name in ("consensus", "quotes", "answers", "clv")}
        print_json({"signal": found.signal, "event": found.event, **tables})
        return
    signal, event = found.signal, found.event
    results.print(f"\n[bold]{signal['display_type']}[/bold]  {signal['signal_id']}")
    results.print(f"{event.get('away_team')} at {event.get('home_team')}, start {_time(event.get('commence_at'))} UTC")
    results.print(
        f"{signal['market']} toward {signal['outcome']}: {signal['from_value']:g} to {signal['to_value']:g} "
        f"within {signal['window_s']:,.0f} s, detected {_time(signal['detected_at'])} UTC, strength {signal['strength_score']}"
    )
    entry = f"{signal['entry_bookmaker']} {_number(signal['entry_point'])} at {_number(signal['entry_price_decimal'])}"
    results.print(f"Entry: {entry if signal['entry_bookmaker'] else 'no fresh quote was left'}")
    for row in found.clv.iter_rows(named=True):
        results.print(
            f"Close ({row['convention']}, {row['quality']}): {_number(row['close_point'])} at fair {_number(row['close_fair_prob'])}; "
            f"CLV {_number(row['clv_points'])} points, {_number(row['clv_prob'])} probability"
        )
    _grid(
        "Consensus",
        found.consensus,
        ("as_of", "outcome", "n_books", "n_groups", "point_median", "price_median", "fair_prob", "response_id"),
    )
    _grid(
        "Quotes",
        found.quotes,
        ("received_at", "bookmaker", "outcome", "point", "price_decimal", "price_american", "quoted_at", "response_id"),
    )
    _grid("Answers", found.answers, ("received_at", "provider", "endpoint", "source", "response_id", "body_sha256"))
    results.print("[dim]The bytes: select body from raw_odds where response_id = '…' (gzip).[/dim]")


def _grid(title: str, frame, columns: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    grid = Grid(title=f"{title} ({frame.height})", title_justify="left", header_style="bold")
    for name in columns:
        grid.add_column(name, overflow="fold")
    for row in frame.select(columns).iter_rows():
        grid.add_row(*(_short(name, value) for name, value in zip(columns, row, strict=True)))
    results.print(grid)


def _short(name: str, value: object) -> str:
    if name.endswith(("_at", "as_of")):
        return _time(value)
    if name in ("response_id", "body_sha256"):
        return str(value)[:12]
    return _number(value) if isinstance(value, float) or value is None else str(value)


def _time(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value else "unknown"


def _number(value: object) -> str:
    return "none" if value is None else f"{value:.4g}"
