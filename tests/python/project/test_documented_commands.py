"""What README and guides tell a reader to run runs: in a fresh clone, in the order of reading.

The clone has the environment of this checkout, so that nothing is installed. Its server, data and
release are its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from project import exercise_solutions

PROJECT = Path(__file__).parents[3]
BLOCK = re.compile(r"```(\w*)\n(.*?)```|((?:^ {4}[^\n]*\n)+)", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(
    r"^(?: {4})?((?:make|dbt|milepost|eval|export|cd|pip|python|\.venv/bin/\S+) .*)$"
)
README = "README.md"
LOOK_AROUND = "docs/guides/look-around.md"
TRAINING_SETS = "docs/guides/training-sets.md"
DERIVED = "docs/guides/derived-features.md"
REVIEW = "docs/guides/review-a-change.md"
ADD_A_VIEW = "docs/guides/add-a-feature-view.md"
CAPTURE = "docs/guides/capture-a-query.md"
OWN_S3 = "docs/guides/your-own-s3.md"
# In the order in which README leads to them.
PAGES = (README, LOOK_AROUND, TRAINING_SETS, DERIVED, REVIEW, ADD_A_VIEW, CAPTURE, OWN_S3)
# What this test does not run, and what does.
ELSEWHERE = {
    "make test": "it runs this",
    "make check": "`make test` begins with it",
    "dbt compile --select carrier_reliability": "docs/concepts/windows-inside.md is its answer",
    "make proofs": "it runs this, with all guides",
    "make run DATA=flights": "the same with `dbt build`: tests/python/scripts/test_land_flights.py",
}
# What a reader has done once; the clone has it.
SET_UP = ("make run", 'eval "$(make -s env)"')
# Their commands are for a reader's own data.
OTHER_PAGES = {
    "docs/guides/bring-your-own-data.md": "test_docs.py and the projects in examples/",
    "docs/guides/for-engineers.md": "`test_the_exercises` below",
    "docs/guides/for-scientists.md": "`test_the_exercises` below",
    "docs/guides/other-engines.md": "`make engines`, and test_other_engines.py",
    "docs/guides/scale.md": "settings of other machines: by hand, as the page says",
    "docs/guides/read-as-tables.md": "tests/python/tables/, and by hand as the page says",
    "docs/guides/features-in-time.md": "`dbt compile` and `make proofs` alone",
    "docs/guides/use-as-a-package.md": "test_begun_projects.py",
}
ROWS = """
import os
import duckdb
with duckdb.connect(os.environ["MILEPOST_SCRATCH"], read_only=True) as scratch:
    loads = scratch.sql(
        "select carrier_id, origin_facility_id, destination_facility_id, origin_market_id, "
        "destination_market_id, equipment_type, pickup_due_at, event_timestamp "
        "from main_training_sets.late_delivery order by event_timestamp desc limit 50"
    ).to_arrow_table()
entity_df = loads.to_pandas()
"""

pytestmark = pytest.mark.slow


def commands(page: str) -> list[str]:
    """The commands of a page in its order; one that goes over several lines is one."""
    text = (PROJECT / page).read_text().replace("\\\n        ", "")
    lines = [
        line
        for language, code, indented in BLOCK.findall(text)
        if indented or language == "bash"
        for line in (indented or code).splitlines()
    ]
    return [
        match[1].partition(" #")[0].rstrip() for line in lines if (match := COMMAND.match(line))
    ]


def blocks(page: str, language: str) -> list[str]:
    return [
        code for kind, code, _ in BLOCK.findall((PROJECT / page).read_text()) if kind == language
    ]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clone of what git would commit, after `make run`."""
    folder = tmp_path_factory.mktemp("reader") / "milepost"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in listed.splitlines():
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    (folder / ".local").mkdir()
    (folder / ".local/duckdb_extensions").symlink_to(PROJECT / ".local/duckdb_extensions")
    for name in ("requirements.lock", "pyproject.toml"):
        os.utime(folder / name, (0, 0))  # older than what was installed from it
    try:
        first, *_ = commands(README)
        assert first == "make run"
        run(folder, first)
        yield folder
    finally:
        run(folder, "make s3-stop")


