"""The habits of the house, as far as a machine can see them: names, sizes, folders, docstrings, nothing private."""

import ast
import doctest
import importlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.conftest import REPOSITORY
from warehouse.tables import TABLES

PACKAGES = ("warehouse", "stratum_pipelines", "stratum_api")
MOST_LINES = 400
MOST_LINES_OF_A_TEST = 500
MADE = "\n# Made by `make docs`"  # read by programs: what is read by people is what makes it
NAMELESS = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc"}
NOT_PLURAL = {"consensus"}  # a word that is its own plural
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(?:home|root|Users|work|farm|mnt)/[\w.-]+")
REGISTRY = re.compile(
    r"https?://[^\s\"']+/simple\b|(?:--|extra-)index-url\s*=?\s*https?:|files\.python" + r"hosted\.org"
)


def tracked_files() -> list[Path]:
    """Every file git would commit: what it tracks and what is new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    else:  # a copy without its history
        hidden = {".venv", ".git", ".cache", ".stratum", "__pycache__"}
        found = [file for file in REPOSITORY.rglob("*") if not hidden & set(file.relative_to(REPOSITORY).parts)]
    return sorted(file for file in set(found) if file.is_file())


def shown(file: Path) -> str:
    """The file as a reader names it."""
    return file.relative_to(REPOSITORY).as_posix()


FILES = tracked_files()
SOURCES = [file for file in FILES if file.suffix == ".py" and shown(file).startswith(PACKAGES)]
TESTS = [file for file in FILES if file.suffix == ".py" and shown(file).startswith("tests/")]


def test_no_file_is_too_long_to_read_at_once() -> None:
    limits = [(file, MOST_LINES) for file in SOURCES if MADE not in file.read_text(encoding="utf-8")] + [
        (file, MOST_LINES_OF_A_TEST) for file in TESTS
    ]
    lengths = [(shown(file), len(file.read_text(encoding="utf-8").splitlines()), limit) for file, limit in limits]
    too_long = [f"{name}: {lines} lines, at most {limit}" for name, lines, limit in lengths if lines > limit]
    assert not too_long, "Split these by noun: " + "; ".join(too_long)


def test_every_file_and_folder_is_named_after_what_is_in_it() -> None:
    nameless = [shown(file) for file in FILES if NAMELESS & {part.split(".")[0] for part in Path(shown(file)).parts}]
    assert not nameless, f"These names say nothing: {nameless}"


def test_our_folders_do_not_hide_the_installed_packages_of_the_same_name() -> None:
    hiding = [name for name in ("dbt", "docker") if any((REPOSITORY / name).rglob("__init__.py"))]
    assert not hiding, f"An __init__.py under {hiding} hides the installed package of that name."


def test_annotations_stay_real_objects_where_frameworks_read_them() -> None:
    postponed = [shown(file) for file in SOURCES if "from __future__ import annotations" in file.read_text("utf-8")]
    assert not postponed, f"Dagster and Litestar read annotations, and these files make them text: {postponed}"


def undocumented(file: Path) -> Iterator[str]:
    """Public modules, classes and functions of a file that have no docstring."""
    module = ast.parse(file.read_text(encoding="utf-8"))
    if file.name != "__init__.py" or module.body:
        yield from _undocumented(module, shown(file))


def _undocumented(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Iterator[str]:
    if not ast.get_docstring(node):
        yield name
    if isinstance(node, ast.Module | ast.ClassDef):
        for child in node.body:
            named = isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            if named and not child.name.startswith("_"):
                yield from _undocumented(child, f"{name}: {child.name}")


def test_everything_public_says_what_it_is() -> None:
    silent = [name for file in SOURCES if "migrations/versions" not in shown(file) for name in undocumented(file)]
    assert not silent, f"These have no docstring: {silent}"


@pytest.mark.parametrize("file", [f for f in SOURCES if ">>> " in f.read_text("utf-8")], ids=shown)
def test_examples_in_docstrings_give_what_they_say(file: Path) -> None:
    name = ".".join(Path(shown(file)).with_suffix("").parts).removesuffix(".__init__")
    outcome = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert outcome.failed == 0


def test_tables_are_plain_plural_nouns() -> None:
    odd = [table.name for table in TABLES if not re.fullmatch(r"[a-z]+(_[a-z]+)*", table.name)]
    singular = [
        table.name for table in TABLES if not table.name.endswith("s") and table.name.split("_")[-1] not in NOT_PLURAL
    ]
    known = {"quarantine"}  # the place, not the things in it
    assert not odd
    assert set(singular) <= known


def test_columns_end_in_their_unit() -> None:
    # _at is a moment, _on a date, is_ and has_ a yes or no, n_ a count: the same name means the same everywhere.
    wrong = []
    for table in TABLES:
        for name, column in table.columns.items():
            kind = str(column.dtype)
            if name.endswith("_at") != kind.startswith("Datetime") and name != "as_of":
                wrong.append(f"{table.name}.{name} is {kind}")
            if name.startswith(("is_", "has_")) and kind != "Boolean":
                wrong.append(f"{table.name}.{name} is {kind}")
            if name.startswith("n_") and kind != "Int32":
                wrong.append(f"{table.name}.{name} is {kind}")
    assert not wrong


def test_a_column_means_the_same_in_every_table() -> None:
    types: dict[str, dict[str, list[str]]] = {}
    for table in TABLES:
        for name, column in table.columns.items():
            types.setdefault(name, {}).setdefault(str(column.dtype), []).append(table.name)
    different = {name: kinds for name, kinds in types.items() if len(kinds) > 1 and name != "as_of"}
    assert not different


def test_every_command_is_found_where_the_project_says_and_none_is_left_out() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {}
    for name, place in project["entry-points"]["stratum.commands"].items():
        module, _, attribute = place.partition(":")
        listed[name] = getattr(importlib.import_module(module), attribute)
    assert {name: command.name for name, command in listed.items()} == {name: name for name in listed}
    found: list[click.Command] = []
    for file in [file for file in SOURCES if "/commands/" in shown(file)]:
        module = importlib.import_module(".".join(Path(shown(file)).with_suffix("").parts).removesuffix(".__init__"))
        found += [value for value in vars(module).values() if isinstance(value, click.Command)]
    # A group's commands may stand in files of their own.
    inside = {id(one) for group in found if isinstance(group, click.Group) for one in group.commands.values()}
    written = {command.name for command in found if id(command) not in inside}
    assert written == set(listed), "A command is found only if pyproject.toml lists it under stratum.commands."


def test_nothing_is_left_to_do_without_an_issue() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!.*#\d+)")
    left = []
    for file in SOURCES + TESTS:
        if file == Path(__file__).resolve():
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if marks.search(line):
                left.append(f"{shown(file)}:{number}")
    assert not left, f"Do it, or name its issue (#number): {left}"


def test_nothing_committed_names_a_machine_or_a_package_registry() -> None:
    found = []
    for file in FILES:
        if file == Path(__file__).resolve():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{shown(file)}: {match.group()}" for match in MACHINE_PATH.finditer(text)]
        found += [f"{shown(file)}: {match.group()}" for match in REGISTRY.finditer(text)]
    assert not found


def test_links_between_our_pages_lead_somewhere() -> None:
    broken = []
    for page in [file for file in FILES if file.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{shown(page)}: {target}")
    assert not broken


def test_no_large_file_and_no_recorded_odds_are_committed() -> None:
    large = [shown(file) for file in FILES if file.stat().st_size > 1_000_000]
    recorded = [shown(file) for file in FILES if file.suffix in {".parquet", ".duckdb", ".db", ".sqlite"}]
    assert not large
    assert not recorded
