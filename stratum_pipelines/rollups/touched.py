"""Which days a change touches, and how many of them are made at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Days:
    """Rows by the day of the lake they lie in and the part of the mart they belong to."""

    ends: Mapping[str, Mapping[str, int]]

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(n for parts in self.ends.values() for n in parts.values())

    @property
    def parts(self) -> list[str]:
        """Every part that has rows, sorted."""
        return sorted({key for parts in self.ends.values() for key in parts})

    def by_part(self) -> dict[str, tuple[int, set[str]]]:
        """Per part its rows and the days of the lake they lie in."""
        found: dict[str, tuple[int, set[str]]] = {}
        for day, parts in self.ends.items():
            for key, n in parts.items():
                rows, days = found.get(key, (0, set()))
                found[key] = (rows + n, days | {day})
        return found


def chunks(
    keys: Sequence[str], days: Days, held: Mapping[str, int], at_most: int
) -> Iterator[tuple[list[str], set[str]]]:
    """Neighbouring parts together, up to so many rows at a time, with the days of the lake their rows lie in.

    `held` are the rows the parts have had so far: those that stay are read and written again too.
    """
    places = days.by_part()
    chosen: list[str] = []
    entered: set[str] = set()
    rows = 0
    for key in keys:
        n, lie_in = places.get(key, (0, set()))
        n = max(n, held.get(key, 0))
        if chosen and rows + n > at_most:
            yield chosen, entered
            chosen, entered, rows = [], set(), 0
        chosen.append(key)
        entered = entered | lie_in
        rows += n
    if chosen:
        yield chosen, entered


def same_rows(part_by: str, ours: str, theirs: str, without: str) -> str:
    """The query for the parts in which two sets of rows differ, by count and by the sum of the rows' hashes."""

    def summed(rows: str) -> str:
        part = f"coalesce(cast({part_by} as varchar), '{without}')"
        return (
            f"select {part} as part, count(*) as n, sum(cast(hash(r) as hugeint)) as h from ({rows}) as r group by all"
        )

    return (
        f"with ours as ({summed(ours)}), theirs as ({summed(theirs)}) "
        "select coalesce(ours.part, theirs.part) from ours full join theirs on ours.part = theirs.part "
        "where ours.n is distinct from theirs.n or ours.h is distinct from theirs.h order by 1"
    )
