"""`stratum plausibility`: what the gate makes of recorded opening and closing lines, and of faults planted into them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import results

if TYPE_CHECKING:
    import polars as pl

    from stratum_pipelines.open_close import OpenClose
    from stratum_pipelines.quant.plausibility import Judged


@click.command(name="plausibility")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--only", default="", help="One folder of recorded data, as sbr_nfl_open_close.  [default: all there are]"
)
@click.option("--games", "by_game", is_flag=True, help="List every game in which something is wrong.")
@click.option("--planted", is_flag=True, help="Plant faults into the sound games, and count what is found.")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def plausibility(folder: Path, only: str, by_game: bool, planted: bool, shape: str) -> None:
    """Judge the recorded opening and closing lines under FOLDER: which can be true, what is mended, what is left out."""
    import polars as pl

    from stratum_pipelines.commands.rows import print_rows, write_csv, write_json

    make = _planted if planted else _faulty_games if by_game else _counts
    frames = [make(archive, judged) for archive, judged in _judged(folder, only)]
    if not frames:
        raise StratumError(f"No folder of opening and closing lines is in {folder}. Name the folder of recorded data.")
    frame = pl.concat(frames)
    if shape == "table":
        print_rows(frame, results)
    else:
        (write_csv if shape == "csv" else write_json)(frame, sys.stdout)


def _judged(data: Path, only: str) -> "Iterator[tuple[OpenClose, Judged]]":
    """Every archive there is, with what the gate says."""
    from stratum_pipelines.open_close import READERS, read_open_close
    from stratum_pipelines.quant.key_numbers import score_table
    from stratum_pipelines.quant.plausibility import judge
    from stratum_pipelines.reference import load_reference
    from stratum_pipelines.reference.plausibility import load_limits

    for name in [only] if only else [name for name in READERS if (data / name).is_dir()]:
        try:
            archive = read_open_close(data, name)
        except ValueError as error:
            raise StratumError(str(error)) from error
        league = load_reference().leagues[archive.sport_key]
        yield archive, judge(archive.lines, load_limits(league), score_table(league, "spreads"))


def _counts(archive: "OpenClose", judged: "Judged") -> "pl.DataFrame":
    """How often each fault was found."""
    import polars as pl

    from stratum_pipelines.quant.plausibility import mark

    marked = mark(archive.games, archive.lines, judged)
    counted = marked.group_by("fault", "done").len("games").sort("games", "fault", descending=[True, False])
    return counted.select(
        folder=pl.lit(archive.folder),
        fault=pl.when(pl.col("fault") == "").then(pl.lit("none")).otherwise(pl.col("fault")),
        games=pl.col("games").cast(pl.Int64),
        share=(pl.col("games") / marked.height).round(5),
    )


def _faulty_games(archive: "OpenClose", judged: "Judged") -> "pl.DataFrame":
    """The games that are not sound, as published, with the fault."""
    import polars as pl

    from stratum_pipelines.quant.plausibility import mark

    marked = mark(archive.games, archive.lines, judged).filter(~pl.col("is_sound"))
    return marked.select("fault", "game_date", "home_team", "away_team", "bookmaker", pl.col("^published_.*$"), "done")


def _planted(archive: "OpenClose", judged: "Judged") -> "pl.DataFrame":
    """What is found of faults planted into games that are sound, or were fully repaired."""
    import numpy as np
    import polars as pl

    from stratum_pipelines.quant.key_numbers import score_table
    from stratum_pipelines.quant.plausibility import FAULTS, SOUND
    from stratum_pipelines.quant.plausibility.planted import plant_and_judge
    from stratum_pipelines.reference import load_reference
    from stratum_pipelines.reference.plausibility import load_limits

    league = load_reference().leagues[archive.sport_key]
    whole = np.array([fault == SOUND or FAULTS[fault].code == "close_swapped" for fault in judged.fault.tolist()])
    found = plant_and_judge(judged.lines.take(whole), load_limits(league), score_table(league, "spreads"))
    frame = pl.DataFrame(found).with_columns(share=(pl.col("found") / pl.col("planted")), folder=pl.lit(archive.folder))
    return frame.select(
        "folder",
        "fault",
        "planted",
        "found",
        *(pl.col(c).round(4) for c in ("share", "low", "high")),
        "mended",
        "left_out",
        "wrong",
    )
