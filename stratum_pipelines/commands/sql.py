"""`stratum sql`: any query over every table."""

import sys

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import environment, require_lake, results
from stratum_pipelines.commands.rows import print_rows, write_csv, write_json


@click.command(name="sql")
@click.argument("query")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="table shows the first rows to a person; csv and json give all, bytes as base64.",
)
def sql(query: str, shape: str) -> None:
    """Answer one SQL query (DuckDB). Every table and every rollup is a view: stratum sql "show tables", "describe signals"."""
    import duckdb
    import polars as pl

    from warehouse.errors import WarehouseError
    from warehouse.lake import Lake
    from warehouse.marts import MARTS, Shelf
    from warehouse.views import connected

    settings = environment()
    try:
        statements = [statement.type for statement in duckdb.extract_statements(query)]
        if len(statements) != 1:
            raise StratumError(f"Give one query; this is {len(statements)}.")
        kind = statements[0].name
        if kind not in ("SELECT", "EXPLAIN", "PRAGMA", "CALL", "MULTI"):
            raise StratumError(
                f"The warehouse is only read here, and this would {kind.lower()}. "
                "To keep what a query gives: stratum sql --format csv QUERY > FILE."
            )
        require_lake(settings)
        with connected(Lake(settings.lake_url), Shelf(settings.home / MARTS)) as con:
            found = con.sql(query)
            if "INTERVAL" in map(str, found.types):
                found = found.project(_without_intervals(found.columns, [str(kind) for kind in found.types]))
            rows = found.pl()
    except duckdb.Error as error:
        raise StratumError(_plainly(str(error))) from error
    except (pl.exceptions.PolarsError, WarehouseError) as error:
        raise StratumError(str(error).splitlines()[0]) from error
    if kind == "EXPLAIN" and shape == "table":
        results.print("\n".join(rows["explain_value"]), markup=False, soft_wrap=True)
    elif shape == "csv":
        write_csv(rows, sys.stdout)
    elif shape == "json":
        write_json(rows, sys.stdout)
    else:
        print_rows(rows, results)


def _without_intervals(columns: list[str], types: list[str]) -> str:
    """What to select so that intervals come as text: they have no counterpart in Polars."""
    names = ['"' + name.replace('"', '""') + '"' for name in columns]
    return ", ".join(
        f"cast({name} as varchar) as {name}" if kind == "INTERVAL" else name
        for name, kind in zip(names, types, strict=True)
    )


def _plainly(message: str) -> str:
    """DuckDB's message on one line, without the arrow under a place in the query."""
    lines = [line.strip() for line in message.splitlines() if line.strip(" ^")]
    text = " ".join(line for line in lines if not line.startswith(("Traceback", "File ", "LINE ")))
    if "file system operations are disabled" in text:
        return "Only the tables of the warehouse can be read here: no other file, none written, nothing installed."
    if "Table with name" in text:
        return f'{text.split("!", maxsplit=1)[0]}. List the tables with: stratum sql "show tables"'
    return text
