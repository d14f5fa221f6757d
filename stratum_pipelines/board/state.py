"""The state of one sport's board between answers, and its exact copy as bytes."""

from dataclasses import dataclass, field, fields
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stratum_pipelines.board.games import KnownGame, Registry
from stratum_pipelines.board.sightings import Sightings

KINDS = ("h2h", "spreads", "totals")
H2H, SPREADS, TOTALS = range(3)
STATE_VERSION = 5
FORGET_US = 24 * 3600 * 1_000_000

# A slot is one integer: market position, outcome (8 of them) and book (128), so that one dictionary look-up per quote
# leads straight into the arrays.
BOOK_BITS, OUTCOME_BITS = 7, 3
MARKET_SHIFT = BOOK_BITS + OUTCOME_BITS
BOOK_MASK, OUTCOME_MASK = (1 << BOOK_BITS) - 1, (1 << OUTCOME_BITS) - 1
MAX_BOOKS = 1 << BOOK_BITS

QUOTE_ARRAYS: dict[str, tuple[Any, Any]] = {
    "price": (np.float64, np.nan),
    "quoted": (np.float64, np.nan),
    "point": (np.float64, 0.0),
    "sighted": (np.int64, 0),
    "owner": (np.int16, -1),
    "stale": (np.bool_, False),
}


