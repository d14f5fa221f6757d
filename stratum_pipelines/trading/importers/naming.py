"""The names a file uses, turned into fields: by a person's column map, else by the names columns usually have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.trading.entries.reasons import MISSING_COLUMN, UNKNOWN_COLUMN, Unfit
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.fields import NEEDED, TABLE_OF, column_names, kind_of, plain


@dataclass(frozen=True)
class Naming:
    """Which name of a file is which field of a table, what holds for every row, and which names are not known."""

    table: str
    fields: Mapping[str, str]
    constants: Mapping[str, str]
    unknown: tuple[str, ...] = ()

    def of(self, values: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The fields of one row, given its values by the names of the file."""
        return {**self.constants, **{self.fields[name]: value for name, value in values if name in self.fields}}

    def refusals(self, place: str) -> list[Refusal]:
        """A refusal for every name that is not known."""
        return [
            Refusal(
                self.table,
                UNKNOWN_COLUMN,
                f"The column {name[:60]!r} is not known. Name its field in a column map, or list it under ignore.",
                name,
                f"{place}, column {name[:60]}",
            )
            for name in self.unknown
        ]

    def said(self) -> str:
        """The guess in words, for whoever imports."""
        pairs = ", ".join(f"{field} = {name!r}" for name, field in self.fields.items())
        return f"Columns by their names, as {self.table}: {pairs}. Another reading needs a column map (--map FILE)."


def by_map(chosen: ColumnMap, names: Sequence[str]) -> Naming:
    """The naming a person wrote down. Raises Unfit when the file lacks a column of it."""
    missing = [name for name in chosen.columns.values() if name not in names]
    if missing:
        raise Unfit(
            MISSING_COLUMN, f"The column map names {missing[0]!r}; the file has {', '.join(names)[:300]}.", missing[0]
        )
    used = {*chosen.columns.values(), *chosen.ignored}
    by_name: dict[str, str] = {name: field for field, name in chosen.columns.items()}
    unknown = tuple(dict.fromkeys(name for name in names if name and name not in used))
    return Naming(chosen.table, by_name, chosen.constants, unknown)


def by_usual_names(names: Sequence[str], kind: str = "") -> Naming:
    """The naming by usual names, of that kind of rows or of the one that fits best. Raises Unfit when none does.

    A name that is a field itself goes before one that only usually means it; of two that mean the same the first counts.
    """
    kind = kind or kind_of(names)
    if not kind:
        raise Unfit(
            MISSING_COLUMN,
            "It has no columns for what a trade, bet, balance or check needs. Give a column map (--map FILE). "
            f"Its columns are: {', '.join(names)[:300]}.",
            ", ".join(names),
        )
    known = column_names()[kind]
    found: dict[str, str] = {}
    for is_exact in (True, False):
        for name in names:
            field = known.get(plain(name), "")
            if field and (plain(field) == plain(name)) == is_exact and field not in found.values():
                found.setdefault(name, field)
    lacks = [group for group in NEEDED[kind] if not any(field in found.values() for field in group)]
    if lacks:
        raise Unfit(
            MISSING_COLUMN, f"It has no column for {' or '.join(lacks[0])}. Give a column map (--map FILE).", ""
        )
    left = [name for name in names if name and name not in found and known.get(plain(name)) != ""]
    return Naming(
        TABLE_OF[kind], {name: found[name] for name in names if name in found}, {}, tuple(dict.fromkeys(left))
    )
