"""Names in the environment that look like settings of ours and are none."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.signals import find_signals

# Read by tests and benches, and by docker/compose.yaml: no settings of the product.
BESIDE = ("STRATUM_TEST_", "STRATUM_BENCH_", "STRATUM_POSTGRES_PASSWORD")


def look_at_names(environ: Mapping[str, str], known: Collection[str]) -> Iterator[Finding]:
    """Names that begin like ours and are not among the known ones: what they were to set is at its default."""
    ours = ("STRATUM_", "ODDS_API_", *(f"{name}_" for name in find_signals()))
    unknown = sorted(name for name in environ if name.startswith(ours) and not name.startswith(BESIDE))
    for name in (one for one in unknown if one not in known):
        near = get_close_matches(name, known, n=1)
        meant = f"Is {near[0]} meant? " if near else ""
        yield Finding("settings", "warning", f"{name} is no setting", f"{meant}All of them: docs/reference/settings.md")
