"""`stratum backup` and `stratum restore`: the database copied, the lake listed."""

import datetime as dt
from pathlib import Path

import rich_click as click

from stratum_pipelines.commands.output import counted, environment, json_option, opened_platform, print_json, results
from stratum_pipelines.hints import hint

FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command(name="backup")
@FOLDER
@json_option
def backup_command(folder: Path, as_json: bool) -> None:
    """Copy the database into a new FOLDER, with a list of the lake's files and their digests."""
    from warehouse.backup import backup

    with opened_platform(filled=True) as platform:
        manifest = backup(platform.lake, platform.database, folder, now=dt.datetime.now(dt.UTC))
        lake_url = platform.settings.lake_url
    size = sum(entry.size_bytes for entry in manifest.lake)
    if as_json:
        print_json(
            {
                "folder": str(folder.absolute()),
                "made_at": manifest.made_at,
                "revision": manifest.revision,
                "rows": manifest.rows,
                "lake_files": len(manifest.lake),
                "lake_bytes": size,
            }
        )
        return
    results.print(f"The database ({counted(sum(manifest.rows.values()), 'row')}) is in {folder}.", soft_wrap=True)
    if "://" in lake_url:
        advice = "Keep them by the versions or copies of their store."
    else:
        home = environment().home
        advice = f'They are not in it. Copy them too: rsync -a "{lake_url}" "{home / "boards"}" TARGET'
    results.print(
        f"The lake's {counted(len(manifest.lake), 'file')} ({size:,} bytes) are listed. {advice}", soft_wrap=True
    )


@click.command(name="restore")
@FOLDER
@click.option(
    "--any-lake", is_flag=True, help="Load the database although the lake is not the one that was there at the backup."
)
@json_option
def restore_command(folder: Path, any_lake: bool, as_json: bool) -> None:
    """Load a backup from FOLDER into an empty database, after checking it and the lake file by file."""
    from stratum_pipelines.cli import StratumError
    from warehouse.backup import restore
    from warehouse.database import Database
    from warehouse.errors import WarehouseError
    from warehouse.lake import Lake

    settings = environment()
    # Not the whole platform: opening it would work on the very database that is to be filled.
    try:
        with Database(settings.database_url) as database:
            manifest = restore(folder, Lake(settings.lake_url), database, check_lake=not any_lake)
    except WarehouseError as error:
        other = " Or give --any-lake." if "restore without checking it" in str(error) else ""
        raise StratumError(f"{error}{other}") from error
    n = sum(manifest.rows.values())
    if as_json:
        print_json({"made_at": manifest.made_at, "revision": manifest.revision, "rows": manifest.rows})
    else:
        results.print(f"Restored {counted(n, 'row')} of the backup made {manifest.made_at:%Y-%m-%d %H:%M} UTC.")
        results.print(f"See what is out of date since: {hint('stratum doctor')}", markup=False, soft_wrap=True)
