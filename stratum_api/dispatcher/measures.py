"""What the dispatcher measures of itself, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("stratum_dispatcher_messages_total", "Messages of the outbox that were handed on.")
ATTEMPTS = Counter(
    "stratum_dispatcher_attempts_total", "Attempts by result: delivered, or the error as the log calls it.", ["result"]
)
SECONDS = Histogram(
    "stratum_dispatcher_attempt_seconds",
    "From the beginning of a request to the end of its answer.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0),
)
DEAD = Counter("stratum_dispatcher_dead_total", "Deliveries that were given up, and kept.")
DISABLED = Counter("stratum_dispatcher_disabled_total", "Endpoints that were disabled.", ["reason"])
SENDING = Gauge("stratum_dispatcher_sending", "Requests on their way.")
DEPTH = Gauge(
    "stratum_dispatcher_queue_depth",
    "Deliveries that are pending, of endpoints that get messages; counted up to 100,000.",
)
OLDEST = Gauge("stratum_dispatcher_oldest_due_seconds", "For how long the oldest delivery has been due.")
LAG = Gauge("stratum_dispatcher_oldest_message_seconds", "For how long the oldest message has waited to be handed on.")
