"""Each rule refuses its bad example and passes its good one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlfluff.core import FluffConfig, Linter, SQLLintError

from milepost.building.catalog import Catalog
from milepost.building.project import Project
from milepost.errors import MilepostError
from milepost.standards import dbt
from milepost.standards.finding import Finding
from milepost.standards.metadata_rules import METADATA_RULES, metadata_findings
from milepost.standards.python_rules import PYTHON_RULES, python_findings, secret_findings
from milepost.standards.rule import Rule
from milepost.standards.rules import RULES, changed_findings, file_findings, findings
from milepost.standards.sql_rules import SQL_RULES
from standards.ladders import Ladder

PROJECT = Path(__file__).parents[3]
EXAMPLES = PROJECT / "docs/reference/rules.md"


def sql_rules_broken(sql: str) -> list[str]:
    """The names of our rules that a query breaks."""
    linter = Linter(config=FluffConfig(overrides={"dialect": "duckdb", "rules": "milepost"}))
    violations = linter.lint_string(sql).violations
    assert all(isinstance(violation, SQLLintError) for violation in violations), violations
    return [violation.rule.name for violation in violations if isinstance(violation, SQLLintError)]


def script_findings(project: Path, source: str, name: str = "scripts/train.py") -> list[Finding]:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    return [*python_findings(project, [path]), *secret_findings(project, [path])]


@pytest.mark.parametrize("rule", SQL_RULES, ids=lambda rule: rule.name)
def test_a_rule_for_sql_refuses_its_bad_example_alone(rule: Rule) -> None:
    assert set(sql_rules_broken(rule.bad)) == {rule.name}
    assert sql_rules_broken(rule.good) == []


@pytest.mark.parametrize("rule", PYTHON_RULES, ids=lambda rule: rule.name)
def test_a_rule_for_python_refuses_its_bad_example_alone(rule: Rule, tmp_path: Path) -> None:
    assert {finding.rule for finding in script_findings(tmp_path, rule.bad)} == {rule.name}
    assert script_findings(tmp_path, rule.good) == []


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parsed dbt project with the examples of the rules for YAML, each under its own name."""
    project = tmp_path_factory.mktemp("examples")
    (project / "dbt_project.yml").write_text("{name: examples, version: 0.1.0, profile: examples}")
    profile = {"target": "dev", "outputs": {"dev": {"type": "duckdb", "path": ":memory:"}}}
    (project / "profiles.yml").write_text(yaml.safe_dump({"examples": profile}))
    (project / "models").mkdir()
    for number, rule in enumerate(METADATA_RULES):
        for side, example in (("bad", rule.bad), ("good", rule.good)):
            text = example.replace("bed_moisture", f"{side}_{number}")
            text = text.replace("name: people", f"name: {side}_{number}").replace(
                "name: gardeners", f"name: {side}_{number}"
            )
            (project / f"models/{side}_{number}.yml").write_text(text)
            if "models:" in example:
                (project / f"models/{side}_{number}.sql").write_text("select 1 as bed_id\n")
    subprocess.run(
        [Path(sys.executable).parent / "dbt", "--quiet", "parse", "--profiles-dir", "."],
        cwd=project,
        check=True,
    )
    return project


@pytest.mark.slow
@pytest.mark.parametrize("rule", METADATA_RULES, ids=lambda rule: rule.name)
def test_a_rule_for_yaml_refuses_its_bad_example_alone(rule: Rule, parsed: Path) -> None:
    catalog = Catalog.read(parsed / "target/manifest.json")
    number = METADATA_RULES.index(rule)
    (finding,) = metadata_findings(parsed, catalog, f"bad_{number}")
    assert finding.rule == rule.name
    assert finding.path == f"models/bad_{number}.yml"
    assert finding.line > 1
    assert list(metadata_findings(parsed, catalog, f"good_{number}")) == []


@pytest.mark.slow
def test_all_rules_look_at_a_project_and_at_one_view(parsed: Path) -> None:
    (parsed / ".sqlfluff").write_text("[sqlfluff]\ndialect = duckdb\ntemplater = jinja\n")
    script_findings(parsed, "import pickle\n")
    (parsed / "models/good_1.sql").write_text("select now() as bed_id\n")
    (parsed / "target/left.ipynb").write_text("{}")
    of_view = findings(parsed, "good_1")
    assert [(finding.path, finding.line, finding.rule) for finding in of_view] == [
        ("models/good_1.sql", 1, "milepost.wall_clock")
    ]
    of_project = {finding.rule for finding in findings(parsed, None)}
    assert {rule.name for rule in METADATA_RULES} < of_project
    assert {"milepost.wall_clock", "milepost.pickle", "F401"} <= of_project
    described = parsed / f"models/bad_{len(METADATA_RULES) - 1}.yml"
    (changed,) = changed_findings(parsed, [described])
    assert (changed.path, changed.rule) == (f"models/{described.name}", METADATA_RULES[-1].name)
    with pytest.raises(MilepostError, match="no model `nothing`"):
        findings(parsed, "nothing")


