"""How a table is declared: one class, from which schemas, documentation and checks are generated.

A column is declared once, with its type, unit, bounds and meaning. Everything that needs a column list (Parquet files,
DuckDB views, the documentation, dbt sources, Dagster column schemas, validation) is made from these classes.
"""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl

if TYPE_CHECKING:
    import pandera.polars

TIME = pl.Datetime("us", "UTC")
# Up to so many rows a frame is looked at column by column first.
SMALL = 5_000

TYPE_NAMES: dict[Any, str] = {
    pl.String: "text",
    pl.Float64: "float64",
    pl.Int32: "int32",
    pl.Int64: "int64",
    pl.Boolean: "boolean",
    pl.Binary: "bytes",
    TIME: "timestamp, UTC microseconds",
    pl.List(pl.String): "list of text",
}


@dataclass(frozen=True)
class Column:
    """One column: its type, unit, bounds and meaning.

    `at_least` and `at_most` are inclusive, `above` is exclusive; null values are always inside the bounds.
    """

    dtype: Any
    description: str
    unit: str = ""
    nullable: bool = False
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    one_of: tuple[str, ...] = ()
    name: str = ""

    @property
    def type_name(self) -> str:
        """The type as the documentation writes it."""
        return TYPE_NAMES[self.dtype]


def text(description: str, *, nullable: bool = False, one_of: tuple[str, ...] = ()) -> Any:
    """A text column; `one_of` closes the list of values."""
    return Column(pl.String, description, nullable=nullable, one_of=one_of)


def text_list(description: str, *, nullable: bool = False) -> Any:
    """A column of lists of text."""
    return Column(pl.List(pl.String), description, nullable=nullable)


def time(description: str, *, nullable: bool = False) -> Any:
    """A UTC time in microseconds."""
    return Column(TIME, description, unit="UTC", nullable=nullable)


def number(
    description: str,
    *,
    unit: str = "",
    nullable: bool = False,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
) -> Any:
    """A Float64 column. NaN is never a value: what is unknown is null."""
    return Column(pl.Float64, description, unit, nullable, at_least, at_most, above)


def probability(description: str, *, nullable: bool = False) -> Any:
    """A probability between 0 and 1."""
    return Column(pl.Float64, description, "probability", nullable, 0.0, 1.0)


def count(description: str, *, nullable: bool = False, unit: str = "count", at_least: float | None = 0) -> Any:
    """An Int32 column, by default not negative."""
    return Column(pl.Int32, description, unit, nullable, at_least)


def money(description: str, *, nullable: bool = False, at_least: float | None = None) -> Any:
    """An Int64 column of money in minor units of the row's currency: cents of a dollar, whole yen."""
    return Column(pl.Int64, description, "minor units", nullable, at_least)


def flag(description: str, *, nullable: bool = False) -> Any:
    """A yes-or-no column."""
    return Column(pl.Boolean, description, nullable=nullable)


def blob(description: str, *, nullable: bool = False) -> Any:
    """A column of bytes."""
    return Column(pl.Binary, description, nullable=nullable)


