"""Rows as structs: a column at a time, which costs a fraction of a row at a time.

The columns selected are the fields of the struct, in their order (`columns_of`). Times, flags and JSON come differently from either
driver; structs hold them one way. JSON stays the text it is (`msgspec.Raw`) until somebody needs what is in it.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec.inspect import BoolType, CollectionType, DateTimeType, DictType, Metadata, Type, UnionType, type_info

from warehouse.database.types import moment

S = TypeVar("S", bound=msgspec.Struct)
Convert = Callable[[Any], Any]
SQLITE, LAKE = "sqlite", "lake"


def as_structs(kind: type[S], rows: Sequence[Sequence[Any]], source: str, *, beside: int = 0) -> list[S]:
    """One struct per row of a source: "sqlite", "postgres" or "lake". The last `beside` values of a row are no fields."""
    if not rows:
        return []
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    if beside:
        del columns[-beside:]
    for place, convert in _converters(kind, source):
        columns[place] = map(convert, columns[place])
    return list(map(kind, *columns))


def columns_of(kind: type[msgspec.Struct], prefix: str = "") -> str:
    """The columns to select for a struct, with commas; those that stand beside the row are left out."""
    return ", ".join(f"{prefix}{name}" for name in selected(kind))


@cache
def selected(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of the columns to select: all fields that have no value without them."""
    return kind.__struct_fields__[: len(kind.__struct_fields__) - len(kind.__struct_defaults__)]


@cache
def _converters(kind: type[msgspec.Struct], source: str) -> tuple[tuple[int, Convert], ...]:
    found: Any = type_info(kind)
    types = {field.name: field.type for field in found.fields}
    made = ((place, _converter(types[name], source)) for place, name in enumerate(selected(kind)))
    return tuple((place, convert) for place, convert in made if convert is not None)


def _converter(found: Type, source: str) -> Convert | None:
    if isinstance(found, Metadata):
        return _converter(found.type, source)
    if isinstance(found, UnionType):
        return next((one for one in (_converter(part, source) for part in found.types) if one is not None), None)
    if isinstance(found, DateTimeType):
        return _moment if source == SQLITE else None
    if isinstance(found, BoolType):
        return _flag if source == SQLITE else None
    if isinstance(found, DictType) or (isinstance(found, CollectionType) and source != LAKE):
        return _raw
    return None


@lru_cache(maxsize=1 << 16)
def _moment(value: int | None) -> dt.datetime | None:
    return None if value is None else moment(value)


def _flag(value: int | None) -> bool | None:
    return None if value is None else value == 1


def _raw(text: str | None) -> msgspec.Raw | None:
    return None if text is None else msgspec.Raw(text)
