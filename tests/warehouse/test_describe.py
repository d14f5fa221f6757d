"""The reference page, the dbt sources and the column records: complete, valid, and the written files fresh."""

from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY
from warehouse.describe import (
    ColumnRecord,
    bounds,
    column_schema,
    dbt_sources,
    generated_files,
    tables_page,
    write_files,
)
from warehouse.tables import TABLES, Column, Consensus, Polls, Scorecards, Table


def section(name: str) -> str:
    return tables_page().split(f"\n## {name}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_page_has_every_table_and_column_with_its_meaning(table: type[Table]) -> None:
    text = section(table.name)
    assert table.description() in text
    assert f"- Layer: {table.layer}\n" in text
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(table.columns)
    for row, column in zip(rows, table.columns.values(), strict=True):
        assert column.description.replace("|", "\\|") in row
        assert f"| {column.type_name} |" in row
        assert f"| {'yes' if column.nullable else 'no'} |" in row
    assert f"[`{table.name}`](#{table.name})" in tables_page().split("\n## ")[0]


def test_the_page_says_how_a_table_is_kept() -> None:
    assert "- Partition: UTC date of `received_at`\n" in section("polls")
    assert "- Partition: none: a file per `sport_key`\n" in section("events")
    assert "- Partition: none: one file\n" in section("results")
    assert "- Key: `event_id`, `market`, `outcome`, `as_of`\n" in section("consensus")


def test_bounds_are_written_in_words() -> None:
    assert list(bounds(Column(None, "", at_least=0, at_most=1))) == ["at least 0", "at most 1"]
    assert list(bounds(Column(None, "", above=1))) == ["above 1"]
    assert list(bounds(Scorecards.columns["tier"])) == ['one of S, A, B, ""']


def test_the_records_of_a_table_are_its_declaration() -> None:
    records = column_schema(Consensus)
    assert [record.name for record in records] == list(Consensus.columns)
    assert records[list(Consensus.columns).index("fair_prob")] == ColumnRecord(
        name="fair_prob",
        type="float64",
        description="Margin-free probability at fair_point: median over operator groups, scaled to sum to 1.",
        unit="probability",
        constraints=("at least 0", "at most 1"),
        is_nullable=True,
        is_unique=False,
    )
    assert [record.name for record in column_schema(Polls) if record.is_unique] == ["poll_id"]
    assert not any(record.is_unique for record in records), "one column of a longer key may repeat"


def test_dbt_sources_are_yaml_with_every_table_column_and_declared_test() -> None:
    (source,) = yaml.safe_load(dbt_sources())["sources"]
    assert source["name"] == "lake"
    assert [table["name"] for table in source["tables"]] == [table.name for table in TABLES]
    for found, table in zip(source["tables"], TABLES, strict=True):
        assert found["description"] == table.description()
        assert [column["name"] for column in found["columns"]] == list(table.columns)
        for named, column in zip(found["columns"], table.columns.values(), strict=True):
            tests = named.get("data_tests", [])
            assert named["description"] == column.description
            assert ("unique" in tests) is (table.key == (column.name,))
            values = [t["accepted_values"]["arguments"]["values"] for t in tests if isinstance(t, dict)]
            assert values == ([list(column.one_of)] if column.one_of else [])
        (test,) = found["data_tests"]
        never_null = [name for name, column in table.columns.items() if not column.nullable]
        assert test["not_null_in"]["arguments"]["columns"] == never_null


def test_the_generated_files_are_fresh() -> None:
    for name, text in generated_files().items():
        file = REPOSITORY / name
        assert file.exists(), f"{name} is missing: run make docs."
        assert file.read_text(encoding="utf-8") == text, f"{name} is out of date: run make docs."


def test_the_files_are_written_where_they_belong(tmp_path: Path) -> None:
    written = write_files(tmp_path)
    assert {file.relative_to(tmp_path).as_posix() for file in written} == set(generated_files())
    assert (tmp_path / "docs/reference/tables.md").read_text(encoding="utf-8") == tables_page()
