"""Logs as JSON, a line per event, on standard error; no key, password or Authorization header is ever in one.

Lines about requests are collected and written ten times a second: a write per request would cost as much as checking its key.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import os
import sys
import time
from typing import Any

import msgspec

from stratum_api.credentials import hide_keys
from stratum_api.visit import Visit
from warehouse.settings import hide_secrets

WRITE_EVERY_S = 0.1
MOST_LINES = 20_000
LONGEST_PATH = 300

_encode = msgspec.json.Encoder().encode


class JsonFormatter(logging.Formatter):
    """A record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        made: dict[str, Any] = {
            "at": _text(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean(record.getMessage()),
        }
        request_id = getattr(record, "request_id", "")
        if request_id:
            made["request_id"] = request_id
        if record.exc_info:
            made["trace"] = clean(self.formatException(record.exc_info))
        return _encode(made).decode()


class RequestLog:
    """A line per request."""

    def __init__(self, descriptor: int | None = None) -> None:
        """`descriptor` is where lines go, by default standard error."""
        self._descriptor = descriptor
        self._lines: list[bytes] = []
        self._n_lost = 0
        self._writing: asyncio.Task[None] | None = None
        self.is_on = logging.getLogger("stratum.api").isEnabledFor(logging.INFO)

    def add(self, visit: Visit, seconds: float) -> None:
        """Note a request that is over."""
        if not self.is_on:
            return
        if len(self._lines) >= MOST_LINES:
            self._n_lost += 1
            return
        visitor = visit.visitor
        self._lines.append(
            _encode(
                {
                    "at": _text(time.time()),
                    "level": "info",
                    "logger": "stratum.api.requests",
                    "request_id": visit.request_id,
                    "method": visit.method,
                    "path": hide_keys(visit.path[:LONGEST_PATH]),
                    "status": visit.status,
                    "ms": round(seconds * 1000, 2),
                    "bytes": visit.n_bytes,
                    "operation": visit.operation,
                    "account_id": visitor.account_id,
                    "key_id": visitor.key_id,
                    "address": visit.address,
                }
            )
        )

    async def open(self) -> None:
        """Begin to write."""
        self._writing = asyncio.create_task(self._write_on())

    async def close(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            self._writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writing
        self._write()

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            if self._lines:
                # In a thread: whoever reads our output may be slow.
                await asyncio.to_thread(self._write)

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        if self._n_lost:
            lines.append(_encode({"level": "warning", "message": "lines about requests were lost", "n": self._n_lost}))
            self._n_lost = 0
        if lines:
            waiting = memoryview(b"\n".join(lines) + b"\n")
            descriptor = sys.stderr.fileno() if self._descriptor is None else self._descriptor
            with contextlib.suppress(OSError):
                while waiting:
                    waiting = waiting[os.write(descriptor, waiting) :]


def set_up_logs(level: str) -> None:
    """Send every log of this process to standard error as JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("uvicorn.access", "asyncio", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def clean(text: str) -> str:
    """The text without keys and passwords."""
    return hide_keys(hide_secrets(text))


def _text(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
