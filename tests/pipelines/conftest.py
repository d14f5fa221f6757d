"""A platform of the test's own, answers to fill it with, and Dagster around it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from stratum_pipelines.platform import Platform, open_platform
from stratum_pipelines.providers.reading import Answer
from tests.build import MINUTE, NOON, answer, book, game
from warehouse.settings import read_settings

DAY = 24 * 60 * MINUTE
BOOKS = ("pinnacle", "fanduel", "draftkings", "betmgm")


def day_of_answers(day: int = 0, n: int = 12, *, start_after: int = 90) -> list[Answer]:
    """A day of polls ten minutes apart, one game that starts in between, a spread that moves through the key number."""
    start = NOON + day * DAY + start_after * MINUTE
    answers = []
    for i in range(n):
        at = NOON + day * DAY + i * 10 * MINUTE
        spread = (-2.0 - 0.5 * (i // 3), -110, -110)
        books = [book(b, at, h2h=(-150 - i, 130 + i), spread=spread, total=(44.5, -110, -110)) for b in BOOKS]
        answers.append(answer(at, [game(books, event_id=f"game-{day}", start=start)]))
    return answers


@pytest.fixture
def platform(home: Path) -> Iterator[Platform]:
    """An empty platform in the test's own home."""
    opened = open_platform(read_settings(os.environ))
    yield opened
    opened.database.close()


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage of the test's own."""
    with dg.DagsterInstance.ephemeral(str(home)) as instance:
        yield instance


@pytest.fixture(scope="session")
def definitions() -> dg.Definitions:
    """Everything Dagster is told."""
    from stratum_pipelines.definitions import defs

    return defs


@pytest.fixture
def materialise(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Callable[..., dg.ExecuteInProcessResult]:
    """Runs assets over a range of days in this process, as a backfill does in one run."""

    def run(
        first: str, last: str, *assets: str, job: str = "__ASSET_JOB", **options: object
    ) -> dg.ExecuteInProcessResult:
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        found = (
            definitions.get_repository_def().get_job(job)
            if job != "__ASSET_JOB"
            else definitions.resolve_implicit_global_asset_job_def()
        )
        selection = [dg.AssetKey(name) for name in assets] or None
        return found.execute_in_process(
            instance=instance, tags=tags, asset_selection=selection, raise_on_error=False, **options
        )

    return run
