"""What we note on an answer ourselves: behind a # in its endpoint, where it is stored with the answer and sent nowhere.

Bytes are stored as they came. What must not be taken from them as it stands is noted beside them, so that every later
reading of the same bytes gives the same rows, whatever the settings are by then.
"""

from dataclasses import replace

import numpy as np

from stratum_pipelines.providers import reasons
from stratum_pipelines.providers.reading import Answer, Reading, Refusal

# How many of the games listed are taken: those that start first.
FIRST_GAMES = "first_games"
# Nobody can say when the answer was received; where it stands among the others is made up.
UNKNOWN_RECEIPT = ("received_at", "unknown")


def noted(endpoint: str, name: str, value: str) -> str:
    """The endpoint with a note."""
    return f"{endpoint}{'&' if '#' in endpoint else '#'}{name}={value}"


def notes_of(endpoint: str) -> dict[str, str]:
    """The notes on an answer, by name."""
    return dict(part.split("=", 1) for part in endpoint.partition("#")[2].split("&") if "=" in part)


def as_noted(answer: Answer, reading: Reading) -> Reading:
    """The part of a reading that the notes on its answer let stand."""
    if "#" not in answer.endpoint:
        return reading
    notes = notes_of(answer.endpoint)
    name, unknown = UNKNOWN_RECEIPT
    if notes.get(name) == unknown:
        return _untimed(answer, reading)
    n = notes.get(FIRST_GAMES, "")
    return _first_games(reading, int(n)) if n.isascii() and n.isdigit() else reading


def _untimed(answer: Answer, reading: Reading) -> Reading:
    """Nothing but refusals: quotes that stood at an unknown time would be false at any other."""
    detail = (
        "When this answer was received is not known, so none of its quotes can be placed in time; it stays in raw_odds."
    )
    refusal = Refusal("raw_odds", reasons.UNKNOWN_RECEIPT, detail, answer.sport_key, "received_at")
    # What is wrong with the bytes says more than that they bear no time.
    refusals = reading.refusals if reading.refusals and not reading.games else [*reading.refusals, refusal]
    return Reading(False, reading.odds_format, refusals=refusals, kind=reading.kind)


def _first_games(reading: Reading, n: int) -> Reading:
    """The games that start first, in the order they are listed, with their quotes. What is left out has not vanished."""
    if len(reading.games) <= n:
        return replace(reading, is_complete=False)
    by_start = sorted(range(len(reading.games)), key=lambda i: reading.games[i].commence_at)
    taken = sorted(by_start[:n])
    position = {game: i for i, game in enumerate(taken)}
    kept = [i for i, game in enumerate(reading.event) if game in position]
    at = np.array(kept, np.int64)
    return replace(
        reading,
        is_complete=False,
        games=[reading.games[i] for i in taken],
        event=[position[reading.event[i]] for i in kept],
        bookmaker=[reading.bookmaker[i] for i in kept],
        market=[reading.market[i] for i in kept],
        outcome=[reading.outcome[i] for i in kept],
        description=None if reading.description is None else [reading.description[i] for i in kept],
        price=reading.price[at],
        point=reading.point[at],
        quoted_at=reading.quoted_at[at],
        layouts=None if reading.layouts is None else [reading.layouts[i] for i in taken],
    )
