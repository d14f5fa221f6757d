"""The methods once more, in fifty digits and by bisection alone: slow, and nothing in common with ours but the definitions."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from statistics import NormalDist

DIGITS = 50
HALVINGS = 190


def _solve(probabilities: Callable[[Decimal], list[Decimal]], winners: int, low: Decimal, high: Decimal) -> list[float]:
    """The probabilities at the parameter between low and high at which their sum, which falls, is the number of winners."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if sum(probabilities(middle)) > winners:
            low = middle
        else:
            high = middle
    return [float(p) for p in probabilities((low + high) / 2)]


def shin(prices: list[float], winners: int = 1) -> list[float]:
    """In Shin's own unknown z, the share of insiders."""
    with localcontext(prec=DIGITS):
        implied = [1 / Decimal(price) for price in prices]
        total = sum(implied)

        def at(z: Decimal) -> list[Decimal]:
            return [((z * z + 4 * (1 - z) * winners * q * q / total).sqrt() - z) / (2 * (1 - z)) for q in implied]

        return _solve(at, winners, Decimal(-10_000), 1 - Decimal("1e-20"))


def power(prices: list[float], winners: int = 1) -> list[float]:
    with localcontext(prec=DIGITS):
        logs = [-Decimal(price).ln() for price in prices]
        return _solve(lambda c: [(c * log).exp() for log in logs], winners, Decimal(0), Decimal(2000))


def odds_ratio(prices: list[float], winners: int = 1) -> list[float]:
    with localcontext(prec=DIGITS):
        implied = [1 / Decimal(price) for price in prices]
        return _solve(lambda r: [q / (r + q - r * q) for q in implied], winners, Decimal(0), Decimal(100_000))


def probit(prices: list[float], winners: int = 1) -> list[float]:
    """In floats: the standard library has no normal distribution in more digits."""
    normal = NormalDist()
    scores = [normal.inv_cdf(1 / price) for price in prices]
    low, high = -10.0, 10.0
    for _ in range(100):
        middle = (low + high) / 2
        if sum(normal.cdf(score - middle) for score in scores) > winners:
            low = middle
        else:
            high = middle
    return [normal.cdf(score - low) for score in scores]


def divergence(p: float, price: float) -> Decimal:
    """Jensen-Shannon divergence between the binary chances p and 1 / price, from its definition."""
    with localcontext(prec=DIGITS):
        a, b = Decimal(p), 1 / Decimal(price)
        middle = (a + b) / 2

        def apart(x: Decimal) -> Decimal:
            return x * (x / middle).ln() + (1 - x) * ((1 - x) / (1 - middle)).ln()

        return (apart(a) + apart(b)) / 2
