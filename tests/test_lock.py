"""The lock fits the declaration, names no index, and is what is installed here. Needs no network."""

import re
import tomllib
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import REPOSITORY

LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = {name: Version(version) for name, version in re.findall(r"^([a-z0-9.-]+)==(\S+)", LOCK, re.MULTILINE)}
REMEDY = "Run make lock and commit requirements.lock."


def declared() -> list[Requirement]:
    """Every requirement of pyproject.toml: of the project, of its extras, of developers and of building it."""
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    groups = [line for lines in PROJECT["dependency-groups"].values() for line in lines]
    lines = [*project["dependencies"], *extras, *groups, *PROJECT["build-system"]["requires"]]
    return [Requirement(line) for line in lines]


def needed() -> set[str]:
    """Names of the declared packages and of everything they need in turn, as installed here."""
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement, extra) for requirement in declared() for extra in ("", *requirement.extras)]
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for line in distribution(name).requires or []:
            inner = Requirement(line)
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                waiting += [(inner, wanted) for wanted in ("", *inner.extras)]
    return {name for name, _ in seen}


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_the_lock_pins_a_version_that_the_declaration_allows(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    assert name in PINNED, f"{name} is declared and not locked. {REMEDY}"
    allowed = requirement.specifier.contains(PINNED[name], prereleases=True)
    assert allowed, f"{name} is locked at {PINNED[name]}, and {requirement} is declared. {REMEDY}"


def test_everything_needed_is_locked_and_nothing_else() -> None:
    wanted = needed()
    assert wanted - set(PINNED) == set(), REMEDY
    assert set(PINNED) - wanted == set(), REMEDY


def test_what_is_installed_here_is_what_is_locked() -> None:
    installed = {name: Version(distribution(name).version) for name in PINNED}
    different = {
        name: f"{installed[name]}, locked {PINNED[name]}" for name in PINNED if installed[name] != PINNED[name]
    }
    assert not different, "Remove .venv/.ready and run make again."


def test_every_pin_is_hashed_and_no_index_is_named() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    unhashed = [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert len(entries) == len(PINNED)
    assert not unhashed
    assert "://" not in LOCK
    assert "index" not in re.sub(r"^[a-z0-9.-]+==.*$", "", LOCK, flags=re.MULTILINE)
