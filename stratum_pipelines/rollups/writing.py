"""Files of a mart: named after their content, put in place by rename, written while the next rows are being computed."""

import hashlib
import secrets
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from warehouse.marts.published import SUFFIX, Part


class Writer:
    """Writes the parts of one mart into its folder, below a folder per part where it has several."""

    def __init__(self, folder: Path, part_by: str) -> None:
        self.folder = folder
        self.part_by = part_by

    def __enter__(self) -> Self:
        self.behind = ThreadPoolExecutor(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.behind.shutdown(cancel_futures=True)

    def later(self, key: str, rows: pl.DataFrame, order: Sequence[str]) -> Future[Part]:
        """The part, put in order and written while the caller goes on."""
        return self.behind.submit(lambda: self.write(key, rows.sort(order)))

    def write(self, key: str, rows: pl.DataFrame) -> Part:
        """The part, on disk under a name made from its bytes; equal rows give the same file, which is then not written."""
        out = BytesIO()
        rows.write_parquet(out, compression="zstd", statistics=True)
        data = out.getvalue()
        place = f"{self.part_by}={key}/" if self.part_by else ""
        name = f"{place}{hashlib.sha256(data).hexdigest()[:24]}{SUFFIX}"
        target = self.folder / name
        if not target.exists() or target.stat().st_size != len(data):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
            temporary.write_bytes(data)
            temporary.replace(target)
        return Part(name, rows.height)