def test_the_page_has_every_rule_as_the_code_has_it(tmp_path: Path) -> None:
    copy = tmp_path / "rules.md"
    copy.write_text(EXAMPLES.read_text())
    script = PROJECT / "scripts/rules_page.py"
    subprocess.run([sys.executable, script, "--page", copy], check=True)
    assert copy.read_text() == EXAMPLES.read_text(), "run `python scripts/rules_page.py`"
    assert len({rule.name for rule in RULES}) == len(RULES)


def hidden(sql: str) -> Iterator[str]:
    yield from sql_rules_broken(f"select loads.load_id\nfrom loads\nwhere {sql}\n")


@pytest.mark.parametrize(
    ("condition", "rules"),
    [
        ("loads.known_at < current_date", ["wall_clock"]),
        ("age(loads.known_at) > interval '2' day", ["wall_clock"]),
        ("age(loads.known_at, loads.event_at) > interval '2' day", []),
        ("loads.event_at < now()", ["event_at_in_window", "wall_clock"]),
        ("(loads.load_id = 1 and event_at < grid_at)", ["event_at_in_window"]),
        ("grid_at > loads.event_at", ["event_at_in_window"]),
        ("date_trunc('day', loads.event_at) < grid_at", ["event_at_in_window"]),
        ("loads.event_at < date_trunc('day', grid_at)", ["event_at_in_window"]),
        (
            "cast(loads.event_at as date) < cast(now() as date)",
            ["event_at_in_window", "wall_clock"],
        ),
        ("loads.event_at::date < grid_at", ["event_at_in_window"]),
        ("grid_at - loads.event_at < interval '28' day", ["event_at_in_window"]),
        ("date_diff('day', loads.event_at, grid_at) < 28", ["event_at_in_window"]),
        ("date_diff('day', loads.event_at, loads.known_at) < 28", []),
        # Durations are measured from one event to another, and a fault compares the two clocks.
        ("loads.event_at <= loads.due_at + interval '30' minute", []),
        ("loads.known_at < loads.event_at", []),
        ("loads.known_at >= starts_at and grid_at >= loads.known_at", ["closed_window"]),
        ("loads.known_at > starts_at and loads.known_at <= grid_at", []),
        # What a fact refers to may be known as late as the fact.
        ("a_at >= b_at - interval '2' day and a_at <= b_at", []),
        ("loads.miles between 1 and 100", []),
        ("not loads.known_at between starts_at and ends_at", ["closed_window"]),
        ("loads.place = 's3://raw/loads'", ["path_in_sql"]),
        ("loads.place like '../%'", ["path_in_sql"]),
        ("loads.note = 'km/h' or loads.note = 'a.b'", []),
    ],
)
def test_a_condition(condition: str, rules: list[str]) -> None:
    assert sorted(hidden(condition)) == sorted(f"milepost.{rule}" for rule in rules)


@pytest.mark.parametrize(
    ("expression", "rules"),
    [
        ("sum(miles) over (order by event_at)", ["event_at_in_window"]),
        ("sum(miles) over (order by known_at, event_at)", []),
        ("sum(miles) over by_event", ["event_at_in_window"]),
        ("sum(miles) over (by_load order by known_at)", []),
        ("sum(miles) over (by_event rows 3 preceding)", ["event_at_in_window"]),
        ("row_number() over by_event", []),
        ("row_number() over (partition by load_id order by event_at)", []),
        ("sum(cast(miles as double))", ["inexact_sum"]),
        ("avg(price_per_mile)", ["inexact_sum"]),
        ("sum(claim_amount_count)", []),
        ("sum(milepost__number6_amount)", []),
        ("sum(miles)", []),
        ("sum(case when cast(stops as integer) = 1 then linehaul_usd end)", ["inexact_sum"]),
        ("sum(case when linehaul_usd > 0 then 1 end)", []),
        ("sum(case when paid then cast(fuel_usd as decimal(12, 2)) else 0 end)", []),
        ("sum(case when paid then cast(fuel_usd as decimal) else tax_usd end)", ["inexact_sum"]),
        ("sum(cast(fuel_usd * 100 as bigint))", []),
        ("sum(fuel_usd::decimal(12, 2))", []),
        ("sum(fuel_usd::varchar::decimal(12, 2))", []),
        ("cast(sum(cast(fuel_usd as decimal(12, 2))) as double)", []),
    ],
)
def test_an_expression(expression: str, rules: list[str]) -> None:
    windows = "window by_load as (partition by load_id), by_event as (order by event_at)"
    broken = sql_rules_broken(f"select {expression} as total\nfrom loads\n{windows}\n")
    assert sorted(broken) == sorted(f"milepost.{rule}" for rule in rules)


