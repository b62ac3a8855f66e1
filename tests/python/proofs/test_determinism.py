"""The same log gives the same published bytes, on one thread and on two, again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs import logs
from proofs.conftest import freight, simulate
from proofs.work import place

pytestmark = [pytest.mark.slow, pytest.mark.full_size]

# A million rows and a margin: threads share work by row groups of 122,880 rows.
SCALE, DAYS = 0.9, 60
ROWS = 1_000_000


def test_the_same_bytes_are_published_at_one_and_two_threads_twice(
    s3_server: dict[str, str], tmp_path: Path
) -> None:
    raw = simulate(SCALE, DAYS)
    assert logs.row_count(raw) >= ROWS
    first = freight(tmp_path / "first", raw)
    works = [first]
    first.build()
    for name, threads in (("second", 2), ("third", 1), ("fourth", 1)):
        works.append(first.another(name, threads=threads))
        works[-1].build()
    releases = [work.publish(place("store")) for work in works]
    files = [
        {view.name: [file.digest for file in view.files] for view in release.views}
        for release in releases
    ]
    assert files[1:] == [files[0]] * 3
