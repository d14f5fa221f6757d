"""Charts that were drawn before: kept in a folder by what they were drawn from, shared by processes, bounded."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.charts.look import MOST_BYTES, Look

# Counted up when a drawing changes: what was kept of the old one is then not found any more.
DRAWING = 2
SUFFIX = ".png"
BEGINS, ENDS = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
MOST_KEPT = 64_000_000


class ChartCache:
    """Pictures in one folder, at most `most_bytes` of them; what was asked for longest ago goes first.

    Any number of processes may use the same folder: a picture appears whole or not at all, and one that another process removes
    is drawn again. A folder that cannot be written, or a disk that is full, costs time and nothing else.
    """

    def __init__(self, folder: Path | str, *, most_bytes: int = MOST_KEPT) -> None:
        self.folder = Path(folder)
        self.most_bytes = most_bytes

    def drawn(self, chart: Callable[..., bytes], *frames: pl.DataFrame | pl.Series, look: Look, **more: Any) -> bytes:
        """What `chart(*frames, look, **more)` gives, from the folder where it was drawn before."""
        file = self.folder / (fingerprint(chart.__name__, *frames, look=look, **more) + SUFFIX)
        kept = _read(file)
        if kept is not None:
            with contextlib.suppress(OSError):
                os.utime(file)
            return kept
        made = chart(*frames, look, **more)
        with contextlib.suppress(OSError):
            self._keep(file, made)
        return made

    def _keep(self, file: Path, made: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as unfinished:
            try:
                unfinished.write(made)
                unfinished.flush()
                Path(unfinished.name).replace(file)
            except OSError:
                Path(unfinished.name).unlink(missing_ok=True)
                raise
        self._forget()

    def _forget(self) -> None:
        """Remove what was asked for longest ago until the rest fits, and what killed processes left."""
        held = sorted(self._files())
        total = sum(size for _, size, _ in held)
        for _, size, path in held:
            if total <= self.most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        for path in self.folder.iterdir():
            if path.suffix in (SUFFIX, ".part"):
                with contextlib.suppress(FileNotFoundError):
                    found = path.stat()
                    yield found.st_mtime_ns, found.st_size, path


def fingerprint(kind: str, *frames: pl.DataFrame | pl.Series, look: Look, **more: Any) -> str:
    """SHA-256 over everything a picture depends on: its data, its look, the version of the drawing and of the library."""
    digest = hashlib.sha256()
    look_told = {name: value for name, value in asdict(look).items() if name != "palette"}
    digest.update(repr((kind, DRAWING, version("matplotlib"), look_told, sorted(more.items()))).encode())
    for frame in frames:
        table = frame.to_frame() if isinstance(frame, pl.Series) else frame
        file = BytesIO()
        table.rechunk().write_ipc_stream(file)
        digest.update(f"{table.schema}:{table.height}:".encode() + hashlib.sha256(file.getbuffer()).digest())
    return digest.hexdigest()


def _read(file: Path) -> bytes | None:
    """The picture in a file; None where there is none, or none that is whole."""
    try:
        kept = file.read_bytes() if file.stat().st_size <= MOST_BYTES else b""
    except OSError:
        return None
    return kept if kept.startswith(BEGINS) and kept.endswith(ENDS) else None
