"""One build: what is visible to dbt's models, which parts of a mart are out of date, and how they are made.

Every table is read from the files that counted when the build began, so all marts are of one moment. A mart is made in
parts, each from the files it needs and no other: memory holds a part, not five years.

- `day`: follows the trades. Where a day of the lake has changed, its rows are compared with those the mart holds of them, and
  the parts in which they differ are made again: of a trade that moved both the day it ended on and the one it ends on now.
- `month`: each month is made from the parts of that month, again when one of them is another file.
- in one piece: made again when anything it needs is other files.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from stratum_pipelines.rollups.pinning import fingerprint, pin
from stratum_pipelines.rollups.settings import RollupSettings
from stratum_pipelines.rollups.touched import Days, chunks, same_rows
from stratum_pipelines.rollups.writing import Writer
from warehouse.errors import OperationRefused
from warehouse.lake import Lake
from warehouse.marts import Mart, Published, PublishedMart, Shelf, read_marts
from warehouse.marts.published import Part
from warehouse.tables import BY_NAME
from warehouse.views import LakeFiles, name_in_sql, rows_of_files

# The part of rows without a day: trades that are still open.
OPEN = "open"
# Trades at a time, and above which share of changed rows comparing costs more than making everything again.
CHUNK_ROWS = 400_000
MOST_COMPARED = 0.2
FOLLOWED = "trades"


@dataclass
class Building:
    """A build of the marts. `made` holds what has been built so far, `rebuilt` the parts that are other files than before."""

    lake: Lake
    shelf: Shelf
    settings: RollupSettings
    is_full: bool = False
    said: Callable[[str], None] = lambda line: None
    marts: Mapping[str, Mart] = field(default_factory=read_marts)
    made: dict[str, PublishedMart] = field(default_factory=dict)
    rebuilt: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look once at what is published, and at the files of the lake that count now."""
        self.before: Mapping[str, PublishedMart] = self.shelf.read().marts
        tables = {need for mart in self.marts.values() for need in mart.needs if need not in self.marts}
        self.pinned = {name: pin(self.lake, BY_NAME[name]) for name in tables}

    # -- what dbt sees ------------------------------------------------------------------------------------------------

    def open(self, con: Any) -> None:
        """Prepare dbt's new database: bounded, and with a view per table and per mart that was built before."""
        self.con = con
        files = LakeFiles(self.lake)
        files.is_open = True
        con.register_filesystem(files)
        for setting in (
            "set autoinstall_known_extensions = false",
            "set enable_external_file_cache = false",
            f"set memory_limit = '{self.settings.memory_mb}MB'",
            f"set temp_directory = '{_quoted(self.shelf.folder / '.spill')}'",
            "set timezone = 'UTC'",
            "create schema lake",
            "create schema rebuilt",
        ):
            con.execute(setting)
        for name in self.pinned:
            self._show_table(name)
        for name, mart in self.before.items():
            if name in self.marts:
                self._show("main", name, [part.file for part in mart.parts.values()])
                self._show("rebuilt", name, [])

    def _show_table(self, name: str, days: Iterable[str] | None = None) -> None:
        """The view of a table of the lake: over all its files, or those of some days."""
        pinned = self.pinned[name].files
        files = [file for day in (pinned if days is None else days) for file in pinned.get(day, ())]
        rows = rows_of_files(BY_NAME[name], files)
        self.con.execute(f"create or replace view lake.{name_in_sql(name)} as {rows}")

    def _show(self, schema: str, name: str, files: Sequence[str]) -> None:
        """The view of a mart over some of its files."""
        columns = self.marts[name].columns
        if files:
            paths = ", ".join(f"'{_quoted(self.shelf.folder / name / file)}'" for file in files)
            names = ", ".join(name_in_sql(column.name) for column in columns)
            rows = f"select {names} from read_parquet([{paths}], hive_partitioning = false)"
        else:
            nulls = ", ".join(f"cast(null as {column.type}) as {name_in_sql(column.name)}" for column in columns)
            rows = f"select {nulls} where false"
        self.con.execute(f"create or replace view {schema}.{name_in_sql(name)} as {rows}")

    # -- making a mart ------------------------------------------------------------------------------------------------

    def make(self, name: str, sql: str) -> None:
        """Build a mart from its compiled query, and show what came of it to the models that follow."""
        mart = self.marts.get(name)
        if mart is None:
            raise OperationRefused(f"The model {name} is not known yet: run stratum docs, which lists the models.")
        missing = [need for need in mart.needs if need in self.marts and need not in (self.made | dict(self.before))]
        if missing:
            raise OperationRefused(f"{name} is made from {missing[0]}, which has not been built: select +{name}.")
        sql, rules = sql.strip().rstrip(";"), self._rules(sql)
        make = {"day": self._by_day, "month": self._by_month, "": self._whole}[mart.part]
        with Writer(self.shelf.folder / name, mart.part_by) as writer:
            built = make(mart, sql, rules, writer)
        old = self.before.get(name, PublishedMart("")).parts
        self.made[name] = built
        self.rebuilt[name] = [key for key, part in built.parts.items() if key not in old or part.file != old[key].file]
        looked_at = built.parts if self.is_full else self.rebuilt[name]
        self._show("main", name, [part.file for part in built.parts.values()])
        self._show("rebuilt", name, [built.parts[key].file for key in looked_at])

    def _rules(self, sql: str) -> str:
        """The fingerprint of a model's query and of the steps it reads."""
        steps = self.con.execute(
            "select view_name, sql from duckdb_views() where schema_name = 'main' and starts_with(view_name, 'stg_') order by 1"
        ).fetchall()
        return fingerprint(sql, *(text for name, text in steps if re.search(rf"\b{name}\b", sql)))

    def _known(self, name: str) -> PublishedMart:
        return self.made.get(name) or self.before[name]

    def _rows(self, sql: str) -> pl.DataFrame:
        return self.con.sql(sql).pl()

    def _ordered(self, mart: Mart, sql: str) -> str:
        return f"select * from ({sql}) order by {', '.join(name_in_sql(name) for name in mart.key)}"

    def _whole(self, mart: Mart, sql: str, rules: str, writer: Writer) -> PublishedMart:
        parts = [f"{need} {self._print_of(need)}" for need in mart.needs]
        made_of = fingerprint(rules, *parts)
        old = self.before.get(mart.name)
        if old and not self.is_full and "all" in old.parts and old.parts["all"].made_of == made_of:
            return old
        rows = self._rows(self._ordered(mart, sql))
        return PublishedMart(rules, {"all": replace(writer.write("all", rows), made_of=made_of)})

    def _print_of(self, need: str) -> str:
        if need in self.marts:
            return fingerprint(*(part.file for _, part in sorted(self._known(need).parts.items())))
        return self.pinned[need].mark

    def _by_month(self, mart: Mart, sql: str, rules: str, writer: Writer) -> PublishedMart:
        (source,) = [need for need in mart.needs if need in self.marts and self.marts[need].part == "day"]
        months: dict[str, list[Part]] = {}
        for key, part in sorted(self._known(source).parts.items()):
            months.setdefault(key[:7] if key != OPEN else OPEN, []).append(part)
        old = self.before.get(mart.name, PublishedMart(""))
        parts: dict[str, Part] = {}
        for number, (month, files) in enumerate(months.items(), 1):
            made_of = fingerprint(rules, *(part.file for part in files))
            held = old.parts.get(month)
            if held and held.made_of == made_of and not self.is_full:
                parts[month] = held
                continue
            self._show("main", source, [part.file for part in files])
            rows = self._rows(self._ordered(mart, sql))
            parts[month] = replace(writer.write(month, rows), made_of=made_of)
            self.said(f"{mart.name}: {number} of {len(months)} months")
        self._show("main", source, [part.file for part in self._known(source).parts.values()])
        return PublishedMart(rules, parts)

    def _by_day(self, mart: Mart, sql: str, rules: str, writer: Writer) -> PublishedMart:
        prints, old = self.pinned[FOLLOWED].marks, self.before.get(mart.name, PublishedMart(""))
        is_new = self.is_full or old.rules != rules
        changed = {
            day for day in {*prints, *old.sources} if is_new or prints.get(day) != old.sources.get(day, ("",))[0]
        }
        if not changed and not is_new:
            return old
        self._show_table(FOLLOWED, sorted(changed))
        days = self._days(mart, sql)
        n_all = sum(part.rows for part in old.parts.values())
        held = {} if is_new else old.parts
        touched = days.parts
        if held and days.rows <= MOST_COMPARED * n_all:
            touched = self._differing(mart, sql, changed, old)
        else:
            held, changed = {}, {*prints}
            if not is_new:
                self._show_table(FOLLOWED)
                days = self._days(mart, sql)
            touched = days.parts
        sources = {} if not held else {day: kept for day, kept in old.sources.items() if day not in changed}
        sources |= {day: (mark, tuple(days.ends.get(day, ()))) for day, mark in prints.items() if day in changed}
        parts = {key: part for key, part in held.items() if key not in touched}
        done, behind = 0, dict[str, Future[Part]]()
        sizes = {key: part.rows for key, part in held.items()}
        for keys, entered in chunks(sorted(touched), days, sizes, CHUNK_ROWS):
            self._show_table(FOLLOWED, sorted(entered & changed))
            rows = self._rows(self._with_kept(mart, sql, keys, changed, held))
            # One chunk is written while the next is read: no more than two are in memory.
            parts |= {key: part.result() for key, part in behind.items()}
            order = ["exit_at", *mart.key]
            behind = {key: writer.later(key, found, order) for key, found in _split(rows, mart.part_by)}
            done += len(keys)
            self.said(f"{mart.name}: {done} of {len(touched)} days")
        parts |= {key: part.result() for key, part in behind.items()}
        self._show_table(FOLLOWED)
        return PublishedMart(rules, dict(sorted(parts.items())), dict(sorted(sources.items())))

    def _days(self, mart: Mart, sql: str) -> Days:
        """How many rows of each visible day of the lake go to which part."""
        found = self.con.execute(
            f"select cast(entry_date as varchar), coalesce(cast({mart.part_by} as varchar), '{OPEN}'), count(*) "
            f"from ({sql}) group by all order by all"
        ).fetchall()
        ends: dict[str, dict[str, int]] = {}
        for day, key, n in found:
            ends.setdefault(day, {})[key] = n
        return Days(ends)

    def _differing(self, mart: Mart, sql: str, changed: set[str], old: PublishedMart) -> list[str]:
        """The parts in which the rows of changed days are others than those the mart holds of them."""
        ended = sorted({key for day in changed for key in old.sources.get(day, ("", ()))[1] if key in old.parts})
        self._show("main", mart.name, [old.parts[key].file for key in ended])
        entered = ", ".join(f"'{day}'" for day in sorted(changed))
        names = ", ".join(name_in_sql(column.name) for column in mart.columns)
        ours = f"select {names} from main.{mart.name} where entry_date in ({entered})"
        theirs = f"select {names} from ({sql})"
        return [key for (key,) in self.con.execute(same_rows(mart.part_by, ours, theirs, OPEN)).fetchall()]

    def _with_kept(self, mart: Mart, sql: str, keys: Sequence[str], changed: set[str], held: Mapping[str, Part]) -> str:
        """The rows of some parts: those of changed days from the lake, the others from the files that hold them."""
        listed = ", ".join(f"date '{key}'" for key in keys if key != OPEN) or "null"
        wanted = f"({mart.part_by} in ({listed}){f' or {mart.part_by} is null' if OPEN in keys else ''})"
        names = ", ".join(name_in_sql(column.name) for column in mart.columns)
        rows = f"select {names} from ({sql}) where {wanted}"
        kept = [held[key].file for key in keys if key in held]
        if kept:
            self._show("main", mart.name, kept)
            entered = ", ".join(f"'{day}'" for day in sorted(changed))
            rows += f" union all select {names} from main.{mart.name} where entry_date not in ({entered})"
        return rows

    def published(self) -> Published:
        """What is to be published: what has been built now, and the rest as it was."""
        kept = {name: mart for name, mart in self.before.items() if name in self.marts}
        return Published({name: (kept | self.made)[name] for name in self.marts if name in kept | self.made})


def _split(rows: pl.DataFrame, column: str) -> list[tuple[str, pl.DataFrame]]:
    """The rows of each part."""
    parts = rows.partition_by(column, as_dict=True)
    return [(OPEN if key is None else str(key), part) for (key,), part in parts.items()]


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
