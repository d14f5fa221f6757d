"""Billing periods: months that begin on the day an entitlement was anchored to."""

import calendar
import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class BillingPeriod:
    """From `start_at` to just before `end_at`, both midnights in UTC."""

    start_at: dt.datetime
    end_at: dt.datetime


def billing_period(anchor_at: dt.datetime, now: dt.datetime) -> BillingPeriod:
    """The period that `now` lies in. A day that a month does not have is its last one.

    Examples:
        >>> found = billing_period(dt.datetime(2026, 1, 31, 15, tzinfo=dt.UTC), dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
        >>> found.start_at.date().isoformat(), found.end_at.date().isoformat()
        ('2026-02-28', '2026-03-31')
    """
    day = anchor_at.astimezone(dt.UTC).day
    now = now.astimezone(dt.UTC)
    begun = _midnight(now.year, now.month, day)
    if begun <= now:
        return BillingPeriod(begun, _midnight(*_month_after(now.year, now.month), day))
    year, month = (now.year, now.month - 1) if now.month > 1 else (now.year - 1, 12)
    return BillingPeriod(_midnight(year, month, day), begun)


def _month_after(year: int, month: int) -> tuple[int, int]:
    return (year, month + 1) if month < 12 else (year + 1, 1)


def _midnight(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime(year, month, min(day, calendar.monthrange(year, month)[1]), tzinfo=dt.UTC)
