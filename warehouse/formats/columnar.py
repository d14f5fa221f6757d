"""Rows as Arrow and Parquet: batches and row groups leave as they are made."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from io import RawIOBase
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa


class _Outlet(RawIOBase):
    """A file that is only ever written to its end, and from which what was written is taken away."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any, /) -> int:
        taken = bytes(piece)
        self._written.append(taken)
        self._length += len(taken)
        return len(taken)

    def tell(self) -> int:
        return self._length

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken


class _ColumnarEncoder(ABC):
    def __init__(self, schema: pl.Schema, *, json_columns: Collection[str] = ()) -> None:
        del json_columns  # text stays text
        self.outlet = _Outlet()
        self.writer = self._open(self.outlet, _table(pl.DataFrame(schema=schema)).schema)

    @abstractmethod
    def _open(self, outlet: _Outlet, schema: "pa.Schema") -> Any:
        """The library's writer of this format."""

    def begin(self) -> bytes:
        """What stands before the first row."""
        return self.outlet.take()

    def rows(self, frame: pl.DataFrame) -> bytes:
        """Some rows: one batch, or one row group."""
        if frame.height:
            self.writer.write_table(_table(frame))
        return self.outlet.take()

    def end(self) -> bytes:
        """What stands after the last row."""
        self.writer.close()
        return self.outlet.take()


class ArrowEncoder(_ColumnarEncoder):
    """An Arrow IPC stream."""

    def _open(self, outlet: _Outlet, schema: "pa.Schema") -> Any:
        import pyarrow as pa

        return pa.ipc.new_stream(outlet, schema)


class ParquetEncoder(_ColumnarEncoder):
    """A Parquet file, zstd."""

    def _open(self, outlet: _Outlet, schema: "pa.Schema") -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetWriter(outlet, schema, compression="zstd")


def _table(frame: pl.DataFrame) -> "pa.Table":
    # Types that every reader knows: views of text are newer than most of them.
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
