"""`stratum dispatch`: delivers webhooks."""

import os

import rich_click as click

from stratum_api.commands.speaking import CommandFailed, opened_database


@click.command(name="dispatch")
@click.option(
    "--queue",
    "queues",
    multiple=True,
    help="Deliver this queue, several times for several; by default STRATUM_DISPATCH_QUEUES.",
)
@click.option(
    "--metrics-port", type=click.IntRange(0, 65535), help="Port of /metrics; by default STRATUM_DISPATCH_METRICS_PORT."
)
def dispatch_command(queues: tuple[str, ...], metrics_port: int | None) -> None:
    """Deliver webhooks until stopped: one process on SQLite, as many as you like on PostgreSQL."""
    from dataclasses import replace

    from stratum_api.dispatcher.running import alone, dispatch
    from stratum_api.dispatcher.settings import read_destination_rules, read_dispatch_settings
    from stratum_api.logs import set_up_logs
    from stratum_api.measures import listen
    from stratum_api.server_secret import server_secret
    from stratum_api.settings import read_api_settings

    with opened_database() as (storage, database):
        api = read_api_settings(os.environ)
        settings = read_dispatch_settings(os.environ)
        if queues:
            settings = replace(settings, queues=queues)
        if metrics_port is not None:
            settings = replace(settings, metrics_port=metrics_port)
        destinations = read_destination_rules(os.environ)
        set_up_logs(api.log_level)
        with alone(database):
            if settings.metrics_port:
                try:
                    listen(api.metrics_host, settings.metrics_port)
                except OSError as error:
                    raise CommandFailed(
                        f"/metrics cannot be served on port {settings.metrics_port}: {error.strerror}. Name another with "
                        "--metrics-port (0 serves none); several dispatchers on one machine need one each."
                    ) from error
            click.echo(f"Delivering webhooks (state in {storage.home})", err=True)
            dispatch(database, server_secret(api.secret, storage.home), settings, destinations)
