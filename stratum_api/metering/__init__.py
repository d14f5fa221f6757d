"""Counts billable requests exactly once, without a request ever waiting for it."""

from stratum_api.metering.meter import Meter

__all__ = ["Meter"]
