"""Locks beside the lake's files: each ends with the process that holds it, so that a killed one blocks nobody."""

import hashlib
import tempfile
from pathlib import Path

from filelock import FileLock

from warehouse.lake.storage import LocalStorage, Storage


class Locks:
    """Locks by name, as files: in the lake's own folder, or for an object store in the temporary one of this machine."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._folder: Path | None = None

    def named(self, name: str) -> FileLock:
        """The lock of that name, not taken yet. It need not be given back by the thread that took it."""
        if self._folder is None:
            self._folder = _folder_of(self.storage)
            self._folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self._folder / f"{name}.lock", thread_local=False)


def _folder_of(storage: Storage) -> Path:
    if isinstance(storage, LocalStorage):
        return Path(storage.location, ".locks")
    digest = hashlib.sha256(storage.location.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"stratum-locks-{digest}")
