"""`stratum dispatch` as a process of its own, for tests that kill it and for the bench."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import REPOSITORY

DISPATCH = "from stratum_api.commands.dispatch import dispatch_command; dispatch_command()"


def start_dispatcher(environ: dict[str, str], log: Path) -> subprocess.Popen:
    """A running `stratum dispatch`; whoever starts it ends it."""
    environment = {**os.environ, **environ, "PYTHONPATH": str(REPOSITORY), "STRATUM_DISPATCH_METRICS_PORT": "0"}
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-c", DISPATCH], env=environment, cwd=REPOSITORY, stdout=file, stderr=file
        )


@contextmanager
def dispatched(environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """Within: `stratum dispatch` runs; told to stop at the end, and waited for."""
    process = start_dispatcher(environ, log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()
    assert process.returncode == 0, log.read_text()
