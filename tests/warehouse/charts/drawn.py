"""What charts are drawn from in tests, and what can be read out of a picture."""

import datetime as dt
import io
import struct
from collections.abc import Iterator

import numpy as np
import polars as pl
from PIL import Image

BEGUN = dt.datetime(2025, 9, 1, 12, tzinfo=dt.UTC)
MONTHS = [dt.date(2025, month, 1).strftime("%B").lower() for month in range(1, 13)]
HOURS = [f"{hour:02d}" for hour in range(24)]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def moments(balances: list[float | None], step_s: int = 86_400, flows: dict[int, int] | None = None) -> pl.DataFrame:
    """Closings so far apart, with these balances and the drawdowns that follow from them."""
    known = np.array([np.nan if one is None else one for one in balances], np.float64)
    peaks = np.fmax.accumulate(known) if len(known) else known
    at = [BEGUN + dt.timedelta(seconds=step_s * place) for place in range(len(balances))]
    return pl.DataFrame(
        {
            "at": at,
            "balance": [None if one is None else int(one) for one in balances],
            "drawdown": (peaks - known) / peaks,
            "flow": [(flows or {}).get(place, 0) for place in range(len(balances))],
        },
        schema={"at": pl.Datetime("us", "UTC"), "balance": pl.Int64, "drawdown": pl.Float64, "flow": pl.Int64},
    )


def grid(
    names: list[str], rows: dict[str, dict[str, float | None]], kind: type[pl.DataType] = pl.Int64
) -> pl.DataFrame:
    """A frame with a row per bucket; what is not named is 0."""
    columns = {name: [cells.get(name, 0) for cells in rows.values()] for name in names}
    return pl.DataFrame({"bucket": list(rows), **columns}, schema={"bucket": pl.String, **dict.fromkeys(names, kind)})


def rolling(values: dict[int, list[float | None]]) -> pl.DataFrame:
    """Rows of one measure by window, a day apart."""
    rows = [
        (BEGUN.date() + dt.timedelta(days=day), window, value)
        for window, series in values.items()
        for day, value in enumerate(series)
    ]
    return pl.DataFrame(rows, schema={"date": pl.Date, "window_days": pl.Int32, "value": pl.Float64}, orient="row")


def chunks(png: bytes) -> Iterator[tuple[str, bytes]]:
    """The pieces of a PNG, by name."""
    place = 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        yield png[place + 4 : place + 8].decode(), png[place + 8 : place + 8 + length]
        place += length + 12


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header."""
    width, height = struct.unpack(">II", dict(chunks(png))["IHDR"][:8])
    return width, height


def pixels(png: bytes) -> np.ndarray:
    """Red, green and blue of every pixel, (rows, columns, 3)."""
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def of_colour(png: bytes, colour: str) -> np.ndarray:
    """Which pixels have exactly this colour, (rows, columns)."""
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return (pixels(png) == wanted).all(axis=-1)
