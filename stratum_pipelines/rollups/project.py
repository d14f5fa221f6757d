"""How dbt is called: in this process, nothing reported to anybody, nothing written into the repository.

What dbt leaves behind (its parsed project, compiled queries and documentation) lies in `STRATUM_HOME/dbt`.
"""

import hashlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stratum_pipelines.quant.buckets.sessions import SESSIONS
from stratum_pipelines.quant.time_to_start import STEPS
from warehouse.errors import OperationRefused
from warehouse.marts import read_marts
from warehouse.tables import COUNTED_CONVENTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbt.cli.main import dbtRunnerResult

# In the repository; installed, the same files lie below the environment.
PLACES = (Path(__file__).resolve().parent.parent.parent / "dbt", Path(sys.prefix) / "share" / "stratum" / "dbt")
# No end of the last step: JSON has no infinity, and nothing is compared with it.
_LAST_END = 0.0


def project_folder() -> Path:
    """The folder of the dbt project."""
    for place in PLACES:
        if (place / "dbt_project.yml").is_file():
            return place
    raise OperationRefused(
        f"There is no dbt project in {' or '.join(map(str, PLACES))}: install Stratum with its files."
    )


def fingerprint(folder: Path) -> str:
    """The fingerprint of every file of a project, by path and content; the sources, made from the tables, are left out."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".sql", ".yml") and file.name != "sources.yml")
    texts = [(file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8")) for file in files]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]


def variables(zone: str, parted: Sequence[str] = ()) -> dict[str, Any]:
    """What the models are told: each is defined once, in Python."""
    return {
        "zone": zone,
        "sessions": [
            {"name": one.name, "zone": one.zone, "opens": one.opens, "closes": one.closes} for one in SESSIONS
        ],
        "time_buckets": [[end if end != float("inf") else _LAST_END, name] for end, name in STEPS],
        "counted_convention": COUNTED_CONVENTION,
        "parted": list(parted),
    }


def parted() -> list[str]:
    """The marts that are made in parts."""
    return [name for name, mart in read_marts().items() if mart.part]


def call(
    words: Sequence[str],
    home: Path,
    told: Mapping[str, Any],
    *,
    heard: Callable[[Any], None] | None = None,
    manifest: Any = None,
    keeps_json: bool = False,
) -> "dbtRunnerResult":
    """What came of one dbt command. `heard` gets every event of it; `manifest` is a project that was read before."""
    with _quietly():
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        folder = project_folder()
        arguments = [
            *words,
            *("--project-dir", str(folder), "--profiles-dir", str(folder)),
            *("--target-path", str(home / "dbt" / "target"), "--log-path", str(home / "dbt" / "logs")),
            *("--vars", json.dumps(told)),
        ]
        always = [
            "--no-send-anonymous-usage-stats",
            "--log-level",
            "none",
            "--log-level-file",
            "none",
            "--no-use-colors",
        ]
        always += ["--no-write-json"] if not keeps_json else []
        try:
            return dbtRunner(manifest=manifest, callbacks=[heard] if heard else []).invoke([*always, *arguments])
        finally:
            # dbt keeps its database for the next call in this process; ours ends with the build.
            DuckDBConnectionManager.close_all_connections()


@contextmanager
def _quietly() -> "Iterator[None]":
    """Keep quiet what is of no use here: dbt warns of what only its makers can mend, and reads the environment for whether to report."""
    names = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
