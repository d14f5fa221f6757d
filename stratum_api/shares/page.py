"""A shared report as a page, and as a picture. The page loads nothing and runs nothing: its chart is drawn within it."""

import base64
import hashlib
from html import escape

import polars as pl

from stratum_api.shares.report import SharedReport
from warehouse.charts import Look, returns_chart

STYLE = """
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1b2733; background: #fff; }
p, td { color: #5b6875; } svg { width: 100%; height: auto; } table { border-collapse: collapse; width: 100%; }
td, th { padding: .35rem .5rem; border-bottom: 1px solid #e6eaee; text-align: left; } td.n { text-align: right; color: #1b2733; }
"""
POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
WIDTH, HEIGHT, LEFT, EDGE = 900, 320, 70, 24
NAMES = {"equity": "Return", "drawdown": "Fall from the highest"}


def as_page(report: SharedReport) -> bytes:
    """The report as HTML, whole in itself."""
    said = f"{report.n_trades:,} trades ({escape(', '.join(report.sources))}), as of {report.as_of:%Y-%m-%d %H:%M} UTC."
    body = _table(report) if report.kind == "metrics" else _chart(report)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex, nofollow">'
        f"<title>{escape(report.title)}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{escape(report.title)}</h1><p>{said} Returns are in percent of what there was; amounts are not shown.</p>\n"
        f"{body}\n</body></html>\n"
    ).encode()


def as_picture(report: SharedReport) -> bytes:
    """The curve of the report as a PNG."""
    days = pl.DataFrame(
        {"date": [one.on for one in report.points], "value": [one.percent for one in report.points]},
        schema={"date": pl.String, "value": pl.Float64},
    ).with_columns(pl.col("date").str.to_date(), pl.col("value") / 100)
    look = Look(title=report.title, note=f"{report.n_trades:,} trades, {' and '.join(report.sources)}")
    return returns_chart(days, look, name=NAMES[report.kind])


def _table(report: SharedReport) -> str:
    rows = [
        f"<tr><th>{escape(one.measure.replace('_', ' '))}</th><td>{escape(one.basis.replace('_', ' '))}</td>"
        f'<td class="n">{_number(one.value) if one.value is not None else escape(one.reason.replace("_", " "))}</td>'
        f"<td>{escape(one.unit)}</td><td>{escape(one.definition)}</td></tr>"
        for one in report.measures
    ]
    return f"<table>{''.join(rows)}</table>"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4f}"


def _chart(report: SharedReport) -> str:
    known = [(place, one.percent) for place, one in enumerate(report.points) if one.percent is not None]
    if len(known) < 2:
        return "<p>Nothing was closed in this period.</p>"
    values = [percent for _, percent in known]
    low, high = min(*values, 0.0), max(*values, 0.0)
    span, last = (high - low) or 1.0, max(len(report.points) - 1, 1)

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - EDGE) * place / last

    def y(percent: float) -> float:
        return EDGE + (HEIGHT - 2 * EDGE) * (high - percent) / span

    line = " ".join(f"{x(place):.1f},{y(percent):.1f}" for place, percent in known)
    marks = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - EDGE}" y1="{y(at):.1f}" y2="{y(at):.1f}" stroke="#e6eaee"/>'
        f'<text x="{LEFT - 8}" y="{y(at) + 4:.1f}" text-anchor="end" font-size="13" fill="#5b6875">{at:.1f} %</text>'
        for at in dict.fromkeys((high, 0.0, low))
    )
    first, end = escape(report.points[0].on), escape(report.points[-1].on)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{NAMES[report.kind]}, {first} to {end}">{marks}'
        f'<polyline points="{line}" fill="none" stroke="#17497d" stroke-width="2"/>'
        f'<text x="{LEFT}" y="{HEIGHT - 4}" font-size="13" fill="#5b6875">{first}</text>'
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 4}" font-size="13" fill="#5b6875" text-anchor="end">{end}</text></svg>'
    )
