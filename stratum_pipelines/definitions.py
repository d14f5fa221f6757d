"""The only Dagster entry point: everything in `stratum_pipelines.defs`, found by itself."""

from pathlib import Path

import dagster as dg

import stratum_pipelines.defs

# The root is named, not searched for: an installed package has no pyproject.toml above it.
defs = dg.ComponentTree.from_module(stratum_pipelines.defs, project_root=Path(__file__).parent.parent).build_defs()
