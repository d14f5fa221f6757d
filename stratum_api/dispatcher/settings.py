"""Settings of the dispatcher: what is tried how often, when an endpoint is left alone, and where requests may go."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.outbound import DestinationRules
from warehouse.settings import Setting

QUEUES = Setting(
    "STRATUM_DISPATCH_QUEUES",
    "default",
    "Queues this dispatcher delivers, separated by commas; an endpoint may have one of its own.",
)
RETRY_SECONDS = Setting(
    "STRATUM_DISPATCH_RETRY_SECONDS",
    "5,300,1800,7200,18000,36000,50400,72000,86400",
    "How long to wait after each failed attempt, on average, in seconds: each wait is drawn evenly from 0 to twice that. After one "
    "attempt more than there are waits (ten, within about three days) a delivery is given up, and kept.",
)
IN_FLIGHT = Setting("STRATUM_DISPATCH_IN_FLIGHT", "20", "Requests to one endpoint at once, at most.")
TOTAL_IN_FLIGHT = Setting("STRATUM_DISPATCH_TOTAL_IN_FLIGHT", "500", "Requests to all endpoints at once, at most.")
BREAKER_FAILURES = Setting(
    "STRATUM_DISPATCH_BREAKER_FAILURES",
    "5",
    "After how many failures in a row an endpoint is left alone for a while; then a single delivery tries whether it answers.",
)
BREAKER_SECONDS = Setting(
    "STRATUM_DISPATCH_BREAKER_SECONDS",
    "15",
    "For how long it is left alone the first time, in seconds; twice as long each time its trial fails.",
)
BREAKER_MOST_SECONDS = Setting(
    "STRATUM_DISPATCH_BREAKER_MOST_SECONDS", "600", "For how long it is left alone at most, in seconds."
)
DISABLE_FAILURES = Setting(
    "STRATUM_DISPATCH_DISABLE_FAILURES",
    "20",
    "After how many failures in a row an endpoint is disabled, if they lasted as long as the next setting says.",
)
DISABLE_SECONDS = Setting(
    "STRATUM_DISPATCH_DISABLE_SECONDS",
    "259200",
    "How long an endpoint has to have failed without a success before it is disabled, in seconds.",
)
CLAIM_SECONDS = Setting(
    "STRATUM_DISPATCH_CLAIM_SECONDS",
    "90",
    "For how long a dispatcher holds what it is about to send: what a killed one held is sent by another after that. It has to outlast "
    "three requests that take as long as they may (15 s each) and the writing down of what came of them.",
)
LOG_DAYS = Setting("STRATUM_DISPATCH_LOG_DAYS", "30", "Days to keep deliveries, dead letters and the log of attempts.")
GRACE_SECONDS = Setting(
    "STRATUM_DISPATCH_GRACE_SECONDS",
    "20",
    "How long a dispatcher that is told to stop lets requests finish, in seconds.",
)
METRICS_PORT = Setting("STRATUM_DISPATCH_METRICS_PORT", "9465", "The port of the dispatcher's /metrics; 0 starts none.")
PORTS = Setting("STRATUM_WEBHOOK_PORTS", "443,8443", "Ports that addresses of webhooks may name, separated by commas.")
VOUCHED_FOR = Setting(
    "STRATUM_WEBHOOK_ALLOWED_HOSTS",
    "",
    "Hosts (or host:port) that webhooks may go to though they are local or not https, separated by commas: for a receiver of one's "
    "own, in development. None by default.",
)

# No wait of these is longer than thirty days.
LONGEST_S = 2_592_000.0

SETTINGS: tuple[Setting, ...] = (
    QUEUES,
    RETRY_SECONDS,
    IN_FLIGHT,
    TOTAL_IN_FLIGHT,
    BREAKER_FAILURES,
    BREAKER_SECONDS,
    BREAKER_MOST_SECONDS,
    DISABLE_FAILURES,
    DISABLE_SECONDS,
    CLAIM_SECONDS,
    LOG_DAYS,
    GRACE_SECONDS,
    METRICS_PORT,
    PORTS,
    VOUCHED_FOR,
)


@dataclass(frozen=True)
class Rules:
    """What follows from failures, and how long a claim holds."""

    retry_s: tuple[float, ...] = tuple(float(part) for part in (RETRY_SECONDS.default or "").split(","))
    breaker_failures: int = 5
    breaker_s: float = 15.0
    breaker_most_s: float = 600.0
    disable_failures: int = 20
    disable_after: dt.timedelta = dt.timedelta(days=3)
    claim: dt.timedelta = dt.timedelta(seconds=90)


@dataclass(frozen=True)
class DispatchSettings:
    """The settings of the dispatcher."""

    queues: tuple[str, ...]
    rules: Rules
    in_flight: int
    total_in_flight: int
    log_days: int
    grace_s: float
    metrics_port: int


def read_dispatch_settings(environ: Mapping[str, str]) -> DispatchSettings:
    """The settings of the dispatcher from an environment, checked. Raises SettingInvalid by name."""
    waits = RETRY_SECONDS.several_numbers(environ)
    if not waits or not all(0 < wait <= LONGEST_S for wait in waits):
        raise RETRY_SECONDS.invalid(
            RETRY_SECONDS.text(environ), f"seconds above 0 and up to {LONGEST_S:.0f}, separated by commas"
        )
    return DispatchSettings(
        queues=QUEUES.several(environ),
        rules=Rules(
            retry_s=waits,
            breaker_failures=BREAKER_FAILURES.whole(environ, at_least=1),
            breaker_s=BREAKER_SECONDS.number(environ, at_least=0.01, at_most=LONGEST_S),
            breaker_most_s=BREAKER_MOST_SECONDS.number(environ, at_least=0.01, at_most=LONGEST_S),
            disable_failures=DISABLE_FAILURES.whole(environ, at_least=1),
            disable_after=dt.timedelta(seconds=DISABLE_SECONDS.number(environ, at_most=LONGEST_S)),
            claim=dt.timedelta(seconds=CLAIM_SECONDS.number(environ, at_least=1, at_most=LONGEST_S)),
        ),
        in_flight=IN_FLIGHT.whole(environ, at_least=1),
        total_in_flight=TOTAL_IN_FLIGHT.whole(environ, at_least=1),
        log_days=LOG_DAYS.whole(environ, at_least=1, at_most=10_000),
        grace_s=GRACE_SECONDS.number(environ),
        metrics_port=METRICS_PORT.whole(environ, at_most=65_535),
    )


def read_destination_rules(environ: Mapping[str, str]) -> DestinationRules:
    """Where webhooks may go. Raises SettingInvalid by name."""
    ports = [int(port) for port in PORTS.several(environ) if port.isdecimal() and 0 < int(port) <= 65_535]
    if len(ports) != len(PORTS.several(environ)):
        raise PORTS.invalid(PORTS.text(environ), "port numbers, separated by commas")
    return DestinationRules(ports=ports, vouched_for=VOUCHED_FOR.several(environ))
