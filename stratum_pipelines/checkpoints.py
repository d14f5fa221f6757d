"""Boards as they stood at the end of a day, so that the next day need not start from the beginning of time.

A checkpoint is a cache: it is written after a day has been computed and can always be computed again from raw answers.
"""

import datetime as dt
import hashlib
import os
import tempfile
import zlib
from pathlib import Path

from stratum_pipelines.board.state import Board

SUFFIX = ".board"


class Checkpoints:
    """Stored boards under one folder: `<sport_key>/<day>.board`."""

    def __init__(self, folder: Path) -> None:
        """Keep checkpoints in this folder; it is made when the first is written."""
        self.folder = folder

    def save(self, board: Board, day: dt.date) -> str:
        """Store the board as it stood after that day's last answer; returns its digest."""
        data = board.to_bytes()
        path = self._path(board.sport_key, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(zlib.compress(data, 1))
        Path(temporary).replace(path)
        return hashlib.sha256(data).hexdigest()

    def load(self, sport_key: str, day: dt.date, digest: str) -> Board | None:
        """The board stored for that day if it has this digest; None when it is missing, damaged or of another version."""
        try:
            data = zlib.decompress(self._path(sport_key, day).read_bytes())
            return Board.from_bytes(data) if hashlib.sha256(data).hexdigest() == digest else None
        except (OSError, zlib.error, ValueError):
            return None

    def _path(self, sport_key: str, day: dt.date) -> Path:
        return self.folder / sport_key / f"{day.isoformat()}{SUFFIX}"
