"""The veil an answer goes through: made once from the type of the answer, laid over every answer of that type."""

import datetime as dt
from collections.abc import Callable
from copy import copy
from typing import Any

import msgspec
from msgspec.inspect import (
    BoolType,
    CollectionType,
    DateTimeType,
    FloatType,
    IntType,
    LiteralType,
    Metadata,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from stratum_api.problems import NotFound
from stratum_api.tiers.fields import FULL, OPEN, TIER, TIMELESS, Shown
from stratum_api.tiers.sight import Sight

PLAIN = (BoolType, DateTimeType, FloatType, IntType, LiteralType, NoneType, StrType)
Lay = Callable[[Any, Sight], Any]


class Veil:
    """What is laid over answers of one type; `hidden` names the full fields of every struct in it."""

    def __init__(self, kind: Any) -> None:
        """Raises TypeError where a field does not say who sees it."""
        self.hidden: dict[type[msgspec.Struct], tuple[str, ...]] = {}
        self._lay = self._over(type_info(kind), f"{kind}")
        self._has_origins = any(getattr(one, "origin", "") for one in self.hidden)

    def over(self, answer: Any, sight: Sight) -> Any:
        """The answer as the visitor sees it. Raises NotFound for a single thing that is too young, PlanInsufficient for one too old.

        For whoever sees everything it is the answer itself, which costs nothing.
        """
        is_bounded = sight.plan.is_redacted or sight.is_delayed or sight.oldest_at is not None
        if self._lay is None or not (is_bounded or (self._has_origins and not sight.plan.real_trades)):
            return answer
        return self._lay(answer, sight)

    def _over(self, found: Type, where: str, *, is_free: bool = False) -> Lay | None:
        """What to do with a value of this type; None where it can be shown as it is, as anything can where it is free."""
        if isinstance(found, Metadata):
            return self._over(found.type, where, is_free=is_free)
        if isinstance(found, StructType):
            return self._over_struct(found)
        if isinstance(found, CollectionType):
            return _each(self._over(found.item_type, where, is_free=is_free))
        if isinstance(found, UnionType):
            return _where_any([self._over(one, where, is_free=is_free) for one in found.types])
        if is_free or isinstance(found, PLAIN):
            return None
        raise TypeError(
            f"{where} holds a {type(found).__name__}: what is in it is not declared, so it can only be Full."
        )

    def _over_struct(self, found: StructType) -> Lay:
        hidden: list[str] = []
        inner: list[tuple[str, Lay]] = []
        for field in found.fields:
            where = f"{found.cls.__name__}.{field.name}"
            tier = _tier(field.type)
            if tier not in (OPEN, FULL):
                raise TypeError(f"{where} does not say who sees it: write Open[…] or Full[…].")
            if tier == FULL:
                hidden.append(field.name)
            lay = self._over(field.type, where, is_free=tier == FULL)
            if lay is not None:
                inner.append((field.name, lay))
        self.hidden[found.cls] = tuple(hidden)
        if not issubclass(found.cls, Shown):
            if hidden:
                raise TypeError(
                    f"{found.cls.__name__} has full fields and is no Shown: nothing would say that they are null."
                )
            return _strip((), tuple(inner))
        if not isinstance(getattr(found.cls, "clock", None), str):
            raise TypeError(f"{found.cls.__name__} does not say its clock.")
        return _bounded(found.cls, _strip(tuple(hidden), tuple(inner)))


def veil_of(kind: Any) -> Veil:
    """The veil of a type of answer. Raises TypeError where a field does not say who sees it."""
    return Veil(kind)


def is_shown(row: Any, sight: Sight) -> bool:
    """Whether the moment a row came to be known, and where it comes from, lie within what the visitor sees."""
    if row.origin and getattr(row, row.origin) not in sight.trade_sources:
        return False
    if row.clock == TIMELESS:
        return True
    known_at: dt.datetime | None = getattr(row, row.clock)
    if known_at is None or known_at > sight.latest_at:
        return False
    return sight.oldest_at is None or known_at >= sight.oldest_at


def _tier(found: Type) -> str | None:
    return (found.extra or {}).get(TIER) if isinstance(found, Metadata) else None


def _strip(hidden: tuple[str, ...], inner: tuple[tuple[str, Lay], ...]) -> Lay:
    def lay(row: Any, sight: Sight) -> Any:
        row = copy(row)  # it may be shown to others as well
        for name, one in inner:
            setattr(row, name, one(getattr(row, name), sight))
        if sight.plan.is_redacted and hidden:
            for name in hidden:
                setattr(row, name, None)
            row.is_redacted = True
        return row

    return lay


def _bounded(kind: type[Shown], lay: Lay) -> Lay:
    clock, origin = kind.clock, kind.origin
    if clock == TIMELESS and not origin:
        return lay

    def over(row: Any, sight: Sight) -> Any:
        if origin and getattr(row, origin) not in sight.trade_sources:
            raise NotFound
        if clock == TIMELESS:
            return lay(row, sight)
        known_at = getattr(row, clock)
        if known_at is None or known_at > sight.latest_at:
            raise NotFound
        sight.check_reach(known_at, "This")
        return lay(row, sight)

    return over


def _each(lay: Lay | None) -> Lay | None:
    if lay is None:
        return None

    def over(rows: Any, sight: Sight) -> Any:
        return [lay(row, sight) for row in rows if not isinstance(row, Shown) or is_shown(row, sight)]

    return over


def _where_any(lays: list[Lay | None]) -> Lay | None:
    """Over a value that may be null; of several kinds of structs in one place nobody would know which it is."""
    found = [one for one in lays if one is not None]
    if not found:
        return None
    if len(found) > 1:
        raise TypeError("A field of an answer can hold one kind of struct, or null.")
    lay = found[0]

    def over(value: Any, sight: Sight) -> Any:
        return None if value is None else lay(value, sight)

    return over
