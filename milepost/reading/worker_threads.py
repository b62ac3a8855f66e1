"""The threads of a lookup."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

import pyarrow as pa

# While a thread waits for S3, another one computes: with as many threads as cores, a lookup of 100
# thousand entity rows takes 8 % longer. 2026-11.
THREADS_PER_CORE = 2


@contextmanager
def worker_threads() -> Iterator[Executor]:
    """Yield twice as many threads as pyarrow computes with, `pyarrow.cpu_count()`.

    They have ended when the `with` block is left. After an error in it, what has not begun is not
    begun.
    """
    pool = ThreadPoolExecutor(THREADS_PER_CORE * pa.cpu_count())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
