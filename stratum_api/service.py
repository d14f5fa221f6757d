"""What one worker serves with: the database both ways, keys, limits, usage, and its settings; opened and closed together."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from stratum_api.analytics import Analyses, TradeBook
from stratum_api.core_samples import Stretches
from stratum_api.exporting import Turns
from stratum_api.history import History
from stratum_api.key_cache import KeyCache
from stratum_api.limits import Limiter, open_windows
from stratum_api.logs import RequestLog
from stratum_api.metering import Meter
from stratum_api.newest import Newest
from stratum_api.pages import Cursors
from stratum_api.readiness import Readiness
from stratum_api.rows import Rows, open_rows
from stratum_api.server_secret import server_secret
from stratum_api.settings import ApiSettings
from stratum_api.stream import Streams, open_seats
from stratum_api.wakeups import Wakeups
from warehouse.charts import ChartCache
from warehouse.database import Database
from warehouse.database.outbox import CALLED_OUT
from warehouse.lake import Lake
from warehouse.outbound import DestinationRules, Poster
from warehouse.settings import Settings

KEY_CONNECTIONS = 2
# One for what is new, the others for those who catch up.
STREAM_CONNECTIONS = 3
# Remembered by a worker, a megabyte each at most; more are in the folder.
MOST_PICTURES = 32


@dataclass(frozen=True)
class Service:
    """Everything endpoints and the door work with.

    `rows` is the short way to read what is hot, `history` the way to all that was, `newest` what is remembered of
    it, `analyses` what is computed of trades, `charts` what is drawn of them, `database` the long way to change.
    `readiness` says whether all of it answers, `destinations` where webhooks may go.
    """

    settings: ApiSettings
    storage: Settings
    database: Database
    lake: Lake
    history: History
    stretches: Stretches
    newest: Newest
    analyses: Analyses
    charts: Analyses
    chart_cache: ChartCache
    turns: Turns
    rows: Rows
    cursors: Cursors
    keys: KeyCache
    limiter: Limiter
    meter: Meter
    streams: Streams
    readiness: Readiness
    request_log: RequestLog
    wakeups: Wakeups
    destinations: Poster
    secret: bytes = field(repr=False)

    def now(self) -> dt.datetime:
        """The moment it is, UTC."""
        return dt.datetime.now(dt.UTC)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Within: connected, listening for changes, counting. What was begun is finished at the end, in reverse."""
        async with AsyncExitStack() as stack:
            for part in (
                self.rows,
                self.limiter,
                self.keys,
                self.streams,
                self.wakeups,
                self.meter,
                self.request_log,
            ):
                await part.open()
                stack.push_async_callback(part.close)
            stack.push_async_callback(self.destinations.close)
            yield


def make_service(storage: Settings, settings: ApiSettings, destinations: DestinationRules | None = None) -> Service:
    """The service of a worker; nothing is opened yet. The database has to be migrated.

    `destinations` are the rules for addresses of webhooks, by default the strictest.
    """
    database = Database(storage.database_url)
    rows = open_rows(storage.database_url, settings.database_connections)
    secret = server_secret(settings.secret, storage.home)
    # Connections of their own: a key is checked also while long reads hold all the others.
    keys = KeyCache(open_rows(storage.database_url, KEY_CONNECTIONS), secret)
    streams = Streams(
        open_rows(storage.database_url, STREAM_CONNECTIONS),
        open_seats(storage.database_url, storage.home),
        keys.still,
        settings.heartbeat_s,
    )
    meter = Meter(database, storage.home / "api" / "usage", with_alerts="limit_alerts" in settings.flags)
    lake = Lake(storage.lake_url)
    history = History(lake)
    book = TradeBook(lake)
    return Service(
        settings=settings,
        storage=storage,
        database=database,
        lake=lake,
        history=history,
        stretches=Stretches(history),
        newest=Newest(lake),
        analyses=Analyses(book),
        charts=Analyses(book, most=MOST_PICTURES, at_once=1),
        chart_cache=ChartCache(storage.home / "api" / "charts"),
        turns=Turns(),
        rows=rows,
        cursors=Cursors(secret),
        keys=keys,
        limiter=Limiter(open_windows(storage.database_url, storage.home)),
        meter=meter,
        streams=streams,
        readiness=Readiness(settings, rows, database, lake, streams),
        request_log=RequestLog(),
        wakeups=Wakeups(storage.database_url, {"stratum_access": keys.tell, CALLED_OUT: streams.wake}),
        destinations=Poster(destinations or DestinationRules()),
        secret=secret,
    )
