"""Report cards as a page to read, and as plain values for machines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from stratum_pipelines.report_cards import Planted, Recorded

INTRODUCTION = """# Report cards

How right each kind of signal was: against what was planted in a simulated market, and on recorded markets. What each figure means, and when
it misleads: [methodology](methodology/report-card.md). This page is made by one command, and made anew after a rule has changed:

```
{command}
```
"""

PLANTED_HEAD = (
    "| signal | is to find | planted | found | recall | signals | right | precision | true line moved | median delay |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
)
RECORDED_HEAD = (
    "| signal | market | signals (games) | went further | placebo (before, after) | lift | slope of return | entry beat the close | above the no-vig close | value |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def as_page(command: str, planted: Planted | None, recorded: Sequence[Recorded]) -> str:
    """The whole page in Markdown; `command` is what made it."""
    parts = [INTRODUCTION.format(command=command)]
    if planted:
        parts.append("\n".join(_planted(planted)))
    parts += ["\n".join(_recorded(one)) for one in recorded]
    return "\n".join(parts)


def as_record(planted: Planted | None, recorded: Sequence[Recorded]) -> dict[str, Any]:
    """All figures as plain values."""
    return {
        "planted": None
        if planted is None
        else {
            "days": planted.days,
            "seed": planted.seed,
            "sports": list(planted.sports),
            "cadence_s": planted.cadence_s,
            "finds": planted.finds.to_dicts(),
        },
        "recorded": [
            {
                "sport_key": one.sport_key,
                "first": one.first,
                "last": one.last,
                "n_polls": one.n_polls,
                "n_games": one.n_games,
                "gap_median_s": one.gap_median_s,
                "silent": one.silent,
                "cards": one.cards.to_dicts(),
            }
            for one in recorded
        ],
    }


def _planted(planted: Planted) -> Iterator[str]:
    yield "## Planted truth\n"
    yield (
        f"{_days(planted.days)} of the built-in market (seed {planted.seed}; {', '.join(planted.sports)}), an answer every "
        f"{planted.cadence_s:g} seconds. A signal is right when it falls within a planted thing it is there to find; the true line moved when it went a full step the signal's way, planted or not.\n"
    )
    yield from PLANTED_HEAD
    rows = planted.finds.to_dicts()
    kinds = Counter(row["signal_type"] for row in rows if row["kind"])
    for row in rows:
        if row["kind"] and kinds[row["signal_type"]] == 1:
            continue  # all of it is this kind
        kind = row["kind"].replace("_", " ") or "**all of it**"
        delay = "" if row["delay_s_median"] is None else f"{row['delay_s_median']:.0f} s"
        figures = (row["n_planted"], row["n_found"], _share(row["recall"]), row["n_signals"], row["n_right"])
        yield _row(row["signal_type"], kind, *figures, _share(row["precision"]), _share(row["line_precision"]), delay)
    yield ""


def _recorded(one: Recorded) -> Iterator[str]:
    gap = f" (median gap {one.gap_median_s / 60:.0f} minutes)" if one.gap_median_s else ""
    yield f"## {one.title}\n"
    yield f"{one.first} to {one.last}: {one.n_polls:,} answers{gap}, {one.n_games:,} games.\n"
    yield from RECORDED_HEAD
    for row in one.cards.iter_rows(named=True):
        yield _row(
            row["signal_type"],
            row["market"] or "**all**",
            f"{row['n']:,} ({row['n_events']:,})",
            _interval(row["further_rate"], row["further_low"], row["further_high"]),
            _placebo(row),
            _with_error(row["lift"], row["lift_se"], 100, 1),
            _with_error(row["reversal_slope"], row["reversal_slope_se"], 1, 2),
            _interval(row["beat_rate"], row["beat_low"], row["beat_high"]),
            _interval(row["beat_fair_rate"], row["beat_fair_low"], row["beat_fair_high"]),
            _with_error(row["clv_prob_mean"], row["clv_prob_se"], 100, 2),
        )
    for name, n in one.silent.items():
        yield f"\n{name} judged nothing at {n:,} of {one.n_polls:,} answers: they lay too far apart for its window."
    yield ""


def _row(*cells: object) -> str:
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"


def _days(n: int) -> str:
    return "One day" if n == 1 else f"{n} days"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _interval(rate: float | None, low: float | None, high: float | None) -> str:
    if rate is None:
        return ""
    return f"{100 * rate:.1f} %" + (
        f" ({100 * low:.0f}-{100 * high:.0f})" if low is not None and high is not None else ""
    )


def _placebo(row: dict[str, Any]) -> str:
    if row["placebo_rate"] is None:
        return ""
    apart = [_share(row[name]) or "none" for name in ("placebo_before", "placebo_after")]
    return f"{100 * row['placebo_rate']:.1f} % ({', '.join(apart)})"


def _with_error(value: float | None, error: float | None, scale: float, digits: int) -> str:
    """The value with its sign and standard error; a zero is never negative."""
    if value is None:
        return ""
    shown = f"{round(scale * value, digits) + 0.0:+.{digits}f}"
    return shown if error is None else f"{shown} ±{scale * error:.{digits}f}"
