"""`stratum docs`: the generated pages, written anew."""

from pathlib import Path

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import results


@click.command(name="docs")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="the working folder",
    help="Folder of the repository.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail when a page is not what the code says.")
def docs_command(folder: Path, check: bool) -> None:
    """Write the pages that are made from the code: tables, signals, reasons, settings, dbt sources, .env.example."""
    from stratum_pipelines.reference_pages import pages

    if not (folder / "docs").is_dir():
        raise StratumError(
            f"There is no folder docs in {folder.absolute()}. Run this in the folder of the repository, or name it with --folder."
        )
    outdated = [path for path, text in pages().items() if not is_fresh(folder / path, text)]
    if check and outdated:
        raise StratumError(f"Not what the code says: {', '.join(outdated)}. Write them anew with: make docs")
    for path in outdated:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(pages()[path], encoding="utf-8")
        results.print(f"wrote {path}")
    if not outdated:
        results.print("Every generated page is what the code says.")


def is_fresh(file: Path, text: str) -> bool:
    """Whether the file holds exactly this text."""
    return file.is_file() and file.read_text(encoding="utf-8") == text
