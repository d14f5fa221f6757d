"""Judged games as rows: what is believed, what was published, and what was done."""

from dataclasses import fields

import numpy as np
import polars as pl

from stratum_pipelines.quant.plausibility.faults import FAULTS
from stratum_pipelines.quant.plausibility.gate import Judged
from stratum_pipelines.quant.plausibility.lines import Lines


def mark(games: pl.DataFrame, published: Lines, judged: Judged) -> pl.DataFrame:
    """The games with their believed lines, and beside each line the one that was published.

    `fault` is the code of what was wrong, "" for nothing, `done` the sentence about it; `is_repaired` says that every value
    came back, `is_sound` that nothing was wrong. Values left out are null.
    """
    codes = np.array([fault.code for fault in FAULTS] + [""])
    sentences = np.array([fault.sentence for fault in FAULTS] + [""])
    repairs = np.array([fault.is_repair for fault in FAULTS] + [False])
    columns = [
        pl.Series(prefix + field.name, getattr(lines, field.name)).fill_nan(None)
        for field in fields(Lines)
        for prefix, lines in (("", judged.lines), ("published_", published))
    ]
    # SOUND is the place before the first, which is the last.
    return games.with_columns(
        *columns,
        fault=pl.Series(codes[judged.fault], dtype=pl.String),
        done=pl.Series(sentences[judged.fault], dtype=pl.String),
        is_repaired=pl.Series(repairs[judged.fault]),
        is_sound=pl.Series(judged.fault < 0),
    )