class Table:
    """A table of the warehouse; the docstring of a subclass starts with its grain ("One row per …").

    `layer` is the Dagster group. `partition_by` names the time column whose UTC date is the partition, or "" for a
    table kept whole. `sort_by` is the order of a closed partition. `shard_by` names the columns whose values pick the
    file of a table kept whole, so that a small change rewrites a small file.
    """

    name: ClassVar[str]
    layer: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    partition_by: ClassVar[str] = ""
    shard_by: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    columns: ClassVar[dict[str, Column]] = {}

    def __init_subclass__(cls, version: int = 1) -> None:
        """Collect the declared columns and refuse a key or partition that names none of them.

        A column leaves the class once it is collected: one called `description` or `version` would hide what every
        table has under that name. The version is therefore given beside the class: `class Results(Table, version=2)`.
        A table made from another has its columns first, then its own.
        """
        columns = dict(cls.columns)
        for name, value in list(vars(cls).items()):
            if isinstance(value, Column):
                columns[name] = Column(**{**value.__dict__, "name": name})
                delattr(cls, name)
        cls.columns = columns
        cls.version = version
        for name in (*cls.key, *cls.shard_by, *filter(None, [cls.partition_by])):
            if name not in columns:
                raise TypeError(f"Table {cls.name} names the column {name!r}, which it does not declare.")

    @classmethod
    def description(cls) -> str:
        """The docstring of the class, starting with the grain."""
        return " ".join((cls.__doc__ or "").split())

    @classmethod
    def schema(cls) -> pl.Schema:
        """Column names and Polars types, in order."""
        return _schema(cls)

    @classmethod
    def empty(cls) -> pl.DataFrame:
        """No rows, all columns."""
        return _empty(cls).clone()

    @classmethod
    def conform(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with exactly the declared columns, in order and in the declared types; missing ones are null."""
        missing = [pl.lit(None, dtype=c.dtype).alias(n) for n, c in cls.columns.items() if n not in frame.columns]
        return frame.with_columns(missing).select(pl.col(n).cast(c.dtype) for n, c in cls.columns.items())

    @classmethod
    def sort_by(cls) -> list[str]:
        """The order of rows in a closed partition: the key, so that equal tables are equal files."""
        return list(cls.key)

    @classmethod
    def faults(cls, frame: pl.DataFrame) -> Iterator[str]:
        """What is wrong with a frame, a sentence each; cheap enough for a live micro-batch.

        Checks types, nulls, bounds, closed lists and the key within the frame.
        """
        schema = cls.schema()
        if frame.schema != schema:
            wanted, got = dict(schema), dict(frame.schema)
            different = [n for n in {**wanted, **got} if wanted.get(n) != got.get(n)]
            yield f"Table {cls.name}: columns differ from the declaration: {', '.join(different) or 'their order'}."
            return
        if frame.is_empty() or (frame.height <= SMALL and _is_sound(cls, frame)):
            return
        *counts, different = frame.select(_tests(cls)).row(0)
        for (name, fault), n in zip(_tested(cls), counts, strict=True):
            if n:
                yield f"Table {cls.name}: column {name} {fault} in {n} of {frame.height} rows."
        repeated = frame.height - different
        if repeated:
            yield f"Table {cls.name}: the key ({', '.join(cls.key)}) repeats in {repeated} of {frame.height} rows."

    @classmethod
    def pandera_schema(cls) -> "pandera.polars.DataFrameSchema":
        """The full validation of a replaced partition, as a pandera schema (imported on first use: it takes seconds)."""
        return _pandera_schema(cls)

    @classmethod
    def day_of(cls, moment: dt.datetime) -> dt.date:
        """The partition a row of that time belongs to: its UTC date."""
        return moment.astimezone(dt.UTC).date()


def _is_sound(table: type[Table], frame: pl.DataFrame) -> bool:
    """Whether a small frame has no fault, column by column: a query plan takes several times as long to set up."""
    for name, column in table.columns.items():
        values = frame.get_column(name)
        if not column.nullable and values.null_count():
            return False
        # The sum is not a number where one of the values is none; infinities of both signs are looked at closely.
        if column.dtype == pl.Float64 and math.isnan(values.sum()):
            return False
        if column.at_least is not None or column.above is not None:
            least: Any = values.min()
            if least is not None and (
                (column.at_least is not None and least < column.at_least)
                or (column.above is not None and least <= column.above)
            ):
                return False
        if column.at_most is not None:
            most: Any = values.max()
            if most is not None and most > column.at_most:
                return False
        if column.one_of and not {None, *column.one_of}.issuperset(values.unique().to_list()):
            return False
    if len(table.key) == 1:
        return frame.get_column(table.key[0]).n_unique() == frame.height
    key = pl.DataFrame([frame.get_column(name) for name in table.key])
    return key.to_struct("key").n_unique() == frame.height


@cache
def _empty(table: type[Table]) -> pl.DataFrame:
    return pl.DataFrame(schema=table.schema())


@cache
def _schema(table: type[Table]) -> pl.Schema:
    return pl.Schema({name: column.dtype for name, column in table.columns.items()})


@cache
def _rules(table: type[Table]) -> list[tuple[str, str, pl.Expr]]:
    """Column, fault and the number of rows that have it, for everything a column declares."""
    rules: list[tuple[str, str, pl.Expr]] = []
    for name, column in table.columns.items():
        value = pl.col(name)
        if not column.nullable:
            rules.append((name, "is null", value.null_count()))
        if column.dtype == pl.Float64:
            rules.append((name, "is not a number", value.is_nan().sum()))
        if column.at_least is not None:
            rules.append((name, f"is below {column.at_least:g}", (value < column.at_least).sum()))
        if column.at_most is not None:
            rules.append((name, f"is above {column.at_most:g}", (value > column.at_most).sum()))
        if column.above is not None:
            rules.append((name, f"is not above {column.above:g}", (value <= column.above).sum()))
        if column.one_of:
            allowed = value.is_in(list(column.one_of)) | value.is_null()
            rules.append((name, f"is not one of {', '.join(column.one_of)}", (~allowed).sum()))
    return rules


@cache
def _tested(table: type[Table]) -> list[tuple[str, str]]:
    return [(name, fault) for name, fault, _ in _rules(table)]


@cache
def _tests(table: type[Table]) -> list[pl.Expr]:
    """One expression per rule, and the number of different keys last; kept, because building them takes as long as running them."""
    counts = [count.alias(str(at)) for at, (_, _, count) in enumerate(_rules(table))]
    return [*counts, pl.struct(table.key).n_unique().alias("different")]


@cache
def _pandera_schema(table: type[Table]) -> "pandera.polars.DataFrameSchema":
    import pandera.polars as pa

    columns = {}
    for name, column in table.columns.items():
        checks = []
        if column.at_least is not None:
            checks.append(pa.Check.ge(column.at_least))
        if column.at_most is not None:
            checks.append(pa.Check.le(column.at_most))
        if column.above is not None:
            checks.append(pa.Check.gt(column.above))
        if column.one_of:
            checks.append(pa.Check.isin(list(column.one_of)))
        columns[name] = pa.Column(column.dtype, checks, nullable=column.nullable, description=column.description)
    return pa.DataFrameSchema(
        columns, unique=list(table.key), strict=True, ordered=True, name=table.name, description=table.description()
    )
