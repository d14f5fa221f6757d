"""`stratum rollups`: build the rollups of trades and signals, and their documentation."""

import os
from typing import TYPE_CHECKING

import rich_click as click
from rich.table import Table as Grid

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import (
    counted,
    environment,
    json_option,
    print_json,
    progress,
    require_lake,
    results,
)
from stratum_pipelines.hints import hint

if TYPE_CHECKING:
    from stratum_pipelines.rollups.build import Built


@click.group(name="rollups")
def rollups() -> None:
    """Add up trades and signals by day, month, strategy, symbol and source, with dbt (docs/how-to/query-the-rollups.md)."""


@rollups.command(name="build")
@click.option("--full", is_flag=True, help="Make everything again, and test every row.")
@click.option(
    "--select", "chosen", metavar="MODELS", multiple=True, help="Only these, as dbt names them: daily_rollups+"
)
@json_option
def build_command(full: bool, chosen: tuple[str, ...], as_json: bool) -> None:
    """Bring the rollups up to date: only days are made again whose trades have changed. A second time changes nothing."""
    from stratum_pipelines.rollups.build import build
    from stratum_pipelines.rollups.settings import read_rollup_settings
    from warehouse.errors import WarehouseError
    from warehouse.lake import Lake

    settings = environment()
    require_lake(settings)
    try:
        rules = read_rollup_settings(os.environ)
        with progress.status("reading the models") as status:
            built = build(settings, Lake(settings.lake_url), rules, full=full, select=chosen, said=status.update)
    except WarehouseError as error:
        raise StratumError(str(error)) from error
    if as_json:
        print_json(built)
    else:
        _show(built)
    if built.faults:
        more = f" And {len(built.faults) - 1} more." if len(built.faults) > 1 else ""
        raise StratumError(f"Nothing was published, everything is as it was before: {built.faults[0]}.{more}")


@rollups.command(name="docs")
def docs_command() -> None:
    """Write dbt's documentation of the models as one page that needs no server and no network."""
    from stratum_pipelines.rollups.documenting import write_documentation
    from stratum_pipelines.rollups.settings import read_rollup_settings
    from warehouse.errors import WarehouseError
    from warehouse.lake import Lake

    settings = environment()
    try:
        page = write_documentation(settings, Lake(settings.lake_url), read_rollup_settings(os.environ))
    except WarehouseError as error:
        raise StratumError(str(error)) from error
    results.print(str(page), markup=False, soft_wrap=True)


def _show(built: "Built") -> None:
    grid = Grid(title_justify="left")
    for heading in ("rollup", "rows", "parts", "made again", "seconds"):
        grid.add_column(heading, justify="left" if heading == "rollup" else "right", header_style="bold")
    for mart in built.marts:
        again = counted(len(mart.rebuilt), "part") if mart.rebuilt else "unchanged"
        grid.add_row(mart.name, f"{mart.rows:,}", f"{mart.n_parts:,}", again, f"{mart.seconds:.2f}")
    results.print(grid)
    n_failed = sum(not test.passed for test in built.tests)
    results.print(f"{counted(len(built.tests), 'test')}, {n_failed} failed; {built.seconds:.1f} s in all.")
    for test in built.tests:
        if not test.passed:
            found = "not run" if test.failures is None else counted(test.failures, "row")
            results.print(f"  {test.mart}: {test.name}, {found}{' (a warning)' if test.warns else ''}", markup=False)
    if built.is_published:
        results.print(f'Ask them: {hint("stratum sql")} "select …"', markup=False)
