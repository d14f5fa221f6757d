"""Kinds of files trades are imported from, a file each: how to know one by its content, and what it says.

What is said becomes rows in `stratum_pipelines.trading.entries`; a reader stores nothing.
"""

from functools import cache
from importlib import import_module
from pkgutil import extend_path, iter_modules

from stratum_pipelines.trading.importers.importer import Importer

__path__ = extend_path(__path__, __name__)


@cache
def find_importers() -> dict[str, Importer]:
    """Every importer in this folder by name, in the order they are asked: any module here that ends in `IMPORTER = …`."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    found = [module.IMPORTER for module in modules if hasattr(module, "IMPORTER")]
    return {one.name: one for one in sorted(found, key=lambda one: (one.asked, one.name))}