def test_a_place_in_jinja_is_found() -> None:
    linter = Linter(config=FluffConfig(overrides={"dialect": "duckdb", "rules": "milepost"}))
    sql = "{% set file = '/var/me/loads.csv' %}\nselect 1 as loads\n"
    (violation,) = linter.lint_string(sql).violations
    assert "`/var/me/loads.csv`" in violation.desc()


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ('open("a")', ["milepost.local_file"]),
        ("Path(folder).open()", ["milepost.local_file"]),
        ('(folder / "a.csv").read_text()', ["milepost.local_file"]),
        ('frame.to_parquet("loads.parquet")', ["milepost.local_file"]),
        ('pl.scan_parquet(f"{folder}/loads.parquet")', []),
        ('pl.scan_parquet(f"./{folder}/loads.parquet")', ["milepost.local_file"]),
        ("frame.to_csv()", []),
        ('target = "loads.csv"; frame.to_csv(target)', ["milepost.local_file"]),
        ('target = "s3://lake/loads.csv"; frame.to_csv(target)', []),
        ('pd.read_csv(target, sep=".")', []),
        ('pd.read_excel(io="loads.xlsx")', ["milepost.local_file"]),
        ('frame.to_parquet("s3://lake/loads.parquet")', []),
        ('duckdb.connect("work.duckdb")', ["milepost.local_file"]),
        ('duckdb.connect(":memory:")', []),
        ("""con.sql("select * from 'loads.parquet'")""", ["milepost.local_file"]),
        ("""con.sql("select * from read_csv('s3://lake/loads.csv')")""", []),
        ('folder = "/var/me/data"', ["milepost.local_file"]),
        ("frame.to_pickle(target)", ["milepost.pickle"]),
        ("np.load(target, allow_pickle=True)", ["milepost.pickle"]),
        ("from joblib import dump", ["milepost.pickle"]),
        ('open("a")  # allow milepost.local_file: the list of holidays', []),
        ('open("a")  # allow milepost.local_file:', ["milepost.local_file"]),
        ('open("a")  # allow milepost.pickle: the list', ["milepost.local_file"]),
        ('password = "hunter22"', ["S105"]),
    ],
)
def test_a_line_of_python(line: str, rules: list[str], tmp_path: Path) -> None:
    # Names that are not there, and imports that are not used, are the example's.
    broken = {finding.rule for finding in script_findings(tmp_path, f"{line}\n")}
    assert broken - {"F821", "F401"} == set(rules)


def test_a_file_says_once_why_it_uses_files(tmp_path: Path) -> None:
    source = '# allow milepost.local_file: it writes a page\nopen("a")\nopen("b")\n'
    assert script_findings(tmp_path, source) == []


def test_a_notebook_is_read_cell_by_cell(tmp_path: Path) -> None:
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "source": ["import pickle"]},
        {"cell_type": "code", "source": ["%load_ext x\n", "files = !ls\n", "import pickle"]},
        {"cell_type": "code", "source": "%%milepost capture\nselect 'é'\n"},
        {"cell_type": "code", "source": ["%%writefile a.csv\n", "1,2\n"]},
        {"cell_type": "code", "source": ["%%time\n", 'loads = open("é")']},
    ]
    for cell in cells:
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(notebook, indent=1)
    lines = text.splitlines()
    broken = script_findings(tmp_path, text, "docs/explore.ipynb")
    places = sorted((finding.rule, lines[finding.line - 1].strip(' ",')) for finding in broken)
    assert places == [
        ("F401", "import pickle"),
        ("milepost.local_file", "%%writefile a.csv\\n"),
        ("milepost.local_file", 'loads = open(\\"\\u00e9\\")'),
        ("milepost.pickle", "import pickle"),
    ]


