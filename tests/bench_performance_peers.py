"""Run by the Python of another environment: seconds for six figures of daily returns, by quantstats and empyrical.

Returns come as JSON on standard input, seconds go as JSON to standard output; null where a package is not installed.
"""

import contextlib
import importlib
import io
import json
import sys
import time
import warnings

RUNS = 20
FIGURES = {
    "quantstats.stats": ("sharpe", "sortino", "calmar", "max_drawdown", "volatility", "cagr"),
    "empyrical": (
        "sharpe_ratio",
        "sortino_ratio",
        "calmar_ratio",
        "max_drawdown",
        "annual_volatility",
        "annual_return",
    ),
}


def seconds(package, figures, returns):
    """Processor seconds for all figures, the best of a few runs; None where the package is not installed."""
    try:
        module = importlib.import_module(package)
    except ImportError:
        return None
    spent = []
    for _ in range(RUNS):
        started = time.process_time()
        for figure in figures:
            getattr(module, figure)(returns)
        spent.append(time.process_time() - started)
    return min(spent)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    values = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()):
        pandas = importlib.import_module("pandas")
        returns = pandas.Series(values, index=pandas.date_range("2015-01-01", periods=len(values), freq="B"))
        measured = {package.split(".")[0]: seconds(package, figures, returns) for package, figures in FIGURES.items()}
    print(json.dumps(measured))
