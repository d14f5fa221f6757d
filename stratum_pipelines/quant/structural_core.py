"""The structural core: which signals public surfaces show, and why the others are skipped.

Two parts. What a row knows of itself (`is_structural_core` in signals): a key-number cross on spreads, strong and broad enough. And
what was known of such signals when it was detected: how many of them had met their close by then, from the scorecards of
the days closed before. The second part is asked when signals are served, never when they are computed: scorecards follow
signals by hours, and a row that waited for them could not be the same live and in batch. Both live and batch find the same
scorecards of closed days, so the answer for a row never changes with the way it came about.
"""

import logging
from dataclasses import dataclass

import polars as pl

logger = logging.getLogger(__name__)

SIGNAL_TYPE, MARKET = "KEY_CROSS", "spreads"
MIN_STRENGTH = 55
MIN_GROUPS = 3
MIN_SAMPLES = 15
OTHER_TYPE = "it is no key-number cross on spreads"
TOO_WEAK = f"its strength is below {MIN_STRENGTH}"
TOO_NARROW = f"fewer than {MIN_GROUPS} operator groups moved"
TOO_FEW = f"fewer than {MIN_SAMPLES} such signals had met their close"


@dataclass(frozen=True)
class Gate:
    """Whether a signal is shown to the public, and if not, why; `reason` is "" for one that is."""

    is_open: bool
    reason: str = ""


def is_structural_core(signal_type: str, market: str, strength: float, n_groups: int) -> bool:
    """What a row knows of itself: a key-number cross on spreads of strength 55 or more, for which at least 3 groups moved."""
    return public_gate(signal_type, market, strength, n_groups).is_open


def public_gate(signal_type: str, market: str, strength: float, n_groups: int, n_samples: int | None = None) -> Gate:
    """The gate for one signal; `n_samples` is what the scorecards said when it was detected, None when they said nothing.

    >>> public_gate("KEY_CROSS", "spreads", 60, n_groups=3, n_samples=14)
    Gate(is_open=False, reason='fewer than 15 such signals had met their close')
    """
    if signal_type != SIGNAL_TYPE or market != MARKET:
        return Gate(False, OTHER_TYPE)
    if strength < MIN_STRENGTH:
        return Gate(False, TOO_WEAK)
    if n_groups < MIN_GROUPS:
        return Gate(False, TOO_NARROW)
    if n_samples is not None and n_samples < MIN_SAMPLES:
        return Gate(False, TOO_FEW)
    return Gate(True)


def gated(signals: pl.LazyFrame, scorecards: pl.LazyFrame) -> pl.LazyFrame:
    """The signals with `n_samples` and `skip_reason`, "" for those the public sees; rows and order as they were.

    `n_samples` is n of the newest scorecard before `detected_at` for the same type, sport and market over all times to
    start and all time; null where there was none yet. A scorecard speaks from the end of its day on.
    """
    cards = (
        scorecards.filter(pl.col("time_bucket") == "", pl.col("window") == "all")
        .select("signal_type", "sport_key", "market", "as_of", n_samples=pl.col("n"))
        .sort("as_of")
    )
    known = (
        signals.with_row_index("_place")
        .sort("detected_at")
        .join_asof(
            cards,
            left_on="detected_at",
            right_on="as_of",
            by=["signal_type", "sport_key", "market"],
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .sort("_place")
        .drop("_place", "as_of")
    )
    of_type = (pl.col("signal_type") == SIGNAL_TYPE) & (pl.col("market") == MARKET)
    reason = (
        pl.when(~of_type)
        .then(pl.lit(OTHER_TYPE))
        .when(pl.col("strength_score") < MIN_STRENGTH)
        .then(pl.lit(TOO_WEAK))
        .when(pl.col("n_groups") < MIN_GROUPS)
        .then(pl.lit(TOO_NARROW))
        .when(pl.col("n_samples") < MIN_SAMPLES)
        .then(pl.lit(TOO_FEW))
        .otherwise(pl.lit(""))
    )
    return known.with_columns(skip_reason=reason)


def public_signals(signals: pl.LazyFrame, scorecards: pl.LazyFrame) -> pl.DataFrame:
    """The signals the public sees, in the columns of signals; what is skipped is logged, with the reason and how many."""
    judged = gated(signals, scorecards).collect()
    skipped = judged.filter(pl.col("skip_reason") != "").group_by("skip_reason").len().sort("skip_reason")
    for reason, n in skipped.iter_rows():
        logger.info("Kept from the public, %d of %d signals: %s.", n, judged.height, reason)
    return judged.filter(pl.col("skip_reason") == "").drop("skip_reason", "n_samples")
