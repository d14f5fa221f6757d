"""Progress of long work, on standard error: bars in a terminal, now and then a line in a log."""

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from stratum_pipelines.commands.output import counted, progress

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from stratum_pipelines.batch import DayReport
    from stratum_pipelines.raw import Stored

LINE_EVERY_S = 5.0


class Counted(ProgressColumn):
    """How many are done, and of how many where that is known."""

    def render(self, task: Task) -> Text:
        """The numbers of a task."""
        if task.total == 0 or (task.total is None and not task.completed):
            return Text("")
        of = "" if task.total is None else f" of {task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{of}", style="progress.download")


class LongWork:
    """Progress while answers are stored and days computed; shown from the first sign of work on, so errors stand alone."""

    def __init__(self, console: Console = progress, days: "Collection[dt.date]" = ()) -> None:
        """Show on this console; `days` are those to be computed where they are known beforehand."""
        self.console = console
        self.days = sorted(days)
        self.n_stored = self.n_computed = 0
        self.started = self.said_at = time.monotonic()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            Counted(),
            TimeElapsedColumn(),
        )
        self.bars = Progress(*columns, console=console) if console.is_terminal else None
        self.tasks: dict[str, int] = {}

    def __enter__(self) -> "LongWork":
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self.bars:
            if not self.tasks:
                return
            if kind is None:
                for task in self.bars.tasks:
                    self.bars.update(task.id, total=task.completed)
            self.bars.stop()
        elif kind is None and self.n_computed:
            self._say(f"closing lines, their value and scorecards done, {time.monotonic() - self.started:.1f} s in all")

    def stored(self, stored: "Stored") -> None:
        """Show how many answers have been stored; how many there are is known at the end only."""
        self.n_stored = stored.n_answers
        self.days = sorted(stored.days)
        if self.bars:
            self._bar("storing raw answers", completed=stored.n_answers)
        elif self._is_time():
            self._say(f"stored {counted(stored.n_answers, 'answer')} so far")

    def day(self, report: "DayReport") -> None:
        """Show a computed day."""
        self.n_computed += 1
        # Work that goes on after an interruption starts in the middle, and goes on to the end.
        total = self.n_computed - 1 + sum(day >= report.day for day in self.days) if self.days else None
        signals = counted(report.rows.get("signals", 0), "signal")
        if self.bars:
            if self.n_stored:
                self._bar("storing raw answers", total=self.n_stored)
            about = f"computing days, {report.day}: {signals}"
            self._bar("computing days", about, completed=self.n_computed, total=total)
            if self.n_computed == total:
                self._bar("closing lines, their value, scorecards", total=None)
        elif self._is_time() or self.n_computed == total:
            of = f" of {total}" if total else ""
            self._say(f"computed {self.n_computed}{of} days, {report.day}: {report.quotes:,} quotes, {signals}")

    def _bar(self, name: str, description: str = "", **state: float | None) -> None:
        assert self.bars is not None
        if name not in self.tasks:
            # Started with the first thing there is to show: work that is refused before leaves the error alone.
            self.bars.start()
            self.tasks[name] = self.bars.add_task(name, total=None)
        self.bars.update(self.tasks[name], description=description or name, **state)  # type: ignore[arg-type]

    def _is_time(self) -> bool:
        return time.monotonic() - self.said_at >= LINE_EVERY_S

    def _say(self, line: str) -> None:
        self.said_at = time.monotonic()
        self.console.print(line)
