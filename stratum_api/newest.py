"""What the lake says newest of small things asked for often: scorecards, the ages of books, breaches. Each worker remembers them."""

import asyncio
import datetime as dt
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, TypeVar

from stratum_api.remembered import Remembered
from warehouse.lake import Lake
from warehouse.tables import BookFreshness, FreshnessBreaches, Scorecards, Table

Found = TypeVar("Found")
Row = dict[str, Any]

# Written at the end of a day, and when an older close has changed.
SCORECARDS_FRESH_S = 60.0
# A stretch of a book is an hour long or so.
BOOKS_FRESH_S = 15.0
# Today begins without a row; how a book stood last is then found in the day before.
BOOK_DAYS = 2
# Today's go on changing, and just after midnight yesterday's are not old enough for everybody.
SCORECARD_DAYS = 3


class Newest:
    """Readings of one lake. Rows are dicts of the table's columns."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.scorecards = self._remembered(self._scorecards, SCORECARDS_FRESH_S)
        self.books = self._remembered(self._books, BOOKS_FRESH_S)
        self.breaches = self._remembered(self._breaches, BOOKS_FRESH_S)

    @staticmethod
    def _remembered(read: Callable[[], Found], fresh_s: float) -> Remembered[Found]:
        return Remembered(lambda: asyncio.to_thread(read), fresh_s)

    def _scorecards(self) -> dict[dt.datetime, list[Row]]:
        """The cards of the newest days that have any, by their as_of; in the order of their key."""
        days: dict[dt.datetime, list[Row]] = {}
        for card in sorted(
            self._rows(Scorecards, SCORECARD_DAYS), key=lambda card: [card[name] for name in Scorecards.key]
        ):
            days.setdefault(card["as_of"], []).append(card)
        return days

    def _books(self) -> dict[tuple[str, str, str], "History"]:
        """The stretches of each book, sport and market over the newest days."""
        return _histories(self._rows(BookFreshness, BOOK_DAYS), ("sport_key", "bookmaker", "market"))

    def _breaches(self) -> dict[tuple[str, ...], "History"]:
        """The versions of each breach that changed within the newest days."""
        return _histories(self._rows(FreshnessBreaches, BOOK_DAYS), ("breach_id",))

    def _rows(self, table: type[Table], n_days: int) -> list[Row]:
        days = self.lake.days(table)[-n_days:]
        if not days:
            return []
        return self.lake.scan(table, first=days[0], last=days[-1]).sort(table.sort_by()).collect().to_dicts()


class History:
    """Rows about one thing, by as_of."""

    __slots__ = ("moments", "rows")

    def __init__(self, rows: list[Row]) -> None:
        self.rows = sorted(rows, key=lambda row: (row["as_of"], row.get("version", 0)))
        self.moments = [row["as_of"] for row in self.rows]

    def at(self, moment: dt.datetime) -> Row | None:
        """The last row at or before a moment."""
        place = bisect_right(self.moments, moment)
        return self.rows[place - 1] if place else None


def _histories(rows: list[Row], key: tuple[str, ...]) -> dict[Any, History]:
    of: dict[Any, list[Row]] = {}
    for row in rows:
        of.setdefault(tuple(row[name] for name in key), []).append(row)
    return {thing: History(found) for thing, found in of.items()}
