"""What is found by itself, shown in the lineage: every provider as a feed above the raw answers, every signal as a rule.

They hold no rows and are not computed; a file that is added to their folder appears here, and its change of version is
seen by what lies below.
"""

import dagster as dg

from stratum_pipelines.providers import find_providers
from stratum_pipelines.signals import find_signals

FEEDS = [
    dg.AssetSpec(
        ["feed", name],
        description=f"{provider.title}. {provider.description}",
        group_name="discovered",
        owners=["team:stratum"],
        kinds={"json"},
        metadata={
            "polled": provider.requests is not None,
            "reads_archives": provider.answers is not None,
            "expected_gap_seconds": provider.default_gap_s,
        },
    )
    for name, provider in sorted(find_providers().items())
]
RULES = [
    dg.AssetSpec(
        ["rule", name],
        description=signal.description,
        group_name="discovered",
        owners=["team:stratum"],
        kinds={"python"},
        code_version=signal.rule_version,
        metadata={
            "rule_version": signal.rule_version,
            "shown_as": signal.shown_as,
            **{name: list(value) if isinstance(value, tuple) else value for name, value in signal.parameters.items()},
        },
    )
    for name, signal in find_signals().items()
]

defs = dg.Definitions(assets=[*FEEDS, *RULES])