@dataclass
class Board:
    """What every book of one sport quotes, as of the last answer.

    Quote arrays have shape (markets, outcomes, books): decimal `price` (NaN when there is no quote), `quoted` as the
    feed wrote it, `point` (0 where there is none), `sighted` (when the feed last saw it at the book), `owner` (which
    provider said so) and `stale`. `value` (markets, outcomes) is the consensus now: home or over point in the first
    column for spreads and totals, fair probabilities for h2h; `n_groups` (markets,) are the operator groups behind it.
    `past_*` hold the recent consensus and moves that
    windows look back on; `memory` belongs to the signals and, per market, to the regimes, whose models and steps are in
    `regimes`; `freshness` to what follows the books' sightings.
    """

    sport_key: str
    n_outcomes: int
    received_at: int = 0
    response_id: str = ""
    providers: list[str] = field(default_factory=list)
    books: list[str] = field(default_factory=list)
    sightings: dict[str, Sightings] = field(default_factory=dict)
    registry: Registry = field(default_factory=Registry)
    market_game: list[int] = field(default_factory=list)
    market_kind: list[int] = field(default_factory=list)
    slots: dict[tuple[int, str, str, str], int] = field(default_factory=dict)
    quotes: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    value: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    n_groups: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    past_times: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    past_value: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0, 2)))
    past_n_groups: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))
    past_moves: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    memory: dict[str, dict[str, npt.NDArray[Any]]] = field(default_factory=dict)
    freshness: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    regimes: dict[str, dict[str, npt.NDArray[Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start the arrays empty where they were not given; index the markets and the listed games."""
        self.listed = {position for position, game in enumerate(self.registry.games) if game.is_listed}
        self.market_at = {key: m for m, key in enumerate(zip(self.market_game, self.market_kind, strict=True))}
        # The slots of a game's quotes by its position and their layout: found out once, and no part of the state.
        self.known_layouts: dict[tuple[int, bytes], npt.NDArray[np.int64]] = {}
        if not self.quotes:
            self.quotes = {
                name: np.full((0, self.n_outcomes, 8), fill, dtype) for name, (dtype, fill) in QUOTE_ARRAYS.items()
            }
            self.value = np.full((0, self.n_outcomes), np.nan)
            self.past_value = np.full((0, 0, self.n_outcomes), np.nan)

    @property
    def n_markets(self) -> int:
        """Markets the board knows."""
        return len(self.market_kind)

    def market(self, game: int, kind: int) -> int:
        """The position of a game's market, added when new."""
        position = self.market_at.get((game, kind))
        if position is None:
            position = self.market_at[game, kind] = len(self.market_kind)
            self.market_game.append(game)
            self.market_kind.append(kind)
        return position

    def fit(self) -> None:
        """Grow the arrays to the markets and books known by now."""
        _, outcomes, books = self.quotes["price"].shape
        shape = (self.n_markets, outcomes, max(books, -(-len(self.books) // 8) * 8))
        for name, (_, fill) in QUOTE_ARRAYS.items():
            self.quotes[name] = grown(self.quotes[name], shape, fill)
        self.value = grown(self.value, shape[:2], np.nan)
        self.n_groups = grown(self.n_groups, shape[:1], 0)
        self.past_value = grown(self.past_value, (len(self.past_times), *shape[:2]), np.nan)
        self.past_n_groups = grown(self.past_n_groups, self.past_value.shape[:2], 0)

    def forget(self) -> None:
        """Drop the markets of games that have not been listed for a day and hold no quote; the games stay known.

        A day is longer than any window or cooldown, so nothing that is still needed goes, and a game that comes back
        starts over with the same rows as if it had stayed.
        """
        games = self.registry.games
        gone = [not g.is_listed and self.received_at - g.last_seen_at > FORGET_US for g in games]
        if not any(gone[game] for game in self.market_game):
            return
        quoted = ~np.isnan(self.quotes["price"]).all(axis=(1, 2)) if self.n_markets else np.empty(0, bool)
        kept = [m for m, game in enumerate(self.market_game) if not gone[game] or quoted[m]]
        moved = {old: new for new, old in enumerate(kept)}
        self.market_game = [self.market_game[m] for m in kept]
        self.market_kind = [self.market_kind[m] for m in kept]
        self.market_at = {key: m for m, key in enumerate(zip(self.market_game, self.market_kind, strict=True))}
        self.known_layouts = {}
        low = (1 << MARKET_SHIFT) - 1
        self.slots = {
            key: moved[code >> MARKET_SHIFT] << MARKET_SHIFT | code & low
            for key, code in self.slots.items()
            if code >= 0 and code >> MARKET_SHIFT in moved
        }
        self.quotes = {name: array[kept] for name, array in self.quotes.items()}
        self.value, self.n_groups = self.value[kept], self.n_groups[kept]
        self.past_value, self.past_n_groups = self.past_value[:, kept], self.past_n_groups[:, kept]
        if self.past_moves:
            keep = np.isin(self.past_moves["market"], kept)
            self.past_moves = {name: array[keep] for name, array in self.past_moves.items()}
            self.past_moves["market"] = np.array([moved[m] for m in self.past_moves["market"].tolist()], np.int64)
        self.memory = {s: {name: array[kept] for name, array in held.items()} for s, held in self.memory.items()}

    def to_bytes(self) -> bytes:
        """An exact copy; the same state gives the same bytes."""
        return msgspec.msgpack.encode([STATE_VERSION, {f.name: _packed(getattr(self, f.name)) for f in fields(self)}])

    @classmethod
    def from_bytes(cls, data: bytes) -> "Board":
        """The board that `to_bytes` wrote. Raises ValueError for another version of the state."""
        version, packed = msgspec.msgpack.decode(data)
        if version != STATE_VERSION:
            raise ValueError(
                f"The stored board has version {version}, this code reads {STATE_VERSION}: recompute from raw."
            )
        parts = {name: _unpacked(value) for name, value in packed.items()}
        parts["sightings"] = {
            book: Sightings(last, [tuple(g) for g in gaps]) for book, last, gaps in packed["sightings"]
        }
        registry = packed["registry"]
        parts["registry"] = Registry(
            [KnownGame(**game) for game in registry["games"]],
            {(p, e): i for p, e, i in registry["links"]},
            {(p, e): (r, t) for p, e, r, t in registry["reasons"]},
        )
        parts["slots"] = {(g, b, m, o): code for g, b, m, o, code in packed["slots"]}
        return cls(**parts)


def grown(array: npt.NDArray[Any], shape: tuple[int, ...], fill: Any) -> npt.NDArray[Any]:
    """The array in a larger shape, the new places filled."""
    if array.shape == shape:
        return array
    larger = np.full(shape, fill, array.dtype)
    larger[tuple(slice(0, n) for n in array.shape)] = array
    return larger


def _packed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.str, "shape": value.shape, "bytes": np.ascontiguousarray(value).tobytes()}
    if isinstance(value, Registry):
        return {
            "games": [vars(game) for game in value.games],
            "links": [[p, e, i] for (p, e), i in value.links.items()],
            "reasons": [[p, e, r, t] for (p, e), (r, t) in value.reasons.items()],
        }
    if isinstance(value, dict) and value and isinstance(next(iter(value.values())), Sightings):
        return [[book, s.last, list(s.gaps)] for book, s in value.items()]
    if isinstance(value, dict) and value and isinstance(next(iter(value)), tuple):
        # Names without a place are asked about again: the map of books may know them by then.
        return [[*key, code] for key, code in value.items() if code >= 0]
    if isinstance(value, dict):
        return {key: _packed(part) for key, part in value.items()}
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict) and "dtype" in value:
        return np.frombuffer(value["bytes"], value["dtype"]).reshape(value["shape"]).copy()
    if isinstance(value, dict):
        return {key: _unpacked(part) for key, part in value.items()}
    return value
