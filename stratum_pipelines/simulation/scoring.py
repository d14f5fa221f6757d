"""How well signals found what was planted: precision and recall by signal type and kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median

import polars as pl

from stratum_pipelines.signals import find_signals
from stratum_pipelines.simulation.truth import Planted

SECOND = 1_000_000
DEFAULT_TOLERANCE_S = 600.0
SCHEMA = {
    "signal_type": pl.String,
    "kind": pl.String,
    "is_aim": pl.Boolean,
    "n_planted": pl.Int32,
    "n_found": pl.Int32,
    "recall": pl.Float64,
    "n_signals": pl.Int32,
    "n_right": pl.Int32,
    "precision": pl.Float64,
    "delay_s_median": pl.Float64,
}


def score_detections(
    signals: pl.DataFrame,
    truth: Iterable[Planted],
    tolerance_s: float = DEFAULT_TOLERANCE_S,
    aims: Mapping[str, tuple[str, ...]] | None = None,
) -> pl.DataFrame:
    """One row per signal type and kind of planted thing that has a direction, and one with the kind "" for all of them.

    `signals` needs signal_type, event_id, market, direction and detected_at. A planted thing counts as found when a signal
    on its event, market and direction is detected from its start until `tolerance_s` seconds after its end; a signal counts
    as right when it falls within any planted thing so. `delay_s_median` is from the start of what was found to its first
    signal. `is_aim` says whether the type is there to find the kind at all, as its file declares (`aims`): a key cross that
    misses an outlier has missed nothing. Recall and precision are null where nothing was planted or signalled. Precision is against what was planted:
    the line drifts by itself too, and a signal on that is not right here, although the market did move.
    """
    planted = [one for one in truth if one.event_id and one.direction]
    if aims is None:
        aims = {name: signal.finds for name, signal in find_signals().items()}
    names = ("signal_type", "event_id", "market", "direction")
    times = signals.get_column("detected_at").dt.epoch("us").to_list() if signals.height else []
    seen = list(zip(*(signals.get_column(name).to_list() for name in names), times, strict=True)) if times else []
    rows = []
    for signal_type in sorted({row[0] for row in seen}):
        moments: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for _, event_id, market, direction, at in (row for row in seen if row[0] == signal_type):
            moments[event_id, market, direction].append(at)
        for kind in ("", *sorted({one.kind for one in planted})):
            of_kind = [one for one in planted if kind in ("", one.kind)]
            is_aim = kind in aims.get(signal_type, ())
            rows.append((signal_type, kind, is_aim, *_score(moments, of_kind, tolerance_s)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _score(
    moments: dict[tuple[str, str, str], list[int]], planted: list[Planted], tolerance_s: float
) -> tuple[int, int, float | None, int, int, float | None, float | None]:
    right: set[tuple[tuple[str, str, str], int]] = set()
    delays = []
    for one in planted:
        place = (one.event_id, one.market, one.direction)
        until = one.ended_at + int(tolerance_s * SECOND)
        hits = [i for i, at in enumerate(moments.get(place, [])) if one.started_at <= at <= until]
        right.update((place, i) for i in hits)
        if hits:
            delays.append(min(moments[place][i] for i in hits) - one.started_at)
    n_signals = sum(map(len, moments.values()))
    return (
        len(planted),
        len(delays),
        len(delays) / len(planted) if planted else None,
        n_signals,
        len(right),
        len(right) / n_signals if n_signals else None,
        median(delays) / SECOND if delays else None,
    )
