"""Whatever a file holds, importing it raises nothing: it is imported, or refused with a reason."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.trading.entries.reasons import REASONS
from stratum_pipelines.trading.importers import find_importers
from tests.trading.imports import HEADER, LINE, Desk, csv_of
from tests.trading.test_import_kinds import store
from tests.trading.test_imported_bets import HEADER as SLIP_HEADER
from tests.trading.test_imported_bets import slip
from tests.trading.test_metatrader import DEALS, END, FIVE, ORDERS, four, page, position


def database() -> bytes:
    """An older store, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "old.db"
        store(path).close()
        return path.read_bytes()


WHOLE: dict[str, bytes] = {
    "csv": csv_of(LINE, LINE).encode(),
    "slip": csv_of(slip(), slip("+150", result="half won"), header=SLIP_HEADER).encode(),
    "json": b'{"ticket": 1, "symbol": "EURUSD", "direction": "buy", "entry_at": "2026-05-04", "volume": 1e2}\n{"a": [1]}\n',
    "four": page(four(), four("12", "?")).encode(),
    "five": (FIVE + position() + "".join(ORDERS) + "".join(DEALS) + END).encode("utf-16"),
    "rows": b"1,2018.05.14 20:45:48,buy,0.1,eurusd,1.1,0,0,2018.05.14 20:45:49,1.2,0,0,0,5\n" * 2,
    "packed": gzip.compress(csv_of(LINE).encode()),
    "store": database(),
}
HEAVY = st.sampled_from(
    [b"\x00", b"\xff\xfe", b'"', b"<![", b"<!--", b"NaN", b"1e999", b"\xc2\xa0", b"'", b";", b"[" * 3000, b"\n\r"]
)


def imported(content: bytes, kind: str = "") -> None:
    """Bring it in, and see that every refusal has a documented reason and is in quarantine."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        done = desk.bring(content, "file", kind=kind)
        assert set(done.refused) <= set(REASONS)
        assert {reason for reason, _ in desk.refused()} == set(done.refused)
        assert not done.is_refused or done.refused


@given(st.binary(max_size=400), st.sampled_from(["", *find_importers()]))
def test_any_bytes_are_imported_or_refused(content: bytes, kind: str) -> None:
    imported(content, kind)


@given(st.text(max_size=300), st.sampled_from(["", *find_importers()]))
def test_any_text_is_imported_or_refused(text: str, kind: str) -> None:
    imported(text.encode("utf-8", "replace"), kind)


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_a_good_file_with_something_wrong_anywhere_is_imported_or_refused(name: str, data: st.DataObject) -> None:
    whole = WHOLE[name]
    at = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.one_of(st.just(at), st.integers(at, min(at + 40, len(whole))), st.just(len(whole))))
    imported(whole[:at] + data.draw(st.one_of(HEAVY, st.binary(max_size=12))) + whole[end:])


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "NaN",
            "-0",
            "1e14",
            "0.1",
            "2026-05-04",
            "9999-12-31 23:59",
            "0001-01-01",
            "-inf",
            "buy",
            "open",
            "1e-20",
            "9" * 13,
        ]
    ),
    st.text(max_size=8),
)


@given(st.lists(CELLS, min_size=10, max_size=10))
def test_any_cells_in_a_row_are_imported_or_refused(cells: list[str]) -> None:
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    imported(csv_of(line, header=HEADER).encode("utf-8", "replace"))
