"""The Parquet lake: read lazily, append a micro-batch, replace a partition, compact. The only writer of its files.

Where files lie is in `storage`, what their names and footers mean in `files`, reading in `reading`, changing in `lake`.
The errors are those of `warehouse.errors`:

LakeError
├── FrameRefused        rows do not fit their table's declaration; nothing was written
├── OperationRefused    the table, batch or location cannot be used that way
├── LakeBusy            another process has kept a partition locked for too long
└── FileDamaged         a file of the lake cannot be read
"""

from warehouse.errors import FileDamaged, FrameRefused, LakeBusy, LakeError, OperationRefused
from warehouse.lake.coded import CodedRows
from warehouse.lake.lake import MOST_PARTS, Lake

__all__ = [
    "MOST_PARTS",
    "CodedRows",
    "FileDamaged",
    "FrameRefused",
    "Lake",
    "LakeBusy",
    "LakeError",
    "OperationRefused",
]
