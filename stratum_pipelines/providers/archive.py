"""Archives of The Odds API's answers: folders and files of `{"timestamp", "data"}` objects, gzip or plain.

Each answer comes out as the bytes it is stored in, under the name of the provider that once sent it, so it is read by that
provider's reader. Nothing is decoded here: the time and the sport are found by looking at the bytes. A line that cannot be
read still comes out as an answer, for its reader to refuse; so does one without a usable time, which is noted on it.
"""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from io import BufferedReader
from itertools import islice
from pathlib import Path

from stratum_pipelines.providers.notes import UNKNOWN_RECEIPT, noted
from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reading import Answer, is_plausible
from stratum_pipelines.providers.the_odds_api import NAME as THE_ODDS_API
from stratum_pipelines.providers.the_odds_api_answer import microseconds
from stratum_pipelines.providers.the_odds_api_reader import read
from stratum_pipelines.reference import load_reference

ENDPOINT = "archive/odds"
UNTIMED = noted(ENDPOINT, *UNKNOWN_RECEIPT)
LINES = (".jsonl", ".jsonl.gz")
SINGLE = (".json", ".json.gz")
# How much of either end of an answer is searched for its timestamp, in bytes.
EDGE = 400
# How many lines of a file are looked at to know it for an archive, and what sport it is about: the first may be damaged.
FIRST_LINES = 3
UNKNOWN_SPORT = "unknown"
BREAKS_OFF = b"(the file breaks off here)"

_TIMESTAMP = re.compile(rb'"timestamp"\s*:\s*"([^"]{10,40})"')
_SPORT = re.compile(rb'"sport_key"\s*:\s*"([A-Za-z0-9_]{1,100})"')
_DATA = re.compile(rb'"data"\s*:\s*[\[{]')


def recognises(path: Path) -> bool:
    """Whether the path is a file of such answers, or a folder with at least one (itself or its folder `snapshots`)."""
    return any(_head_time(file) is not None for file in _files(path))


def answers(path: Path) -> Iterator[Answer]:
    """Every stored answer in order of receipt; duplicates come out as they stand.

    Files are taken in the order of their first timestamp and the lines of a file are sorted, so files may overlap. A line
    without a usable timestamp stands one microsecond after the line before it, with the note that its time is not known.
    """
    heads = _in_order(path)
    sport = _usual_sport(path, [file for _, file in heads])
    waiting: list[tuple[int, bytes, str]] = []
    for i, (first, file) in enumerate(heads):
        waiting.extend(_timed(_bodies(file), first))
        waiting.sort(key=lambda found: found[0])
        until = heads[i + 1][0] if i + 1 < len(heads) else None
        n_ready = len(waiting) if until is None else sum(at < until for at, _, _ in waiting)
        for at, body, endpoint in waiting[:n_ready]:
            yield Answer(THE_ODDS_API, _sport_of(body) or sport, endpoint, at, body, "archive")
        del waiting[:n_ready]


def _in_order(path: Path) -> list[tuple[int, Path]]:
    """Files with the time they begin at. One without a time that stands among snapshots counts with the file before it."""
    heads: list[tuple[int, Path]] = []
    timeless: list[Path] = []
    for file in _files(path):
        at = _head_time(file)
        if at is not None:
            heads += [(at, file), *((at, before) for before in timeless)]
            timeless = []
        elif file.parent.name == "snapshots" and heads:
            heads.append((heads[-1][0], file))
        elif file.parent.name == "snapshots":
            timeless.append(file)
    return sorted(heads)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.name.endswith(LINES + SINGLE) else []
    folders = [folder for folder in (path / "snapshots", path) if folder.is_dir()]
    return sorted(file for folder in folders for file in folder.iterdir() if file.name.endswith(LINES + SINGLE))


def _open(file: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(file, "rb") if file.name.endswith(".gz") else file.open("rb")


def _head_time(file: Path) -> int | None:
    """The first timestamp of a file, or None when it does not look like an archive."""
    try:
        with _open(file) as stream:
            # A timestamp may stand behind the data, so whole lines are read.
            whole = file.name.endswith(SINGLE)
            lines = [stream.read()] if whole else [stream.readline() for _ in range(FIRST_LINES)]
    except (OSError, EOFError, zlib.error):
        return None
    times = [_time_of(line) for line in lines if _DATA.search(line)]
    return min((at for at in times if at is not None), default=None)


def _bodies(file: Path) -> Iterator[bytes]:
    """The answers in a file: its lines, or the file as a whole. A file that breaks off yields what can be unpacked."""
    pieces: list[bytes] = []
    is_broken = False
    with _open(file) as stream:
        # At most one read below at a time: data unpacked before a break must not be lost with the error.
        read_some = stream.read1 if isinstance(stream, gzip.GzipFile) else stream.read
        while True:
            try:
                chunk = read_some(1 << 20)
            except (OSError, EOFError, zlib.error):
                is_broken = True
                break
            if not chunk:
                break
            if b"\n" in chunk and not file.name.endswith(SINGLE):
                *lines, chunk = b"".join([*pieces, chunk]).split(b"\n")
                pieces.clear()
                yield from (line for line in lines if line.strip())
            pieces.append(chunk)
        rest = b"".join(pieces)
        if rest.strip():
            yield rest
        if is_broken:
            # Comes out as an answer that its reader refuses, so that the loss is on record.
            yield BREAKS_OFF


def _timed(bodies: Iterator[bytes], first: int) -> Iterator[tuple[int, bytes, str]]:
    """Every body with its time and endpoint. Those before the first with a time stand after it: nothing may precede it."""
    last = first
    for body in bodies:
        found = _time_of(body)
        last = found if found is not None else last + 1
        yield last, body, ENDPOINT if found is not None else UNTIMED


def _time_of(body: bytes) -> int | None:
    match = _TIMESTAMP.search(body, 0, EDGE) or _TIMESTAMP.search(body, max(0, len(body) - EDGE))
    if match is None:
        return None
    try:
        at = microseconds(match[1].decode("ascii"))
    except (ValueError, OverflowError):
        return None
    return at if is_plausible(at) else None


def _sport_of(body: bytes) -> str | None:
    match = _SPORT.search(body)
    return match[1].decode("ascii") if match else None


def _usual_sport(path: Path, files: list[Path]) -> str:
    """The sport most files begin with, for answers that list no game; else the one the folder's name speaks of."""
    found: Counter[str] = Counter()
    for file in files:
        sports = (_sport_of(body) for body in islice(_bodies(file), FIRST_LINES))
        found.update(islice(filter(None, sports), 1))
    if found:
        return found.most_common(1)[0][0]
    league = load_reference().league_named(path.name.partition(".")[0])
    return league.sport_key if league else UNKNOWN_SPORT


PROVIDER = Provider(
    name="archive",
    title="Archive of The Odds API",
    description='Stored answers of The Odds API, as lines or files of {"timestamp", "data"} objects, gzip or plain.',
    read=read,
    recognises=recognises,
    answers=answers,
)
