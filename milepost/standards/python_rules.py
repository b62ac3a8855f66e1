"""The rules for Python: no local files, no pickle, no secrets, and what ruff checks of it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

from milepost.errors import MilepostError, StandardsError
from milepost.standards.finding import Finding
from milepost.standards.python_calls import local_places, pickles
from milepost.standards.python_code import CodeBlock, code_blocks
from milepost.standards.rule import Rule

LOCAL_FILE = Rule(
    name="milepost.local_file",
    language="python",
    says="A script or notebook reads and writes no local file.",
    bad="""\
import pandas as pd

loads = pd.read_csv("loads.csv")
""",
    good="""\
import pandas as pd

loads = pd.read_parquet("s3://our-lake/loads/")
""",
    reason=(
        "Nobody else has the file, nobody knows when it was written, and a rerun reads another "
        "one: the result cannot be made again."
    ),
    remedy=(
        "read features from the store and raw data from S3; where the file is no data, say why: "
        "`# allow milepost.local_file: <reason>` on the line, or alone on a line for the whole file"
    ),
)
PICKLE = Rule(
    name="milepost.pickle",
    language="python",
    says="Nothing is kept as a pickle.",
    bad="""\
import pickle


def to_bytes(model):
    return pickle.dumps(model)
""",
    good="""\
def to_bytes(model):
    return model.save_raw("ubj")
""",
    reason=(
        "To load a pickle is to run whatever code it holds, and it fails or changes its meaning "
        "with the next version of a library."
    ),
    remedy="keep tables as Parquet, and a model in the format of its library",
)
SECRET = Rule(
    name="milepost.secret",
    language="python",
    says="No file has a password or a key, nor has the output of a notebook.",
    # In two parts, so that this file keeps the rule.
    bad='database = "postgresql://planner:' + 'hunter2@db.example.com/loads"\n',
    good="""\
import os

database = os.environ["LOADS_DATABASE"]
""",
    reason="What was committed once is in each copy of the repository for ever.",
    remedy="take it from the environment, and revoke the one that stands here",
)

PYTHON_RULES = (LOCAL_FILE, PICKLE, SECRET)

_SECRETS = re.compile(
    r"""\b(?:AKIA|ASIA)[0-9A-Z]{16}\b
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    | \bgh[pousr]_[A-Za-z0-9]{36}\b
    | \bxox[abpr]-[A-Za-z0-9-]{10,}
    | \b[a-z][a-z0-9+.-]*://[^\s/:@{}$<>'"]+:[^\s/:@{}$<>'"]+@""",
    re.VERBOSE,
)
_ALLOW = re.compile(r"(?:#|--)\s*allow\s+(milepost\.\w+):\s*\S")


def python_findings(project: Path, paths: Sequence[Path]) -> Iterator[Finding]:
    """Yield what the rules for Python find in scripts and notebooks."""
    blocks_by_path: dict[Path, list[CodeBlock]] = {}
    for path in paths:
        try:
            blocks_by_path[path] = code_blocks(path)
        except StandardsError as error:
            relative = path.relative_to(project).as_posix()
            yield Finding(relative, 1, "unreadable", error.message, error.hint)
    for path, blocks in blocks_by_path.items():
        for block in blocks:
            lines = block.source.splitlines()
            for rule, row, message in _faults(block):
                if not _is_allowed(rule, lines, row):
                    relative = path.relative_to(project).as_posix()
                    yield _finding(relative, block.line_number(row), rule, message)
    yield from _ruff_findings(project, blocks_by_path)


def secret_findings(project: Path, paths: Sequence[Path]) -> Iterator[Finding]:
    """Yield the lines of text files that have a password or a key."""
    for path in paths:
        relative = path.relative_to(project).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines()
        for number, line in enumerate(lines, start=1):
            match = _SECRETS.search(line)
            if match and not _is_allowed(SECRET, lines, number):
                # No more than its beginning: what a check prints stands in the logs of CI.
                message = f"`{match[0][:4]}...` looks like a secret"
                yield _finding(relative, number, SECRET, message)


def _is_allowed(rule: Rule, lines: Sequence[str], row: int) -> bool:
    """Return whether a row, or a line that is a comment alone, says why a rule does not fit."""
    comments = [line for line in lines if line.lstrip().startswith(("#", "--"))]
    return any(rule.name in _ALLOW.findall(line) for line in (lines[row - 1], *comments))


def _faults(block: CodeBlock) -> Iterator[tuple[Rule, int, str]]:
    """Yield a rule, a row and what is wrong there; a source that does not parse is ruff's fault."""
    try:
        tree = ast.parse(block.source)
    except (SyntaxError, ValueError):
        return
    for row, place in local_places(tree):
        yield LOCAL_FILE, row, f"`{place}` uses a local file"
    for row, name in pickles(tree):
        yield PICKLE, row, f"`{name}` is a pickle"


def _finding(path: str, line: int, rule: Rule, message: str) -> Finding:
    return Finding(path, line, rule.name, message, rule.remedy)


def _ruff_findings(
    project: Path, blocks_by_path: Mapping[Path, Sequence[CodeBlock]]
) -> Iterator[Finding]:
    """Yield what ruff finds with the configuration that Milepost brings."""
    if not blocks_by_path:
        return
    if find_spec("ruff") is None:
        raise MilepostError(
            "`ruff` is not installed, which checks Python",
            hint='pip install "milepost[standards]"',
        )
    with as_file(files("milepost.standards").joinpath("ruff.toml")) as config:
        command = [sys.executable, "-m", "ruff", "check", "--quiet", "--no-cache", "--exit-zero"]
        command += ["--output-format", "json", "--config", str(config), *map(str, blocks_by_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise MilepostError(
            f"`ruff check` failed: {done.stderr.strip()}", hint="run `ruff --version`"
        )
    cells = {
        (path, block.cell): block
        for path, blocks in blocks_by_path.items()
        for block in blocks
        if block.cell is not None
    }
    for fault in json.loads(done.stdout):
        path, row = Path(fault["filename"]), fault["location"]["row"]
        block = cells.get((path, fault.get("cell")))
        yield Finding(
            path.relative_to(project).as_posix(),
            block.line_number(row) if block else row,
            fault["code"] or "syntax",
            fault["message"],
            f"`ruff rule {fault['code']}` says what to write" if fault["code"] else "mend it",
        )
