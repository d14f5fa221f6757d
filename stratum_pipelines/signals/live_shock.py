"""LIVE_SHOCK: in play, a watched game's winner market has jumped."""

import numpy as np

from stratum_pipelines.signals.meta import count, number
from stratum_pipelines.signals.signal import Hit, Memory, Settable, Signal
from stratum_pipelines.signals.tape import H2H, Tape

MINUTE_US = 60 * 1_000_000
EVERY_GAME = "*"


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Jumps of the consensus fair probability of h2h after the start as then known, in games on the watchlist.

    The consensus now against its lowest of the window, per outcome, back to the last line before the start at most; the
    outcome that gained most speaks. Enough groups must quote now: in play a market is often down to a book or two, and their median is no market.
    """
    watched = _watched(tape)
    if not watched.any():
        return []
    judged = np.arange(tape.n_past, len(tape.times))
    wanted = tape.updated & ~tape.before_start & (watched & (tape.kinds == H2H))[None, :]
    wanted &= ~np.isnan(tape.value[judged, :, 0])
    hits = []
    for i, market in np.argwhere(wanted).tolist():
        hit = _judge(tape, i, market)
        if hit:
            hits.append(hit)
    return hits


def _watched(tape: Tape) -> np.ndarray:
    """Which markets belong to a game on the watchlist: by its id or by the name of a team; * watches every game."""
    words = {str(word).strip().lower() for word in tape.parameters["watchlist"]}
    if EVERY_GAME in words:
        return np.ones(len(tape.kinds), np.bool_)
    games = [
        bool(words & {game.event_id.lower(), game.home_team.lower(), game.away_team.lower()}) for game in tape.games
    ]
    return np.array(games, np.bool_)[tape.game] if games else np.zeros(len(tape.kinds), np.bool_)


def _judge(tape: Tape, answer: int, market: int) -> Hit | None:
    row = tape.n_past + answer
    now = int(tape.times[row])
    # The last line before the start is the first that counts.
    since = max(now - int(tape.parameters["window_minutes"] * MINUTE_US), int(tape.starts[answer, market]) - 1)
    first = max(int(tape.index_at(np.array([since]))[0]), 0)
    path = tape.value[first:row, market]
    path = np.where(np.isnan(path), np.inf, path)
    if not len(path):
        return None
    lowest = path.min(axis=0)
    gain = tape.value[row, market] - lowest
    outcome = int(gain.argmax())
    if not tape.parameters["min_move"] - 1e-9 <= float(gain[outcome]) < np.inf:
        return None
    cell = tape.opinions.cell(answer, market)
    groups = 0 if cell is None else int(tape.opinions.n_groups[cell])
    if cell is None or groups < tape.parameters["min_books"]:
        return None
    # The last moment it stood so low: from there it took off.
    low = first + int(np.flatnonzero(path[:, outcome] == lowest[outcome])[-1])
    meta = {
        "minutes_in_play": round((now - int(tape.starts[answer, market])) / MINUTE_US, 3),
        "consensus_n_groups": groups,
        "feed_gap_s": round(float(tape.gaps_us[answer]) / 1e6, 3),
    }
    return Hit(
        row,
        market,
        outcome,
        float(lowest[outcome]),
        float(tape.value[row, market, outcome]),
        now - int(tape.times[low]),
        tuple(np.flatnonzero(tape.opinions.counted[cell]).tolist()),
        meta,
    )


SIGNAL = Signal(
    name="LIVE_SHOCK",
    rule_version="2",
    description="In play, the fair probability of a watched game's winner market jumped. Off unless switched on.",
    detect=detect,
    parameters={
        "enabled": False,
        "watchlist": (),
        "window_minutes": 5.0,
        "min_move": 0.15,
        "min_books": 3,
        "cooldown_minutes": 5,
        "max_per_hour": 3,
    },
    settable={
        "enabled": Settable("Whether games in play are watched for a LIVE_SHOCK."),
        "watchlist": Settable(
            "The games watched, separated by commas: their ids or the names of teams, or * for every game. None by default."
        ),
        "window_minutes": Settable(
            "In how many minutes a LIVE_SHOCK happens; at least twice the gap between polls, else it is silent.",
            at_least=0.5,
            at_most=30,
        ),
        "min_move": Settable(
            "How much fair probability an outcome has to gain for a LIVE_SHOCK.", at_least=0.01, at_most=0.99
        ),
        "max_per_hour": Settable("How many LIVE_SHOCKs a game gets in an hour at most.", at_least=0, at_most=60),
    },
    observed_window="window_minutes",
    meta={
        "minutes_in_play": number("Since the start as then known.", "minutes"),
        "consensus_n_groups": count("Operator groups behind the consensus at detection."),
        "feed_gap_s": number("How far apart the feed's answers lay: 95th percentile of the last half hour.", "seconds"),
    },
)
