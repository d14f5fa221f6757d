"""Assets declared from the table classes: description, columns, units and lineage are written once, there."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from stratum_pipelines.defs.lineage import COLUMN_LINEAGE
from stratum_pipelines.defs.partitions import DAYS
from warehouse.tables import BY_NAME, Column, Table

OWNER = "team:stratum"
KINDS = {"polars", "parquet"}


def asset_of(name: str, deps: Iterable[str | dg.AssetKey] = (), *, kinds: Iterable[str] = ()) -> dg.AssetSpec:
    """The asset of a table: same name, its layer as group, everything else from its class."""
    table = BY_NAME[name]
    metadata: dict[str, Any] = {
        "dagster/column_schema": table_schema(table),
        "key": ", ".join(table.key),
        "version": table.version,
    }
    if table.partition_by:
        metadata["partition"] = f"UTC date of {table.partition_by}"
    if name in COLUMN_LINEAGE:
        metadata["dagster/column_lineage"] = column_lineage(COLUMN_LINEAGE[name])
    return dg.AssetSpec(
        name,
        deps=list(deps),
        description=grain(table),
        group_name=table.layer,
        owners=[OWNER],
        kinds=KINDS | set(kinds),
        code_version=str(table.version),
        partitions_def=DAYS if table.partition_by else None,
        metadata=metadata,
        # A part of a stage can be computed by itself.
        skippable=bool(table.partition_by),
    )


def grain(table: type[Table]) -> str:
    """The docstring of a table's class, in one line; a column may be called `description`, so it is not asked for it."""
    return " ".join((table.__doc__ or "").split())


def table_schema(table: type[Table]) -> dg.TableSchema:
    """The columns of a table as Dagster shows them."""
    columns = [
        dg.TableColumn(
            name,
            column.type_name,
            description=f"{column.description} [{column.unit}]" if column.unit else column.description,
            constraints=dg.TableColumnConstraints(
                nullable=column.nullable, unique=table.key == (name,), other=list(bounds(column))
            ),
        )
        for name, column in table.columns.items()
    ]
    return dg.TableSchema(columns, dg.TableConstraints(other=[f"unique ({', '.join(table.key)})"]))


def bounds(column: Column) -> Iterable[str]:
    """What a column's values keep within, in words."""
    if column.at_least is not None:
        yield f"at least {column.at_least:g}"
    if column.at_most is not None:
        yield f"at most {column.at_most:g}"
    if column.above is not None:
        yield f"above {column.above:g}"
    if column.one_of:
        yield "one of " + ", ".join(value or '""' for value in column.one_of)


def column_lineage(lineage: Mapping[str, tuple[str, ...]]) -> dg.TableColumnLineage:
    """Lineage written as `table.column`, as Dagster wants it."""
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(asset_key=source.split(".")[0], column_name=source.split(".")[1])
                for source in sources
            ]
            for column, sources in lineage.items()
        }
    )
