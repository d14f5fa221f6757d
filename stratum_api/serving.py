"""Starts the server: migrates, makes what workers share, listens for /metrics, and runs the workers until it is told to stop."""

import contextlib
import os
import socket
import sys

from stratum_api.logs import set_up_logs
from stratum_api.server_secret import server_secret
from stratum_api.settings import HOST, PORT, WORKERS, ApiSettings
from warehouse.database import Database
from warehouse.settings import Settings

KEEP_ALIVE_S = 30
# A connection whose other end acknowledges nothing for so long is closed by the kernel: a client that vanished without a word, or
# takes nothing, holds neither memory nor one of its account's streams for longer.
UNANSWERED_S = 30
BACKLOG = 2048
# A worker imports for some seconds before it answers its supervisor, on a busy machine for many.
WORKER_ANSWERS_WITHIN_S = 60
APPLICATION = "stratum_api.app:serve_app"


def serve(storage: Settings, settings: ApiSettings) -> None:
    """Serve until a signal says stop; requests that are under way are finished within the grace period.

    Raises WarehouseError when the database or a setting cannot be used, and OSError when the address is taken.
    """
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    prepare(storage, settings)
    # Imported late: the library looks for the folder's name when it is imported.
    from stratum_api.measures import FOLDER_VARIABLE, prepare_folder

    if settings.workers > 1:
        os.environ[FOLDER_VARIABLE] = str(prepare_folder(storage.home))
    from stratum_api import measures
    from stratum_api.connection import Connection

    if settings.metrics_port:
        measures.listen(settings.metrics_host, settings.metrics_port)
    # Workers are new processes that read the environment: what was said otherwise on the command line goes with them.
    os.environ |= {HOST.name: settings.host, PORT.name: str(settings.port), WORKERS.name: str(settings.workers)}
    config = uvicorn.Config(
        APPLICATION,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",
        http=Connection,
        ws="websockets-sansio",
        ws_max_size=settings.max_body_bytes,
        # It would cost every open stream hundreds of kilobytes, and more time than sending does.
        ws_per_message_deflate=False,
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=settings.grace_s,
        timeout_worker_healthcheck=WORKER_ANSWERS_WITHIN_S,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=",".join(settings.trusted_proxies),
    )
    listening = config.bind_socket()
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux; every connection has it from the socket it came in by
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_S * 1000)
    if settings.workers > 1:
        Multiprocess(config, sockets=[listening]).run()
        return
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def prepare(storage: Settings, settings: ApiSettings) -> None:
    """The database at the newest revision, and the secret of keys: once, before any worker starts."""
    set_up_logs(settings.log_level)
    with Database(storage.database_url) as database:
        database.migrate()
    server_secret(settings.secret, storage.home)
