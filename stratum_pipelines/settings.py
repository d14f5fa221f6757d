"""Settings of the pipelines: what is polled, how fast, with which key. Importing this module reads nothing."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stratum_pipelines.budget.credits import Allowance
from stratum_pipelines.quant.closing_moments import FINAL_AFTER
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.books import REGIONS as KNOWN_REGIONS
from stratum_pipelines.signals import Overrides, find_signals
from stratum_pipelines.signals.signal import Settable, Signal
from warehouse.errors import SettingInvalid
from warehouse.settings import Setting

API_KEY = Setting(
    "ODDS_API_KEY",
    "",
    "The key of The Odds API; without one the built-in market simulator is polled.",
    is_secret=True,
    default_shown="",
)
TIMEOUT = Setting("ODDS_API_HTTP_TIMEOUT_SECONDS", "25", "How long one request to The Odds API may take, in seconds.")
ATTEMPTS = Setting("ODDS_API_RETRY_ATTEMPTS", "3", "How often a request is sent at most before it counts as failed.")
BACKOFF = Setting(
    "ODDS_API_RETRY_BACKOFF_SECONDS",
    "0.5",
    "How long to wait before the second attempt, in seconds; it doubles with each, with some chance added.",
)
MAX_EVENTS = Setting(
    "ODDS_API_MAX_EVENTS_PER_CYCLE",
    "40",
    "How many games of one answer are taken at most, the next to start first; the answer is stored whole, and one cut short "
    "suspends nothing.",
)
REGIONS = Setting(
    "ODDS_API_REGIONS", "us", "Regions whose bookmakers are asked for, separated by commas; each costs credits."
)
ODDS_FORMAT = Setting("ODDS_API_ODDS_FORMAT", "american", "The odds format to ask for: american or decimal.")
SPORTS = Setting(
    "STRATUM_SPORTS", "americanfootball_nfl", "The sports to poll, separated by commas, as The Odds API spells them."
)
POLL_SECONDS = Setting(
    "STRATUM_POLL_SECONDS", "60", "Seconds between two polls of a sport at the fastest, which is close to a start."
)
CREDIT_RESERVE = Setting(
    "STRATUM_CREDIT_RESERVE",
    "25",
    "Provider credits that are never touched: nothing is asked for that might leave less, whatever it is worth.",
)
CREDITS_PER_MONTH = Setting(
    "STRATUM_CREDITS_PER_MONTH",
    "",
    "How many credits may be used in a month at most, where a key is shared or a provider counts nothing; all that the "
    "provider says are left while it is empty.",
    default_shown="",
)
CREDIT_RESET_DAY = Setting(
    "STRATUM_CREDIT_RESET_DAY",
    "1",
    "The day of the month on which the provider counts credits anew, at 00:00 UTC; in shorter months their last day.",
)
FOLLOWED = Setting(
    "STRATUM_FOLLOWED",
    "",
    "What is followed and how much, as in basketball_nba=2,Boston Celtics=3: sports, teams or ids of games, each game of them "
    "weighing so much more when credits are scarce.",
)
SIMULATOR_SEED = Setting(
    "STRATUM_SIMULATOR_SEED", "7", "The seed of the market simulator: the same seed gives the same market."
)

LAST_DAY_OF_A_MONTH = 31
A_WEEK_IN_MINUTES = 7 * 24 * 60
FINAL_AFTER_MINUTES = Setting(
    "STRATUM_FINAL_AFTER_MINUTES",
    f"{FINAL_AFTER.total_seconds() / 60:g}",
    "Minutes after a start until its closing lines are final: partners hear of them then, and what changes later is a new version.",
)

SETTINGS: tuple[Setting, ...] = (
    API_KEY,
    TIMEOUT,
    ATTEMPTS,
    BACKOFF,
    MAX_EVENTS,
    REGIONS,
    ODDS_FORMAT,
    SPORTS,
    POLL_SECONDS,
    CREDIT_RESERVE,
    CREDITS_PER_MONTH,
    CREDIT_RESET_DAY,
    FOLLOWED,
    SIMULATOR_SEED,
    FINAL_AFTER_MINUTES,
)


@dataclass(frozen=True)
class PipelineSettings:
    """The settings of the pipelines. Its repr does not show the key."""

    api_key: str = field(repr=False)
    http_timeout_s: float
    retry_attempts: int
    retry_backoff_s: float
    max_events: int
    regions: tuple[str, ...]
    odds_format: str
    sports: tuple[str, ...]
    poll_s: float
    simulator_seed: int
    allowance: Allowance
    followed: Mapping[str, float]

    def required_key(self) -> str:
        """The key of The Odds API. Raises SettingInvalid where there is none."""
        if not self.api_key:
            raise SettingInvalid(
                f"{API_KEY.name} is not set, and The Odds API cannot be asked without it. {API_KEY.sentence}"
            )
        return self.api_key


def read_pipeline_settings(environ: Mapping[str, str]) -> PipelineSettings:
    """The settings of the pipelines from an environment, checked. Raises SettingInvalid by name."""
    regions, sports = REGIONS.several(environ), SPORTS.several(environ)
    for region in regions:
        if region not in KNOWN_REGIONS:
            raise REGIONS.invalid(region, f"a list of {', '.join(KNOWN_REGIONS)}")
    leagues = load_reference().leagues
    for sport in sports:
        if sport not in leagues:
            raise SPORTS.invalid(sport, f"a list of {', '.join(leagues)}")
    for setting, values in ((REGIONS, regions), (SPORTS, sports)):
        if not values:
            raise setting.invalid("", "a list with at least one entry")
    return PipelineSettings(
        api_key=API_KEY.text(environ),
        http_timeout_s=TIMEOUT.number(environ, at_least=0.1),
        retry_attempts=ATTEMPTS.whole(environ, at_least=1),
        retry_backoff_s=BACKOFF.number(environ),
        max_events=MAX_EVENTS.whole(environ, at_least=1),
        regions=regions,
        odds_format=ODDS_FORMAT.choice(environ, ("american", "decimal")),
        sports=sports,
        poll_s=POLL_SECONDS.number(environ, at_least=1),
        simulator_seed=SIMULATOR_SEED.whole(environ),
        allowance=_read_allowance(environ),
        followed=_read_followed(environ),
    )


def _read_allowance(environ: Mapping[str, str]) -> Allowance:
    return Allowance(
        reserve=CREDIT_RESERVE.whole(environ),
        per_month=CREDITS_PER_MONTH.whole(environ) if CREDITS_PER_MONTH.text(environ) else None,
        reset_day=CREDIT_RESET_DAY.whole(environ, at_least=1, at_most=LAST_DAY_OF_A_MONTH),
    )


def _read_followed(environ: Mapping[str, str]) -> dict[str, float]:
    followed = {}
    for part in FOLLOWED.several(environ):
        name, _, text = part.rpartition("=")
        try:
            weight = float(text)
        except ValueError:
            weight = -1.0
        if not name.strip() or not 0 <= weight < float("inf"):
            raise FOLLOWED.invalid(
                part, "a sport, a team or the id of a game, an equals sign and a weight of 0 or more"
            )
        followed[name.strip()] = weight
    return followed


def read_final_after(environ: Mapping[str, str]) -> dt.timedelta:
    """How long after its moment a close becomes final. Raises SettingInvalid for what is no number of minutes, or more than a week."""
    return dt.timedelta(minutes=FINAL_AFTER_MINUTES.number(environ, at_most=A_WEEK_IN_MINUTES))


def rule_settings(signals: Mapping[str, Signal] | None = None) -> tuple[Setting, ...]:
    """The settings of the signal rules: every parameter a rule's file says may be set, called RULE_PARAMETER."""
    found = find_signals() if signals is None else signals
    return tuple(_rule_setting(signal, name, settable) for signal, name, settable in _settable(found))


