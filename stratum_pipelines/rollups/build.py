"""Building the rollups: dbt's models in order, their tests, and everything published at once when all is well."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stratum_pipelines.rollups.settings import RollupSettings
from warehouse.errors import OperationRefused
from warehouse.lake import Lake
from warehouse.marts import MARTS, Shelf, read_marts
from warehouse.settings import Settings

if TYPE_CHECKING:
    from stratum_pipelines.rollups.building import Building

PATIENCE_S = 900.0


@dataclass(frozen=True)
class MartBuilt:
    """What became of one mart: its rows, its parts, those of them that are other than before, and the seconds it took."""

    name: str
    rows: int
    n_parts: int
    rebuilt: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class TestRun:
    """What one test found: the rows that fail it, or None with the message of what kept it from being run."""

    __test__ = False

    mart: str
    name: str
    failures: int | None
    warns: bool
    message: str = ""

    @property
    def passed(self) -> bool:
        """Whether no row fails."""
        return self.failures == 0


@dataclass(frozen=True)
class Built:
    """A build. Without `is_published` everything is as it was before; `faults` say why."""

    marts: tuple[MartBuilt, ...]
    tests: tuple[TestRun, ...]
    faults: tuple[str, ...]
    is_published: bool
    seconds: float


def build(
    settings: Settings,
    lake: Lake,
    rules: RollupSettings,
    *,
    full: bool = False,
    select: Sequence[str] = (),
    said: Callable[[str], None] = lambda line: None,
    patience_s: float = PATIENCE_S,
    manifest: Any = None,
) -> Built:
    """Build the marts and test them; what is not out of date stays as it is.

    `select` names models as dbt does (`daily_rollups+`), `full` makes everything again and tests every row. Nothing is
    published when a model fails, or a test that does not only warn. Raises LakeBusy when another build takes longer than
    `patience_s`.
    """
    from stratum_pipelines.rollups.building import Building
    from stratum_pipelines.rollups.current import held
    from stratum_pipelines.rollups.project import call, parted, variables

    started = time.perf_counter()
    shelf = Shelf(settings.home / MARTS)
    with shelf.alone(patience_s):
        building = Building(lake, shelf, rules, full, said)
        # Steps are views and cost nothing; a test is run when all it looks at is built.
        wanted = [*select, "path:models/staging"] if select else ["resource_type:model"]
        words = ["build", "--indirect-selection", "cautious", "--select", *wanted, "--exclude", "source:*"]
        with held(building):
            result = call(words, settings.home, variables(rules.zone, parted()), manifest=manifest)
        if result.exception is not None:
            raise OperationRefused(f"dbt could not build the rollups: {' '.join(str(result.exception).split())[:600]}")
        marts, tests, faults = read_results(result.result, building)
        if not (marts or tests or faults):
            raise OperationRefused(f"No rollup is called {' '.join(select)!r}. Known are: {', '.join(read_marts())}.")
        if not faults:
            shelf.publish(building.published())
            shelf.sweep()
    return Built(tuple(marts), tuple(tests), tuple(faults), not faults, time.perf_counter() - started)


def read_results(results: Any, building: "Building") -> tuple[list[MartBuilt], list[TestRun], list[str]]:
    """The marts, the tests and what went wrong, from dbt's results."""
    marts, tests, faults = [], [], []
    for result in results:
        node = result.node
        status = str(result.status)
        if node.resource_type == "model":
            if status == "success" and node.name in building.made:
                made = building.made[node.name]
                rebuilt = tuple(building.rebuilt[node.name])
                marts.append(MartBuilt(node.name, made.rows, len(made.parts), rebuilt, result.execution_time))
            elif status not in ("success", "skipped"):
                faults.append(f"{node.name}: {_told(result, status)}")
        elif node.resource_type == "test":
            run = _test_run(node, result, status)
            tests.append(run)
            if not run.passed and not run.warns and status != "skipped":
                n = "" if run.failures is None else f"{run.failures} rows, "
                faults.append(f"{run.mart}: the test {run.name} fails ({n}{run.message})")
    return marts, tests, faults


def _test_run(node: Any, result: Any, status: str) -> TestRun:
    mart = (node.attached_node or "").rpartition(".")[2]
    warns = str(node.config.severity).lower() == "warn"
    if status in ("pass", "warn", "fail"):
        return TestRun(mart, test_name(node), int(result.failures or 0), warns, _told(result, status))
    return TestRun(mart, test_name(node), None, warns, _told(result, status))


def test_name(node: Any) -> str:
    """What a test is called here: as its author named it, else the kind of test and the column."""
    kind = node.test_metadata.name if node.test_metadata else node.name
    column = node.column_name
    return f"{kind}_{column}" if column else node.name if _is_named(node, kind) else kind


def _is_named(node: Any, kind: str) -> bool:
    return not node.name.startswith(f"{kind}_")


def _told(result: Any, status: str) -> str:
    return " ".join(str(result.message or status).split())
