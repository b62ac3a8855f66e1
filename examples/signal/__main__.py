"""Train the models of all tasks, and write what they show: pages with plots, and a summary.

    python -m examples.signal --fit-with .venv-signal/bin/python --pages .local/signal
"""

# allow milepost.local_file: pages of this checkout are written, arrays go to another process
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from examples.signal import pages, summary
from examples.signal.entity_rows import read_rows
from examples.signal.evidence import Evidence, evidence
from examples.signal.matrices import Matrices, matrices
from examples.signal.leaks import Variant
from examples.signal.split import Numbers, split_in_time
from examples.signal.tasks import TASKS, Task
from milepost import FeatureStore
from milepost.errors import MilepostError

FIT = Path(__file__).with_name("fit.py")


def main() -> int:
    """Return 0 once the pages are written, 1 on an error."""
    parser = argparse.ArgumentParser(
        description="Show what the features predict, and what a leak would have shown.",
        epilog="example: python -m examples.signal --fit-with .venv-signal/bin/python",
    )
    parser.add_argument("--fit-with", required=True, metavar="PYTHON", help="which has scikit-learn")
    parser.add_argument("--databases", type=Path, default=Path(".local"), help="where dbt built")
    parser.add_argument("--pages", type=Path, default=Path(".local/signal"), help="where they go")
    parser.add_argument("--summary", type=Path, help="a page with the two markers")
    parser.add_argument("--size", default="", help="what the summary says of the data's size")
    options = parser.parse_args()
    options.pages.mkdir(parents=True, exist_ok=True)
    shown, skipped = [], []
    try:
        for task in TASKS:
            scratch = options.databases / f"{task.data}.duckdb"
            if not scratch.exists():
                skipped.append(task)
                print(f"{task.title}: left out, `{scratch}` is not there", file=sys.stderr)
                continue
            started = time.monotonic()
            shown.append(run(task, scratch, options.fit_with, options.pages))
            print(f"{task.title}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    except MilepostError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    index = pages.write(options.pages, shown, skipped)
    if options.summary:
        summary.write(options.summary, shown, skipped, options.size)
    print(f"the pages begin at {index}")
    return 0


def run(task: Task, scratch: Path, python: str, folder: Path) -> Evidence:
    """Look the features up, train and test the models of one task, and return what they show."""
    store = FeatureStore(f"s3://milepost-store/{task.data}")
    rows = read_rows(task, store, scratch)
    split = split_in_time(rows.at, task.horizon)
    inputs = matrices(store, task, rows, split)
    predictions = fit(inputs, rows.label[split.train], python, folder / task.name, bool(task.outcomes))
    return evidence(task, store.release, rows, split, inputs, predictions)


def fit(
    inputs: dict[Variant, Matrices],
    label: Numbers,
    python: str,
    place: Path,
    is_class: bool,
) -> dict[str, Numbers]:
    """Return the predictions of models that another Python trained."""
    arrays = {"label": label, "is_rate": np.array(not is_class)}
    for variant, matrix in inputs.items():
        arrays[f"{variant.name}.train"] = matrix.train
        arrays[f"{variant.name}.validation"] = matrix.validation
        arrays[f"{variant.name}.next_month"] = matrix.next_month
    source, target = place.with_suffix(".inputs.npz"), place.with_suffix(".predictions.npz")
    np.savez(source, **arrays)
    # Threads that wait for each other on a busy machine took 40 times as long as one alone.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([python, FIT, source, target], check=True, env=environment)
    with np.load(target) as predictions:
        return dict(predictions)


if __name__ == "__main__":
    sys.exit(main())
