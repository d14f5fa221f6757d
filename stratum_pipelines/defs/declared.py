"""Assets declared from the table classes: description, columns, units and lineage are written once, there."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from stratum_pipelines.defs.lineage import COLUMN_LINEAGE
from stratum_pipelines.defs.partitions import DAYS
from warehouse.describe import column_schema
from warehouse.tables import BY_NAME, Table

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
        description=table.description(),
        group_name=table.layer,
        owners=[OWNER],
        kinds=KINDS | set(kinds),
        code_version=str(table.version),
        partitions_def=DAYS if table.partition_by else None,
        metadata=metadata,
        # A part of a stage can be computed by itself.
        skippable=bool(table.partition_by),
    )


def table_schema(table: type[Table]) -> dg.TableSchema:
    """The columns of a table as Dagster shows them."""
    columns = [
        dg.TableColumn(
            record.name,
            record.type,
            description=f"{record.description} [{record.unit}]" if record.unit else record.description,
            constraints=dg.TableColumnConstraints(
                nullable=record.is_nullable, unique=record.is_unique, other=list(record.constraints)
            ),
        )
        for record in column_schema(table)
    ]
    return dg.TableSchema(columns, dg.TableConstraints(other=[f"unique ({', '.join(table.key)})"]))


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
