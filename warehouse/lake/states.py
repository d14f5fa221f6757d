"""What partitions hold, as a short text that differs when their files do: for whoever keeps what was read and wants to know if it still stands."""

import datetime as dt
import hashlib

from warehouse.lake.files import SUFFIX, Catalog, folder_of
from warehouse.tables.table import Table


def state_of(catalog: Catalog, table: type[Table], day: dt.date) -> str:
    """The state of one partition, by the names, sizes and times of its files; "" where it has none.

    It is looked at once, while others may be writing: take it before you read. What you read is then as new as it says or
    newer, and in that case it differs the next time.
    """
    folder = folder_of(table, day)
    found = hashlib.blake2b(digest_size=16)
    n = 0
    for name in catalog.storage.names(folder):
        if name.endswith(SUFFIX):
            try:
                size, changed = catalog.storage.stamp(f"{folder}/{name}")
            except FileNotFoundError:
                continue  # replaced since: what stands in its place shows the next time
            found.update(f"{name}\0{size}\0{changed}\n".encode())
            n += 1
    return found.hexdigest() if n else ""
