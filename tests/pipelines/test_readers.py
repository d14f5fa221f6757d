import threading
from pathlib import Path

import pytest

from stratum_pipelines.providers import find_providers
from stratum_pipelines.raw import store_answers, stored_rows
from stratum_pipelines.readers import WORTH_A_PROCESS, Readers, ReaderStopped
from tests.build import NFL, wandering
from tests.pipelines.homes import days_of, open_home


@pytest.fixture
def rows(tmp_path: Path) -> list[dict]:
    platform = open_home(tmp_path)
    answers = wandering(1, 120, minutes=1)
    store_answers(platform.lake, answers)
    return [row for day in days_of(answers) for row in stored_rows(platform.lake, day, NFL)]


def test_a_process_beside_reads_the_same_in_the_same_order(rows: list[dict]) -> None:
    with Readers(find_providers(), WORTH_A_PROCESS) as beside, Readers(find_providers(), 1) as here:
        assert beside.process is not None and here.process is None
        for (left, one), (right, other) in zip(beside.read(rows), here.read(rows), strict=True):
            assert left == right and left.response_id == right.response_id
            assert one.bookmaker == other.bookmaker and one.outcome == other.outcome
            assert one.price.tolist() == other.price.tolist()


@pytest.mark.parametrize("taken", [1, 9, 60, 115])
def test_whoever_stops_early_is_not_kept_waiting(rows: list[dict], taken: int) -> None:
    before = threading.active_count()
    with Readers(find_providers(), WORTH_A_PROCESS) as readers:
        pairs = readers.read(rows * 3)
        for _ in range(taken):
            next(pairs)
        pairs.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_a_reading_process_that_is_killed_is_an_error_and_no_hang(rows: list[dict]) -> None:
    with Readers(find_providers(), WORTH_A_PROCESS) as readers:
        pairs = readers.read(rows * 3)
        next(pairs)
        assert readers.process is not None
        readers.process.kill()
        with pytest.raises(ReaderStopped, match="has stopped"):
            list(pairs)
