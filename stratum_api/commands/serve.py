"""`stratum serve`: the API."""

import os
from typing import Any

import rich_click as click

from stratum_api.commands.speaking import CommandFailed


@click.command(name="serve")
@click.option("--host", help="Address to listen on; by default STRATUM_API_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; by default STRATUM_API_PORT.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; by default STRATUM_API_WORKERS.")
def serve_command(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the API until stopped: on SQLite for one person, on PostgreSQL with several workers for many."""
    from dataclasses import replace

    from stratum_api.serving import serve
    from stratum_api.settings import read_api_settings
    from warehouse.errors import WarehouseError
    from warehouse.settings import read_settings

    try:
        storage, settings = read_settings(os.environ), read_api_settings(os.environ)
        given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
        settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
        click.echo(f"The API: http://{settings.host}:{settings.port}/docs (state in {storage.home})", err=True)
        serve(storage, settings)
    except WarehouseError as error:
        raise CommandFailed(str(error)) from error
