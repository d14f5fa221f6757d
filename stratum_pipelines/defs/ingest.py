"""Raw answers: what is stored and how many. Only polling and imports store any; nothing here fetches."""

from collections.abc import Iterator

import dagster as dg

from stratum_pipelines.defs.declared import asset_of
from stratum_pipelines.defs.discovered import FEEDS
from stratum_pipelines.defs.partitions import ONE_RUN, days_of
from stratum_pipelines.defs.resources import PlatformResource
from stratum_pipelines.defs.shown import events_of_days, rows_shown


@dg.multi_asset(
    specs=[asset_of("raw_odds", [spec.key for spec in FEEDS], kinds=["json"])],
    name="raw_odds",
    backfill_policy=ONE_RUN,
    can_subset=True,
    description="Compacts the stored answers of each day and counts them. Answers themselves come from polling and imports.",
)
def raw_odds(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[dg.MaterializeResult]:
    """The raw partitions of a run's days, compacted and counted."""
    from stratum_pipelines.days import input_digest
    from warehouse.tables import RawOdds

    opened = platform.open()
    digests = []
    for day in days_of(context):
        opened.lake.compact(RawOdds, day)
        columns = ["response_id", "source", "received_at", "is_complete"]
        answers = opened.lake.scan(RawOdds, first=day, last=day).select(columns).collect()
        digests.append(input_digest(answers["response_id"].to_list()))
        shown = rows_shown(
            answers.height,
            incomplete=answers.height - int(answers["is_complete"].sum()),
            sources=", ".join(answers["source"].unique().sort().to_list()),
            last_received_at=str(answers["received_at"].max()) if answers.height else None,
        )
        context.add_asset_metadata(shown, asset_key="raw_odds", partition_key=day.isoformat())
    yield dg.MaterializeResult(asset_key="raw_odds", data_version=dg.DataVersion(input_digest(digests)[:32]))


class ArchiveFolder(dg.Config):
    """What to import: a folder of recorded answers, on a path the code server can read."""

    folder: str


@dg.op(out=dg.Out(dg.Nothing))
def bring_in_archive(context: dg.OpExecutionContext, config: ArchiveFolder, platform: PlatformResource) -> None:
    """Store an archive's answers, compute the days they fall on, and show what became of every day."""
    from pathlib import Path

    from stratum_pipelines.archive_import import ArchiveError, import_archive

    opened = platform.open()
    try:
        imported = import_archive(opened, Path(config.folder).expanduser())
    except ArchiveError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    days = sorted({*imported.stored.days, *imported.computed.days})
    for event in events_of_days(opened, days):
        context.log_event(event)
    context.add_output_metadata(
        {
            "answers": imported.stored.n_answers,
            "new": imported.stored.n_new,
            "days": len(days),
            "results": imported.n_results,
            "days_out_of_date": imported.still_stale.height,
        }
    )


@dg.job(
    description="Stores an archive of recorded answers and computes the days it touches: `stratum import`, from here.",
)
def import_archive() -> None:
    """Bring in an archive folder."""
    bring_in_archive()
