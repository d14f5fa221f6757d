"""Files that nobody reads any more."""

from collections.abc import Iterator

from stratum_pipelines.doctor.finding import Finding, State
from stratum_pipelines.leftovers import find_leftovers
from stratum_pipelines.platform import Platform

MANY_LEFT_BYTES = 1024**3


def look_at_leftovers(platform: Platform) -> Iterator[Finding]:
    """Files that count no more, and lie where nothing sweeps by itself."""
    left = find_leftovers(platform)
    if not left.n:
        yield Finding("leftovers", "ok", "no file lies about that nobody reads any more")
        return
    files = "1 file that nobody reads" if left.n == 1 else f"{left.n:,} files that nobody reads"
    seen = f"{files} any more, {left.n_bytes / 1e6:,.1f} MB, such as {left.first}"
    state: State = "warning" if left.n_bytes > MANY_LEFT_BYTES else "ok"
    yield Finding("leftovers", state, seen, "The next stratum backfill deletes them.")