def run(folder: Path, script: str) -> str:
    """Run a script as a reader does in a new shell, without variables of other stores."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MILEPOST_", "DBT_", "PYTEST_", "MAKE"))
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=kept,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, script + done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def python(folder: Path, code: str) -> str:
    (folder / ".local/reader.py").write_text(code)
    return run(folder, 'eval "$(make -s env)"; python .local/reader.py')


def test_every_guide_is_run_here_or_elsewhere() -> None:
    guides = {str(path.relative_to(PROJECT)) for path in (PROJECT / "docs/guides").glob("*.md")}
    assert {README, *guides} == {*PAGES, *OTHER_PAGES}
    named = {command for page in (*PAGES, *OTHER_PAGES) for command in commands(page)}
    assert named >= ELSEWHERE.keys()


def test_readme(clone: Path) -> None:
    (code,) = blocks(README, "python")
    assert "outbound_tender_rejection_rate_7d" in python(clone, code)
    run(clone, "\n".join(c for c in commands(README)[1:] if c not in ELSEWHERE))


def test_look_around(clone: Path) -> None:
    python(clone, "\n".join(blocks(LOOK_AROUND, "python")))
    run(clone, "\n".join(commands(LOOK_AROUND)[1:]))


# From its own folder test_main_job.py runs it, too.
@pytest.mark.parametrize("folder", [pytest.param("docs/guides", marks=pytest.mark.full_size), "."])
def test_the_notebook(clone: Path, folder: str) -> None:
    """From its own folder as Jupyter starts it, or from the workspace's root as VS Code can."""
    notebook = json.loads((clone / "docs/guides/train-a-model.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert any("the model beats the base rate" in str(cell["outputs"]) for cell in cells)
    code = "\n".join("".join(cell["source"]) for cell in cells)
    (clone / ".local/notebook.py").write_text(code)
    printed = run(clone / folder, f"{clone}/.venv/bin/python {clone}/.local/notebook.py")
    gain = re.search(r"gain ([-.\d]+), 95 % interval ([-.\d]+) to ([-.\d]+)", printed)
    assert gain, printed
    assert 0 < float(gain[2]) < float(gain[1]) < float(gain[3])
    assert "the model beats the base rate" in printed


@pytest.mark.full_size
def test_the_exercises(clone: Path) -> None:
    """As they are handed out each has a hint; what the solutions do to the copy solves them."""
    work_on_copy = 'eval "$(make -s env)"; . .local/exercises/env; '
    printed = run(clone, "make exercises")
    assert re.findall(r"^(to do|done) ", printed, re.MULTILINE) == ["to do"] * 5
    assert printed.count("hint: ") == 5
    for task in re.findall(r"task: (.*)", printed):
        assert (clone / task).exists()
    folder = clone / ".local/exercises"
    exercise_solutions.find_the_leak(folder)
    exercise_solutions.read_a_lineage(folder)
    exercise_solutions.add_a_feature(folder)
    exercise_solutions.break_a_gate(folder)
    printed = run(clone, work_on_copy + "dbt --quiet parse; milepost publish --dry-run || true")
    assert "`truck_post_count_24h` is removed or renamed" in printed
    run(clone, work_on_copy + "milepost rollback --previous")
    printed = run(clone, "make exercises")
    assert re.findall(r"^(to do|done) ", printed, re.MULTILINE) == ["done"] * 5, printed


def test_training_sets_in_python(clone: Path) -> None:
    """As they stand on the page, with the rows that the page looks up."""
    python(clone, "\n".join(blocks(TRAINING_SETS, "python")))


@pytest.mark.full_size
def test_training_sets_by_commands(clone: Path) -> None:
    (clone / "entity_rows.sql").write_text(
        "select carrier_id, 'harrisburg_pa' as origin_market_id, 'richmond_va' as "
        "destination_market_id, 'van' as equipment_type, "
        "(select min(facility_id) from facility_dwell) as origin_facility_id, "
        "(select max(facility_id) from facility_dwell) as destination_facility_id, "
        "available_at + interval '1' day as pickup_due_at, "
        "available_at as event_timestamp from carrier_tenders order by all desc limit 20"
    )
    script = "\n".join(c for c in commands(TRAINING_SETS) if c not in ELSEWHERE)
    assert "milepost training-set" in script
    run(clone, 'eval "$(make -s env)"\n' + script.replace("s3://my-bucket", "s3://milepost-store"))


def test_derived_features(clone: Path) -> None:
    code = "from milepost import FeatureStore\nstore = FeatureStore()\n"
    python(clone, ROWS + code + "\n".join(blocks(DERIVED, "python")))


def test_review_a_change(clone: Path) -> None:
    """What compares with a base branch runs in test_review_workflow.py."""
    run(clone, "\n".join(commands(REVIEW)[1:]))


@pytest.mark.full_size
def test_capture_a_query(clone: Path) -> None:
    """From a notebook's query to a draft: the lines by hand, and the time that it takes."""
    (query,) = blocks(CAPTURE, "sql")
    (by_hand,) = blocks(CAPTURE, "yaml")
    (clone / "query.sql").write_text(query)
    capture, build, check, new, build_new = [c for c in commands(CAPTURE) if c not in SET_UP]
    begun = time.monotonic()
    printed = run(clone, f'eval "$(make -s env)"\n{capture}')
    assert "the view has the values of the query" in printed
    path = clone / "models/features/carrier/carrier_lateness.yml"
    left = [n for n, line in enumerate(path.read_text().splitlines()) if "TODO" in line]
    lines = path.read_text().splitlines()
    assert len(left) == len(by_hand.splitlines()) < 10
    for number, line in zip(left, by_hand.splitlines(), strict=True):
        lines[number] = line
    path.write_text("\n".join(lines) + "\n")
    checked = run(clone, f'eval "$(make -s env)"\n{build}\n{check}')
    assert time.monotonic() - begun < 300
    assert "carrier_lateness: draft;" in checked
    assert "Left to do" not in run(clone, f'eval "$(make -s env)"\n{new}\n{build_new}')
    for view in ("carrier_lateness", "carrier_pace"):
        for suffix in (".sql", ".yml"):
            (path.parent / f"{view}{suffix}").unlink()


@pytest.mark.full_size
def test_your_own_s3(clone: Path) -> None:
    """The clone's server stands for the reader's own: other buckets, and a profile at home."""
    home = clone / ".local/home"
    (home / ".aws").mkdir(parents=True)
    for name in ("config", "credentials"):
        text = (clone / ".local/aws" / name).read_text()
        (home / ".aws" / name).write_text(text.replace("milepost-writer", "freight"))
    settings, page_commands = blocks(OWN_S3, "bash")
    buckets = (
        "import boto3; create = boto3.client('s3').create_bucket; "
        "create(Bucket='our-freight-raw'); create(Bucket='our-freight-store')"
    )
    script = f'export HOME="{home}"\n{settings}\npython -c "{buckets}"\n{page_commands}'
    assert "carrier_reliability" in run(clone, script)


@pytest.mark.full_size
def test_add_a_feature_view(clone: Path) -> None:
    """What the guide tells to write is written where it says, and built, and published."""
    view, *_ = blocks(ADD_A_VIEW, "yaml")
    (unit_test,) = (code for code in blocks(ADD_A_VIEW, "yaml") if code.startswith("unit_tests"))
    (sql,) = blocks(ADD_A_VIEW, "sql")
    folder = clone / "models/features/shipper"
    (folder / "shipper_volume.sql").write_text(sql)
    (folder / "shipper_volume.yml").write_text(f"{view}\n{unit_test}")
    first, *following = [c for c in commands(ADD_A_VIEW) if c not in ELSEWHERE]
    assert first == "make run"
    run(clone, "\n".join(following))
    assert "shipper_volume" in run(clone, 'eval "$(make -s env)"; milepost show')
