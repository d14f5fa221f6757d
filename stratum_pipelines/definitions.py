"""The only Dagster entry point: everything in `stratum_pipelines.defs`, found by itself."""

import warnings
from pathlib import Path

import dagster as dg

import stratum_pipelines.defs

with warnings.catch_warnings():
    # Finding definitions in a folder is what Dagster advises, and built on a function it still calls a preview.
    warnings.simplefilter("ignore", dg.PreviewWarning)
    # The root is named, not searched for: an installed package has no pyproject.toml above it.
    defs = dg.ComponentTree.from_module(stratum_pipelines.defs, project_root=Path(__file__).parent.parent).build_defs()
