"""Backups: what was written comes back on either engine, and what is damaged is refused before anything is loaded."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from polars.testing import assert_frame_equal

from tests.warehouse.market_rows import (
    NOON,
    SECOND,
    closing_rows,
    clv_rows,
    consensus_rows,
    event_rows,
    signal_rows,
    state_rows,
)
from tests.webhook_rows import add_endpoint, made_delivery, make_account, tried
from warehouse.backup import backup, compare_lake, list_lake, read_manifest, restore
from warehouse.database import (
    METADATA,
    Accounts,
    BookStates,
    ComputedDay,
    ComputedDays,
    Credits,
    Database,
    Entitlement,
    Keys,
    Leases,
    MarketStore,
    Marks,
    Outbox,
    PolledSport,
    Share,
    Shares,
)
from warehouse.database.credits import Count
from warehouse.database.cycle_kpis import CycleFigures, Worked
from warehouse.database.usage import UsageBook, UsageEvent
from warehouse.database.webhooks.queue import record
from warehouse.errors import BackupUnusable, DatabaseUnreachable, TargetNotEmpty
from warehouse.lake import Lake
from warehouse.tables import ClosingLines, ClvRecords, Consensus, Events, Signals


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with a partitioned table and one kept whole."""
    lake = Lake(tmp_path / "lake")
    lake.append(Consensus, consensus_rows("game"), batch="first")
    lake.append(Consensus, consensus_rows("game", at=NOON + 86_400 * SECOND), batch="second")
    lake.merge(Events, event_rows("game"))
    return lake


@pytest.fixture
def filled(database: Database) -> Database:
    """A database with something in every table."""
    store = MarketStore(database)
    store.publish(
        events=event_rows("game"), consensus=consensus_rows("game"), signals=signal_rows("s1", "s2"), now=NOON
    )
    store.settle(closing_rows("game"), clv_rows("s1"), event_ids=["game"], now=NOON)
    Leases(database).acquire("poll", "one", 60, NOON)
    ComputedDays(database).write([ComputedDay("football", dt.date(2026, 1, 4), "a", "b", "c", "d", NOON)])
    Marks(database).write("scored until", "2026-01-04", NOON)
    _use_the_api(database)
    Credits(database).learn("feed", Count(NOON, NOON, 475, 25), NOON)
    Credits(database).hold("feed", 9, leaving=25, at_most=None, purpose="odds", now=NOON)
    CycleFigures(database).record(Worked("r1", "feed", "football", NOON, 25, 475, 3, 10, 5, {"MOVE": 1}), NOON + SECOND)
    add_endpoint(database, make_account(database))
    delivered = tried(made_delivery(database, "we_one"))
    with database.begin() as connection:
        record(connection, [delivered], NOON)
    BookStates(database).publish("football", NOON, state_rows(NOON))
    BookStates(database).note_polled(PolledSport("football", NOON, NOON + 60 * SECOND, 0))
    return database


def _use_the_api(database: Database) -> None:
    """An account with a key that was used once."""
    at = NOON
    accounts = Accounts(database)
    account = accounts.create("Somebody", actor="test", now=at).account_id
    accounts.entitle(account, Entitlement(True, "pro", 1, 200, "active", {}, at), actor="test", now=at)
    Keys(database).add(
        key_id="sk_1",
        account_id=account,
        digest="00",
        name="x",
        scopes=["intel:read"],
        expires_at=None,
        actor="test",
        now=at,
    )
    UsageBook(database).add([UsageEvent("e1", account, "sk_1", at, at, "listSignals", 200, 1, "r1")], at)
    ends_at = at + dt.timedelta(hours=1)
    share = Share("sh_1", account, "equity", "A strategy", True, at, ends_at, 0, None, None)
    assert Shares(database).add(share, digest="00", content="{}", actor="test", most=1)


def everything(database: Database) -> dict[str, list[tuple]]:
    with database.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for name, table in METADATA.tables.items()
        }


def fresh(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'restored.db'}")


def test_a_backup_comes_back_on_the_other_engine(
    lake: Lake, filled: Database, tmp_path: Path, other_database: Callable[[], Database]
) -> None:
    made = backup(lake, filled, tmp_path / "backup", now=NOON)
    assert all(made.rows.values()), "every table had rows"
    assert read_manifest(tmp_path / "backup") == made
    other = other_database()
    assert restore(tmp_path / "backup", lake, other) == made
    assert everything(other) == everything(filled)
    for table in (Events, Consensus, Signals, ClosingLines, ClvRecords):
        assert_frame_equal(MarketStore(other).rows(table), MarketStore(filled).rows(table))


def test_a_restored_database_goes_on_where_the_backup_ended(lake: Lake, filled: Database, tmp_path: Path) -> None:
    backup(lake, filled, tmp_path / "backup", now=NOON)
    last = Outbox(filled).after()[-1].sequence
    filled.downgrade("base")
    restore(tmp_path / "backup", lake, filled)
    nothing = {"events": Events.empty(), "consensus": Consensus.empty(), "now": NOON}
    assert MarketStore(filled).publish(**nothing, signals=signal_rows("s1", "s3")).n_signals_new == 1
    (new,) = Outbox(filled).after(last)
    assert new.subject_id == "s3"


def test_an_empty_database_can_be_backed_up(lake: Lake, database: Database, tmp_path: Path) -> None:
    assert set(backup(lake, database, tmp_path / "backup", now=NOON).rows.values()) == {0}
    with fresh(tmp_path) as restored:
        restore(tmp_path / "backup", lake, restored)
        MarketStore(restored).publish(
            events=Events.empty(), consensus=Consensus.empty(), signals=signal_rows("s1"), now=NOON
        )
        assert Outbox(restored).after()[0].sequence == 1


