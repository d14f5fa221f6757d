"""How far a visitor sees: not newer than the plan's delay, not older than its history, not more games than it follows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from stratum_api.flags import Flags
from stratum_api.plans import Plan
from stratum_api.problems import ParameterInvalid, PlanInsufficient
from warehouse.tables.trades import TRADE_SOURCES

STRUCTURAL_CORE_FLAG = "public_structural_core"
# Where trades come from that no money was risked in; all others are shown by an explicit grant alone.
WITHOUT_MONEY = ("paper", "backtest")


@dataclass(frozen=True, slots=True)
class Sight:
    """What one visitor may see at one moment.

    Nothing known after `latest_at` or before `oldest_at` (None: no bound) is shown; `is_core_only` says that of signals only
    the structural core is.
    """

    plan: Plan
    now: dt.datetime
    latest_at: dt.datetime
    oldest_at: dt.datetime | None
    is_core_only: bool

    @classmethod
    def of(cls, plan: Plan, flags: Flags, now: dt.datetime) -> "Sight":
        """The sight of whoever has this plan."""
        return cls(
            plan,
            now,
            now - dt.timedelta(seconds=plan.delay_s) if plan.delay_s else now,
            None if plan.history_days is None else now - dt.timedelta(days=plan.history_days),
            plan.is_redacted and STRUCTURAL_CORE_FLAG in flags,
        )

    @property
    def is_delayed(self) -> bool:
        """Whether the newest rows are kept back."""
        return self.latest_at < self.now

    def since(self, asked: dt.datetime | None, name: str = "since") -> dt.datetime | None:
        """From when on rows may be asked for; without an answer to that, the plan's bound.

        Raises ParameterInvalid for a moment that has not come, PlanInsufficient for one before the plan's history.
        """
        if asked is None:
            return self.oldest_at
        self._check_past(asked, name)
        self.check_reach(asked, name)
        return asked

    def until(self, asked: dt.datetime | None, name: str = "until") -> dt.datetime:
        """Up to when rows may be asked for: never later than the delay allows. A moment that has not come means now."""
        if asked is None:
            return self.latest_at
        self.check_reach(asked, name)
        return min(asked, self.latest_at)

    def as_of(self, asked: dt.datetime | None, name: str = "as_of") -> dt.datetime:
        """The moment an answer speaks for. Raises ParameterInvalid for one that has not come: nobody knows it."""
        if asked is not None:
            self._check_past(asked, name)
        return self.until(asked, name)

    def between(self, since: dt.datetime | None, until: dt.datetime | None) -> tuple[dt.datetime | None, dt.datetime]:
        """Both ends of a question. Raises ParameterInvalid where it ends before it begins."""
        if since is not None and until is not None and since > until:
            raise invalid("since", "lies after until")
        return self.since(since), self.until(until)

    def check_reach(self, moment: dt.datetime, name: str) -> None:
        """Raises PlanInsufficient for a moment before the plan's history."""
        if self.oldest_at is not None and moment < self.oldest_at:
            days = self.plan.history_days
            raise PlanInsufficient(
                f"{name} reaches back to {said(moment)}; the plan {self.plan.code} reaches back {days} days, "
                f"to {said(self.oldest_at)}.",
                feature="history_days",
                history_days=days,
            )

    def require_full(self, name: str, value: object) -> None:
        """Raises PlanInsufficient where somebody asks by what the plan does not show: the answer would tell it."""
        if value is not None and self.plan.is_redacted:
            raise PlanInsufficient(
                f"The plan {self.plan.code} cannot ask by {name}, which it does not show.", feature=name
            )

    @property
    def trade_sources(self) -> tuple[str, ...]:
        """Where trades come from that the visitor may see: those with real money only where `real_trades` was granted."""
        return tuple(source for source in TRADE_SOURCES if source in WITHOUT_MONEY or self.plan.real_trades)

    def check_sources(self, asked: Sequence[str] | None, name: str = "source") -> tuple[str, ...]:
        """The sources of trades that an answer is made of: those asked for, else all that are shown.

        Raises PlanInsufficient for one that is not shown.
        """
        shown = self.trade_sources
        for source in asked or ():
            if source not in shown:
                raise PlanInsufficient(
                    f"{name} {source} is about trades with real money, which are shown only to accounts they were granted to.",
                    feature="real_trades",
                )
        return tuple(source for source in shown if not asked or source in asked)

    def check_games(self, event_ids: Sequence[str] | None) -> None:
        """Raises PlanInsufficient where a question follows more games than the plan does."""
        most = self.plan.watchlist_games
        if event_ids is not None and most is not None and len(set(event_ids)) > most:
            raise PlanInsufficient(
                f"The plan {self.plan.code} follows {most} games at once, and {len(set(event_ids))} were named.",
                feature="watchlist_games",
                watchlist_games=most,
            )

    def _check_past(self, asked: dt.datetime, name: str) -> None:
        if asked > self.now:
            raise invalid(name, f"lies in the future: it is {said(self.now)}")


def said(moment: dt.datetime) -> str:
    """A moment as answers write it.

    Examples:
        >>> said(dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC))
        '2026-01-02T03:04:05Z'
    """
    return moment.astimezone(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def invalid(name: str, message: str) -> ParameterInvalid:
    """The problem with one parameter or field, by the name the caller wrote."""
    return ParameterInvalid.of((name, message))
