"""Which way is up: how the consensus is read from the side of each outcome."""

from stratum_pipelines.signals.quotes import H2H, SPREADS


def sign_of(kind: int, outcome: int) -> float:
    """What the home or over point is multiplied by to be the outcome's own: -1 for the away team's spread."""
    return -1.0 if kind == SPREADS and outcome == 1 else 1.0


def column_of(kind: int, outcome: int) -> int:
    """Where `Tape.value` holds what belongs to an outcome: its own column in h2h, the first one for points."""
    return outcome if kind == H2H else 0


def is_against(kind: int, outcome: int, move: float) -> bool:
    """Whether a move, as the outcome sees it, leads away from the outcome.

    A favoured side's own handicap falls, and so does the total an under is bet on; all else rises.
    """
    falls = kind == SPREADS or (kind != H2H and outcome == 1)
    return move > 0 if falls else move < 0
