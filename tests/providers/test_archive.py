"""Archives give back every stored answer, byte for byte and in order, damaged lines included."""

import gzip
import json
from pathlib import Path

import pytest

from stratum_pipelines.providers import find_providers, reasons
from stratum_pipelines.providers.archive import PROVIDER, answers, recognises
from stratum_pipelines.providers.notes import as_noted
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.providers.the_odds_api_answer import microseconds
from stratum_pipelines.providers.the_odds_api_reader import read, read_clean
from tests.providers import feed


def line(stamp: str, events: list[object]) -> bytes:
    return json.dumps({"timestamp": stamp, "data": events}, separators=(",", ":")).encode()


FIRST = line("2025-10-09T08:53:20Z", [feed.plain_event()])
SECOND = line("2025-10-09T09:23:20Z", [feed.plain_event(), feed.plain_event("game_2")])
NEXT_DAY = line("2025-10-10T00:01:00Z", [])


def write(file: Path, *lines: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    content = b"\n".join(lines) + b"\n"
    file.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)
    return file


@pytest.mark.parametrize("names", [("snapshots/a.jsonl.gz", "snapshots/b.jsonl.gz"), ("a.jsonl", "b.jsonl")])
def test_a_folder_of_lines_gives_its_answers_in_order_and_byte_for_byte(tmp_path: Path, names: tuple[str, str]) -> None:
    write(tmp_path / names[0], NEXT_DAY)
    write(tmp_path / names[1], SECOND, FIRST)
    assert recognises(tmp_path)
    assert [answer.body for answer in answers(tmp_path)] == [FIRST, SECOND, NEXT_DAY]


def test_an_answer_bears_its_wrapper_s_time_and_the_name_of_who_sent_it(tmp_path: Path) -> None:
    write(tmp_path / "snapshots" / "a.jsonl.gz", FIRST)
    assert list(answers(tmp_path)) == [
        Answer(
            "the_odds_api",
            "americanfootball_nfl",
            "archive/odds",
            microseconds("2025-10-09T08:53:20Z"),
            FIRST,
            "archive",
        )
    ]


@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
def test_a_single_file_with_a_wrapper_is_an_archive_of_one_answer(tmp_path: Path, suffix: str) -> None:
    document = {"data": [feed.plain_event()], "timestamp": "2025-10-09T08:53:20Z"}
    file = write(tmp_path / f"snapshot{suffix}", json.dumps(document, indent=2).encode())
    for path in (file, tmp_path):
        assert recognises(path)
        (found,) = answers(path)
        assert found.received_at == microseconds("2025-10-09T08:53:20Z")
        assert len(read(found).event) == 12


def test_an_empty_answer_belongs_to_the_sport_of_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path / "snapshots" / "a.jsonl.gz", NEXT_DAY)
    write(tmp_path / "snapshots" / "b.jsonl.gz", FIRST, SECOND)
    assert [answer.sport_key for answer in answers(tmp_path)] == ["americanfootball_nfl"] * 3


def test_an_archive_without_any_game_takes_its_sport_from_the_folder_s_name(tmp_path: Path) -> None:
    write(tmp_path / "oddsapi_kbo_2026" / "snapshots" / "a.jsonl", NEXT_DAY)
    assert [answer.sport_key for answer in answers(tmp_path / "oddsapi_kbo_2026")] == ["baseball_kbo"]


def test_a_damaged_line_comes_out_just_after_the_line_before_and_is_refused_on_reading(tmp_path: Path) -> None:
    damaged = b"\x00\x01 not json"
    cut = SECOND[:-40]
    write(tmp_path / "a.jsonl", FIRST, damaged, cut)
    found = list(answers(tmp_path))
    assert [answer.body for answer in found] == [FIRST, damaged, cut]
    assert found[1].received_at == found[0].received_at + 1
    assert found[2].received_at == microseconds("2025-10-09T09:23:20Z")
    assert [[refusal.reason for refusal in read(answer).refusals] for answer in found] == [
        [],
        [reasons.NOT_JSON],
        [reasons.TRUNCATED_JSON],
    ]


