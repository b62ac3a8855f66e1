"""Train the models of all tasks, and write what they show: pages with plots, and a summary.

make signal
"""

# allow milepost.local_file: pages of this checkout are written, arrays go to another process
from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from examples.signal import pages
from examples.signal.entity_rows import read_rows
from examples.signal.evidence import Evidence, evidence
from examples.signal.importances import groups_of
from examples.signal.leaks import KNOWN, Variant
from examples.signal.matrices import Matrices, matrices
from examples.signal.split import Numbers, split_in_time
from examples.signal.summary import summary
from examples.signal.tasks import TASKS, Task
from marked_page import write_part
from milepost import FeatureStore
from milepost.errors import MilepostError

FIT = Path(__file__).with_name("fit.py")
MARKER = "<!-- signal -->"


def main() -> int:
    """Return 0 once the pages are written, 1 on an error."""
    parser = argparse.ArgumentParser(
        description="Show what the features predict, and what a leak would have shown.",
        epilog="example: make signal",
    )
    parser.add_argument("--python", required=True, help="a Python that has scikit-learn")
    parser.add_argument("--size", required=True, help="what the summary says of the marketplace")
    parser.add_argument("--pages", type=Path, required=True, help="the folder that they go to")
    parser.add_argument("--summary", type=Path, required=True, help="a page with the two markers")
    options = parser.parse_args()
    shown, left_out = [], []
    try:
        for task in TASKS:
            scratch = Path(".local") / f"{task.data}.duckdb"
            started = time.monotonic()
            if not scratch.exists():
                left_out.append(task)
                print(f"{task.title}: left out, because `{scratch}` is not there", flush=True)
                continue
            shown.append(run(task, FeatureStore(_store(task)), scratch, options.python))
            print(f"{task.title}: {time.monotonic() - started:.0f} s", flush=True)
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 1
    options.pages.mkdir(parents=True, exist_ok=True)
    index = pages.write(options.pages, shown, left_out)
    today = datetime.now(UTC).date().isoformat()
    figures = summary(shown, left_out)
    write_part(options.summary, MARKER, f"Measured on {today}, {options.size}.\n\n{figures}")
    print(f"the pages begin at {index}")
    return 0


def run(task: Task, store: FeatureStore, scratch: Path, python: str) -> Evidence:
    """Look up the features, train and test the models of one task, and return what they show."""
    rows = read_rows(task, store, scratch)
    split = split_in_time(rows.at, task.horizon)
    inputs = matrices(store, task, rows, split)
    label = rows.label[split.train]
    predictions = fit(inputs, label, python, is_rate=not task.outcomes)
    return evidence(task, store.release, rows, split, inputs, predictions)


def fit(
    inputs: Mapping[Variant, Matrices], label: Numbers, python: str, *, is_rate: bool
) -> dict[str, Numbers]:
    """Return the predictions of the models, which another Python trains."""
    groups = np.stack([*groups_of(inputs[KNOWN].names).values()])
    arrays: dict[str, Any] = {"label": label, "is_rate": is_rate, "groups": groups}
    for variant, matrix in inputs.items():
        arrays[f"{variant.name}.train"] = matrix.train
        arrays[f"{variant.name}.validation"] = matrix.validation
        arrays[f"{variant.name}.next_month"] = matrix.next_month
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "inputs.npz", Path(folder) / "predictions.npz"
        np.savez(source, **arrays)
        subprocess.run([python, FIT, source, target], check=True)  # noqa: S603 - ours
        with np.load(target) as predictions:
            return dict(predictions)


def _store(task: Task) -> str:
    return f"s3://milepost-store/{task.data}"


if __name__ == "__main__":
    sys.exit(main())
