"""The platform as a Dagster resource, opened once per process, and the executor everything runs on."""

import datetime as dt
import os
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from stratum_pipelines.paper_terms import PaperTerms
    from stratum_pipelines.platform import Platform
    from stratum_pipelines.signals import Overrides
    from warehouse.settings import Settings

_OPENING = Lock()


class PlatformResource(dg.ConfigurableResource):
    """The lake, the database and the rules that the environment names (STRATUM_HOME and the rest)."""

    def open(self) -> "Platform":
        """The platform; the database is migrated the first time a process asks."""
        from stratum_pipelines.paper_terms import read_paper_terms
        from stratum_pipelines.settings import read_final_after, read_overrides
        from warehouse.settings import read_settings

        with _OPENING:
            return _open(
                read_settings(os.environ),
                read_overrides(os.environ),
                read_final_after(os.environ),
                read_paper_terms(os.environ),
            )


@lru_cache(maxsize=4)
def _open(settings: "Settings", overrides: "Overrides", final_after: dt.timedelta, paper: "PaperTerms") -> "Platform":
    from stratum_pipelines.platform import open_platform

    return open_platform(settings, overrides, final_after, paper)


@dg.definitions
def resources() -> dg.Definitions:
    """The resources, and steps that follow one another in one process.

    A process per step costs six times as long for a run of small steps; what is heavy uses all cores within its step.
    """
    return dg.Definitions(resources={"platform": PlatformResource()}, executor=dg.in_process_executor)
