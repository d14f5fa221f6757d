"""Marts: what dbt's models make of the lake, as Parquet beside it, in `STRATUM_HOME/marts`.

What each is stands in `declared`, which of its files count in `published`; DuckDB sees them through `files`. They can be
built again from the lake at any time: `stratum rollups build --full`.
"""

from warehouse.marts.declared import Mart, MartColumn, MartTest, read_marts
from warehouse.marts.published import MARTS, Published, PublishedMart, Shelf

__all__ = ["MARTS", "Mart", "MartColumn", "MartTest", "Published", "PublishedMart", "Shelf", "read_marts"]
