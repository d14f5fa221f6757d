"""The summary as a person enjoys reading it."""

from collections.abc import Callable, Collection

import polars as pl
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table as Grid
from rich.text import Text

from stratum_pipelines.quant.closing import MAX_AGE_S, MIN_GROUPS
from stratum_pipelines.signals import find_signals
from stratum_pipelines.summary import QUALITIES, Summary
from stratum_pipelines.trading.outcome_report import about_paper, paper_grid

# Wider than any table: room to measure how much one would like to have.
ANY_WIDTH = 1_000


def print_summary(
    console: Console, summary: Summary, seconds: float | None = None, detections: pl.DataFrame | None = None
) -> None:
    """Print games, polls, quotes, signals, the scorecard, what the home holds beside them, and where everything lies.

    `detections`, from a simulated market, are shown as what was planted and what was found.
    """
    console.print()
    took = f" in {seconds:.1f} s" if seconds is not None else ""
    first, last = summary.first_received_at, summary.last_received_at
    span = f"{_moment(first)} to {_moment(last)} UTC" if first and last else "nothing computed yet"
    console.print(Panel(Text(f"{span}{took}", justify="center"), title="[bold]Stratum[/bold]", border_style="cyan"))
    console.print(Group(_sports(summary), _fitting(console, summary, _signals)[0]))
    if summary.closes:
        console.print(_closes(summary))
        if any(row[name] for row in summary.closes for name in QUALITIES[1:]):
            console.print(
                f"[dim]thin: fewer than {MIN_GROUPS} operator groups. stale: the last answer came more than "
                f"{MAX_AGE_S / 60:.0f} minutes before. missing: no price was left, so there is no closing-line value.[/dim]"
            )
    if summary.scorecard:
        scorecard, is_wide = _fitting(console, summary, _scorecard)
        console.print(scorecard)
        interval, error = (", with its 95 % interval by game", ", with its standard error, clustered by game")
        console.print(
            f"[dim]beat: share of entries with a better number than the close, ties left out{interval if is_wide else ''}. "
            "fair: share whose price is better than the close without its margin. points: how far the entry's number beats "
            "the close. probability: the closing fair probability less what the entry needs "
            f"to break even{error if is_wide else ''}. tier: S, A, B or none (-), by a test that may be looked at daily, and not "
            "where that probability is surely below 0; naive: by the plain rate; few: under 30 decided signals. Not in this table: signals whose close is stale, counted under closed above, or "
            "missing, counted under no close.[/dim]"
        )
    if summary.paper_bets:
        console.print(_fitting(console, summary, _paper_bets)[0])
        console.print(f"[dim]{about_paper(summary.paper_bets, summary.paper_stake)}[/dim]")
    if summary.silent_rules:
        silent = ", ".join(f"{name} at {_count(count)} polls" for name, count in summary.silent_rules.items())
        console.print(f"\n[yellow]Silent, because polls lay too far apart for their window:[/yellow] {silent}")
    if detections is not None and detections.height:
        console.print(_detections(detections, summary.silent_rules))
    if summary.refused:
        refused = ", ".join(f"{reason} {count:,}" for reason, count in summary.refused.items())
        console.print(f"\n[yellow]In quarantine:[/yellow] {refused}")
    if summary.polls_beside:
        beside = " and ".join(f"{title} ({polls:,} polls)" for title, polls in summary.polls_beside.items())
        console.print(
            f"\n[yellow]This home also holds answers of another source: {beside}.[/yellow] Rows below and every query on the "
            "tables see both. Keep them apart with STRATUM_HOME."
        )
    _print_where(console, summary)


def _fitting(console: Console, summary: Summary, make: Callable[[Summary, bool], Grid]) -> tuple[Grid, bool]:
    """The table with all its numbers where they fit the console, else with fewer: none is ever cut. And which it is."""
    wide = make(summary, True)
    wanted = console.measure(wide, options=console.options.update(max_width=ANY_WIDTH)).maximum
    is_wide = wanted <= console.width
    return (wide if is_wide else make(summary, False)), is_wide


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


def _signals(summary: Summary, is_wide: bool) -> Grid:
    grid = Grid(title="Signals", title_justify="left", header_style="bold")
    grid.add_column("type", no_wrap=True)
    names = ("signals", "games", *(("High", "Medium") if is_wide else ()), "strength", "closed", "no close", "to come")
    for name in names:
        # Two words are shown one above the other where all columns have no room side by side.
        grid.add_column(name if is_wide else name.replace(" ", "\n"), justify="right", no_wrap=True)
    for row in summary.signals:
        shown = {
            **{name: _count(row[name.lower()]) for name in ("signals", "games", "High", "Medium")},
            "strength": f"{row['strength_median']:.0f}",
            "closed": _count(row["with_close"]),
            "no close": _count(row["missing_close"]),
            "to come": _count(row["not_closed"]),
        }
        grid.add_row(str(row["signal_type"]), *(shown[name] for name in names))
    return grid


