"""Progress bars on a terminal, silence elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

console = Console(stderr=True)


def quiet() -> None:
    """Show no bars from here on in this process: another one writes to the same terminal."""
    console._force_terminal = False


class Bar:
    """Handle on one running progress bar."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, amount: float = 1) -> None:
        """Move on by `amount` units of the bar's total."""
        self._progress.advance(self._task, amount)

    def note(self, text: str) -> None:
        """Show `text` (for example the current accuracy) beside the bar."""
        self._progress.update(self._task, note=text)


@contextmanager
def bar(title: str, total: float | None, *, unit: str = "items", shown: bool = True) -> Iterator[Bar]:
    """A progress bar with rate and remaining time; `unit="bytes"` shows sizes and speed; none unless `shown`."""
    amounts: list[ProgressColumn] = (
        [DownloadColumn(), TransferSpeedColumn()] if unit == "bytes" else [MofNCompleteColumn()]
    )
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *amounts,
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        disable=not (shown and console.is_terminal),
    )
    with progress:
        yield Bar(progress, progress.add_task(title, total=total, note=""))


def say(text: str) -> None:
    """One line about what is going on, on standard error."""
    console.print(text, highlight=False, markup=False)
