"""Which signals a visitor sees at all: not before the delay has passed, and of the public's plans the structural core only."""

import polars as pl

from stratum_api.rows import Select
from stratum_api.service import Service
from stratum_api.shown.signals import ShownSignal
from stratum_api.tiers import Sight


async def ask_gated(service: Service, sight: Sight, ask: Select) -> None:
    """Leave out of a question about `signals s` what the visitor is not shown."""
    if not sight.is_core_only:
        return
    ask.where("s.is_structural_core")
    for one in await service.stretches.found():
        ask.where(
            "not (s.sport_key = {} and s.detected_at > {} and s.detected_at <= {})", one.sport_key, one.since, one.until
        )


async def gate_of(service: Service, sight: Sight) -> list[pl.Expr]:
    """The same, as conditions on rows of the lake."""
    if not sight.is_core_only:
        return []
    at = pl.col("detected_at")
    too_few = [
        (pl.col("sport_key") == one.sport_key) & (at > one.since) & (at <= one.until)
        for one in await service.stretches.found()
    ]
    return [pl.col("is_structural_core"), *(~one for one in too_few)]


async def is_in_sight(service: Service, sight: Sight, signal: ShownSignal) -> bool:
    """Whether one signal is shown to the visitor."""
    if signal.detected_at > sight.latest_at:
        return False
    if not sight.is_core_only:
        return True
    return signal.is_structural_core and not any(
        one.sport_key == signal.sport_key and one.since < signal.detected_at <= one.until
        for one in await service.stretches.found()
    )
