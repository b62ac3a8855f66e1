"""A certificate is read as it was written, and tells of other code and of an edit by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from milepost.errors import StandardsError
from milepost.stress import certificate
from milepost.stress.certificate import Certificate, Move, Outcome

MOVED = Outcome(
    table="readings",
    column="moisture",
    kind="outliers_x10",
    rows=5,
    outcome="moved",
    moves={"wet": Move(0.5, 0.4)},
)
STOPPED = Outcome(
    table="readings", column="", kind="source_frozen", rows=9, outcome="stopped", by="silence"
)
CERTIFICATE = Certificate(
    view="beds",
    version=None,
    code="c0de",
    share=0.05,
    seed=0,
    days=60,
    raw_log_end="2026-03-19",
    rows={"readings": 100},
    features=["wet", "readings"],
    unproven=[],
    outcomes=[MOVED, STOPPED],
)


def test_a_certificate_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "beds.stress.json"
    assert certificate.read(file) is None
    file.write_bytes(CERTIFICATE.to_bytes())
    assert certificate.read(file) == CERTIFICATE
    outcomes = [line for line in file.read_text().splitlines() if '"kind"' in line]
    assert len(outcomes) == len(CERTIFICATE.outcomes)  # a line each, for a diff


@pytest.mark.parametrize(
    ("written", "edited"),
    [('"moved"', '"unchanged"'), ("0.4", "0.04"), ('"c0de"', '"c0fe"'), ('"rows": 9', '"rows": 8')],
)
def test_an_edit_by_hand_is_told(tmp_path: Path, written: str, edited: str) -> None:
    file = tmp_path / "beds.stress.json"
    text = CERTIFICATE.to_bytes().decode()
    assert written in text
    file.write_text(text.replace(written, edited, 1))
    with pytest.raises(StandardsError, match="is not as `milepost stress` wrote it"):
        certificate.read(file)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 9}'])
def test_what_is_no_certificate_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "beds.stress.json"
    file.write_text(text)
    with pytest.raises(StandardsError, match=r"beds\.stress\.json` is"):
        certificate.read(file)


def test_an_outcome_is_of_each_feature() -> None:
    assert (MOVED.of("wet"), MOVED.of("readings")) == ("moved", "unchanged")
    assert (STOPPED.of("wet"), STOPPED.of("readings")) == ("stopped", "stopped")


def test_a_move_beyond_the_tolerance_is_silent_unless_a_check_tells() -> None:
    tolerances = {"wet": 0.1, "readings": 0.1}
    assert CERTIFICATE.silent_moves(tolerances) == [("wet", MOVED)]
    assert CERTIFICATE.silent_moves({**tolerances, "wet": 0.2}) == []
    told = replace(MOVED, outcome="set_aside", set_aside=5)
    assert replace(CERTIFICATE, outcomes=[told]).silent_moves(tolerances) == []
