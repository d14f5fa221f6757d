"""How fresh every book is in every market, followed through a run of answers: the rows, and what the next run goes on from."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.board.places import Placed
from stratum_pipelines.board.rows import constant, frame_of, numbers, times
from stratum_pipelines.board.sightings import Seen
from stratum_pipelines.board.state import KINDS, Board, grown
from stratum_pipelines.providers.reading import identity
from stratum_pipelines.quant.freshness import (
    FRESH,
    IDLE,
    LATE,
    LATE_AFTER,
    REASONS,
    SILENT,
    SILENT_AFTER,
    STATES,
    UNSEEN,
    is_watched,
    judge,
    percentiles,
    reason_of,
    sighting_gaps,
)
from warehouse.tables import BookFreshness, FreshnessBreaches

Ints = npt.NDArray[np.int64]

AGE_PLACES = (0.50, 0.95, 0.99)
GAP_PLACE = 0.95
# Percentiles of fewer ages say little: a stretch goes on until it holds so many, or the day ends.
MIN_POLLS = 20
HOUR_US = 3600 * 1_000_000

# Arrays (books, markets) kept per board: the last sighting, the state and since when, and of a breach that goes on when
# it began and was noticed, its greatest age, version, worst state, the reason, and what held when it was noticed.
_KEPT: dict[str, Any] = {
    "last": np.int64,
    "state": np.int8,
    "since": np.int64,
    "limit": np.int64,
    "is_quoted": np.bool_,
    "is_wanted": np.bool_,
    "began": np.int64,
    "noticed": np.int64,
    "longest": np.int64,
    "version": np.int64,
    "worst": np.int8,
    "reason": np.int8,
    "limit_then": np.int64,
    "last_then": np.int64,
}


class Follower:
    """Follows the books of a board through one run of answers and leaves on the board what the next run needs."""

    def __init__(self, board: Board, moments: Ints, seen: Seen, placed: Sequence[Placed]) -> None:
        """Judge the answers received at `moments`; the board's quotes are not touched."""
        self.board, self.moments, self.seen, self.placed = board, moments, seen, placed
        held, shape = board.freshness, seen.newest.shape[1:]
        self.kept = _kept(board, shape[0])
        past_times = held.get("times", np.empty(0, np.int64))
        past_ages = held.get("ages", np.empty((0, *shape), np.int64))
        past_late = held.get("late", np.empty((0, *shape), np.bool_))
        self.before = int(held["before"][0]) if "before" in held else 0
        self.judged = judge(moments, seen.newest, seen.wanted, seen.limits, self.kept["last"], self.before)
        # The stretch that goes on: the answers since the last summary, then those of the run.
        self.times = np.concatenate([past_times, moments])
        self.ages = np.concatenate([grown(past_ages, (len(past_times), *shape), UNSEEN), self.judged.ages])
        late = self.judged.states >= LATE
        self.late = np.concatenate([grown(past_late, (len(past_times), *shape), False), late])

    def rows(self) -> dict[str, pl.DataFrame]:
        """The rows of the run; the board is moved on."""
        found = {"freshness_breaches": self._breaches(), "book_freshness": self._summaries()}
        states, kept = self.judged.states, self.kept
        kept["last"], kept["state"] = self.judged.last[-1], states[-1]
        kept["limit"][:] = self.seen.limits[-1][:, None]
        kept["is_quoted"], kept["is_wanted"][:] = self.seen.newest[-1] > 0, self.seen.wanted[-1]
        self.board.freshness = {
            **kept,
            "times": self.times,
            "ages": self.ages,
            "late": self.late,
            "before": self.moments[-1:].copy(),
        }
        return found

    # -- breaches -------------------------------------------------------------------------------------------------------

    def _breaches(self) -> pl.DataFrame:
        """A row for every breach noticed, worsened or ended; the breaches kept are moved on."""
        judged, kept = self.judged, self.kept
        earlier = np.concatenate([kept["state"][None], judged.states[:-1]])
        rows: list[dict[str, Any]] = []
        # Where in the run the state of each last changed.
        turned = np.zeros(kept["state"].shape, np.int64)
        for i, b, k in np.argwhere(judged.states != earlier).tolist():
            was, state = int(earlier[i, b, k]), int(judged.states[i, b, k])
            moment = int(self.moments[i])
            since = moment
            if was >= LATE:
                kept["longest"][b, k] = judged.ages[turned[b, k] : i, b, k].max(initial=kept["longest"][b, k])
            if state >= LATE and was < LATE:
                since = self._notice(i, b, k)
                rows.append(self._row(i, b, k))
            elif was >= LATE and state < LATE:
                rows.append(self._row(i, b, k, ended_by=self._ended_by(i, b, k)))
                kept["noticed"][b, k] = 0
            elif state == SILENT and kept["worst"][b, k] < SILENT:
                kept["longest"][b, k] = max(int(kept["longest"][b, k]), int(judged.ages[i, b, k]))
                kept["worst"][b, k], kept["reason"][b, k] = SILENT, self._reason(i, b, k)
                rows.append(self._row(i, b, k))
            turned[b, k], kept["since"][b, k] = i, since
        for b, k in np.argwhere(judged.states[-1] >= LATE).tolist():
            ages = judged.ages[turned[b, k] :, b, k]
            kept["longest"][b, k] = ages.max(initial=kept["longest"][b, k])
        return frame_of(rows, FreshnessBreaches.schema())

    def _notice(self, i: int, b: int, k: int) -> int:
        """Begin a breach; gives the moment the limit passed."""
        kept, moment, limit = self.kept, int(self.moments[i]), int(self.seen.limits[i, b])
        last = int(self.judged.last[i, b, k])
        before = int(self.moments[i - 1]) if i else self.before
        # Where polls are too far apart for the limit, only the answer that showed it is certain.
        began = min(max(last + limit, before), moment) if before and is_watched(moment - before, limit) else moment
        kept["began"][b, k], kept["noticed"][b, k] = began, moment
        kept["longest"][b, k], kept["version"][b, k] = self.judged.ages[i, b, k], 0
        kept["worst"][b, k], kept["reason"][b, k] = self.judged.states[i, b, k], self._reason(i, b, k)
        kept["limit_then"][b, k], kept["last_then"][b, k] = limit, last
        return began

    def _reason(self, i: int, b: int, k: int) -> int:
        one = self.placed[i]
        is_answered = one.answer.is_complete and one.reading.is_complete
        return REASONS.index(reason_of(is_answered=is_answered, is_quoted=bool(self.seen.newest[i, b, k] > 0)))

    def _ended_by(self, i: int, b: int, k: int) -> str:
        if self.judged.states[i, b, k] == IDLE:
            return "idle"
        before = self.judged.last[i - 1, b, k] if i else self.kept["last"][b, k]
        return "sighted" if self.judged.last[i, b, k] > before else "limit_rose"

    def _row(self, i: int, b: int, k: int, *, ended_by: str = "") -> dict[str, Any]:
        kept, book, moment = self.kept, self.board.books[b], int(self.moments[i])
        kept["version"][b, k] += 1
        limit_s = int(kept["limit_then"][b, k]) / 1e6
        noticed = int(kept["noticed"][b, k])
        return {
            "breach_id": identity("breach", book, self.board.sport_key, KINDS[k], str(noticed)),
            "version": int(kept["version"][b, k]),
            "bookmaker": book,
            "sport_key": self.board.sport_key,
            "market": KINDS[k],
            "as_of": moment,
            "began_at": int(kept["began"][b, k]),
            "noticed_at": noticed,
            "ended_at": moment if ended_by else None,
            "state": STATES[int(kept["worst"][b, k])],
            "reason": REASONS[int(kept["reason"][b, k])],
            "ended_by": ended_by,
            "longest_age_s": int(kept["longest"][b, k]) / 1e6,
            "expected_gap_s": limit_s / LATE_AFTER,
            "limit_s": limit_s,
            "last_sighted_at": int(kept["last_then"][b, k]),
            "response_id": self.placed[i].answer.response_id,
        }

    # -- summaries ------------------------------------------------------------------------------------------------------

    def _summaries(self) -> pl.DataFrame:
        """A row per book, market and stretch that ends in this run; the stretch that goes on is kept."""
        n_past = len(self.times) - len(self.moments)
        parts, first = [], 0
        for end in self._ends(n_past):
            parts.append(self._summary(first, end, end - n_past))
            first = end + 1
        self.times, self.ages, self.late = self.times[first:].copy(), self.ages[first:].copy(), self.late[first:].copy()
        if not parts:
            return BookFreshness.empty()
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        limit, n = found["limit_us"] / 1e6, len(found["book"])
        return pl.DataFrame(
            {
                "bookmaker": pl.Series(self.board.books, dtype=pl.String)[found["book"]],
                "sport_key": constant(self.board.sport_key, n),
                "market": pl.Series(KINDS)[found["kind"]],
                "as_of": times(found["as_of"]),
                "first_polled_at": times(found["first_polled_at"]),
                "n_polls": pl.Series(found["n_polls"], dtype=pl.Int32),
                "n_late": pl.Series(found["n_late"], dtype=pl.Int32),
                **{f"age_p{100 * place:.0f}_s": numbers(found[f"age_{place}"] / 1e6) for place in AGE_PLACES},
                "n_sightings": pl.Series(found["n_sightings"], dtype=pl.Int32),
                "gap_p95_s": numbers(found["gap"] / 1e6),
                "expected_gap_s": numbers(limit / LATE_AFTER),
                "limit_s": numbers(limit),
                "silent_after_s": numbers(SILENT_AFTER * limit),
                "state": pl.Series(STATES)[found["state"]],
                "last_sighted_at": times(found["last"]).replace(times(np.zeros(1, np.int64)), None),
                "response_id": pl.Series([one.answer.response_id for one in self.placed])[found["answer"]],
            }
        )

    def _ends(self, n_past: int) -> Iterator[int]:
        """Places in `times` at which a stretch ends."""
        first, before = 0, self.before
        for end, moment in enumerate(self.moments.tolist(), start=n_past):
            is_day = moment // (24 * HOUR_US) != before // (24 * HOUR_US)
            if is_day or (moment // HOUR_US != before // HOUR_US and end + 1 - first >= MIN_POLLS):
                yield end
                first = end + 1
            before = moment

    def _summary(self, first: int, end: int, i: int) -> dict[str, npt.NDArray[Any]]:
        """The columns of one stretch, which ends with the answer at place `i` of the run; a row per book and market."""
        ages, moments = self.ages[first : end + 1], self.times[first : end + 1]
        found, counts = percentiles(ages, AGE_PLACES)
        gaps, n_sightings = percentiles(sighting_gaps(moments, ages), (GAP_PLACE,))
        b, k = np.nonzero(counts)
        n = len(b)
        return {
            "book": b,
            "kind": k,
            "as_of": np.full(n, moments[-1]),
            "first_polled_at": np.full(n, moments[0]),
            "n_polls": counts[b, k],
            "n_late": self.late[first : end + 1].sum(axis=0)[b, k],
            **{f"age_{place}": at[b, k] for place, at in zip(AGE_PLACES, found, strict=True)},
            "n_sightings": n_sightings[b, k],
            "gap": gaps[0, b, k],
            "limit_us": self.seen.limits[i, b],
            "state": self.judged.states[i, b, k],
            "last": self.judged.last[i, b, k],
            "answer": np.full(n, i),
        }


def _kept(board: Board, n_books: int) -> dict[str, npt.NDArray[Any]]:
    """What the board keeps of so many books and every market; zeros for books it has not met."""
    kept = {name: np.zeros((n_books, len(KINDS)), dtype) for name, dtype in _KEPT.items()}
    for name, array in kept.items():
        if name in board.freshness:
            known = board.freshness[name][:n_books]
            array[: len(known)] = known
    return kept


def book_states(board: Board) -> pl.DataFrame:
    """How every book of a board stands at its last answer, in the columns of book_states; idle ones are left out."""
    kept = _kept(board, len(board.books))
    b, k = np.nonzero(kept["state"] > IDLE)
    held = {name: array[b, k] for name, array in kept.items()}
    in_time = held["state"] == FRESH
    limit = held["limit"] / 1e6
    return pl.DataFrame(
        {
            "bookmaker": pl.Series(board.books, dtype=pl.String)[b],
            "sport_key": constant(board.sport_key, len(b)),
            "market": pl.Series(KINDS)[k],
            "as_of": times(np.full(len(b), board.received_at)),
            "state_at_answer": pl.Series(STATES)[held["state"]],
            "since_at_answer": times(held["since"]),
            "reason_at_answer": pl.Series(("", *REASONS))[np.where(in_time, 0, held["reason"] + 1)],
            "last_sighted_at": times(held["last"]),
            "expected_gap_s": numbers(limit / LATE_AFTER),
            "limit_s": numbers(limit),
            "is_quoted": pl.Series(held["is_quoted"], dtype=pl.Boolean),
            "is_wanted": pl.Series(held["is_wanted"], dtype=pl.Boolean),
        }
    )
