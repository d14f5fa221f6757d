"""Odds feeds, a file each: what to ask for and how to read the answer. Fetching and storing belong elsewhere."""

from functools import cache
from importlib import import_module
from pkgutil import extend_path, iter_modules

from stratum_pipelines.providers.provider import Provider

__path__ = extend_path(__path__, __name__)


@cache
def find_providers() -> dict[str, Provider]:
    """Every provider in this folder by name: any module here that ends in `PROVIDER = …`."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    found = [module.PROVIDER for module in modules if hasattr(module, "PROVIDER")]
    return {provider.name: provider for provider in found}
