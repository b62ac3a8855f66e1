"""Property-based tests: the same few examples in each `make test`, fresh ones in `make fuzz`.

Every test with Hypothesis's `given` takes part as it is. `make fuzz` runs it again and again, each
time with another seed, until its share of the time is up or an example fails. The smallest that
fails becomes a line of `tests/fixtures/found/<module>.<test>.txt`: what was drawn, as a dict of
Python. `make test` replays it. So a strategy draws values whose `repr` Python reads back.
"""

from __future__ import annotations

import datetime
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from pathlib import Path
from secrets import randbits
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, is_hypothesis_test, seed, settings
from hypothesis.errors import UnsatisfiedAssumption

RUNS = pytest.StashKey[list["Run"]]()


@dataclass
class Run:
    """What a property was tried with in its share of the time."""

    name: str
    seeds: int = 0
    examples: int = 0
    failing: str = ""
    error: str = ""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-minutes", type=float, help="run property-based tests alone, so long; with `-n 0`"
    )


def pytest_configure(config: pytest.Config) -> None:
    is_fuzzing = config.getoption("--fuzz-minutes") is not None
    settings.register_profile(
        "milepost",
        max_examples=int(os.environ.get("MILEPOST_EXAMPLES", "300" if is_fuzzing else "30")),
        derandomize=True,  # but for `seed`
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        # What was found before is for `make test`.
        phases=set(Phase) - {Phase.explicit} if is_fuzzing else Phase,
    )
    settings.load_profile("milepost")
    config.stash[RUNS] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each property its cases; while fuzzing, leave out all that is none."""
    properties = [item for item in items if is_hypothesis_test(getattr(item, "obj", None))]
    for test, item in {_test(item): item for item in properties}.items():
        for case in _cases(item):
            example(**case)(test)
    if config.getoption("--fuzz-minutes") is not None:
        config.hook.pytest_deselected(items=[item for item in items if item not in properties])
        items[:] = properties


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    minutes = session.config.getoption("--fuzz-minutes")
    if minutes is None:
        return None
    until = time.monotonic() + 60 * minutes
    for place, item in enumerate(session.items):
        now = time.monotonic()
        run = _fuzzed(item, now + (until - now) / (len(session.items) - place))
        session.config.stash[RUNS].append(run)
        # What the next property does not need any more.
        session._setupstate.teardown_exact((*session.items, None)[place + 1])
    return True


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.getoption("--fuzz-minutes") is None:
        return
    terminalreporter.section("examples tried, with how many seeds, and what failed")
    for run in config.stash[RUNS]:
        found = f"{run.failing}\n    {run.error}" if run.failing else "nothing"
        terminalreporter.line(f"{run.name}: {run.examples:,}, {run.seeds:,}: {found}")


def _file(item: pytest.Item) -> Path:
    """Where a property's cases stand."""
    name = f"{item.path.stem}.{_test(item).__name__}.txt"
    return item.config.rootpath / "tests/fixtures/found" / name


def _cases(item: pytest.Item) -> list[dict[str, Any]]:
    """What is drawn in each case of a property."""
    if not _file(item).exists():
        return []
    lines = _file(item).read_text(encoding="utf-8").splitlines()
    return [_read(item, line) for line in lines if line and not line.startswith("#")]


def _read(item: pytest.Item, written: str) -> dict[str, Any]:
    # `repr` names the module of an instant, where a test has imported the class.
    always = {"datetime": datetime, "Decimal": Decimal, "inf": math.inf, "nan": math.nan}
    drawn: dict[str, Any] = eval(written, {**_test(item).__globals__, **always})  # noqa: S307 - ours
    return drawn


def _fuzzed(item: pytest.Item, until: float) -> Run:
    """Run a property with one seed after another."""
    run, failed_before = Run(item.nodeid), item.session.testsfailed
    while not run.seeds or (time.monotonic() < until and item.session.testsfailed == failed_before):
        run.seeds += 1
        run.failing = ""
        seed(randbits(64))(_test(item))
        with _watched(item, run, until):
            # What the module has set up stays for the next seed.
            module: Any = item.parent
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=module)
    if run.failing:
        _keep(item, run)
    return run


@contextmanager
def _watched(item: pytest.Item, run: Run, until: float) -> Iterator[None]:
    """Count examples, and write down the last that fails: Hypothesis ends with the smallest."""
    handle = _test(item).hypothesis
    inner_test, drawn = handle.inner_test, set(handle._given_kwargs)

    @wraps(inner_test)
    def watched(*arguments: Any, **named: Any) -> None:
        if not run.failing and run.examples and time.monotonic() > until:
            pytest.skip("its share of the time is up")
        written = repr({name: value for name, value in named.items() if name in drawn})
        run.examples += 1
        try:
            inner_test(*arguments, **named)
        except UnsatisfiedAssumption:
            raise
        except (Exception, pytest.fail.Exception) as error:
            message = str(error).partition("\n")[0]
            run.failing, run.error = written, f"{type(error).__name__}: {message}"
            raise

    handle.inner_test = watched
    try:
        yield
    finally:
        handle.inner_test = inner_test


def _keep(item: pytest.Item, run: Run) -> None:
    """Add what fails to the property's cases, as far as Python reads it back."""
    try:
        is_read_back = repr(_read(item, run.failing)) == run.failing
    except (NameError, SyntaxError):
        is_read_back = False
    if not is_read_back:
        run.error += "\n    not kept: Python does not read back what was drawn"
        return
    _file(item).parent.mkdir(parents=True, exist_ok=True)
    with _file(item).open("a", encoding="utf-8") as cases:
        cases.write(f"# {datetime.datetime.now(datetime.UTC):%Y-%m}: {run.error}\n{run.failing}\n")


def _test(item: pytest.Item) -> Any:
    """The function, which the items of a parametrised test share."""
    return item.obj  # type: ignore[attr-defined]
