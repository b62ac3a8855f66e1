"""The solutions of docs/exercises, as a reader makes them in a copy of the project."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures/exercises"
# By carrier of the unit test of `carrier_tenders`, when its responses leave the window of 7 days: a
# row as the one before, but for the new column.
LEAVING = {
    "within_the_day": "2026-01-09",
    "at_midnight": "2026-01-09",
    "just_before_midnight": "2026-01-09",
    "mixed": "2026-01-09",
    "corrected": "2026-01-11",
}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{path}: {old}"
    path.write_text(text.replace(old, new))


def find_the_leak(folder: Path) -> None:
    shutil.copy(FIXTURES / "leak.sql", folder)


def read_a_lineage(folder: Path) -> None:
    shutil.copy(FIXTURES / "lineage.yml", folder)


def add_a_feature(folder: Path) -> None:
    """`tender_count_7d`: a row counts the tenders of the row, where they are in its 7 days."""
    model = folder / "project/models/features/carrier/carrier_tenders.sql"
    edit(model, "'over': ['30d', '90d']}", "'over': ['7d', '30d', '90d']}")
    yml = model.with_suffix(".yml")
    column = "      - {name: tender_count_30d,"
    edit(
        yml,
        column,
        "      - {name: tender_count_7d, data_type: bigint, description: Tenders to the carrier "
        f"whose response or expiry became known in the last 7 days.}}\n{column}",
    )
    head, expect, rows = yml.read_text().partition("    expect:\n      rows:\n")
    lines = []
    for line in rows.splitlines(keepends=True):
        entered = re.search(r'carrier_id: (\w+), available_at: "2026-01-0[24] ', line)
        count = re.search(r"tender_count_30d: (\d+)}$", line.strip())
        assert count, line
        lines.append(with_count(line, int(count[1]) if entered else 0))
        # Of the corrected one the row after the correction is the last before it leaves.
        if entered and (entered[1] != "corrected" or "2026-01-04" in line):
            leaving = f'available_at: "{LEAVING[entered[1]]}'
            lines.append(with_count(re.sub(r'available_at: "[-\d]+', leaving, line), 0))
    yml.write_text(head + expect + "".join(lines))


def with_count(line: str, count: int) -> str:
    return line.replace("}\n", f", tender_count_7d: {count}}}\n")


def break_a_gate(folder: Path) -> None:
    model = folder / "project/models/features/market/market_capacity.sql"
    edit(model, "'name': 'truck_post_count'", "'name': 'offered_truck_count'")
    edit(model.with_suffix(".yml"), "truck_post_count_24h", "offered_truck_count_24h")
