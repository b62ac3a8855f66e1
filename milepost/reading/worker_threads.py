"""The threads of a lookup."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

import pyarrow as pa


@contextmanager
def worker_threads() -> Iterator[Executor]:
    """Yield as many threads as pyarrow computes with, `pyarrow.cpu_count()`.

    They have ended when the `with` block is left. After an error in it, what has not begun is not
    begun.
    """
    pool = ThreadPoolExecutor(pa.cpu_count())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
