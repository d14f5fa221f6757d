"""Reading many stored answers: unpacking and parsing go on in a process beside the one that computes.

Reading an answer takes about as long as working it through the board, and each is bound to one core, so two processes
finish sooner than one. The order of answers is kept, and only a few lie between the two at any moment. Small jobs are
read in place: starting a process costs more than it would save.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Any, BinaryIO, Self

from stratum_pipelines.board.advance import read_by
from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reading import Answer, Reading
from stratum_pipelines.raw import answer_of

WORTH_A_PROCESS = 400
ANSWERS_AT_ONCE = 8
CHUNKS_AHEAD = 6

Row = dict[str, Any]
Pairs = list[tuple[Answer, Reading]]
Reads = Mapping[str, Callable[[Answer], Reading]]


class ReaderStopped(Exception):
    """The reading process ended before it was done: it was killed, or ran out of memory."""


class Readers:
    """Reads rows of raw_odds into answers and readings, in order; a context manager that ends its process."""

    def __init__(self, providers: Mapping[str, Provider], n_answers: int) -> None:
        """`n_answers` is how many will be read in all: it decides whether a process is worth it."""
        self.reads: Reads = {name: provider.read for name, provider in providers.items()}
        self.process: subprocess.Popen[bytes] | None = None
        if n_answers >= WORTH_A_PROCESS and (os.cpu_count() or 1) > 1:
            self.process = _start(self.reads)

    def read(self, rows: Iterable[Row]) -> Iterator[tuple[Answer, Reading]]:
        """Every answer with what it says; the answers come without their bytes."""
        if self.process is None:
            return (_read_one(row, self.reads) for row in rows)
        return self._read_beside(rows, self.process)

    def _read_beside(self, rows: Iterable[Row], process: subprocess.Popen[bytes]) -> Iterator[tuple[Answer, Reading]]:
        done: Queue[Pairs | BaseException | None] = Queue(CHUNKS_AHEAD)
        sent: Queue[bool] = Queue(CHUNKS_AHEAD)
        # One thread hands chunks over and another takes readings back, so that the process always has work waiting.
        threads = [
            threading.Thread(target=work, args=(rows, process, sent, done), daemon=True)
            for work in (_hand_over, _take_back)
        ]
        for thread in threads:
            thread.start()
        try:
            while (chunk := done.get()) is not None:
                if isinstance(chunk, BaseException):
                    raise chunk
                yield from chunk
        finally:
            # Whoever stops early leaves two threads waiting for room in a queue: make room until they have ended.
            if any(thread.is_alive() for thread in threads):
                process.kill()
            while any(thread.is_alive() for thread in threads):
                for queue in (done, sent):
                    with suppress(Empty):
                        queue.get(timeout=0.01)
                # Making room may have taken away the word that nothing more comes: it is given again.
                if threads[1].is_alive():
                    with suppress(Full):
                        sent.put_nowait(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    _close(pipe)


def _start(reads: Reads) -> subprocess.Popen[bytes]:
    """The process, told which readers there are. A fresh one, not a fork: Polars' threads do not survive a fork."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "stratum_pipelines.readers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdin is not None
    pickle.dump(dict(reads), process.stdin)
    return process


def _hand_over(
    rows: Iterable[Row],
    process: subprocess.Popen[bytes],
    sent: "Queue[bool]",
    done: "Queue[Pairs | BaseException | None]",
) -> None:
    """Send the rows in chunks; what goes wrong goes to the one who waits."""
    assert process.stdin is not None
    try:
        remaining = iter(rows)
        while chunk := list(islice(remaining, ANSWERS_AT_ONCE)):
            sent.put(True)
            pickle.dump(chunk, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
    except BrokenPipeError:
        pass  # the other thread notices that the process has ended, and says so
    except BaseException as error:
        done.put(error)
    sent.put(False)


def _take_back(
    rows: Iterable[Row],
    process: subprocess.Popen[bytes],
    sent: "Queue[bool]",
    done: "Queue[Pairs | BaseException | None]",
) -> None:
    """Receive a chunk of readings for every chunk sent."""
    assert process.stdout is not None
    try:
        while sent.get():
            done.put(pickle.load(process.stdout))  # noqa: S301 (our own process wrote it)
        done.put(None)
    except (EOFError, pickle.UnpicklingError, ValueError) as error:
        stopped = ReaderStopped(
            "The process that reads answers has stopped; nothing was written for this day. Run it again."
        )
        stopped.__cause__ = error
        done.put(stopped)


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


def _read_one(row: Row, reads: Reads) -> tuple[Answer, Reading]:
    answer = answer_of(row)
    reading = read_by(reads.get(answer.provider), answer)
    # What has been read need not travel any further.
    object.__setattr__(answer, "body", b"")
    return answer, reading


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """The reading process: chunks of rows in, answers and readings out, until the source ends."""
    try:
        reads: Reads = pickle.load(source)  # noqa: S301 (our own process wrote it)
        while True:
            chunk: list[Row] = pickle.load(source)  # noqa: S301
            pairs = [_read_one(row, reads) for row in chunk]
            pickle.dump(pairs, sink, protocol=pickle.HIGHEST_PROTOCOL)
            sink.flush()
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
