"""The summary as a person enjoys reading it."""

import polars as pl
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table as Grid
from rich.text import Text

from stratum_pipelines.summary import Summary


def print_summary(
    console: Console, summary: Summary, seconds: float | None = None, detections: pl.DataFrame | None = None
) -> None:
    """Print games, polls, quotes, signals, the scorecard, where everything lies and what to open next.

    `detections`, from a simulated market, are shown as what was planted and what was found.
    """
    console.print()
    took = f" in {seconds:.1f} s" if seconds is not None else ""
    span = f"{_moment(summary.first_received_at)} to {_moment(summary.last_received_at)} UTC"
    console.print(Panel(Text(f"{span}{took}", justify="center"), title="[bold]Stratum[/bold]", border_style="cyan"))
    console.print(Group(_sports(summary), _signals(summary)))
    if summary.scorecard:
        console.print(_scorecard(summary))
        console.print(
            "[dim]beat: share of entries better than the close, ties left out, with its 95 % Wilson interval. points: how far\n"
            "the entry's number beats the close. probability: the closing fair probability less what the entry needs to\n"
            "break even, with its standard error, clustered by game. few: under 30 decided signals.[/dim]"
        )
    if detections is not None and detections.height:
        console.print(_detections(detections))
    if summary.refused:
        refused = ", ".join(f"{reason} {count:,}" for reason, count in summary.refused.items())
        console.print(f"\n[yellow]In quarantine:[/yellow] {refused}")
    _print_where(console, summary)


def _sports(summary: Summary) -> Grid:
    grid = Grid(title="What came in", title_justify="left", header_style="bold")
    grid.add_column("sport")
    for name in ("games", "polls", "quotes", "changed", "suspended"):
        grid.add_column(name, justify="right")
    for row in summary.sports:
        grid.add_row(
            str(row["sport_key"]), *(_count(row[n]) for n in ("games", "polls", "quotes", "changed", "suspended"))
        )
    return grid


def _signals(summary: Summary) -> Grid:
    grid = Grid(title="Signals", title_justify="left", header_style="bold")
    grid.add_column("type")
    for name in ("signals", "games", "High", "Medium", "median strength", "with close", "without"):
        grid.add_column(name, justify="right")
    for row in summary.signals:
        numbers = (row["signals"], row["games"], row["high"], row["medium"])
        strength = f"{row['strength_median']:.0f}"
        grid.add_row(
            str(row["signal_type"]),
            *map(_count, numbers),
            strength,
            _count(row["with_close"]),
            _count(row["missing_close"]),
        )
    return grid


def _scorecard(summary: Summary) -> Grid:
    grid = Grid(title="Closing-line value", title_justify="left", header_style="bold")
    for name in ("type", "market"):
        grid.add_column(name, no_wrap=True)
    for name in ("signals", "games", "ties", "beat", "interval", "points", "probability", "tier"):
        grid.add_column(name, justify="right", no_wrap=True)
    for row in summary.scorecard:
        rate = row["beat_rate"]
        interval = f"{100 * row['beat_low']:.0f}-{100 * row['beat_high']:.0f} %" if rate is not None else ""
        error = f" ±{row['clv_prob_se']:.4f}" if row["clv_prob_se"] is not None else ""
        grid.add_row(
            str(row["signal_type"]),
            str(row["market"]) or "all",
            _count(row["n"]),
            _count(row["n_events"]),
            _count(row["n_ties"]),
            f"{100 * rate:.1f} %" if rate is not None else "none",
            interval,
            f"{row['clv_points_mean']:+.2f}" if row["clv_points_mean"] is not None else "",
            f"{row['clv_prob_mean']:+.4f}{error}",
            str(row["tier"]) if row["is_ready"] else "few",
        )
    return grid


def _detections(detections: pl.DataFrame) -> Grid:
    grid = Grid(title="Found of what the simulator planted", title_justify="left", header_style="bold")
    for name in ("type", "planted as"):
        grid.add_column(name)
    for name in ("planted", "found", "recall", "median delay"):
        grid.add_column(name, justify="right")
    for row in detections.filter((pl.col("kind") != "") & (pl.col("n_planted") > 0)).iter_rows(named=True):
        delay = f"{row['delay_s_median'] / 60:.1f} min" if row["delay_s_median"] is not None else ""
        grid.add_row(
            row["signal_type"],
            row["kind"],
            _count(row["n_planted"]),
            _count(row["n_found"]),
            f"{row['recall']:.0%}",
            delay,
        )
    return grid


def _print_where(console: Console, summary: Summary) -> None:
    filled = [f"{name} {count:,}" for name, count in summary.rows.items() if count]
    console.print(
        "\n[bold]Rows[/bold]      "
        + ",\n          ".join(", ".join(filled[i : i + 4]) for i in range(0, len(filled), 4))
    )
    console.print(f"[bold]Parquet[/bold]   {summary.lake}")
    console.print(f"[bold]Database[/bold]  {summary.database}")
    console.print("\n[bold]What to open next[/bold]")
    if summary.example_signal:
        signal = summary.example_signal
        console.print(
            f"  stratum trace {str(signal['signal_id'])[:12]}   the strongest signal, back to the bytes it came from"
        )
    console.print('  stratum sql "select * from signals order by strength_score desc limit 10"')
    console.print("  stratum doctor               what is configured, reachable and stale")
    console.print("  make up                      Dagster with lineage, partitions, plots and live polling")


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "0"


def _moment(iso: str | None) -> str:
    return iso[:16].replace("T", " ") if iso else "nothing yet"
