"""The technical limit: so many requests a minute per key, and per address for whoever has none, exact over all workers."""

from stratum_api.limits.counts import Counts, open_counts
from stratum_api.limits.limiter import Decision, Limiter
from stratum_api.limits.windows import Granted, Windows, open_windows

__all__ = ["Counts", "Decision", "Granted", "Limiter", "Windows", "open_counts", "open_windows"]
