"""A long line in as many points as can be seen, none of its peaks and lows lost."""

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]


def thinned(x: Floats, y: Floats, stretches: int) -> tuple[Floats, Floats]:
    """The first, last, lowest and highest point of each of so many equal stretches of `x`, and one that is missing.

    `x` is in order, `y` may hold NaN. A line through what is left covers the same pixels when a stretch is no wider than one
    (U. Jugel and others, "M4", VLDB 2014). What is short already stays as it is.
    """
    if len(x) <= 4 * stretches:
        return x, y
    span = x[-1] - x[0]
    part = np.zeros(len(x), np.int64) if span <= 0 else ((x - x[0]) / span * stretches).astype(np.int64)
    place, value = pl.col("place"), pl.col("value")
    kept = (
        pl.DataFrame({"part": np.minimum(part, stretches - 1), "value": y})
        .with_row_index("place")
        .with_columns(value.fill_nan(None))
        .group_by("part")
        .agg(
            first=place.first(),
            last=place.last(),
            lowest=place.get(value.arg_min()),
            highest=place.get(value.arg_max()),
            missing=place.filter(value.is_null()).first(),
        )
        .drop("part")
    )
    places = np.unique(pl.concat([kept[name].drop_nulls() for name in kept.columns]).to_numpy())
    return x[places], y[places]


def microseconds(moments: pl.Series) -> npt.NDArray[np.int64]:
    """Moments as microseconds since 1970, UTC."""
    return moments.dt.timestamp("us").to_numpy()


def numbers(values: pl.Series) -> Floats:
    """Values as floats; null and what is not finite are NaN."""
    found = values.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
    found[~np.isfinite(found)] = np.nan
    return found