def test_the_manifest_lists_the_lake(lake: Lake, database: Database, tmp_path: Path) -> None:
    made = backup(lake, database, tmp_path / "backup", now=NOON)
    folder = Path(lake.location)
    assert [entry.path for entry in made.lake] == sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*.parquet")
    )
    assert len(made.lake) == 3
    assert all((folder / entry.path).stat().st_size == entry.size_bytes for entry in made.lake)
    assert compare_lake(made, lake).is_same


def test_a_lake_that_differs_is_refused_and_named(lake: Lake, filled: Database, tmp_path: Path) -> None:
    made = backup(lake, filled, tmp_path / "backup", now=NOON)
    lake.append(Consensus, consensus_rows("late"), batch="third")
    assert compare_lake(made, lake).is_same, "what came later is no damage"
    assert compare_lake(made, lake).n_new == 1
    first, second = [Path(lake.location, entry.path) for entry in made.lake if entry.path.startswith("consensus")]
    first.write_bytes(second.read_bytes())
    second.unlink()
    with fresh(tmp_path) as restored:
        with pytest.raises(BackupUnusable, match="1 files are missing and 1 differ.*part-first"):
            restore(tmp_path / "backup", lake, restored)
        assert restored.revision() is None, "nothing was begun"
        restore(tmp_path / "backup", lake, restored, check_lake=False)
        assert everything(restored) == everything(filled)


def test_a_damaged_backup_is_refused(lake: Lake, filled: Database, tmp_path: Path) -> None:
    made = backup(lake, filled, tmp_path / "backup", now=NOON)
    for entry in made.database:
        copy = tmp_path / "copy"
        shutil.copytree(tmp_path / "backup", copy)
        file = copy / entry.path
        file.write_bytes(file.read_bytes()[:-1] + b"?")
        with pytest.raises(BackupUnusable, match=f"{file.name} is missing or not what was backed up"):
            read_manifest(copy)
        file.unlink()
        with pytest.raises(BackupUnusable, match=file.name), fresh(tmp_path) as restored:
            restore(copy, lake, restored)
        shutil.rmtree(copy)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 99}, "format 99"),
        ({"revision": "9999"}, "revision 9999"),
        ({"made_at": "yesterday"}, "cannot be read"),
        ({"lake": [{"path": "x"}]}, "cannot be read"),
    ],
)
def test_a_manifest_this_program_does_not_understand_is_refused(
    lake: Lake, tmp_path: Path, change: dict, reason: str
) -> None:
    with fresh(tmp_path) as database:
        database.migrate()
        backup(lake, database, tmp_path / "backup", now=NOON)
    file = tmp_path / "backup" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with Database(f"sqlite:///{tmp_path / 'other.db'}") as other, pytest.raises(BackupUnusable, match=reason):
        restore(tmp_path / "backup", lake, other)


def test_a_folder_that_is_no_backup_is_refused(lake: Lake, tmp_path: Path) -> None:
    with fresh(tmp_path) as database, pytest.raises(BackupUnusable, match=r"no manifest\.json"):
        restore(tmp_path / "nowhere", lake, database)


def test_rows_are_never_restored_over_others(lake: Lake, filled: Database, tmp_path: Path) -> None:
    backup(lake, filled, tmp_path / "backup", now=NOON)
    before = everything(filled)
    with pytest.raises(TargetNotEmpty, match="already"):
        restore(tmp_path / "backup", lake, filled)
    assert everything(filled) == before


def test_a_backup_never_overwrites_and_never_looks_complete_too_early(
    lake: Lake, filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    with pytest.raises(BackupUnusable, match="not empty"):
        backup(lake, filled, taken, now=NOON)
    with monkeypatch.context() as broken:
        broken.setattr("warehouse.backup.list_lake", lambda lake: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            backup(lake, filled, tmp_path / "backup", now=NOON)
    assert not (tmp_path / "backup").exists()
    backup(lake, filled, tmp_path / "backup", now=NOON)
    assert not (tmp_path / "backup.partial").exists()


def test_a_database_without_tables_has_nothing_to_back_up(lake: Lake, tmp_path: Path) -> None:
    with fresh(tmp_path) as database, pytest.raises(BackupUnusable, match="no tables"):
        backup(lake, database, tmp_path / "backup", now=NOON)
    gone = Database("postgresql://stratum:hunter2@127.0.0.1:9/stratum")
    with pytest.raises(DatabaseUnreachable):
        backup(lake, gone, tmp_path / "backup", now=NOON)


def test_no_password_is_in_a_backup(lake: Lake, postgres_url: str, tmp_path: Path) -> None:
    url = sa.make_url(postgres_url).set(password="hunter2").render_as_string(hide_password=False)
    with Database(url) as database:
        database.migrate()
        backup(lake, database, tmp_path / "backup", now=NOON)
    written = b"".join(file.read_bytes() for file in (tmp_path / "backup").rglob("*") if file.is_file())
    assert b"hunter2" not in written


def test_a_lake_that_is_compacted_meanwhile_is_listed_whole(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    day = dt.date(2026, 1, 4)
    lake.append(Consensus, consensus_rows("other"), batch="more")
    real, calls = lake.storage.open, []

    def compacting(path: str) -> object:
        calls.append(path)
        if len(calls) == 2:  # listed, but not read yet
            lake.compact(Consensus, day)
        return real(path)

    monkeypatch.setattr(lake.storage, "open", compacting)
    paths = [entry.path for entry in list_lake(lake) if f"date={day}" in entry.path]
    assert len(paths) == 1
    rows = pl.concat([pl.read_parquet(Path(lake.location, path)) for path in paths])
    assert rows.height == 4
