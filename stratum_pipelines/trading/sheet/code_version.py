"""What made a tear sheet: the version of the package, and a digest of the code that its figures come from."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import stratum_pipelines
import warehouse

# What figures and pictures depend on; a change anywhere else leaves a sheet as it is.
FOLDERS = (
    "stratum_pipelines/quant/performance",
    "stratum_pipelines/quant/buckets",
    "stratum_pipelines/trading/sheet",
    "warehouse/charts",
)


@cache
def code_version() -> str:
    """The version and the first 12 hex digits of SHA-256 over the source files, as in `stratum 0.1.0, code 1f0c2a9b33de`."""
    roots = {"stratum_pipelines": stratum_pipelines.__file__, "warehouse": warehouse.__file__}
    digest = hashlib.sha256()
    for folder in FOLDERS:
        package, _, inside = folder.partition("/")
        for file in sorted(Path(str(roots[package])).parent.joinpath(inside).iterdir()):
            if file.suffix in (".py", ".css"):
                digest.update(f"{folder}/{file.name}\n".encode() + file.read_bytes())
    return f"stratum {version('stratum')}, code {digest.hexdigest()[:12]}"
