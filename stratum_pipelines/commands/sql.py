"""`stratum sql`: any query over every table."""

import sys

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import opened_platform, results


@click.command(name="sql")
@click.argument("query")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def sql(query: str, shape: str) -> None:
    """Run one SQL query (DuckDB) over the tables; every table of the warehouse is a view."""
    import duckdb
    import polars as pl

    from warehouse.views import query as run_query

    with opened_platform() as platform:
        try:
            found = run_query(platform.lake, query)
        except duckdb.Error as error:
            raise StratumError(" ".join(str(error).split())) from error
        if shape == "csv":
            nested = [name for name, dtype in found.schema.items() if isinstance(dtype, pl.List)]
            sys.stdout.write(found.with_columns(pl.col(name).list.join(" ") for name in nested).write_csv())
        elif shape == "json":
            binary = [name for name, dtype in found.schema.items() if dtype == pl.Binary]
            sys.stdout.write(
                found.with_columns(pl.col(name).bin.encode("base64") for name in binary).write_json() + "\n"
            )
        else:
            with pl.Config(
                tbl_rows=50,
                tbl_cols=-1,
                tbl_width_chars=max(results.width, 80),
                fmt_str_lengths=60,
                tbl_hide_dataframe_shape=True,
            ):
                results.print(str(found), markup=False, soft_wrap=True)
            results.print(f"[dim]{found.height:,} rows[/dim]")