def read_overrides(environ: Mapping[str, str], signals: Mapping[str, Signal] | None = None) -> Overrides:
    """The parameters of rules that an environment sets to something else than the default. Raises SettingInvalid by name."""
    found = find_signals() if signals is None else signals
    overrides = []
    for signal, name, settable in _settable(found):
        value = _read(_rule_setting(signal, name, settable), signal.parameters[name], settable, environ)
        if value != signal.parameters[name]:
            overrides.append((signal.name, name, value))
    return tuple(overrides)


def _settable(signals: Mapping[str, Signal]) -> list[tuple[Signal, str, Settable]]:
    return [(signal, name, one) for signal in signals.values() for name, one in signal.settable.items()]


def _rule_setting(signal: Signal, name: str, settable: Settable) -> Setting:
    default = signal.parameters[name]
    if isinstance(default, tuple):
        text = ",".join(map(str, default))
    elif isinstance(default, bool):
        text = str(default).lower()
    else:
        text = f"{default:g}"
    return Setting(f"{signal.name}_{name.upper()}", text, settable.sentence)


def _read(setting: Setting, default: Any, settable: Settable, environ: Mapping[str, str]) -> Any:
    """The value in the type of the default, within what the rule can work with."""
    if isinstance(default, bool):
        return setting.flag(environ)
    if isinstance(default, tuple):
        return setting.several(environ)
    if isinstance(default, int):
        return setting.whole(environ, at_least=int(settable.at_least), at_most=settable.at_most)
    return setting.number(environ, at_least=settable.at_least, at_most=settable.at_most)
