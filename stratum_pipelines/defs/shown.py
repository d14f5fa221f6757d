"""What a materialisation shows: row counts, time taken, a picture; and the versions that tie it to its inputs."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from stratum_pipelines.defs.partitions import is_partition
from warehouse.tables import BY_NAME, TABLES, Table

if TYPE_CHECKING:
    from stratum_pipelines.platform import Platform
    from warehouse.lake import Lake

# A run over a year does not need a year of pictures in the event log.
PICTURED_DAYS = 14
# Tables without partitions that computing a day adds to.
WHOLE = ("events", "event_links", "results")
LOG = logging.getLogger(__name__)


def rows_shown(rows: int, **more: object) -> dict[str, Any]:
    """Metadata of one partition: its rows under the name Dagster charts, and whatever else is known."""
    return {"dagster/partition_row_count": rows, **{name: value for name, value in more.items() if value is not None}}


def pictures(platform: "Platform", day: dt.date, tables: set[str]) -> dict[str, dict[str, Any]]:
    """The pictures of a day as metadata, per table that has one and is in `tables`."""
    from stratum_pipelines.pictures import picture_of_ages, picture_of_clv, picture_of_movement, picture_of_regime

    drawn: dict[str, dict[str, Any]] = {}
    if tables & {"odds_snapshots", "consensus", "signals"}:
        shown = _drawn(picture_of_movement, platform.lake, day)
        drawn |= {name: shown for name in ("odds_snapshots", "consensus", "signals") if shown}
    if "book_freshness" in tables and (shown := _drawn(picture_of_ages, platform.lake, day)):
        drawn["book_freshness"] = shown
    if "regime_snapshots" in tables and (shown := _drawn(picture_of_regime, platform.lake, day)):
        drawn["regime_snapshots"] = shown
    if tables & {"clv_records", "scorecards"}:
        shown = _drawn(picture_of_clv, platform.lake, day)
        drawn |= {name: shown for name in ("clv_records", "scorecards") if shown}
    return {name: shown for name, shown in drawn.items() if name in tables}


def _drawn(draw: "Callable[[Lake, dt.date], tuple[str, bytes] | None]", lake: "Lake", day: dt.date) -> dict[str, Any]:
    from stratum_pipelines.plots import as_markdown

    try:
        picture = draw(lake, day)
    except Exception:
        # A picture is never worth losing a computed day for.
        LOG.exception("The picture of %s could not be drawn.", day)
        return {}
    return {"plot": dg.MetadataValue.md(as_markdown(picture[1], picture[0]))} if picture else {}


def materialised(
    table: str,
    metadata: Mapping[str, Any],
    *,
    day: dt.date | None = None,
    version: str | None = None,
    inputs: Mapping[str, str] | None = None,
) -> dg.AssetMaterialization:
    """The event that a table, or a day of it, was made outside of a step of its own.

    `version` and `inputs` become the tags by which Dagster ties the rows to what they were made from: no step does it.
    """
    tags = {"dagster/data_version": version, "dagster/is_user_provided_data_version": "true"} if version else {}
    for name, of_input in (inputs or {}).items():
        tags[f"dagster/input_data_version/{name}"] = of_input
    partition = day.isoformat() if day and is_partition(day) else None
    return dg.AssetMaterialization(table, metadata=dict(metadata), partition=partition, tags=tags or None)


def events_of_days(platform: "Platform", days: Sequence[dt.date]) -> Iterator[dg.AssetMaterialization]:
    """What became of these days: an event per table and day that has rows, and one per table kept whole."""
    for table in TABLES:
        if not table.partition_by:
            if days and table.name in WHOLE:
                yield materialised(table.name, whole_shown(platform, table.name))
            continue
        for day in days:
            rows = count(platform.lake, table, day)
            if rows and is_partition(day):
                yield materialised(table.name, rows_shown(rows), day=day)


def whole_shown(platform: "Platform", name: str) -> dict[str, Any]:
    """Metadata of a table kept whole: its rows."""
    return {"dagster/row_count": count(platform.lake, BY_NAME[name])}


def count(lake: "Lake", table: type[Table], day: dt.date | None = None) -> int:
    """Rows of a table, or of one day of it."""
    scan = lake.scan(table, first=day, last=day) if day else lake.scan(table)
    return int(scan.select(pl.len()).collect().item())


def frame_as_table(rows: list[tuple[object, ...]], columns: list[str], total: int) -> dg.MarkdownMetadataValue:
    """Rows as a Markdown table, with a note when there are more."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(value).replace("|", "\\|") for value in row) + " |" for row in rows]
    if total > len(rows):
        lines.append(f"\n… and {total - len(rows)} more.")
    return dg.MetadataValue.md("\n".join(lines))
