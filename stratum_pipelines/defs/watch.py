"""The clock between answers, as a sensor: books that go beyond their limit are noticed although nothing comes in."""

import datetime as dt

import dagster as dg

from stratum_pipelines.defs.resources import PlatformResource

# With the daemon's own pace of about five seconds a change is noticed within 20 s of the limit.
WATCH_EVERY_S = 10


@dg.sensor(
    name="watch_books",
    minimum_interval_seconds=WATCH_EVERY_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Brings book_states up to the present moment inside its tick: a book goes from fresh to late to silent by the clock, "
        "or is shown as paused where nobody polls its sport, also when no answer comes at all."
    ),
)
def watch_books(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SkipReason:
    """What has changed, in the words of the tick."""
    from stratum_pipelines.watching import watch

    turns = watch(platform.open(), dt.datetime.now(dt.UTC))
    for turn in turns:
        context.log.info("%s", turn)
    if not turns:
        return dg.SkipReason("Every book stands as before.")
    return dg.SkipReason(f"{len(turns)} changed: {'; '.join(map(str, turns[:5]))}")
