"""`stratum trades import`: files of trades, bets, balances and checks, each trade once."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from rich.markup import escape

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import counted, json_option, opened_platform, print_json, progress, results
from stratum_pipelines.hints import hint

if TYPE_CHECKING:
    from stratum_pipelines.trading.importing import ImportedFile, Wanted

FORMATS = ("csv", "json_lines", "bets", "metatrader_html", "metatrader_csv", "sqlite_store")


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--account", required=True, metavar="NAME", help="The account the trades were made in, as you call it.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="The kind of file.  [default: by its content]")
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Column map, a TOML file (CSV, JSON lines).",
)
@click.option("--currency", metavar="CODE", help="Currency where a file names none, as in USD.")
@click.option(
    "--time-zone", "zone", metavar="ZONE", help="Zone of times that name none, as in Europe/Athens.  [default: UTC]"
)
@click.option("--strategy", default="", metavar="NAME", help="Strategy of trades that name none.")
@click.option(
    "--source", type=click.Choice(["manual", "bot"]), default="manual", show_default=True, help="Who made the trades."
)
@click.option("--dry-run", is_flag=True, help="Say what would come of it and store nothing.")
@json_option
def import_trades(
    files: tuple[Path, ...],
    account: str,
    kind: str | None,
    map_file: Path | None,
    currency: str | None,
    zone: str | None,
    strategy: str,
    source: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import trades from files; a trade that is known already is not doubled, whatever file it comes from."""
    from stratum_pipelines.trading.importers.column_map import ImportRefused
    from stratum_pipelines.trading.importing import import_file

    missing = [file for file in files if not file.is_file()]
    if missing:
        raise StratumError(f"There is no file {missing[0]}.")
    try:
        wanted = _wanted(account, kind, map_file, currency, zone, strategy, source, dry_run)
    except ImportRefused as error:
        raise StratumError(str(error)) from error
    done = []
    with opened_platform() as platform:
        for file in files:
            done.append(import_file(platform.lake, file, wanted, as_of=dt.datetime.now(dt.UTC)))
            if not as_json:
                _say(done[-1], dry_run)
    if as_json:
        print_json({"files": [one.as_record() for one in done], "dry_run": dry_run})
    refused = [one for one in done if one.is_refused]
    if refused:
        first = refused[0]
        raise StratumError(f"Nothing of {first.path} could be read: {first.first_refusals[0].detail}")


def _wanted(
    account: str,
    kind: str | None,
    map_file: Path | None,
    currency: str | None,
    zone: str | None,
    strategy: str,
    source: str,
    dry_run: bool,
) -> "Wanted":
    from stratum_pipelines.reference.currencies import load_currencies
    from stratum_pipelines.trading.importers.column_map import ImportRefused, read_column_map, zone_of
    from stratum_pipelines.trading.importing import Wanted

    if not account.strip() or len(account) > 200 or not account.isprintable():
        raise ImportRefused(f"The account is {account!r}. Give it a name of 1 to 200 letters.")
    code = (currency or "").upper()
    if code and code not in load_currencies():
        raise ImportRefused(f"{currency!r} is no currency of ISO 4217. Write it as USD.")
    chosen = read_column_map(map_file) if map_file else None
    if chosen and kind in ("metatrader_html", "metatrader_csv"):
        raise ImportRefused(f"{kind} has columns of its own: leave out --map, or say --format csv.")
    return Wanted(account.strip(), source, kind or "", code, zone_of(zone) if zone else None, strategy, chosen, dry_run)


def _say(done: "ImportedFile", dry_run: bool) -> None:
    results.print(f"[bold]{escape(str(done.path))}[/bold]: {done.kind or 'not recognised'}", soft_wrap=True)
    for name, rows in done.rows.items():
        if not (rows.n_new or rows.n_changed or rows.n_same):
            continue
        would = "would be " if dry_run else ""
        told = f"{rows.n_new:,} new, {rows.n_changed:,} changed, {rows.n_same:,} the same"
        results.print(f"  {name}: {would}{told}")
    for remark in done.remarks:
        progress.print(f"  [yellow]{escape(remark)}[/yellow]", soft_wrap=True)
    if done.refused:
        by_reason = ", ".join(f"{n:,} {reason}" for reason, n in done.refused.most_common())
        results.print(
            f"  [yellow]{counted(done.refused.total(), 'thing')} refused[/yellow]: {by_reason}", soft_wrap=True
        )
        for one in done.first_refusals:
            place = f"line {one.place}: " if one.place[:1].isdigit() else f"{one.place}: " if one.place else ""
            results.print(f"    {escape(place + one.detail)}", soft_wrap=True)
        if not dry_run:
            query = f"from quarantine where response_id = '{done.import_id}'"
            ask = hint(f'stratum sql "{query}"')
            results.print(f"  All of them: {escape(ask)}", soft_wrap=True)
