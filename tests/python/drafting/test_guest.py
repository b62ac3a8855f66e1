"""A project that is not freight: from a query, or from answers, to a view that stands on a rung."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from cli.test_examples import COMMANDS
from greenhouse import Greenhouse
from milepost import cli, notebook

pytestmark = pytest.mark.slow

QUERY = """-- How moist a bed is, and how often it is dry.
select
    bed_id,
    count(*) as readings,
    avg(moisture) as moisture_mean,
    avg(case when moisture < 0.35 then 1 else 0 end) as dry_rate -- Share of readings below 0.35.
from read_parquet('{raw}/readings/*/*.parquet')
where read_at > now() - interval 3 days
group by bed_id
"""


@pytest.fixture
def bed(green: Greenhouse, monkeypatch: pytest.MonkeyPatch) -> Greenhouse:
    """The built greenhouse, as a shell in its folder has it."""
    for name, value in green.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(green.folder)
    return green


def test_a_query_over_raw_files_becomes_a_draft_that_builds(
    bed: Greenhouse, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    Path("query.sql").write_text(QUERY.format(raw=bed.raw.uri()))
    assert cli.main(["capture", "query.sql", "--name", "bed_dryness", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["files"] == [
        "models/features/bed_dryness.sql",
        "models/features/bed_dryness.yml",
    ]
    changes = "\n".join(answer["changes"])
    assert "query.sql:7: reads `stg_sensors__readings` and not the raw files" in changes
    assert "query.sql:8: `read_at > (now() - interval 3 day)` looks along `event_at`" in changes
    assert answer["comparison"]["differences"] == []
    assert answer["comparison"]["rows"] == 4
    # Comments say what the query means, and the other view whose the views are.
    assert answer["todos"] == []
    bed.build("--select", "bed_dryness")
    assert cli.main(["check", "bed_dryness"]) == 0
    assert capsys.readouterr().out.startswith("bed_dryness: draft")
    # Without a line by hand. Five minutes are for a machine that does nothing else.
    assert time.monotonic() - begun < 300


def example(name: str) -> str:
    """The example of a command's help, in the words of the greenhouse."""
    text = COMMANDS[name].example
    for ours, theirs in (
        ("carrier", "bed"),
        ("int_tenders__answered", "stg_sensors__readings"),
        ("response_minutes", "moisture"),
    ):
        text = text.replace(ours, theirs)
    return text


def test_what_is_left_to_do_keeps_a_view_from_being_a_draft(
    bed: Greenhouse, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = QUERY.format(raw=bed.raw.uri()).replace("count(*) as readings", "mode(moisture) as m")
    Path("query.sql").write_text(sql)
    assert cli.main(example("capture").split()) == 0
    printed = capsys.readouterr().out
    place = "models/features/bed_answers.sql:"
    assert f"{place}" in printed
    # All but what is left to do is compared.
    assert "the view has the values of the query" in printed
    assert cli.main(["check", "bed_answers"]) == 1
    checked = capsys.readouterr().out
    assert "TODO query.sql:4: `m`: `mode` is no aggregate of windows" in checked
    assert place in checked
    # Nothing is replaced.
    assert cli.main(example("capture").split()) == 1
    assert "there is a model `bed_answers` already" in capsys.readouterr().err


def test_answers_become_a_draft(bed: Greenhouse, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = example("new") + " --measure count --window 1d --describe Water."
    assert cli.main(arguments.split()) == 0
    printed = capsys.readouterr().out
    assert "quantile_cont(moisture, 0.50) filter (" in printed
    assert "the view has the values of the query" in printed
    assert "Left to do" not in printed
    bed.build("--select", "bed_pace")


def test_a_cell_of_a_notebook_becomes_a_draft(
    bed: Greenhouse, capsys: pytest.CaptureFixture[str]
) -> None:
    magics = {}

    class Shell:
        def register_magic_function(self, function: object, kind: str, name: str) -> None:
            magics[kind, name] = function

    __import__("milepost").load_ipython_extension(Shell())
    assert magics == {("cell", "milepost"): notebook.run_cell}
    notebook.run_cell("capture bed_dryness --science plants", QUERY.format(raw=bed.raw.uri()))
    assert "cell.sql:8: `read_at > " in capsys.readouterr().out
    assert "science: plants" in Path("models/features/bed_dryness.yml").read_text()
