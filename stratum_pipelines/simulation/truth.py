"""What was planted in the simulated market, where and when."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

KINDS: dict[str, str] = {
    "steam": "The fair line jumped within half a minute and every book followed by its own lag.",
    "lead": "Exchanges showed a steam move some minutes before every other book.",
    "key_cross": "The spread went over a key number of its league, by itself or within a steam move.",
    "stale": "A book's quotes of a game, their times included, stood still while the market went on.",
    "pulled": "A market of a game was not quoted, by one book or by all.",
    "outlier": "One book quoted off the market, to the advantage of who takes the direction named.",
    "missing": "A book was absent from every answer of its sport.",
    "reschedule": "The start was moved before the game.",
    "true_start": "The start was corrected to the true one after the game had begun.",
    "postponed": "The game vanished before its start and was not played.",
    "reissued": "The game went on under a new id.",
}


@dataclass(frozen=True, order=True)
class Planted:
    """One planted thing. Times are UTC microseconds; what does not apply is "" or empty.

    `direction` is the side a line moved toward, or the side an outlier favours. `ended_at` is when the last book can have
    shown it. `size` is in points (fair probability for h2h), in seconds for a moved start.
    """

    started_at: int
    kind: str
    sport_key: str
    event_id: str = ""
    market: str = ""
    direction: str = ""
    ended_at: int = 0
    books: tuple[str, ...] = ()
    size: float = 0.0


def truth_frame(planted: Iterable[Planted]) -> pl.DataFrame:
    """One row per planted thing, with times as UTC moments."""
    schema: dict[str, pl.DataType] = {
        "kind": pl.String(),
        "sport_key": pl.String(),
        "event_id": pl.String(),
        "market": pl.String(),
        "direction": pl.String(),
        "started_at": pl.Int64(),
        "ended_at": pl.Int64(),
        "books": pl.List(pl.String),
        "size": pl.Float64(),
    }
    rows = [{name: getattr(one, name) for name in schema} for one in planted]
    moments = pl.col("started_at", "ended_at").cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(rows, schema=schema).with_columns(moments)
