"""A question in SQL that grows by conditions: the same text for the same filters, so that it is prepared once.

    ask = Select(service.rows.is_sqlite)
    ask.where("detected_at <= {}", until)
    if sport is not None:
        ask.where("sport_key = {}", sport)
    rows = await service.rows.fetch(ask.sql("signal_id, …", "signals", "order by … limit {}", limit + 1), *ask.values)

Text is constant; whatever a caller sent is a value.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from warehouse.database.types import micros


class Select:
    """Conditions and their values. `values` is what the placeholders stand for, moments as the driver takes them."""

    def __init__(self, is_sqlite: bool) -> None:
        self.is_sqlite = is_sqlite
        self.values: list[Any] = []
        self._conditions: list[str] = []

    def where(self, condition: str, *values: Any) -> None:
        """Add a condition; each {} in it stands for one of the values."""
        self._conditions.append(self.placed(condition, *values))

    def where_any(self, column: str, values: Sequence[Any]) -> None:
        """Add that a column holds one of the values."""
        self.where(f"{column} in ({', '.join(['{}'] * len(values))})", *values)

    def sql(self, columns: str, source: str, end: str = "", *values: Any) -> str:
        """The whole statement: columns, where from, and its end, whose values are added."""
        conditions = f" where {' and '.join(self._conditions)}" if self._conditions else ""
        # All of it is constant text: what a caller sent are values.
        return f"select {columns} from {source}{conditions} {self.placed(end, *values)}"  # noqa: S608

    def placed(self, text: str, *values: Any) -> str:
        """The text with the place of a value for each {} in it."""
        first = len(self.values) + 1
        self.values += [self._as_value(value) for value in values]
        return text.format(*(f"${place}" for place in range(first, first + len(values)))) if values else text

    def _as_value(self, value: Any) -> Any:
        return micros(value) if self.is_sqlite and isinstance(value, dt.datetime) else value
