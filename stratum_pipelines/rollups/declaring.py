"""The list of marts that is committed, made from dbt's models: what the lineage, the views and the reference page read."""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from stratum_pipelines.rollups.build import test_name
from stratum_pipelines.rollups.project import call, fingerprint, project_folder, variables
from warehouse.errors import OperationRefused
from warehouse.marts.declared import FILE, Declaration, Mart, MartColumn, MartTest, read_declaration

PATH = "warehouse/marts/models.json"
_SENTENCES = {
    "not_null_in": "No row lacks what every row has.",
    "unique_in_all": "No {column} stands twice.",
    "relationships": "Every {column} is known to {field}.",
    "unique_key": "No key stands twice.",
    "sums_equal": "Sums are those of {of}.",
    "adds_up": "{total} is the sum of its parts.",
    "at_most": "The parts are at most {most}.",
    "closed_trades_have_ended": "Every closed trade has an exit and a profit.",
    "follows_on": "Every day begins with what the day before ended with.",
    "ends_at_the_sum": "The last day ends at the sum of everything.",
    "narrows": "No step holds more than the step it comes from.",
    "counts_every_signal": "Every signal of the lake is counted.",
}


def declaration() -> Declaration:
    """The list. dbt reads the project only where the committed list is not about the project as it stands."""
    if FILE.is_file() and read_declaration().fingerprint == fingerprint(project_folder()):
        return read_declaration()
    return declare(parse())


def text_of(declaration: Declaration) -> str:
    """A list as it is committed."""
    return json.dumps(msgspec.to_builtins(declaration), indent=1, ensure_ascii=False) + "\n"


@cache
def parse() -> Any:
    """The manifest of the project, read in a folder that is thrown away."""
    with TemporaryDirectory() as folder:
        result = call(["parse", "--no-partial-parse"], Path(folder), variables("UTC"))
    if result.exception is not None or not result.success:
        raise OperationRefused(f"dbt cannot read its project: {result.exception}")
    return result.result


def declare(manifest: Any) -> Declaration:
    """The list of marts from dbt's manifest."""
    models = {key: node for key, node in manifest.nodes.items() if node.resource_type == "model"}
    marts = {key: node for key, node in models.items() if node.config.materialized == "mart"}
    found: dict[str, Mart] = {}
    while len(found) < len(marts):
        # Those whose needs are there already, by name: one order for everybody.
        ready = [
            node
            for node in marts.values()
            if node.name not in found and all(n in found for n in _needs(node, manifest) if n in _names(marts))
        ]
        for node in sorted(ready, key=lambda one: one.name):
            found[node.name] = _mart(node, manifest)
    return Declaration(fingerprint(project_folder()), tuple(found.values()))


def _names(nodes: dict[str, Any]) -> set[str]:
    return {node.name for node in nodes.values()}


def _needs(node: Any, manifest: Any) -> list[str]:
    """The marts and tables of the lake a model is made from; steps give theirs."""
    needs: set[str] = set()
    for key in node.depends_on.nodes:
        if key in manifest.sources:
            needs.add(manifest.sources[key].name)
        elif manifest.nodes[key].config.materialized == "mart":
            needs.add(manifest.nodes[key].name)
        else:
            needs |= set(_needs(manifest.nodes[key], manifest))
    return sorted(needs)


def _mart(node: Any, manifest: Any) -> Mart:
    meta = node.config.meta
    tests = [
        MartTest(test_name(test), _sentence(test), str(test.config.severity).lower() == "warn")
        for test in manifest.nodes.values()
        if test.resource_type == "test" and test.attached_node == node.unique_id
    ]
    return Mart(
        name=node.name,
        description=node.description,
        key=tuple(meta["key"]),
        part=meta.get("part", ""),
        part_by=meta.get("part_by", ""),
        needs=tuple(_needs(node, manifest)),
        columns=tuple(MartColumn(one.name, one.data_type, one.description) for one in node.columns.values()),
        tests=tuple(sorted(tests, key=lambda one: one.name)),
    )


def _sentence(test: Any) -> str:
    about = {name: str(value) for name, value in test.test_metadata.kwargs.items()}
    about |= {"column": test.column_name or ""}
    about["field"] = about.get("to", "").removeprefix("ref('").removesuffix("')")
    about["of"] = about.get("of", "").removeprefix("ref('").removesuffix("')")
    return _SENTENCES[test.test_metadata.name].format_map(about)