def _closes(summary: Summary) -> Grid:
    """How the games closed, by market."""
    grid = Grid(title="Closing lines", title_justify="left", header_style="bold")
    grid.add_column("market")
    for name in ("games", *QUALITIES):
        grid.add_column(name, justify="right")
    for row in summary.closes:
        bad = (Text(_count(row[name]), style="yellow" if row[name] else "") for name in QUALITIES[1:])
        grid.add_row(str(row["market"]), _count(row["games"]), _count(row["ok"]), *bad)
    return grid


def _scorecard(summary: Summary, is_wide: bool) -> Grid:
    grid = Grid(title="Closing-line value", title_justify="left", header_style="bold")
    for name in ("type", "market"):
        grid.add_column(name, no_wrap=True)
    wide = ("signals", "games", "ties", "beat", "interval", "fair", "points", "probability", "tier", "naive")
    narrow = {"signals": "signals", "beat": "beat", "fair": "fair", "probability": "prob.", "both": "tier /\nnaive"}
    names = wide if is_wide else tuple(narrow)
    for name in names:
        grid.add_column(name if is_wide else narrow[name], justify="right", no_wrap=True)
    for row in summary.scorecard:
        rate, error = row["beat_rate"], row["clv_prob_se"]
        low, high = row["beat_low_by_game"], row["beat_high_by_game"]
        tier, naive = row["tier"] or "-", row["tier_naive"] or "-"
        shown = {
            "signals": _count(row["n"]),
            "games": _count(row["n_events"]),
            "ties": _count(row["n_ties"]),
            "beat": _percent(rate),
            "fair": _percent(row["beat_fair_rate"]),
            "interval": f"{100 * low:.0f}-{100 * high:.0f} %" if low is not None else "",
            "points": _signed(row["clv_points_mean"], 2),
            "probability": _signed(row["clv_prob_mean"], 4)
            + (f" ±{error:.4f}" if is_wide and error is not None else ""),
            "tier": tier if row["is_ready"] else "few",
            "naive": naive if row["is_ready"] else "",
            "both": f"{tier} / {naive}" if row["is_ready"] else "few",
        }
        grid.add_row(str(row["signal_type"]), str(row["market"]) or "all", *(shown[name] for name in names))
    return grid


def _paper_bets(summary: Summary, is_wide: bool) -> Grid:
    """What came of betting the signals on paper, by strategy."""
    return paper_grid(summary.paper_bets, summary.paper_stake, is_wide)


def _detections(detections: pl.DataFrame, silent: Collection[str]) -> Grid:
    """What was planted, kind by kind, and how well the rules that look for it found it."""
    grid = Grid(title="Found of what the simulator planted", title_justify="left", header_style="bold")
    for name in ("planted as", "rule"):
        grid.add_column(name)
    for name in ("planted", "found", "recall", "median delay"):
        grid.add_column(name, justify="right")
    scores = {(row["kind"], row["signal_type"]): row for row in detections.iter_rows(named=True)}
    planted = {kind: row["n_planted"] for (kind, _), row in scores.items() if kind and row["n_planted"]}
    for kind, n in sorted(planted.items()):
        rules = [name for name, signal in find_signals().items() if kind in signal.finds]
        if not rules:
            grid.add_row(kind, "[dim]no rule yet[/dim]", _count(n), "", "", "")
        for name in rules:
            if name in silent and (kind, name) not in scores:
                grid.add_row(kind, name, _count(n), "[dim]silent[/dim]", "", "")
                continue
            # A rule that has found nothing at all has no row of its own.
            score = scores.get((kind, name), {"n_found": 0, "recall": 0.0, "delay_s_median": None})
            delay = f"{score['delay_s_median'] / 60:.1f} min" if score["delay_s_median"] is not None else ""
            grid.add_row(kind, name, _count(n), _count(score["n_found"]), f"{score['recall']:.0%}", delay)
    return grid


def _print_where(console: Console, summary: Summary) -> None:
    filled = [f"{name} {count:,}" for name, count in summary.rows.items() if count]
    where = Grid.grid(padding=(0, 2))
    where.add_column(no_wrap=True)
    where.add_column(overflow="fold")  # a long path is broken, not cut: it is there to be copied
    where.add_row("[bold]Rows[/bold]", Text(", ".join(filled) or "none"))
    where.add_row("[bold]Parquet[/bold]", Text(summary.lake))
    where.add_row("[bold]Database[/bold]", Text(summary.database))
    console.print()
    console.print(where)


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "0"


def _percent(rate: float | None) -> str:
    return "none" if rate is None else f"{100 * rate:.1f} %"


def _signed(value: float | None, digits: int) -> str:
    """The number with its sign; zero has none of its own."""
    return "" if value is None else f"{round(value, digits) + 0.0:+.{digits}f}"


def _moment(iso: str) -> str:
    return iso[:16].replace("T", " ")
