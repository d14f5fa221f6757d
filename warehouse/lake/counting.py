"""How many rows partitions hold, by their files' footers alone."""

import datetime as dt

from warehouse.lake.files import Catalog, folder_of
from warehouse.tables.table import Table


def count_rows(catalog: Catalog, table: type[Table], day: dt.date) -> int:
    """The rows of one partition. A file that cannot be read counts as if it were not there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = folder_of(table, day)
    while True:
        rows = 0
        try:
            for name in catalog.visible(folder):
                with catalog.storage.open(f"{folder}/{name}") as file:
                    try:
                        rows += pq.read_metadata(file).num_rows
                    except pa.ArrowInvalid:
                        continue
        except FileNotFoundError:
            continue  # replaced between the listing and the look: what stands now is counted again
        return rows
