"""Recorded archives brought in: raw answers first, then every day they touch."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stratum_pipelines.backfill import Backfilled, backfill
from stratum_pipelines.batch import DayReport
from stratum_pipelines.days import stale_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.raw import Stored, store_answers
from stratum_pipelines.results import read_results_folder
from stratum_pipelines.settle import enter_results


class ArchiveError(Exception):
    """A folder that is no archive any provider can read."""


@dataclass
class Imported:
    """What an import came to.

    `still_stale` are later days that follow from older numbers until they are recomputed; `detections`, for a simulated
    market, says how well each signal type found what was planted.
    """

    provider: str
    stored: Stored
    computed: Backfilled
    n_results: int
    still_stale: pl.DataFrame
    detections: pl.DataFrame | None = None

    def as_record(self) -> dict[str, object]:
        """The import as plain values, for machines."""
        return {
            "provider": self.provider,
            "answers_seen": self.stored.n_answers,
            "answers_new": self.stored.n_new,
            "days_computed": self.computed.days,
            "rows": self.computed.rows,
            "quotes": self.computed.quotes,
            "results_added": self.n_results,
            "days_still_stale": self.still_stale.to_dicts(),
            "detections": None if self.detections is None else self.detections.to_dicts(),
        }


def provider_of(platform: Platform, folder: Path) -> Provider:
    """The provider that can read this folder. Raises ArchiveError when there is no such folder or no such provider."""
    if not folder.exists():
        raise ArchiveError(f"There is no folder {folder}. Give the folder of an archive, as in --archive FOLDER.")
    readers = [p for p in platform.rules.providers.values() if p.recognises and p.recognises(folder)]
    if not readers:
        known = "; ".join(p.title for p in platform.rules.providers.values() if p.recognises)
        raise ArchiveError(f"The folder {folder} holds no archive that can be read. Known kinds: {known}.")
    return readers[0]


def import_archive(
    platform: Platform,
    folder: Path,
    *,
    on_stored: Callable[[Stored], None] | None = None,
    on_day: Callable[[DayReport], None] = lambda report: None,
) -> Imported:
    """Store an archive's answers, compute the days they fall on, and enter its results.

    Interrupted and run again, it goes on where it stopped: answers that are stored are skipped, days that follow from
    them are not computed again.
    """
    provider = provider_of(platform, folder)
    assert provider.answers is not None
    stored = store_answers(platform.lake, provider.answers(folder), on_stored)
    days = sorted(set(stale_days(platform)["date"].to_list()) & stored.days)
    computed = backfill(platform, days, on_day)
    n_results = enter_results(platform, read_results_folder(folder))
    return Imported(provider.name, stored, computed, n_results, stale_days(platform))
