"""Plans: what each includes, read from `plans.toml`, and how an account's own terms change them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from warehouse.errors import OperationInvalid

FILE = Path(__file__).with_name("plans.toml")


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a plan includes; the file says what each field means. None is no bound."""

    code: str
    title: str
    requests_per_minute: int
    overage_rate: int
    delay_s: int
    is_redacted: bool
    clv: bool
    exports: bool
    analytics: bool
    alerts: bool
    webhooks: int
    streams: int
    included_per_month: int | None = None
    watchlist_games: int | None = None
    history_days: int | None = None
    is_partner: bool = False
    real_trades: bool = False

    def with_terms(self, terms: Mapping[str, Any]) -> "Plan":
        """The plan with what was agreed otherwise. Raises OperationInvalid for a term it does not have."""
        if not terms:
            return self
        known = set(self.__struct_fields__) - {"code", "title"}
        for name in terms:
            if name not in known:
                raise OperationInvalid(f"{name!r} is no term of a plan. Terms are {', '.join(sorted(known))}.")
        try:
            changed = msgspec.convert({**msgspec.to_builtins(self), **terms}, Plan)
        except msgspec.ValidationError as error:
            raise OperationInvalid(f"These terms cannot be used: {error}.") from None
        return changed.checked()

    def checked(self) -> "Plan":
        """The plan, whose numbers make sense. Raises OperationInvalid."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, int) and value < (1 if name == "requests_per_minute" else 0):
                raise OperationInvalid(f"{name} of {self.code} is {value}: it must not be that small.")
        return self


@cache
def load_plans() -> Mapping[str, Plan]:
    """Every plan by its code, in the order of the file."""
    written = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {code: msgspec.convert({"code": code, **terms}, Plan).checked() for code, terms in written.items()}


def find_plan(code: str) -> Plan:
    """The plan of a code. Raises OperationInvalid."""
    plan = load_plans().get(code)
    if plan is None:
        raise OperationInvalid(f"There is no plan {code!r}. Plans are {', '.join(load_plans())}.")
    return plan


def community() -> Plan:
    """The plan of whoever has none."""
    return load_plans()["community"]
