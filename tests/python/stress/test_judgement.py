"""A certificate keeps a view off production where it shows less than production asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from milepost.errors import StandardsError
from milepost.stress import judgement
from milepost.stress.stress import chosen_views
from standards.ladders import UNCHANGED, Ladder


def faults(folder: Path, **changes: Any) -> list[str]:
    ladder = Ladder(folder)
    ladder.certificate_changes = changes
    ladder.write()
    examined = ladder.examined()
    kept_off = judgement.faults(examined.catalog, examined.coder, examined.view, folder)
    return [fault.message for fault in kept_off]


def test_a_certificate_in_which_every_raw_table_had_a_fault_holds(tmp_path: Path) -> None:
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": {}, "outcomes": []},
        {"rows": {"raw.readings": 0}},
        {"outcomes": []},
        {"outcomes": [replace(UNCHANGED, table="raw.beds")]},
    ],
)
def test_a_raw_table_without_a_fault_is_told(tmp_path: Path, changes: dict[str, Any]) -> None:
    spared = "`beds` was certified without a fault in `raw.readings`"
    assert faults(tmp_path, **changes) == [spared]


def test_a_view_without_a_raw_log_is_told(tmp_path: Path) -> None:
    ladder = Ladder(tmp_path)
    ladder.view["depends_on"]["nodes"] = []
    ladder.certificate_changes = {"rows": {}, "outcomes": []}
    ladder.write()
    examined = ladder.examined()
    (fault,) = judgement.faults(examined.catalog, examined.coder, examined.view, tmp_path)
    assert fault.message == "`beds` reads no raw log, to which a fault could be given"
    assert chosen_views(ladder.catalog, []) == []
    with pytest.raises(StandardsError, match="`beds` reads no raw log"):
        chosen_views(ladder.catalog, ["beds"])


def test_a_raw_log_of_few_days_is_told(tmp_path: Path) -> None:
    few = "`beds` was given faults on 29 days of its raw logs, and production asks 30"
    assert faults(tmp_path, days=29) == [few]
    assert faults(tmp_path, days=30) == []
