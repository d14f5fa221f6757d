"""The short way to rows: SQL on the raw driver (asyncpg, sqlite3), for what every request asks.

Statements are written once for both engines, with $1, $2 … for values. Everything that changes rows goes the long way, by the
classes of `warehouse.database`.
"""

from stratum_api.rows.reading import Row, Rows, as_moment, open_rows
from stratum_api.rows.select import Select
from stratum_api.rows.structs import LAKE, as_structs, columns_of, selected

__all__ = ["LAKE", "Row", "Rows", "Select", "as_moment", "as_structs", "columns_of", "open_rows", "selected"]
