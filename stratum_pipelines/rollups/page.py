"""The reference page of the rollups, made from the list of marts."""

from stratum_pipelines.markdown import MADE, table
from warehouse.marts import Mart
from warehouse.marts.declared import Declaration

ABOUT = (
    "Every file in `dbt/models/marts`. A rollup's name is its view in `stratum sql` and its asset in Dagster. To build and ask them:\n"
    "[query the rollups](../how-to/query-the-rollups.md). Local days are those of [`STRATUM_ROLLUP_ZONE`](settings.md#stratum_rollup_zone). Money is in\n"
    "minor units of the row's currency, and amounts of two currencies are never added."
)
_PARTS = {"day": "a file per day of", "month": "a file per month of", "": "one file"}


def rollups_page(declaration: Declaration) -> str:
    """The page of every rollup: what a row is, what it is made from, its columns and its tests."""
    rows = [(f"[`{mart.name}`](#{mart.name})", mart.description, _files(mart)) for mart in declaration.marts]
    parts = ["# Rollups", MADE, ABOUT, table(("rollup", "rows", "files"), rows)]
    for mart in declaration.marts:
        parts += [
            f"## {mart.name}",
            mart.description,
            f"- Key: {', '.join(f'`{name}`' for name in mart.key)}\n- Made from: {', '.join(f'`{name}`' for name in mart.needs)}",
            table(("column", "type", "says"), [(f"`{c.name}`", c.type, c.description) for c in mart.columns]),
            table(("test", "holds"), [(f"`{t.name}`", t.description + _weight(t.warns)) for t in mart.tests]),
        ]
    return "\n\n".join(parts) + "\n"


def _files(mart: Mart) -> str:
    return f"{_PARTS[mart.part]} `{mart.part_by}`" if mart.part else _PARTS[""]


def _weight(warns: bool) -> str:
    return " Only warns." if warns else ""
