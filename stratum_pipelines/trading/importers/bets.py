"""Slips and ledgers of sports bets, as CSV or as JSON lines: odds, stake, result."""

from stratum_pipelines.trading.importers import comma_separated, json_objects
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.delimited import delimiter_of
from stratum_pipelines.trading.importers.fields import kind_of
from stratum_pipelines.trading.importers.importer import Contents, Importer
from stratum_pipelines.trading.importers.source_file import SourceFile


def recognises(file: SourceFile) -> bool:
    """Whether the columns or keys are those of bets."""
    if json_objects.recognises(file):
        return kind_of(json_objects.first_keys(file)) == "bets"
    if not comma_separated.recognises(file):
        return False
    first = file.first_lines(1)
    return kind_of(name.strip('" ') for name in first[0].split(delimiter_of(first))) == "bets"


def read(file: SourceFile, column_map: ColumnMap | None = None) -> Contents:
    """What the slip says; American and decimal odds are told apart bet by bet."""
    reader = json_objects if json_objects.recognises(file) else comma_separated
    return reader.read(file, column_map, "" if column_map else "bets")


IMPORTER = Importer("bets", "Slips and ledgers of sports bets, CSV or JSON lines", recognises, read, asked=70)
