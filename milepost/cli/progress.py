"""On a terminal, one line on stderr that says what is being done, and for how long."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

# Show progress only after this long.
QUIET_SECONDS = 1.0


@contextmanager
def progress(name: str) -> Iterator[None]:
    """Show, each second, the last message of Milepost's log; nothing where no person looks."""
    if not sys.stderr.isatty():
        yield
        return
    messages: list[str] = [name]
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(  # type: ignore[method-assign]
        record.getMessage()
    )
    logger = logging.getLogger("milepost")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    done, started = Event(), monotonic()

    def show() -> None:
        while not done.wait(QUIET_SECONDS):
            width = shutil.get_terminal_size().columns - 1
            write(f"{name}: {monotonic() - started:.0f} s, {messages[-1]}"[:width])

    def write(line: str) -> None:
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    speaker = Thread(target=show, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()
        write("")
        logger.removeHandler(handler)