ODD_TIMES = [
    '"0001-01-01T00:00:00Z"',
    '"0001-01-01T00:00:00+05:00"',
    '"1969-12-31T23:59:59Z"',
    '"2200-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59Z"',
    '"9999-12-31T23:59:59-05:00"',
    '"2025-10-09T09:00:00+99:99"',
    '"2025-02-30T00:00:00Z"',
    '"not a time"',
    '""',
    "1760000000",
    "1760000000.5",
    "-1e400",
    "true",
    "null",
    "[]",
]


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("odd", ODD_TIMES)
def test_a_line_without_a_usable_time_says_so_and_costs_no_other(tmp_path: Path, odd: str, position: int) -> None:
    untimed = FIRST.replace(b'"2025-10-09T08:53:20Z"', odd.encode(), 1)
    lines = [FIRST, SECOND]
    lines.insert(position, untimed)
    write(tmp_path / "a.jsonl", *lines)
    found = list(answers(tmp_path))
    assert sorted(answer.body for answer in found) == sorted(lines)
    # It stands just after a line that has a time, never before or with it: that one would be refused as too late.
    after = microseconds("2025-10-09T08:53:20Z" if position < 2 else "2025-10-09T09:23:20Z")
    assert {answer.body: answer.received_at for answer in found}[untimed] == after + 1
    assert [answer.body for answer in found if answer.endpoint == "archive/odds"] == [FIRST, SECOND]
    (marked,) = [answer for answer in found if answer.body == untimed]
    reading = as_noted(marked, read(marked))
    assert len(reading.refusals) == 1
    assert not reading.event and not reading.is_complete


@pytest.mark.parametrize("sport", [b"a\x00b", b"../../elsewhere", b"x" * 101, b"", b"\xc3\xa9"])
def test_a_sport_no_provider_could_mean_is_not_taken_for_one(tmp_path: Path, sport: bytes) -> None:
    write(tmp_path / "a.jsonl", FIRST, SECOND.replace(b"americanfootball_nfl", sport))
    assert [answer.sport_key for answer in answers(tmp_path)] == ["americanfootball_nfl"] * 2


def test_a_damaged_first_line_does_not_hide_the_sport_of_its_file(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", b"\x00\x01 not json", FIRST)
    assert [answer.sport_key for answer in answers(tmp_path)] == ["americanfootball_nfl"] * 2


def test_a_file_cut_off_in_the_middle_gives_what_can_be_unpacked_and_a_refusal(tmp_path: Path) -> None:
    file = write(
        tmp_path / "snapshots" / "a.jsonl.gz",
        *(line(f"2025-10-09T08:53:{i:02}Z", [feed.plain_event()]) for i in range(9)),
    )
    file.write_bytes(file.read_bytes()[:-30])
    found = list(answers(tmp_path))
    assert found[0].body == line("2025-10-09T08:53:00Z", [feed.plain_event()])
    assert read(found[-1]).refusals
    assert not read(found[-1]).is_complete


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.gz", "c.json.gz"])
def test_a_file_among_snapshots_that_cannot_be_unpacked_is_not_passed_over(tmp_path: Path, name: str) -> None:
    write(tmp_path / "snapshots" / "b.jsonl.gz", FIRST)
    (tmp_path / "snapshots" / name).write_bytes(b"no gzip at all")
    found = list(answers(tmp_path))
    assert sorted(len(read(answer).refusals) for answer in found) == [0, 1]


def test_the_same_answer_stored_twice_has_the_same_identity(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", FIRST, FIRST)
    first, second = answers(tmp_path)
    assert first.response_id == second.response_id


@pytest.mark.parametrize(
    "content", [b'[{"season": 2011, "home": "x"}]', b'{"timestamp": "2025-10-09T08:53:20Z"}', b"", b"\x1f\x8b"]
)
def test_other_files_are_no_archive(tmp_path: Path, content: bytes) -> None:
    for name in ("a.json", "a.jsonl", "a.json.gz", "a.txt"):
        (tmp_path / name).write_bytes(content)
    assert not recognises(tmp_path)


def test_the_archive_is_found_by_its_file_and_reads_as_the_feed_does() -> None:
    assert find_providers()["archive"] is PROVIDER
    assert PROVIDER.read is read


def test_the_recorded_answers_are_all_clean(recorded: Path) -> None:
    found = list(answers(recorded / "oddsapi_wnba_2026"))
    assert len(found) == 1678
    assert {answer.sport_key for answer in found} == {"basketball_wnba"}
    assert not [answer.received_at for answer in found if read_clean(answer) is None]
