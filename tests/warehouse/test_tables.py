"""The table classes: what they refuse, what they fill in, and that both validations agree."""

from collections.abc import Iterator

import pandera.errors
import polars as pl
import pytest

from tests.warehouse.frames import sample
from warehouse.tables import TABLES, TIME, Consensus, OddsSnapshots, Results, Scorecards, Signals, Table
from warehouse.tables.table import count, text, time


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_rows_made_from_the_declaration_are_valid_both_ways(table: type[Table]) -> None:
    frame = sample(table, 4)
    assert list(table.faults(frame)) == []
    table.pandera_schema().validate(frame, lazy=True)
    assert list(table.faults(table.empty())) == []


def broken(table: type[Table]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Column, fault and a frame with it, for everything a table declares."""
    frame = sample(table, 3)
    for name, column in table.columns.items():
        wrongs: list[tuple[str, object]] = []
        if not column.nullable:
            wrongs.append(("is null", None))
        if column.at_least is not None:
            wrongs.append(("is below", column.at_least - 1))
        if column.at_most is not None:
            wrongs.append(("is above", column.at_most + 1))
        if column.above is not None:
            wrongs.append(("is not above", column.above))
        if column.one_of:
            wrongs.append(("is not one of", "something else"))
        if column.dtype == pl.Float64:
            wrongs.append(("is not a number", float("nan")))
        for fault, value in wrongs:
            wrong = pl.Series(name, [value], dtype=column.dtype)
            yield name, fault, frame.with_columns(pl.concat([wrong, frame[name][1:]]))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_bound_null_and_closed_list_is_checked(table: type[Table]) -> None:
    for name, fault, frame in broken(table):
        faults = list(table.faults(frame))
        assert any(f"column {name} {fault}" in found and "in 1 of 3 rows" in found for found in faults), (name, fault)
        if fault != "is not a number":  # pandera takes NaN for a number; the cheap check runs before it
            with pytest.raises(pandera.errors.SchemaErrors):
                table.pandera_schema().validate(frame, lazy=True)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_repeated_key_is_a_fault(table: type[Table]) -> None:
    frame = pl.concat([sample(table, 2), sample(table, 1)])
    assert list(table.faults(frame)) == [
        f"Table {table.name}: the key ({', '.join(table.key)}) repeats in 1 of 3 rows."
    ]
    if pl.Binary not in table.schema().values():  # there pandera cannot print the rows; the cheap check runs before it
        with pytest.raises(pandera.errors.SchemaErrors):
            table.pandera_schema().validate(frame, lazy=True)


def test_values_at_their_bounds_and_nulls_where_allowed_are_no_faults() -> None:
    frame = sample(Scorecards, 2).with_columns(
        beat_rate=pl.Series([0.0, 1.0]), n=pl.Series([0, 1], dtype=pl.Int32), clv_prob_se=pl.Series([None, 0.0])
    )
    assert list(Scorecards.faults(frame)) == []
    suspended = sample(OddsSnapshots, 1).with_columns(
        price_decimal=pl.lit(None, pl.Float64), point=pl.lit(None, pl.Float64)
    )
    assert list(OddsSnapshots.faults(suspended)) == []


def test_a_wrong_type_a_missing_and_an_unknown_column_are_named() -> None:
    frame = sample(Consensus).with_columns(n_books=pl.col("n_books").cast(pl.Int64), extra=1).drop("fair_prob")
    (fault,) = Consensus.faults(frame)
    assert "n_books" in fault and "extra" in fault and "fair_prob" in fault
    (order,) = Consensus.faults(sample(Consensus).select(reversed(list(Consensus.columns))))
    assert "their order" in order


def test_conforming_fills_orders_casts_and_leaves_out() -> None:
    given = pl.DataFrame({"version": [1], "event_id": ["e"], "extra": [True]})
    frame = Results.conform(given)
    assert frame.schema == Results.schema()
    assert frame.row(0, named=True) == {**dict.fromkeys(Results.columns), "event_id": "e", "version": 1}


def test_conforming_refuses_what_cannot_be_cast() -> None:
    with pytest.raises(pl.exceptions.PolarsError):
        Results.conform(pl.DataFrame({"version": ["many"]}))


def test_a_column_hides_nothing_every_table_has() -> None:
    # odds_snapshots has a column called description, results one called version.
    assert OddsSnapshots.description().startswith("One row per change")
    assert Results.version == 1
    assert Signals.schema()["bookmakers"] == pl.List(pl.String)


def test_a_version_is_given_beside_the_class() -> None:
    class Second(Table, version=2):
        """One row per thing."""

        name = "seconds"
        layer = "raw"
        key = ("version",)

        version = count("A column of that name.")

    assert Second.version == 2
    assert list(Second.columns) == ["version"]


@pytest.mark.parametrize("place", ["key", "partition_by", "shard_by"])
def test_a_key_partition_or_shard_that_is_no_column_is_refused(place: str) -> None:
    attributes = {"name": "things", "layer": "raw", "key": ("thing_id",), "thing_id": text("The thing.")}
    attributes[place] = "gone" if place == "partition_by" else ("gone",)
    with pytest.raises(TypeError, match="names the column 'gone'"):
        type("Things", (Table,), attributes)


def test_every_table_has_a_grain_a_key_without_nulls_and_a_time_to_be_partitioned_by() -> None:
    for table in TABLES:
        assert table.description().startswith("One row per "), table.name
        assert not any(table.columns[name].nullable for name in table.key), table.name
        if table.partition_by:
            assert table.columns[table.partition_by].dtype == TIME, table.name
            assert not table.columns[table.partition_by].nullable, table.name


def test_a_column_keeps_its_name_and_type_name() -> None:
    class Things(Table):
        """One row per thing."""

        name = "things"
        layer = "raw"
        key = ("seen_at",)

        seen_at = time("When.")

    assert Things.columns["seen_at"].name == "seen_at"
    assert Things.columns["seen_at"].type_name == "timestamp, UTC microseconds"
