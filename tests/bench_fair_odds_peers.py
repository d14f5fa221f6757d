"""Run by the Python of another environment: markets a second of packages that remove margins one market at a time.

Prices come as JSON on standard input, rates go as JSON to standard output; null where a package is not installed.
"""

import contextlib
import importlib
import io
import json
import sys
import time

RUNS = 3


def calls():
    """A function from one market's prices for every method of every package."""
    shin = found("shin")
    yield "shin", shin and shin.calculate_implied_probabilities
    penaltyblog = found("penaltyblog.implied")
    for method in ("multiplicative", "power", "shin", "odds_ratio"):
        yield (
            f"penaltyblog {method}",
            penaltyblog and (lambda prices, m=method: penaltyblog.calculate_implied(prices, method=m)),
        )
    goto = found("goto_conversion")
    yield "goto_conversion", goto and (lambda prices: goto.goto_conversion(prices, multiplicativeIfImprudentOdds=True))


def found(name):
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def rate(call, markets):
    """Markets per second of one core, the best of a few runs."""
    seconds = []
    for _ in range(RUNS):
        started = time.process_time()
        for prices in markets:
            with contextlib.suppress(ValueError):  # no solution between the ends penaltyblog searches
                call(list(prices))
        seconds.append(time.process_time() - started)
    return len(markets) / min(seconds)


if __name__ == "__main__":
    markets = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()):
        measured = {name: rate(call, markets) if call else None for name, call in calls()}
    print(json.dumps(measured))
