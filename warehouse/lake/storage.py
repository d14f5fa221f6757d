"""Where the lake's bytes lie: a local folder on a fast path of its own, or an object store through fsspec.

Both show a file whole or not at all. What names and contents mean does not belong here.
"""

import contextlib
import os
import re
import secrets
import time
from abc import ABC, abstractmethod
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from warehouse.errors import OperationRefused

OLD = ".superseded"
TEMPORARY = ".tmp"
# Long enough for any query that had already listed a file to have opened it.
GRACE_S = 3600.0


class Storage(ABC):
    """A tree of folders and files under one location. Paths are relative to it, with forward slashes."""

    location: str

    @abstractmethod
    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""

    @abstractmethod
    def stamp(self, path: str) -> tuple[int, int]:
        """Size in bytes and time of change: different when the file is. FileNotFoundError when it is gone."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """All bytes of a file. FileNotFoundError when it is gone."""

    @abstractmethod
    def write(self, path: str, data: bytes, *, lasting: bool = True) -> None:
        """Put a file in place, whole and durable, over what has that name."""

    @abstractmethod
    def rename(self, path: str, to: str) -> None:
        """Give a file another name; nothing happens when it is gone."""

    @abstractmethod
    def remove(self, path: str) -> None:
        """Delete a file; nothing happens when it is gone."""

    @abstractmethod
    def remove_folder(self, folder: str) -> None:
        """Delete a folder when nothing is left in it."""

    @abstractmethod
    def age_s(self, path: str) -> float:
        """Seconds since the file was written or renamed; 0 when it is gone."""

    @abstractmethod
    def open(self, path: str) -> IO[bytes]:
        """A file to read from any place. FileNotFoundError when it is gone."""

    @abstractmethod
    def source(self, path: str) -> Any:
        """What Polars reads the file from. FileNotFoundError may come now or when it is read."""

    def supersede(self, folder: str, name: str) -> None:
        """Take a file out of sight: its name no longer ends in .parquet; it stays for queries that had listed it."""
        self.rename(f"{folder}/{name}", f"{folder}/{name}{OLD}")

    def leftovers(self, folder: str, older_than_s: float = GRACE_S) -> list[str]:
        """Paths that nobody reads any more: superseded files, and those of a writer that was killed half-way."""
        named = [f"{folder}/{name}" for name in self.names(folder) if name.endswith((OLD, TEMPORARY))]
        return [path for path in named if self.age_s(path) >= older_than_s]

    def sweep(self, folder: str, older_than_s: float = GRACE_S) -> int:
        """How many leftovers were deleted."""
        paths = self.leftovers(folder, older_than_s)
        for path in paths:
            self.remove(path)
        return len(paths)


class LocalStorage(Storage):
    """A folder on this machine. A file is written under a temporary name, synced and renamed; so is the folder."""

    def __init__(self, folder: str | Path) -> None:
        self.root = str(Path(folder).expanduser().resolve())
        self.location = self.root

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""
        try:
            return sorted(os.listdir(f"{self.root}/{folder}"))  # noqa: PTH208 - each poll lists: Path is several times slower
        except (FileNotFoundError, NotADirectoryError):
            return []

    def stamp(self, path: str) -> tuple[int, int]:
        """Size in bytes and time of change, in nanoseconds."""
        found = os.stat(f"{self.root}/{path}")  # noqa: PTH116
        return found.st_size, found.st_mtime_ns

    def read(self, path: str) -> bytes:
        """All bytes of a file."""
        return Path(self.root, path).read_bytes()

    def write(self, path: str, data: bytes, *, lasting: bool = True) -> None:
        """Put a file in place by rename; its bytes are on disk when this returns, and when `lasting` so is its name.

        A name that is not waited for goes to disk with the next one that is, on file systems that keep the order of
        renames (ext4, xfs).
        """
        target = f"{self.root}/{path}"
        folder, _, name = target.rpartition("/")
        temporary = f"{folder}/.{name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}"
        try:
            file = self._create(folder, temporary)
            try:
                with memoryview(data) as rest:
                    at = 0
                    while at < len(rest):
                        at += os.write(file, rest[at:])
                os.fsync(file)
            finally:
                os.close(file)
            os.replace(temporary, target)  # noqa: PTH105
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108
            raise
        if lasting:
            _sync_folder(folder)

    def rename(self, path: str, to: str) -> None:
        """Give a file another name."""
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{self.root}/{path}", f"{self.root}/{to}")  # noqa: PTH105

    def remove(self, path: str) -> None:
        """Delete a file."""
        Path(self.root, path).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        """Delete a folder when nothing is left in it."""
        with contextlib.suppress(OSError):
            os.rmdir(f"{self.root}/{folder}")  # noqa: PTH106

    def age_s(self, path: str) -> float:
        """Seconds since the file was written or renamed: what the file system calls its change time."""
        try:
            return max(0.0, time.time() - Path(self.root, path).stat().st_ctime)
        except FileNotFoundError:
            return 0.0

    def open(self, path: str) -> IO[bytes]:
        """A file to read from any place."""
        return Path(self.root, path).open("rb")

    def source(self, path: str) -> str:
        """The path itself: Polars reads only the columns and row groups it needs."""
        return f"{self.root}/{path}"

    @staticmethod
    def _create(folder: str, temporary: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            return os.open(temporary, flags, 0o644)
        except FileNotFoundError:  # the first file of its folder
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            _sync_folder(os.path.dirname(folder))  # noqa: PTH120
            return os.open(temporary, flags, 0o644)


def _sync_folder(folder: str) -> None:
    """Make a rename survive a loss of power, where the system allows it."""
    if os.name != "posix":
        return
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


class ObjectStorage(Storage):
    """A prefix in an object store. Putting an object is atomic there; files are fetched whole to be read.

    Locks reach only the processes of this machine, so one machine compacts and replaces; any number may append.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        self.location = url.rstrip("/")
        try:
            self.files, root = fsspec.core.url_to_fs(self.location, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise OperationRefused(
                f"The lake cannot be at {_without_secrets(url)}: {error}. Install what that kind of URL needs, or use a folder."
            ) from error
        self.root = root.rstrip("/")

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""
        try:
            found = self.files.ls(f"{self.root}/{folder}", detail=False)
        except FileNotFoundError:
            return []
        return sorted(path.rstrip("/").rpartition("/")[2] for path in found)

    def stamp(self, path: str) -> tuple[int, int]:
        """Size in bytes and time of change, in microseconds."""
        full = f"{self.root}/{path}"
        return self.files.size(full), int(self.files.modified(full).timestamp() * 1e6)

    def read(self, path: str) -> bytes:
        """All bytes of a file."""
        return self.files.cat_file(f"{self.root}/{path}")

    def write(self, path: str, data: bytes, *, lasting: bool = True) -> None:
        """Put an object in place, whole."""
        self.files.pipe_file(f"{self.root}/{path}", data)

    def rename(self, path: str, to: str) -> None:
        """Copy under the new name, then delete the old one."""
        with contextlib.suppress(FileNotFoundError):
            self.files.mv(f"{self.root}/{path}", f"{self.root}/{to}")

    def remove(self, path: str) -> None:
        """Delete an object."""
        with contextlib.suppress(FileNotFoundError):
            self.files.rm_file(f"{self.root}/{path}")

    def remove_folder(self, folder: str) -> None:
        """Nothing: an object store has no folders."""

    def age_s(self, path: str) -> float:
        """Seconds since the object was put."""
        try:
            return max(0.0, time.time() - self.stamp(path)[1] / 1e6)
        except FileNotFoundError:
            return 0.0

    def open(self, path: str) -> IO[bytes]:
        """The object's bytes as a file."""
        return BytesIO(self.read(path))

    def source(self, path: str) -> BytesIO:
        """The object's bytes: Polars does not know every kind of store that fsspec does."""
        return BytesIO(self.read(path))


def open_storage(location: str | Path) -> Storage:
    """The storage at a folder or at a URL such as s3://bucket/lake."""
    text = str(location)
    if text.startswith("file://"):
        return LocalStorage(text.removeprefix("file://"))
    return ObjectStorage(text) if "://" in text else LocalStorage(location)


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url.partition("?")[0])
