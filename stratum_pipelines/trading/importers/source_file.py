"""A file to import: its digest, what it is written in, and its lines, never more of it in memory than asked for."""

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from stratum_pipelines.trading.entries.reasons import (
    BROKEN_ARCHIVE,
    EMPTY_FILE,
    FILE_TOO_LARGE,
    UNREADABLE_TEXT,
    Unfit,
)

GZIP = b"\x1f\x8b"
SQLITE = b"SQLite format 3\x00"
CHUNK = 1 << 20
HEAD = 1 << 16
# A statement of 64 MB holds some 100,000 trades; it is read whole.
MOST_WHOLE = 1 << 26
MOST_UNPACKED = 1 << 36
LONGEST_LINE = 1 << 20
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class SourceFile:
    """A file whose content has been looked at once. `encoding` is "" for a database, `head` the first bytes, unpacked."""

    path: Path
    import_id: str
    is_packed: bool
    head: bytes
    encoding: str

    @property
    def is_database(self) -> bool:
        """Whether it is an SQLite database by its first bytes."""
        return self.head.startswith(SQLITE)

    def opened(self) -> IO[bytes]:
        """The bytes, unpacked."""
        return _opened(self.path, self.is_packed)

    def lines(self) -> Iterator[str]:
        """The lines as text, with their ends; one that is far too long comes in pieces."""
        with self.opened() as stream, io.TextIOWrapper(stream, self.encoding, newline=None) as text:
            while line := text.readline(LONGEST_LINE):
                yield line

    def first_lines(self, n: int) -> list[str]:
        """The first lines that are not blank, as far as the head of the file holds them."""
        text = codecs.getincrementaldecoder(self.encoding)("replace").decode(self.head)
        whole = text if len(self.head) < HEAD else text.rpartition("\n")[0]
        return [line for line in whole.splitlines() if line.strip()][:n]

    def whole(self) -> str:
        """All of the text. Raises Unfit for a file too large to be held."""
        with self.opened() as stream:
            data = stream.read(MOST_WHOLE + 1)
        if len(data) > MOST_WHOLE:
            raise Unfit(FILE_TOO_LARGE, f"It holds more than {MOST_WHOLE >> 20} MB.", self.path.name)
        return data.decode(self.encoding)


def digest_of(path: Path) -> str:
    """The id of an import: the first 32 hex digits of SHA-256 of the file as it lies on the disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def look_at(path: Path, import_id: str) -> SourceFile:
    """The file, looked at from end to end. Raises Unfit when it is empty, broken or no text."""
    with path.open("rb") as file:
        is_packed = file.read(2) == GZIP
    try:
        with _opened(path, is_packed) as stream:
            head = _read(stream, HEAD)
            if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
                raise Unfit(EMPTY_FILE, "It holds nothing.", path.name)
            encoding = "" if head.startswith(SQLITE) else _encoding_of(head, stream, path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Unfit(BROKEN_ARCHIVE, f"It cannot be unpacked to its end: {error}", path.name) from error
    return SourceFile(path, import_id, is_packed, head, encoding)


def _opened(path: Path, is_packed: bool) -> IO[bytes]:
    if is_packed:
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def _read(stream: IO[bytes], size: int) -> bytes:
    """So many bytes, where there are so many: a packed stream gives less at a time."""
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _encoding_of(head: bytes, rest: IO[bytes], path: Path) -> str:
    """What the text is written in: by its mark, else UTF-8 when all of it is, else Windows-1252."""
    marked = next((name for mark, name in MARKS.items() if head.startswith(mark)), "")
    candidates = [marked] if marked else _unmarked(head)
    decoders = {name: codecs.getincrementaldecoder(name)() for name in candidates}
    chunk, seen = head, 0
    while decoders:
        for name, decoder in list(decoders.items()):
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                del decoders[name]
                continue
            if "\x00" in text:
                del decoders[name]
        if not chunk:
            break
        seen += len(chunk)
        if seen > MOST_UNPACKED:
            raise Unfit(FILE_TOO_LARGE, f"It unpacks to more than {MOST_UNPACKED >> 30} GB.", path.name)
        chunk = rest.read(CHUNK)
    if not decoders:
        raise Unfit(UNREADABLE_TEXT, "It is no text in UTF-8, UTF-16 or Windows-1252.", path.name)
    return next(iter(decoders))


def _unmarked(head: bytes) -> list[str]:
    """What a text without a mark may be written in, the likeliest first."""
    if head[1:40:2].count(0) > len(head[1:40:2]) * 0.8:
        return ["utf-16-le"]
    if head[0:40:2].count(0) > len(head[0:40:2]) * 0.8:
        return ["utf-16-be"]
    return ["utf-8", "cp1252"]
