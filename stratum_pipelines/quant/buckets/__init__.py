"""Trades by hour, weekday, month, session and time to the start, on the clocks of a time zone."""

from stratum_pipelines.quant.buckets.bucketing import BUCKETINGS, Bucketing
from stratum_pipelines.quant.buckets.heatmap import heatmap
from stratum_pipelines.quant.buckets.sessions import SESSIONS, Session
from stratum_pipelines.quant.buckets.totals import bucketed

__all__ = ["BUCKETINGS", "SESSIONS", "Bucketing", "Session", "bucketed", "heatmap"]
