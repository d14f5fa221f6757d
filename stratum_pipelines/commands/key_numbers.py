"""`stratum key-numbers`: how often games end on each number, what half a point is worth, and building both anew."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import results

if TYPE_CHECKING:
    import polars as pl

    from stratum_pipelines.recorded_games import RecordedGames
    from stratum_pipelines.reference import League
    from stratum_pipelines.reference.key_numbers import KeyNumbers

MOST_SHOWN = 8


@click.command(name="key-numbers")
@click.option("--league", "league_name", default="NFL", show_default=True, help="League, by name or sport_key.")
@click.option(
    "--market",
    type=click.Choice(["spreads", "totals"]),
    default="spreads",
    show_default=True,
    help="Margins or totals.",
)
@click.option("--numbers", default="", help="Numbers to show, as in 3,7,10.  [default: those games end on most]")
@click.option(
    "--by", type=click.Choice(["era", "spread", "total"]), default="era", show_default=True, help="What to compare."
)
@click.option("--half-points", is_flag=True, help="Show what half a point is worth around each number instead.")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--data", type=click.Path(path_type=Path), help="Folder of recorded results, to build from.")
@click.option("--check", is_flag=True, help="Fail when the table that ships is not what the recorded results give.")
@click.option("--write", is_flag=True, help="Write the table that ships anew.")
@click.option("--held-out", is_flag=True, help="Judge the weights on seasons they were not made from; takes minutes.")
def key_numbers(
    league_name: str,
    market: str,
    numbers: str,
    by: str,
    half_points: bool,
    shape: str,
    data: Path | None,
    check: bool,
    write: bool,
    held_out: bool,
) -> None:
    """Show how often games end on each margin or total, and what half a point is worth there."""
    if check or write or held_out:
        if data is None:
            raise StratumError("Building needs recorded results. Name their folder: --data FOLDER")
        recorded = _read(data)
        return _print(_judged(recorded), shape) if held_out else _build(recorded, check=check, write=write)
    from stratum_pipelines.reference import load_reference

    league = load_reference().league(league_name) or load_reference().league_named(league_name)
    if league is None:
        known = ", ".join(league.league for league in load_reference().leagues.values())
        raise StratumError(f"There is no league {league_name!r}. Known are: {known}.")
    try:
        wanted = [float(number) for number in numbers.split(",") if number.strip()]
    except ValueError as error:
        raise StratumError(f"{numbers!r} is no list of numbers. Write them as in 3,7,10.") from error
    if half_points:
        return _print(_half_points(league, market, wanted), shape)
    return _print(_counts(league, market, [int(number) for number in wanted], by), shape)


def _print(frame: "pl.DataFrame", shape: str) -> None:
    from stratum_pipelines.commands.rows import print_rows, write_csv, write_json

    if shape == "table":
        print_rows(frame, results)
    else:
        (write_csv if shape == "csv" else write_json)(frame, sys.stdout)


def _read(data: Path) -> "RecordedGames":
    from stratum_pipelines.recorded_games import read_recorded_games
    from stratum_pipelines.reference.key_numbers import load_plan

    try:
        return read_recorded_games(data, load_plan().sources)
    except ValueError as error:
        raise StratumError(str(error)) from error


def _build(recorded: "RecordedGames", *, check: bool, write: bool) -> None:
    """Build from recorded results; compare with the file that ships, or write it."""
    from stratum_pipelines.quant.key_numbers.build import build_key_numbers
    from stratum_pipelines.reference import load_reference
    from stratum_pipelines.reference.key_numbers import BUILT, key_numbers_text, load_plan

    built = build_key_numbers(recorded.games, recorded.sources, load_plan(), load_reference().leagues)
    text = key_numbers_text(built)
    if BUILT.is_file() and BUILT.read_text("utf-8") == text:
        results.print(f"{BUILT.name}, version {built.version}, is what these results give: {_contents(built)}")
    elif write:
        BUILT.write_text(text, encoding="utf-8")
        results.print(f"wrote {BUILT.name}, version {built.version}: {_contents(built)}")
    elif check:
        raise StratumError(
            f"{BUILT.name} is not what these results give. Write it anew: stratum key-numbers --data FOLDER --write"
        )


def _contents(built: "KeyNumbers") -> str:
    games = sum(source.games for source in built.sources)
    return f"{games:,} games, {len(built.cells)} cells, {len(built.weights)} tables of weights."


def _counts(league: "League", market: str, numbers: list[int], by: str) -> "pl.DataFrame":
    """Counts, shares and intervals per era or bucket; margins of either side together."""
    import polars as pl

    from stratum_pipelines.quant.key_numbers.counts import either_way, frequencies
    from stratum_pipelines.reference.key_numbers import load_key_numbers

    cells = [cell for cell in load_key_numbers().cells if (cell.league, cell.market) == (league.sport_key, market)]
    if not cells:
        raise StratumError(f"No results of {league.league} are recorded, so its numbers are not counted.")
    if market == "spreads":
        cells = [either_way(cell) for cell in cells]
    whole = next(cell for cell in cells if (cell.era, cell.by) == ("", ""))
    shown = numbers or sorted(
        frequencies(whole).sort("hits", "number", descending=[True, False])["number"].head(MOST_SHOWN)
    )
    chosen = [cell for cell in cells if (cell.by == "" if by == "era" else (cell.era, cell.by) == ("", by))]
    frames = [
        frequencies(cell)
        .filter(pl.col("number").is_in(shown))
        .select(pl.lit(_bucket(cell.era, cell.at_least, cell.below)).alias(by), pl.all())
        for cell in chosen
    ]
    return pl.concat(frames).with_columns(pl.col("share", "low", "high").round(4))


def _bucket(era: str, at_least: float | None, below: float | None) -> str:
    ends = [f"from {at_least:g}" if at_least is not None else "", f"below {below:g}" if below is not None else ""]
    return " ".join(filter(None, [era, *ends])) or "all"


def _half_points(league: "League", market: str, numbers: list[float]) -> "pl.DataFrame":
    """What half a point more and less is worth in an even market, at each number."""
    import numpy as np
    import polars as pl

    from stratum_pipelines.quant.key_numbers import half_points, score_table

    shown = np.array(numbers or range(1, 15), np.float64)
    found = half_points(score_table(league, market), -shown)
    return pl.DataFrame(
        {
            "at": 0.0 - shown if market == "spreads" else shown,
            "push": found.push.round(4),
            "half more": found.more.round(4),
            "cents more": found.more_cents.round(1),
            "half less": found.less.round(4),
            "cents less": found.less_cents.round(1),
        }
    )


def _judged(recorded: "RecordedGames") -> "pl.DataFrame":
    import polars as pl

    from stratum_pipelines.quant.key_numbers.held_out import held_out
    from stratum_pipelines.reference import load_reference
    from stratum_pipelines.reference.key_numbers import load_plan

    found = held_out(recorded.games, load_plan(), load_reference().leagues)
    return pl.DataFrame(found).with_columns(pl.col("gain", "error").round(4))
