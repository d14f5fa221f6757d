"""The bookmakers of the simulated market: how fast they follow, what they charge, how they round."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from stratum_pipelines.reference import load_reference


@dataclass(frozen=True)
class SimulatedBook:
    """A bookmaker under its canonical key.

    `margin` is what its implied probabilities sum to above 1 in an even market; `lag_s` how long after the fair line its
    own view follows; `period_s` how often the feed looks at it; `noise` scales how far its view lies from the fair line;
    `grid` is the step of its American prices; `in_play` whether it quotes after the start; `coverage` the chance that it
    quotes h2h, spreads and totals of a game.
    """

    key: str
    margin: float
    lag_s: int
    period_s: int
    noise: float = 1.0
    grid: int = 1
    in_play: bool = True
    coverage: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @cached_property
    def title(self) -> str:
        """The name people know."""
        return load_reference().books[self.key].title

    @cached_property
    def is_exchange(self) -> bool:
        """Whether customers set its prices."""
        return load_reference().books[self.key].kind == "exchange"

    @cached_property
    def desk(self) -> str:
        """The operator group: books of one desk share view and timing, and differ in margin and rounding."""
        return load_reference().books[self.key].operator_group


BOOKS = (
    SimulatedBook("pinnacle", 0.024, lag_s=0, period_s=20, noise=0.5),
    SimulatedBook("betfair_ex_uk", 0.012, lag_s=10, period_s=20, noise=0.6, coverage=(1.0, 0.6, 0.6)),
    SimulatedBook("draftkings", 0.044, lag_s=20, period_s=30),
    SimulatedBook("fanduel", 0.045, lag_s=30, period_s=30),
    SimulatedBook("betmgm", 0.048, lag_s=40, period_s=40, grid=5),
    SimulatedBook("williamhill_us", 0.047, lag_s=50, period_s=45),
    SimulatedBook("betrivers", 0.049, lag_s=50, period_s=45, coverage=(1.0, 0.95, 0.95)),
    SimulatedBook("fanatics", 0.046, lag_s=60, period_s=50, coverage=(0.9, 1.0, 1.0)),
    SimulatedBook("bovada", 0.046, lag_s=60, period_s=60, grid=5),
    SimulatedBook("betonlineag", 0.045, lag_s=40, period_s=45, in_play=False),
    SimulatedBook("lowvig", 0.028, lag_s=40, period_s=45, in_play=False, coverage=(0.9, 1.0, 1.0)),
    SimulatedBook("mybookieag", 0.05, lag_s=100, period_s=75, grid=5, in_play=False, coverage=(0.9, 0.95, 0.95)),
    SimulatedBook("betus", 0.05, lag_s=130, period_s=90, noise=1.2, grid=5, in_play=False, coverage=(0.85, 1.0, 1.0)),
)


def books_named(keys: Collection[str] | None) -> tuple[SimulatedBook, ...]:
    """The books with these keys, all of them for None. Raises ValueError for one the simulation does not have."""
    if keys is None:
        return BOOKS
    unknown = sorted(set(keys) - {book.key for book in BOOKS})
    if unknown:
        known = ", ".join(book.key for book in BOOKS)
        raise ValueError(f"The simulation has no bookmaker {', '.join(unknown)}; it has {known}.")
    return tuple(book for book in BOOKS if book.key in set(keys))
