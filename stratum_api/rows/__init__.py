"""The short way to rows: SQL on the raw driver (asyncpg, sqlite3), for what every request asks.

Statements are written once for both engines, with $1, $2 … for values. Everything that changes rows goes the long way, by the
classes of `warehouse.database`.
"""

from stratum_api.rows.reading import Row, Rows, as_moment, open_rows

__all__ = ["Row", "Rows", "as_moment", "open_rows"]
