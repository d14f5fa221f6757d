"""A file of trades brought in: recognised by its content, read row by row, and recorded once, whatever file it comes from."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from stratum_pipelines.locks import DayLocks
from stratum_pipelines.providers.reading import Refusal, identity
from stratum_pipelines.trading.entries.given import Given
from stratum_pipelines.trading.entries.moments import Clock
from stratum_pipelines.trading.entries.reasons import (
    DUPLICATE_TRADE,
    UNKNOWN_CURRENCY,
    UNKNOWN_FILE,
    UNKNOWN_SIGNAL,
    Unfit,
)
from stratum_pipelines.trading.entries.rows import ROWS, Entry
from stratum_pipelines.trading.importers import find_importers
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.importer import Contents, Importer
from stratum_pipelines.trading.importers.source_file import SourceFile, digest_of, look_at
from stratum_pipelines.trading.known import compared, completed
from stratum_pipelines.trading.ledger import Recorded, record
from stratum_pipelines.trading.spool import NUMBER, Spool, Spools
from warehouse.lake import Lake
from warehouse.tables import Quarantine, Signals, Table, Trades

SHOWN = 5
LONGEST_VALUE = 500
UTC = ZoneInfo("UTC")
# A file without a single row that could be read was most likely not meant to be imported so.
IN_UTC = "Times without a zone are taken as UTC. MetaTrader writes the time of its server: say --time-zone Etc/GMT-3 or whatever it is."


@dataclass(frozen=True)
class Wanted:
    """How a person wants files to be read. `currency` and `zone` hold where a file names none; `kind` "" is guessed."""

    account: str
    source: str = "manual"
    kind: str = ""
    currency: str = ""
    zone: ZoneInfo | None = None
    strategy: str = ""
    column_map: ColumnMap | None = None
    dry_run: bool = False


@dataclass
class ImportedFile:
    """What became of one file: rows by table, refusals by reason with the first of them, and remarks for the reader.

    `is_refused` says that nothing of the file could be read.
    """

    path: Path
    import_id: str
    kind: str = ""
    rows: dict[str, Recorded] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    first_refusals: list[Refusal] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_refused: bool = False

    def as_record(self) -> dict[str, object]:
        """The import as plain values, for machines."""
        return {
            "file": str(self.path),
            "import_id": self.import_id,
            "format": self.kind,
            "rows": {
                name: {"new": one.n_new, "changed": one.n_changed, "same": one.n_same}
                for name, one in self.rows.items()
            },
            "refused": self.refused.total(),
            "refused_by_reason": dict(self.refused),
            "first_refusals": [one._asdict() for one in self.first_refusals],
            "remarks": self.remarks,
            "is_refused": self.is_refused,
        }


def import_file(lake: Lake, path: Path, wanted: Wanted, *, as_of: dt.datetime) -> ImportedFile:
    """Bring in one file. What cannot be used goes to `quarantine` with reason and line; the rest is imported.

    Doing it again changes nothing, and neither does another file that says the same of the same trades. Raises
    ImportRefused where the options do not do, OSError where there is no such file.
    """
    done = ImportedFile(path, digest_of(path))
    with Spools() as spools:
        refusals = spools.of(Quarantine)
        try:
            file = look_at(path, done.import_id)
            importer = _importer_of(file, wanted)
            done.kind = importer.name
            contents = importer.read(file, wanted.column_map)
            given = _given(done, contents, wanted, as_of)
            _read(contents, given, spools, done, as_of)
        except Unfit as error:
            done.is_refused = True
            _refuse(done, refusals, Refusal("trades", error.reason, error.detail, error.value, ""), as_of)
        for name, (table, _) in ROWS.items():
            if name in spools.by_table:
                done.rows[name] = _recorded(lake, table, spools.of(table), refusals, done, wanted, as_of)
        if refusals.n and not wanted.dry_run:
            _quarantine(lake, refusals.scan().select(list(Quarantine.columns)).collect(), done.import_id, as_of)
    return done


def _importer_of(file: SourceFile, wanted: Wanted) -> Importer:
    importers = find_importers()
    if wanted.kind:
        return importers[wanted.kind]
    if wanted.column_map and not file.is_database:
        # A map names columns: what has them is a table of text, or lines of JSON.
        of_map = (importers["json_lines"], importers["csv"])
        return next((one for one in of_map if one.recognises(file)), importers["csv"])
    found = next((one for one in importers.values() if one.recognises(file)), None)
    if found is None:
        known = "; ".join(one.title for one in importers.values())
        raise Unfit(UNKNOWN_FILE, f"No importer knows it. Known are: {known}.", file.path.name)
    return found


def _given(done: ImportedFile, contents: Contents, wanted: Wanted, as_of: dt.datetime) -> Given:
    chosen = wanted.column_map
    named = (chosen.currency if chosen else "") or wanted.currency
    if named and contents.currency and named != contents.currency:
        raise Unfit(UNKNOWN_CURRENCY, f"The file is in {contents.currency}, and {named} was named.", contents.currency)
    zone = (chosen.zone if chosen else None) or wanted.zone
    if zone is None:
        done.remarks.append(IN_UTC)
    clock = Clock(zone or UTC, int(as_of.timestamp() * 1_000_000), chosen.date_formats if chosen else ())
    currency = contents.currency or named
    return Given(
        wanted.account, clock, done.import_id, wanted.source, currency, wanted.strategy, contents.decimal_comma
    )


def _read(contents: Contents, given: Given, spools: Spools, done: ImportedFile, as_of: dt.datetime) -> None:
    refusals, at = spools.of(Quarantine), given.clock.as_of
    targets = {name: (spools.of(table), make) for name, (table, make) in ROWS.items()}
    for said in contents.entries:
        if isinstance(said, Entry):
            spool, make = targets[said.table]
            try:
                row = make(said.fields, given, said.place)
            except Unfit as error:
                value = error.value or " | ".join(said.fields.values())
                _refuse(done, refusals, Refusal(said.table, error.reason, error.detail, value, said.place), as_of)
                continue
            row["recorded_at"] = at
            spool.add(row)
        else:
            _refuse(done, refusals, said, as_of)
    done.remarks += contents.remarks


def _refuse(done: ImportedFile, refusals: Spool, refusal: Refusal, as_of: dt.datetime) -> None:
    done.refused[refusal.reason] += 1
    if len(done.first_refusals) < SHOWN:
        done.first_refusals.append(refusal)
    where = f"Line {refusal.place}: " if refusal.place[:1].isdigit() else f"{refusal.place}: " if refusal.place else ""
    refusals.add(
        {
            "quarantine_id": identity(done.import_id, refusal.table, refusal.reason, refusal.place),
            "table": refusal.table,
            "reason": refusal.reason,
            "detail": f"{where}{refusal.detail} ({done.path.name})",
            "value": refusal.value[:LONGEST_VALUE],
            "response_id": done.import_id,
            "received_at": int(as_of.timestamp() * 1_000_000),
        }
    )


def _recorded(
    lake: Lake,
    table: type[Table],
    spool: Spool,
    refusals: Spool,
    done: ImportedFile,
    wanted: Wanted,
    as_of: dt.datetime,
) -> Recorded:
    """Record the rows of one table, days at a time; those that stand twice in the file, or follow no known signal, are refused."""
    (key,) = table.key
    firsts = spool.scan().group_by(key).agg(pl.col(NUMBER).min()).collect(engine="streaming")
    known = _known_signals(lake, spool) if table is Trades else None
    total = Counter[str]()
    for first, last in spool.spans():
        rows = spool.between(first, last).collect().join(firsts, on=[key, NUMBER], how="left", coalesce=False)
        is_first = pl.col(f"{key}_right").is_not_null()
        for id_, line in rows.filter(~is_first).select(key, "import_line").iter_rows():
            detail = "An earlier row of the file has the same id."
            _refuse(done, refusals, Refusal(table.name, DUPLICATE_TRADE, detail, id_, line), as_of)
        rows = rows.filter(is_first)
        if known is not None:
            is_known = pl.col("signal_id").is_in(["", *known])
            for id_, line in rows.filter(~is_known).select("signal_id", "import_line").iter_rows():
                detail = f"The warehouse holds no signal {id_}."
                _refuse(done, refusals, Refusal(table.name, UNKNOWN_SIGNAL, detail, id_, line), as_of)
            rows = rows.filter(is_known)
        rows = rows.select(list(table.columns))
        stands = lake.scan(table).join(rows.select(key).lazy(), on=key, how="semi").collect(engine="streaming")
        rows = completed(table, rows, stands)
        if table is Trades:
            rows = rows.with_columns(pl.col("fees").fill_null(0))
        if wanted.dry_run:
            new, changed, same = compared(table, rows, stands)
        else:
            outcome = record(lake, table, rows)
            new, changed, same = outcome.n_new, outcome.n_changed, outcome.n_same
        total.update(new=new, changed=changed, same=same)
    return Recorded(total["new"], total["changed"], total["same"])


def _known_signals(lake: Lake, spool: Spool) -> list[str]:
    """Those of the signals named in a file that are in the warehouse."""
    named = spool.scan().select("signal_id").unique().filter(pl.col("signal_id") != "").collect()
    if named.is_empty():
        return []
    return (
        lake.scan(Signals)
        .select("signal_id")
        .join(named.lazy(), on="signal_id", how="semi")
        .collect()["signal_id"]
        .to_list()
    )


def _quarantine(lake: Lake, refused: pl.DataFrame, import_id: str, as_of: dt.datetime) -> None:
    """Store what was refused, once: what an earlier import of the same file refused stands there already.

    The day is locked meanwhile: computing it anew keeps the refusals of imports that it finds, and must find these.
    """
    stands = lake.scan(Quarantine).filter(pl.col("response_id") == import_id).select("quarantine_id").collect()
    fresh = refused.unique("quarantine_id", keep="first", maintain_order=True).join(
        stands, on="quarantine_id", how="anti"
    )
    if fresh.is_empty():
        return
    day = as_of.astimezone(dt.UTC).date()
    with DayLocks(lake) as locks:
        locks.take(day)
        lake.append(Quarantine, fresh, batch=f"import-{import_id}-{fresh['quarantine_id'][0][:8]}")
