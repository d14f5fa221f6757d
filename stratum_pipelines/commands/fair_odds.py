"""`stratum fair-odds`: the methods of removing a margin, compared on recorded closings."""

import sys
from pathlib import Path

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import results


@click.command(name="fair-odds")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json", "markdown", "toml"]),
    default="table",
    show_default=True,
    help="markdown is the table of docs/methods/fair-odds.md, toml the choice as it is kept in devig.toml.",
)
def fair_odds(folder: Path, shape: str) -> None:
    """Compare the methods of removing a margin on the closing odds in FOLDER, as football-data.co.uk publishes them."""
    from stratum_pipelines.commands.rows import print_rows, write_csv, write_json
    from stratum_pipelines.method_choice import as_frame, as_markdown, as_toml, chosen, score_methods
    from stratum_pipelines.soccer_closings import read_closings

    try:
        closings = read_closings(folder)
    except (ValueError, OSError) as error:
        raise StratumError(str(error)) from error
    scores = score_methods(closings)
    if shape == "toml":
        sys.stdout.write(as_toml(chosen(closings, scores)))
    elif shape == "markdown":
        sys.stdout.write(as_markdown(scores) + "\n")
    elif shape == "csv":
        write_csv(as_frame(scores), sys.stdout)
    elif shape == "json":
        write_json(as_frame(scores), sys.stdout)
    else:
        print_rows(as_frame(scores), results)
