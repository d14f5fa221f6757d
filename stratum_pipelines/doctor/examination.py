"""The examination: every look, one after another, whatever becomes of each."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping

from stratum_pipelines.board.advance import Rules
from stratum_pipelines.doctor.budget import look_at_budget
from stratum_pipelines.doctor.closing_lines import look_at_closing_lines
from stratum_pipelines.doctor.cycles import look_at_cycles
from stratum_pipelines.doctor.database import look_at_database
from stratum_pipelines.doctor.days import look_at_days
from stratum_pipelines.doctor.disk import look_at_disk
from stratum_pipelines.doctor.feed import look_at_feed
from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.doctor.home import look_at_home
from stratum_pipelines.doctor.lake import look_at_lake
from stratum_pipelines.doctor.leftovers import look_at_leftovers
from stratum_pipelines.doctor.names import look_at_names
from stratum_pipelines.doctor.polling import look_at_polling, look_at_rules
from stratum_pipelines.doctor.quarantine import look_at_quarantine
from stratum_pipelines.doctor.webhooks import look_at_webhooks
from stratum_pipelines.fetch import Fetcher, open_fetcher
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers import find_providers
from stratum_pipelines.reference import load_reference
from stratum_pipelines.settings import PipelineSettings
from stratum_pipelines.signals import Overrides, signals_in_force
from warehouse.database import Database
from warehouse.errors import WarehouseError
from warehouse.lake import Lake
from warehouse.settings import Settings, hide_secrets


def open_to_look(settings: Settings, overrides: Overrides = ()) -> Platform:
    """The platform as it is: nothing is made or migrated, and nothing read yet that might be broken."""
    # The links a person made decide how answers are computed, and nothing that is looked at here.
    rules = Rules(load_reference(), signals_in_force(overrides), find_providers(), {}, regimes=settings.regimes)
    return Platform(settings, Lake(settings.lake_url), Database(settings.database_url), rules)


def examine(
    platform: Platform,
    environ: Mapping[str, str],
    now: dt.datetime,
    *,
    known: Collection[str] | None = None,
    open_feed: Callable[[PipelineSettings], Fetcher] = open_fetcher,
) -> list[Finding]:
    """Look at everything; a look that fails is a finding itself, and the others go on. Tests put in a feed of their own.

    `known` are the names of all settings there are, other packages' included; without them no name is doubted.
    """
    looks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("settings", lambda: look_at_names(environ, environ if known is None else known)),
        ("home", lambda: look_at_home(platform.settings)),
        ("feed", lambda: look_at_feed(environ, open_feed)),
        ("lake", lambda: look_at_lake(platform)),
        ("database", lambda: look_at_database(platform)),
        ("disk", lambda: look_at_disk(platform)),
        ("polling", lambda: look_at_polling(platform, now)),
        ("budget", lambda: look_at_budget(platform, environ, now)),
        ("rules", lambda: look_at_rules(platform, now)),
        ("cycles", lambda: look_at_cycles(platform)),
        ("closing lines", lambda: look_at_closing_lines(platform, now)),
        ("quarantine", lambda: look_at_quarantine(platform, now)),
        ("leftovers", lambda: look_at_leftovers(platform)),
    ]
    findings = [finding for subject, look in looks for finding in _looked(subject, look)]
    if any(finding.subject == "database" and finding.state != "ok" for finding in findings):
        findings.append(
            Finding("days", "warning", "not looked at: the database knows which were computed, and from what")
        )
    else:
        findings += _looked("webhooks", lambda: look_at_webhooks(platform, now))
        findings += _looked("days", lambda: look_at_days(platform))
    return findings


def _looked(subject: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """What a look found; a fault of its own is one more finding, whatever it is."""
    findings: list[Finding] = []
    try:
        findings.extend(look())
    except WarehouseError as error:
        findings.append(Finding(subject, "fault", error.said, error.remedy))
    except Exception as error:
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        findings.append(Finding(subject, "fault", hide_secrets(said)))
    return findings
