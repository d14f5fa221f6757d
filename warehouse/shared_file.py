"""One file that several threads of DuckDB read at once."""

import os
import threading
from typing import IO


class SharedFile:
    """A file that several threads read at once, as DuckDB does: each thread has its own place in it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._place = threading.local()
        self._size = file.seek(0, os.SEEK_END)
        self.closed = False

    def tell(self) -> int:
        """This thread's place."""
        return getattr(self._place, "at", 0)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move this thread's place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        self._place.at = start + offset
        return self._place.at

    def read(self, size: int = -1) -> bytes:
        """Bytes from this thread's place on."""
        at = self.tell()
        with self._lock:
            self._file.seek(at)
            data = self._file.read(size)
        self._place.at = at + len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        self._file.close()

    def __del__(self) -> None:
        # DuckDB lets go of a file without closing it.
        self.close()