def test_a_secret_is_found_in_each_kind_of_file_and_not_printed(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("{name: harbor}")
    (tmp_path / "profiles.yml").write_text("key: AKIA" + "X" * 16 + "\n")
    (finding,) = file_findings(tmp_path, [tmp_path / "profiles.yml"])
    assert (finding.path, finding.line, finding.rule) == ("profiles.yml", 1, "milepost.secret")
    assert "XXXX" not in str(finding)


@pytest.mark.parametrize(
    ("configuration", "fault"),
    [
        (
            "dialect = duckdb\n[sqlfluff:templater:jinja]\n"
            "load_macros_from_path = dbt_packages/milepost/macros\n",
            "Path does not exist: .*dbt_packages",
        ),
        ("dialect = nobodys\n", "Unknown dialect"),
    ],
)
def test_sqlfluff_that_cannot_run_says_what_to_do(
    tmp_path: Path, configuration: str, fault: str
) -> None:
    (tmp_path / "dbt_project.yml").write_text("{name: harbor}")
    (tmp_path / ".sqlfluff").write_text(f"[sqlfluff]\n{configuration}")
    model = tmp_path / "models/orders.sql"
    model.parent.mkdir()
    model.write_text("select 1 as order_count\n")
    with pytest.raises(MilepostError, match=fault) as refused:
        list(file_findings(tmp_path, [model]))
    assert "run `dbt deps`" in refused.value.hint


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("explore.ipynb", b""),
        ("docs/explore.ipynb", b"{}"),
        ("explore.ipynb", b"[1]"),
        ("explore.ipynb", b'{"cells": [{"cell_type": "code"}]}'),
        ("explore.ipynb", b'{"cells": null}'),
        ("scripts/train.py", "# caf\u00e9\nopen('a')\n".encode("latin-1")),
    ],
)
def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "dbt_project.yml").write_text("{name: harbor}")
    script_findings(tmp_path, "import pickle\n", "scripts/other.py")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    found = list(file_findings(tmp_path, [path, tmp_path / "scripts/other.py"]))
    assert {finding.rule for finding in found} == {"unreadable", "milepost.pickle", "F401"}
    (finding,) = (finding for finding in found if finding.rule == "unreadable")
    assert (finding.path, finding.line) == (name, 1)
    assert f"`{path.name}` cannot be read as a " in finding.message


def test_a_secret_is_looked_for_in_tests_and_may_be_allowed(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("{name: harbor, test-paths: [checks]}")
    key = "AKIA" + "X" * 16

    def found(name: str, text: str) -> list[int]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        secrets = [item for item in file_findings(tmp_path, [path]) if "secret" in item.rule]
        return [finding.line for finding in secrets]

    assert found("tests/keys.yml", f"a: {key}\n") == [1]
    assert found("tests/keys.yml", f"a: {key}  # allow milepost.secret: of no account\n") == []
    assert found("tests/keys.yml", f"a: {key}  # allow milepost.secret:\n") == [1]
    assert found("tests/keys.yml", f"# allow milepost.secret: made up\na: {key}\n") == []
    assert found("keys/a.sql", f"select '{key}'  -- allow milepost.secret: made up\n") == []
    assert found("tests/keys.yml", f"a: {key}  # allow milepost.pickle: made up\n") == [1]


def test_yaml_of_models_that_a_commit_changes_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ladder = Ladder(tmp_path)
    ladder.meta["owners"] = {"science": "plants", "engineering": ""}
    ladder.write()
    parsed_folders: list[Path] = []

    def read_project(folder: Path) -> Project:
        parsed_folders.append(folder)
        return Project(ladder.catalog, folder)

    monkeypatch.setattr(dbt, "read_project", read_project)
    (tmp_path / "notes.yml").write_text("{}")
    others = [tmp_path / "dbt_project.yml", tmp_path / "notes.yml"]
    assert list(changed_findings(tmp_path, others)) == []
    assert parsed_folders == [], "parsing takes seconds"
    described = [tmp_path / "models/beds.yml"]
    owners = [item for item in changed_findings(tmp_path, described) if "owner" in item.rule]
    assert [finding.path for finding in owners] == ["models/beds.yml"]
    described = [tmp_path / "models/exposures.yml"]
    assert list(changed_findings(tmp_path, described)) == []


def test_a_view_of_a_package_is_linted_where_it_is_at_home(tmp_path: Path) -> None:
    ladder = Ladder(tmp_path)
    ladder.write()
    ladder.meta["owners"] = {"science": ""}
    (tmp_path / "models/beds.sql").write_text("select now() as built_at\n")
    ladder.view["package_name"] = "orchard"
    assert findings(tmp_path, "beds", catalog=ladder.catalog) == []
