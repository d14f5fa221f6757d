"""The reference page of every error a person can meet.

Errors of the warehouse say both things themselves: the first paragraph of the docstring is what one means, the second what
to do. What to do about the others is said here.
"""

import inspect
from collections.abc import Iterator

from stratum_pipelines.archive_import import ArchiveError
from stratum_pipelines.fetch import FetchFailed
from stratum_pipelines.markdown import MADE, table
from stratum_pipelines.polling_pause import PollingGoesOn
from stratum_pipelines.readers import ReaderStopped
from stratum_pipelines.trace import UnknownSignal
from stratum_pipelines.trading.importers.column_map import ImportRefused
from warehouse.errors import WarehouseError

ABOUT = (
    "On the command line an error is one line on standard error, `stratum: …`, and an exit status that is not 0: 2 for words\n"
    "that were mistyped, else 1 (130 when you stopped it). In Dagster the same sentence stands in the failed run or tick, after the\n"
    "name of the error. Every message says what was wrong, the value, and what to do. No error shows a password or a key.\n"
    "\n"
    "A single odd quote or answer is no error: it is a row of `quarantine` with a [reason](quarantine-reasons.md), and the rest goes\n"
    "on. What to do about an alarm: [runbook](../runbook.md)."
)
UNFORESEEN = (
    "## Anything else\n"
    "\n"
    "`stratum: an unexpected fault, …` is a fault of ours. The line names a file with the details, free of passwords: please report it\n"
    "with that file. Raw answers are stored before anything is computed from them, so nothing is lost."
)
PIPELINES: dict[type[Exception], str] = {
    ArchiveError: (
        "Give the folder that holds the archive itself, laid out as [import an archive](../how-to/import-an-archive.md) shows."
    ),
    FetchFailed: (
        "It is tried again at the next poll. When it lasts, look at the key, the network and the provider's status page: "
        "[no new rows](../runbook.md#no-new-rows)."
    ),
    ImportRefused: "Correct the option or the column map the message names: [import trades](../how-to/import-trades.md).",
    PollingGoesOn: "Stop the sensor `poll_odds` and run it again, or leave the day to its close tonight.",
    ReaderStopped: (
        "Run the same command again: it goes on where it stopped. When it stops again, look whether the machine ran out of "
        "memory."
    ),
    UnknownSignal: "Look the id up: [trace a number](../how-to/trace-a-number.md#from-a-signal).",
}
TITLES = {
    "SettingInvalid": "Settings",
    "DatabaseError": "The database",
    "LakeError": "The lake",
    "BackupError": "Backups",
    "AccessError": "Accounts and keys",
    "OutboundError": "Requests to the outside",
}


def error_page() -> str:
    """The page of every error, by what it is about."""
    parts = ["# Errors", MADE, ABOUT]
    for family in WarehouseError.__subclasses__():
        described = list(_described(family))
        parts += [f"## {TITLES.get(family.__name__, family.__name__)}", _table(described)]
    found = [(error.__name__, _paragraphs(error)[0], remedy) for error, remedy in PIPELINES.items()]
    parts += ["## Commands and computations", _table(sorted(found)), UNFORESEEN]
    return "\n\n".join(parts) + "\n"


def _described(error: type[Exception]) -> Iterator[tuple[str, str, str]]:
    """Name, meaning and remedy of an error and of those below it; one that only gathers others is left out."""
    meaning, *remedy = _paragraphs(error)
    if remedy:
        yield error.__name__, meaning, " ".join(remedy)
    for below in error.__subclasses__():
        yield from _described(below)


def _paragraphs(error: type[Exception]) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in (inspect.getdoc(error) or "").split("\n\n")]


def _table(described: list[tuple[str, str, str]]) -> str:
    rows = [(f'<a id="{name.lower()}"></a>`{name}`', meaning, remedy) for name, meaning, remedy in described]
    return table(("error", "means", "do"), rows)
