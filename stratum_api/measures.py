"""What the API measures of itself, for Prometheus. Several workers write to one folder, which `stratum serve` reads for /metrics."""

import os
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, multiprocess, start_http_server

# Where workers of one server put their numbers; the library reads the name itself, when it is first imported.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

REQUESTS = Counter("stratum_api_requests_total", "Requests by operation and status.", ["operation", "status"])
SECONDS = Histogram(
    "stratum_api_request_seconds",
    "From the request's arrival to the end of its answer.",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
KEY_REFUSALS = Counter("stratum_api_key_refusals_total", "Keys that were not accepted.")
LIMITED = Counter("stratum_api_limited_total", "Requests over their limit per minute.", ["kind"])
BILLABLE = Counter("stratum_api_billable_requests_total", "Requests that were noted as usage.")
OPEN = Gauge("stratum_api_open_requests", "Requests being answered.", multiprocess_mode="livesum")
STREAMS = Gauge("stratum_api_open_streams", "Open streams by wire.", ["wire"], multiprocess_mode="livesum")
STREAMS_ENDED = Counter("stratum_api_streams_ended_total", "Streams the server ended, by the last message.", ["topic"])
STREAM_MESSAGES = Counter("stratum_api_stream_messages_total", "Messages that were written to streams.", ["wire"])
STREAM_UNREADABLE = Counter(
    "stratum_api_stream_unreadable_total", "Messages of the outbox that could not be read and were passed over."
)
STREAM_LAG = Histogram(
    "stratum_api_stream_lag_seconds",
    "From the moment a message of the outbox says it was created to its being offered to every stream.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0),
)

_requests: dict[tuple[str, int], Counter] = {}
_seconds: dict[str, Histogram] = {}


def measure(operation: str, status: int, seconds: float) -> None:
    """Count one request. Labelled counters are looked up once: doing it each time would cost more than counting."""
    counter = _requests.get((operation, status))
    if counter is None:
        counter = _requests[operation, status] = REQUESTS.labels(operation, str(status))
    counter.inc()
    histogram = _seconds.get(operation)
    if histogram is None:
        histogram = _seconds[operation] = SECONDS.labels(operation)
    histogram.observe(seconds)


def prepare_folder(home: Path) -> Path:
    """An empty folder for the numbers of all workers."""
    folder = home / "api" / "measures"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
    return folder


def listen(host: str, port: int) -> None:
    """Serve /metrics on an address of its own, in a thread of this process."""
    registry = REGISTRY
    if os.environ.get(FOLDER_VARIABLE):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    start_http_server(port, addr=host, registry=registry)
