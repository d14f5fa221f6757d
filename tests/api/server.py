"""A real server with workers of its own, for tests that need processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import REPOSITORY

SERVE = (
    "import stratum_api.serving as serving; "
    "serving.APPLICATION = 'tests.api.paid_app:serve_app'; "
    "from stratum_api.commands.serve import serve_command; serve_command()"
)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def served(
    environ: dict[str, str],
    *,
    workers: int,
    log: Path,
    command: Sequence[str] = (sys.executable, "-c", SERVE),
    port: int | None = None,
) -> Iterator[str]:
    """The address of a running `stratum serve`, or of what another command serves; told to stop at the end, and waited for."""
    port = port or free_port()
    environment = {**os.environ, **environ, "PYTHONPATH": str(REPOSITORY)}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", str(workers)],
            env=environment,
            cwd=REPOSITORY,
            stdout=file,
            stderr=file,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, process, log)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert process.returncode in (0, -signal.SIGTERM), log.read_text()


def _wait(address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{address}/health/live", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
