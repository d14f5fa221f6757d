"""Removing a book's margin: from the prices of all outcomes of a market to probabilities that sum to one."""

from stratum_pipelines.quant.odds import Floats

METHOD = "multiplicative"


def multiplicative(implied: Floats, axis: int = 1) -> tuple[Floats, Floats]:
    """Fair probabilities and the overround, from implied probabilities with the outcomes along `axis`.

    Each implied probability is divided by their sum, so every outcome bears the margin in proportion. Works alike for
    an overround and an underround. Where there is no outcome at all (sum 0) the result is NaN.

    Worked example: prices 1.80 and 2.10 imply 0.5556 and 0.4762, overround 1.0317; fair are 0.5385 and 0.4615.
    """
    total = implied.cumsum(axis=axis).take([-1], axis=axis)
    total = _nan_for_zero(total)
    return implied / total, total.squeeze(axis)


def _nan_for_zero(values: Floats) -> Floats:
    values = values.copy()
    values[values == 0.0] = float("nan")
    return values
