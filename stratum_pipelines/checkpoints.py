"""Boards as they stood at the end of a day, so that the next day need not start from the beginning of time.

A checkpoint is a cache: it is written after a day has been computed and can always be computed again from raw answers.
"""

import datetime as dt
import hashlib
import logging
import os
import tempfile
import time
import zlib
from pathlib import Path

from stratum_pipelines.board.state import Board

SUFFIX = ".board"
TEMPORARY = ".tmp"
LEFT_AFTER_S = 3600.0

logger = logging.getLogger(__name__)


class Checkpoints:
    """Stored boards under one folder: `<sport_key>/<day>.board`."""

    def __init__(self, folder: Path) -> None:
        """Keep checkpoints in this folder; it is made when the first is written."""
        self.folder = folder

    def save(self, board: Board, day: dt.date) -> str:
        """Store the board as it stood after that day's last answer; returns its digest.

        A disk that takes nothing stops no polling: without the checkpoint the next start computes a little more.
        """
        data = board.to_bytes()
        try:
            self._write(self._path(board.sport_key, day), zlib.compress(data, 1))
        except OSError as error:
            logger.warning("The checkpoint of %s on %s could not be written: %s.", board.sport_key, day, error)
        return hashlib.sha256(data).hexdigest()

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"*{TEMPORARY}"):
            # What a process that was killed left behind; one that is at work needs it for less than a second.
            if time.time() - left.stat().st_mtime > LEFT_AFTER_S:
                left.unlink(missing_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=TEMPORARY)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)

    def load(self, sport_key: str, day: dt.date, digest: str) -> Board | None:
        """The board stored for that day if it has this digest; None when it is missing, damaged or of another version."""
        try:
            data = zlib.decompress(self._path(sport_key, day).read_bytes())
            return Board.from_bytes(data) if hashlib.sha256(data).hexdigest() == digest else None
        except (OSError, zlib.error, ValueError):
            return None

    def _path(self, sport_key: str, day: dt.date) -> Path:
        return self.folder / sport_key / f"{day.isoformat()}{SUFFIX}"
