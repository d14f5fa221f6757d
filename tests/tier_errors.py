"""How often tiers err and how soon they are granted, measured: the tables of docs/methodology/tiers.md and scorecards.md.

    python -m tests.tier_errors

Every path is looked at after every game, and a tier counts as granted when it is at any look. Some minutes on two cores.
"""

from collections.abc import Callable, Iterator

import numpy as np

from stratum_pipelines.quant.intervals import clustered_bounds, wilson_bounds
from stratum_pipelines.quant.scorecard import TIERS
from stratum_pipelines.quant.sequential import LEVEL, SHARES, STAKES
from tests.quant.paths import Numbers, Paths, correlated, evidence_along, independent, of_many_sizes, wandering_games

PATHS = 20_000
AT_ONCE = 2_000
FEWER_PATHS = 2_000
Granted = Callable[[Numbers, Numbers, float], Numbers]


def by_rate(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """Where the plain rate is above the bar."""
    return _rate(beats, decided) > bar


def by_wilson(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """Where the lower end of the Wilson interval is above the bar."""
    return wilson_bounds(_rate(beats, decided), decided.cumsum(axis=1))[0] > bar


def by_games(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """Where the lower end of the interval that takes games as independent is above the bar."""
    n, rate = decided.cumsum(axis=1), _rate(beats, decided)
    squares = [(part * other).cumsum(axis=1) for part, other in ((beats, beats), (beats, decided), (decided, decided))]
    off = squares[0] - 2 * rate * squares[1] + rate**2 * squares[2]
    games = np.broadcast_to(np.arange(1, beats.shape[1] + 1), beats.shape)
    error = np.sqrt(np.maximum(off, 0) * games / np.maximum(games - 1, 1)) / n
    return np.nan_to_num(clustered_bounds(rate, error, n, games)[0]) > bar


def by_money(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """Where the test of quant/sequential.py grants."""
    return evidence_along(beats, decided, bar) >= 1 / LEVEL


def by_uniform(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """The same with the money spread evenly over all stakes from 0 to 1."""
    stakes = (np.arange(32) + 0.5) / 32
    gains = _votes(beats, decided) * (beats / decided / bar - 1)
    money = np.full((32, len(beats)), 1 / 32)
    found = np.empty_like(beats)
    for game in range(beats.shape[1]):
        money *= 1 + stakes[:, None] * gains[:, game]
        found[:, game] = money.sum(axis=0)
    return _while_ahead(found)


def by_growth(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """One stake, set before each game to what would have grown best so far (aGRAPA, Waudby-Smith and Ramdas)."""

    def stake(mean: Numbers, variance: Numbers, game: int) -> Numbers:
        return np.clip(mean / (variance + mean**2), 0.0, 0.5 / bar)

    return _one_stake(beats, decided, bar, stake)


def by_plug_in(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """One stake that shrinks as games come in (predictable plug-in, the same authors)."""

    def stake(mean: Numbers, variance: Numbers, game: int) -> Numbers:
        return np.minimum(np.sqrt(2 * np.log(1 / LEVEL) / (variance * (game + 1) * np.log(game + 2))), 0.5 / bar)

    return _one_stake(beats, decided, bar, stake)


def by_beta_binomial(beats: Numbers, decided: Numbers, bar: float) -> Numbers:
    """A likelihood ratio against the bar, averaged over all higher rates; a game's rate counts as so much of one bet."""
    rates = bar + (1 - bar) * (np.arange(60) + 0.5) / 60
    won = (_votes(beats, decided) * (beats / decided - bar) + bar).cumsum(axis=1)
    n = np.arange(1, beats.shape[1] + 1)
    found = np.full(won.shape, -np.inf)
    for rate in rates:
        found = np.logaddexp(found, won * np.log(rate / bar) + (n - won) * np.log((1 - rate) / (1 - bar)))
    return _while_ahead(np.exp(np.minimum(found - np.log(60), 500)))


def ever(
    paths: Callable[[int], Paths], grants: Granted, tier: str, marks: tuple[int, ...], n_paths: int
) -> list[float]:
    """The share of paths granted the tier at a look by so many decided signals; what a tier asks besides is asked, too."""
    bar, enough = next((bar, enough) for name, bar, enough in TIERS if name == tier)
    first: list[Numbers] = []
    for seed in range(n_paths // min(AT_ONCE, n_paths)):
        beats, decided = paths(seed)
        n = decided.cumsum(axis=1)
        seen = grants(beats, decided, bar) & (n >= enough) & (_rate(beats, decided) > bar)
        when = np.take_along_axis(n, seen.argmax(axis=1)[:, None], 1)[:, 0]
        first.append(np.where(seen.any(axis=1), when, np.inf))
    reached = np.concatenate(first)
    return [float((reached <= mark).mean()) for mark in marks]


def within_games(bar: float, *, size: int, agreement: float, games: int, n_paths: int) -> float:
    """The share of paths granted when every single bet is looked at, its game half settled as it is.

    A scorecard never does that: all signals of a game close at the same moment.
    """
    reached = []
    weight = (1 - agreement) / agreement
    for seed in range(n_paths // AT_ONCE):
        rng = np.random.default_rng(seed)
        chances = rng.beta(bar * weight, (1 - bar) * weight, (AT_ONCE, games, 1))
        beats = (rng.random((AT_ONCE, games, size)) < chances).cumsum(axis=2)
        money = np.broadcast_to(SHARES[:, None], (len(SHARES), AT_ONCE))
        most = np.ones(AT_ONCE)
        for game in range(1, games):
            for seen in range(1, size + 1):
                gains = (seen / size) * (beats[:, game, seen - 1] / seen / bar - 1)
                held = money * (1 + STAKES[:, None] * gains)
                most = np.maximum(most, held.sum(axis=0))
            money = held
        reached.append(most >= 1 / LEVEL)
    return float(np.concatenate(reached).mean())


def errors() -> Iterator[str]:
    """What is granted although the rate is exactly at the bar."""
    made: dict[str, tuple[str, Callable[[int], Paths]]] = {
        "S, one bet a game, 2,000 bets": ("S", lambda s: independent(0.58, bets=2000, paths=AT_ONCE, seed=s)),
        "A, one bet a game, 2,000 bets": ("A", lambda s: independent(0.54, bets=2000, paths=AT_ONCE, seed=s)),
        "B, one bet a game, 2,000 bets": ("B", lambda s: independent(0.52, bets=2000, paths=AT_ONCE, seed=s)),
        "A, games of 10 bets that agree by 0.3, 400 games": (
            "A",
            lambda s: correlated(0.54, size=10, agreement=0.3, games=400, paths=AT_ONCE, seed=s),
        ),
        "B, games of 10 bets that agree wholly (0.99), 400 games": (
            "B",
            lambda s: correlated(0.52, size=10, agreement=0.99, games=400, paths=AT_ONCE, seed=s),
        ),
        "A, games of about 6 bets, agreement 0.1, 400 games": (
            "A",
            lambda s: of_many_sizes(0.54, mean=6, agreement=0.1, games=400, paths=AT_ONCE, seed=s),
        ),
        "S, about 6 bets, larger games beat less often, 600 games": (
            "S",
            lambda s: wandering_games(0.58, games=600, paths=AT_ONCE, seed=s),
        ),
        "S, about 30 bets, larger games beat less often, 300 games": (
            "S",
            lambda s: wandering_games(0.58, games=300, paths=AT_ONCE, seed=s, mean=30.0),
        ),
    }
    yield "| rate exactly at the bar of | plain rate | Wilson | by game | tier |"
    yield "|---|--:|--:|--:|--:|"
    for name, (tier, paths) in made.items():
        shares = [ever(paths, grants, tier, (10**9,), PATHS)[0] for grants in (by_rate, by_wilson, by_games, by_money)]
        yield f"| {name} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |"


def power() -> Iterator[str]:
    """How soon a rate above the bar is granted."""
    marks = (100, 250, 500, 1000, 2000, 4000)
    made: dict[str, tuple[str, Callable[[int], Paths]]] = {}
    for tier, bar, _ in TIERS:
        for above in (0.04, 0.08, 0.12):
            rate = round(bar + above, 2)
            made[f"{tier}, {rate:.0%}, one bet a game"] = (
                tier,
                lambda s, rate=rate: independent(rate, bets=4000, paths=FEWER_PATHS, seed=s),
            )
            made[f"{tier}, {rate:.0%}, games of about 6, agreement 0.1"] = (
                tier,
                lambda s, rate=rate: of_many_sizes(rate, mean=6, agreement=0.1, games=700, paths=FEWER_PATHS, seed=s),
            )
    made["S, 70%, games of about 30, agreement 0.1"] = (
        "S",
        lambda s: of_many_sizes(0.70, mean=30, agreement=0.1, games=140, paths=FEWER_PATHS, seed=s),
    )
    yield "| tier, true rate | " + " | ".join(f"by {mark:,}" for mark in marks) + " |"
    yield "|---|" + "--:|" * len(marks)
    for name, (tier, paths) in made.items():
        shares = ever(paths, by_money, tier, marks, FEWER_PATHS)
        yield f"| {name} | " + " | ".join(f"{100 * share:.0f} %" for share in shares) + " |"


def candidates() -> Iterator[str]:
    """The tests that were compared, by how many paths they have granted."""
    tests = {
        "as chosen": by_money,
        "even mixture": by_uniform,
        "aGRAPA": by_growth,
        "plug-in": by_plug_in,
        "beta-binomial": by_beta_binomial,
    }
    made: dict[str, tuple[str, int, Callable[[int], Paths]]] = {
        "S at 61 %, one bet a game, by 4,000": ("S", 4000, lambda s: independent(0.61, bets=4000, paths=1000, seed=s)),
        "S at 64 %, one bet a game, by 500": ("S", 500, lambda s: independent(0.64, bets=500, paths=1000, seed=s)),
        "B at 57 %, one bet a game, by 1,000": ("B", 1000, lambda s: independent(0.57, bets=1000, paths=1000, seed=s)),
        "A at 62 %, games of about 6, by 1,000": (
            "A",
            1000,
            lambda s: of_many_sizes(0.62, mean=6, agreement=0.1, games=260, paths=1000, seed=s),
        ),
        "S at 70 %, games of about 30, by 2,000": (
            "S",
            2000,
            lambda s: of_many_sizes(0.70, mean=30, agreement=0.1, games=100, paths=1000, seed=s),
        ),
    }
    yield "| | " + " | ".join(tests) + " |"
    yield "|---|" + "--:|" * len(tests)
    for name, (tier, mark, paths) in made.items():
        shares = [ever(paths, grants, tier, (mark,), 1000)[0] for grants in tests.values()]
        yield f"| {name} | " + " | ".join(f"{100 * share:.0f} %" for share in shares) + " |"


def coverage() -> Iterator[str]:
    """How often the 95 % intervals hold the true rate."""
    made = {
        "100 games of one bet": independent(0.6, bets=100, paths=PATHS, seed=1),
        "40 games of 10 bets, agreement 0.3": correlated(0.6, size=10, agreement=0.3, games=40, paths=PATHS, seed=2),
        "100 games of about 6 bets, agreement 0.1": of_many_sizes(
            0.6, mean=6, agreement=0.1, games=100, paths=PATHS, seed=3
        ),
        "12 games of about 6 bets, agreement 0.3": of_many_sizes(
            0.6, mean=6, agreement=0.3, games=12, paths=PATHS, seed=4
        ),
        "100 games of about 6 bets, larger ones beat less often": wandering_games(0.6, games=100, paths=PATHS, seed=5),
    }
    yield "| true rate 60 % in | Wilson | by game |"
    yield "|---|--:|--:|"
    for name, (beats, decided) in made.items():
        n, rate = decided.sum(axis=1), beats.sum(axis=1) / decided.sum(axis=1)
        games = beats.shape[1]
        error = np.sqrt(((beats - decided * rate[:, None]) ** 2).sum(axis=1) * games / (games - 1)) / n
        held = [
            (low <= 0.6) & (high >= 0.6)
            for low, high in (wilson_bounds(rate, n), clustered_bounds(rate, error, n, games))
        ]
        yield f"| {name} | " + " | ".join(f"{100 * float(inside.mean()):.1f} %" for inside in held) + " |"


def main() -> None:
    """Print the tables as they stand in the documentation."""
    for title, table in (
        (f"Granted at the bar, {PATHS:,} paths", errors()),
        (f"Granted above the bar, {FEWER_PATHS:,} paths", power()),
        ("The tests compared, 1,000 paths", candidates()),
        (f"Intervals, {PATHS:,} paths", coverage()),
    ):
        print(f"\n## {title}\n", flush=True)
        for line in table:
            print(line, flush=True)
    looked_within = within_games(0.54, size=10, agreement=0.3, games=150, n_paths=PATHS)
    print(f"\nA look after every bet of games of 10 (agreement 0.3, A): {100 * looked_within:.1f} %")


def _rate(beats: Numbers, decided: Numbers) -> Numbers:
    return beats.cumsum(axis=1) / decided.cumsum(axis=1)


def _votes(beats: Numbers, decided: Numbers) -> Numbers:
    """How much of the stake a game takes: its size against the largest before; none for the first."""
    largest = np.maximum.accumulate(decided, axis=1)[:, :-1]
    return np.concatenate([np.zeros((len(beats), 1)), np.minimum(decided[:, 1:], largest) / largest], axis=1)


def _one_stake(
    beats: Numbers, decided: Numbers, bar: float, stake: Callable[[Numbers, Numbers, int], Numbers]
) -> Numbers:
    """Grants of a gambler who has one stake, set from the mean and the variance of what came before."""
    excess = _votes(beats, decided) * (beats / decided - bar)
    total, squares, money = np.zeros(len(beats)), np.full(len(beats), 0.25), np.ones(len(beats))
    found = np.empty_like(beats)
    for game in range(beats.shape[1]):
        mean = total / (game + 1)
        money = money * (1 + stake(mean, squares / (game + 1), game) * excess[:, game])
        found[:, game] = money
        total += excess[:, game]
        squares += (excess[:, game] - total / (game + 2)) ** 2
    return _while_ahead(found)


def _while_ahead(money: Numbers) -> Numbers:
    """Where the most money ever held grants, as in quant/sequential.py, for whoever still has more than the 1 he began with."""
    return (np.maximum.accumulate(money, axis=1) >= 1 / LEVEL) & (money > 1)


if __name__ == "__main__":
    main()
