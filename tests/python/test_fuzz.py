"""What `make fuzz` finds is kept as a case, and a plain run of the tests replays it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TESTS = """
from datetime import datetime, timedelta

from hypothesis import given, strategies as st

FIRST = datetime(2026, 1, 1)
minutes = st.integers(0, 10**9).map(lambda minute: FIRST + timedelta(minutes=minute))


@given(number=st.integers())
def test_right(number):
    assert number * 2 == number + number


@given(at=minutes, numbers=st.lists(st.integers()))
def test_wrong(at, numbers):
    assert at < datetime(2400, 1, 1), f"too late: {at}"


@given(thing=st.builds(object))
def test_unwritable(thing):
    assert not thing


def test_no_property():
    raise AssertionError
"""


def run(folder: Path, *options: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "fuzz", "-p", "no:cacheprovider", "-q", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return ran.stdout


def test_what_is_found_is_replayed(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").touch()
    tests = tmp_path / "test_some.py"
    tests.write_text(TESTS)
    fuzzed = run(tmp_path, "--fuzz-minutes", "0.2")
    case = "{'at': datetime.datetime(2400, 1, 1, 0, 0), 'numbers': []}"
    assert f"{case}\n    AssertionError: too late: 2400-01-01 00:00:00" in fuzzed
    assert re.search(r"^test_some.py::test_right: [0-9,]+, [0-9,]+: nothing$", fuzzed, re.M)
    assert "not kept: Python does not read back what was drawn" in fuzzed
    assert "test_no_property" not in fuzzed
    (file,) = (tmp_path / "tests/fixtures/found").iterdir()
    assert file.name == "test_some.test_wrong.txt"
    assert file.read_text().splitlines()[1:] == [case]

    replay = ("-k", "wrong or right")
    replayed = run(tmp_path, *replay)
    assert "Failing explicit example: test_wrong(" in replayed
    assert "1 failed, 1 passed" in replayed
    tests.write_text(TESTS.replace("2400", "9999"))
    assert "2 passed" in run(tmp_path, *replay)
