"""Settings of the API: where it listens, what it allows, which parts are on. Importing this module reads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network

from stratum_api.flags import FLAGS, STAGING_MODE, Flags, flag_settings
from warehouse.errors import SettingInvalid
from warehouse.settings import Setting

HOST = Setting("STRATUM_API_HOST", "127.0.0.1", "The address the API listens on; 0.0.0.0 is every one of the machine.")
PORT = Setting("STRATUM_API_PORT", "8000", "The port the API listens on.")
WORKERS = Setting("STRATUM_API_WORKERS", "1", "How many processes answer requests.")
SECRET = Setting(
    "STRATUM_API_SECRET",
    "",
    "The secret that keys are hashed with, 32 characters or more, the same for every server of a database. Without one it is "
    "made once and kept in STRATUM_HOME/api/secret; changing it ends every key.",
    is_secret=True,
    default_shown="STRATUM_HOME/api/secret",
)
METRICS_PORT = Setting(
    "STRATUM_API_METRICS_PORT", "9464", "The port of /metrics, which has a listener of its own; 0 starts none."
)
METRICS_HOST = Setting(
    "STRATUM_API_METRICS_HOST",
    "127.0.0.1",
    "The address of /metrics; whoever reaches it can read it, so keep it private.",
)
TRUSTED_PROXIES = Setting(
    "STRATUM_API_TRUSTED_PROXIES",
    "",
    "Addresses of proxies whose X-Forwarded-For is believed, separated by commas; without one the header is ignored.",
)
CORS_ORIGINS = Setting(
    "STRATUM_API_CORS_ORIGINS",
    "",
    "Web pages that may call the API from a browser, as in https://app.example.com, separated by commas; none by default.",
)
MAX_BODY_BYTES = Setting("STRATUM_API_MAX_BODY_BYTES", "65536", "The longest request body that is read, in bytes.")
TIMEOUT_SECONDS = Setting(
    "STRATUM_API_TIMEOUT_SECONDS", "20", "How long a request may take until its answer begins, in seconds."
)
GRACE_SECONDS = Setting(
    "STRATUM_API_GRACE_SECONDS", "15", "How long a server that is told to stop lets requests finish, in seconds."
)
POOL = Setting(
    "STRATUM_API_DATABASE_CONNECTIONS", "8", "Connections to PostgreSQL that each worker keeps for reading, at most."
)
ANONYMOUS_LIMIT = Setting(
    "STRATUM_API_ANONYMOUS_LIMIT", "10", "Requests a minute without a valid key, per address (per /64 on IPv6)."
)
HEARTBEAT_SECONDS = Setting(
    "STRATUM_API_HEARTBEAT_SECONDS", "15", "How often every open stream says that it is alive, in seconds."
)
READY_AGE_SECONDS = Setting(
    "STRATUM_API_READY_AGE_SECONDS",
    "0",
    "How old the newest poll may be, in seconds, before /health/ready answers 503; 0 reports the age and never does.",
)
READY_LAG_SECONDS = Setting(
    "STRATUM_API_READY_LAG_SECONDS",
    "0",
    "How long a message may wait for the dispatcher or for the stream, in seconds, before /health/ready answers 503; 0 reports and never does.",
)
OTLP_ENDPOINT = Setting(
    "STRATUM_API_OTLP_ENDPOINT",
    "",
    "Where spans of requests are sent by OpenTelemetry over HTTP, as in http://127.0.0.1:4318/v1/traces; none by default.",
)
LOG_LEVEL = Setting(
    "STRATUM_API_LOG_LEVEL", "info", "What is logged: debug, info, warning or error. Requests are info."
)

SETTINGS: tuple[Setting, ...] = (
    HOST,
    PORT,
    WORKERS,
    SECRET,
    METRICS_PORT,
    METRICS_HOST,
    TRUSTED_PROXIES,
    CORS_ORIGINS,
    MAX_BODY_BYTES,
    TIMEOUT_SECONDS,
    GRACE_SECONDS,
    POOL,
    ANONYMOUS_LIMIT,
    HEARTBEAT_SECONDS,
    READY_AGE_SECONDS,
    READY_LAG_SECONDS,
    OTLP_ENDPOINT,
    LOG_LEVEL,
    STAGING_MODE,
    *flag_settings(),
)
LEVELS = ("debug", "info", "warning", "error")
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class ApiSettings:
    """The settings of the API. Its repr does not show the secret."""

    host: str
    port: int
    workers: int
    secret: str = field(repr=False)
    metrics_port: int
    metrics_host: str
    trusted_proxies: tuple[str, ...]
    cors_origins: tuple[str, ...]
    max_body_bytes: int
    timeout_s: float
    grace_s: int
    database_connections: int
    anonymous_limit: int
    heartbeat_s: float
    ready_age_s: float
    ready_lag_s: float
    otlp_endpoint: str
    log_level: str
    flags: Flags


def read_api_settings(environ: Mapping[str, str]) -> ApiSettings:
    """The settings of the API from an environment, checked. Raises SettingInvalid by name."""
    secret = SECRET.text(environ)
    if secret and len(secret) < SHORTEST_SECRET:
        raise SECRET.invalid(secret, f"{SHORTEST_SECRET} characters or more")
    origins = CORS_ORIGINS.several(environ)
    for origin in origins:
        if not origin.startswith(("https://", "http://")) or origin.count("/") != 2:
            raise CORS_ORIGINS.invalid(origin, "origins such as https://app.example.com, without a path")
    proxies = TRUSTED_PROXIES.several(environ)
    for proxy in proxies:
        _check_network(proxy)
    return ApiSettings(
        host=HOST.text(environ),
        port=PORT.whole(environ),
        workers=WORKERS.whole(environ, at_least=1),
        secret=secret,
        metrics_port=METRICS_PORT.whole(environ),
        metrics_host=METRICS_HOST.text(environ),
        trusted_proxies=proxies,
        cors_origins=origins,
        max_body_bytes=MAX_BODY_BYTES.whole(environ, at_least=1024),
        timeout_s=TIMEOUT_SECONDS.number(environ, at_least=0.1),
        grace_s=GRACE_SECONDS.whole(environ, at_least=1),
        database_connections=POOL.whole(environ, at_least=1),
        anonymous_limit=ANONYMOUS_LIMIT.whole(environ, at_least=1),
        heartbeat_s=HEARTBEAT_SECONDS.number(environ, at_least=0.1),
        ready_age_s=READY_AGE_SECONDS.number(environ),
        ready_lag_s=READY_LAG_SECONDS.number(environ),
        otlp_endpoint=OTLP_ENDPOINT.text(environ),
        log_level=LOG_LEVEL.choice(environ, LEVELS),
        flags=Flags.read(environ),
    )


def _check_network(text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise SettingInvalid(
            f"{TRUSTED_PROXIES.name} holds {text!r}, which is no address or network. {TRUSTED_PROXIES.sentence}"
        ) from None


__all__ = ["FLAGS", "SETTINGS", "ApiSettings", "read_api_settings"]
