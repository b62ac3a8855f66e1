"""Edit, land, build and publish in any order: no release has two definitions in one column.

The column `definition_1d` is made of all that a project's code is: its digits are what the view, a
macro, a variable, a seed and a staging model say. So each row shows which code it is from, and a
few lines of Python know what a release must hold.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import greenhouse
from dbt_process import run_dbt
from greenhouse import FIRST, LAST, Greenhouse
from milepost import FeatureStore
from milepost.errors import PublishError
from milepost.release.manifest import CURRENT
from milepost.storage import s3
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
DELAY = timedelta(minutes=30)
VIEW, VIEW_YAML = "models/features/bed_moisture_v{}.sql", "models/features/bed_moisture.yml"
READINGS = "models/staging/base_sensors__readings.sql"
CHECK = "bed_moisture_is_a_share"
# Each digit of the definition, in order: its file, and the text there, the digit as `?`.
DIGITS = {
    "view": (VIEW, "cast(? * 10000 "),
    "macro": ("macros/by_macro.sql", "%}?{%"),
    "variable": ("dbt_project.yml", "by_variable: ?\n"),
    "seed": ("seeds/weights.csv", "by_seed\n?\n"),
    "staging": (READINGS, "? as by_staging"),
}
DEFINITION = (
    "cast(1 * 10000 + {{ by_macro() }} * 1000 + {{ var('by_variable') }} * 100 "
    "+ by_seed * 10 + by_staging as bigint)"
)
MACROS = """{% macro by_macro() %}{{ by_inner_macro() }}{% endmacro %}
{% macro by_inner_macro() %}1{% endmacro %}
"""
# What changes no value, there and back: its file, and two texts.
SAME_VALUES = {
    "test": (VIEW_YAML, "max_value: 1}", "max_value: 1.5}"),
    "name of a test": (VIEW_YAML, CHECK, "bed_moisture_is_so"),
    "owners": (VIEW_YAML, "science: plants", "science: botany"),
    "comment": (READINGS, "with\n\ntyped", "-- Readings.\nwith\n\ntyped"),
    "comment in a macro": ("macros/by_macro.sql", "{% macro by_i", "{# A digit. #}{% macro by_i"),
    "formatting": (READINGS, "\n    from {{ source", "\n      from {{ source"),
}
KILLED = "build, killed after "
STEPS = (
    *(f"edit {name}" for name in (*DIGITS, *SAME_VALUES)),
    *("land", "land", "land", "build", "build", "build", "publish", "publish", "run", "test"),
    *("build --full-refresh", "build --empty", "run --empty", "delete scratch", "raise version"),
    *("build --select bed_moisture", "build --select +bed_moisture", "seed"),
    *("build --exclude bed_moisture", "build --vars {by_variable: 2}"),
    *(f"{KILLED}{count}" for count in (1, 4, 7, 10)),
)


@dataclass
class Trial:
    """A project at work, and what is known of its code and of what is built."""

    green: Greenhouse
    last: date = LAST
    digits: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DIGITS, 1))
    # Of each version but the latest, its definition.
    frozen: list[int] = field(default_factory=list)
    is_run: bool = True
    is_tested: bool = True

    @property
    def definitions(self) -> dict[str, int]:
        """Each version of the view, and the value that its code gives."""
        latest = int("".join(str(digit) for digit in self.digits.values()))
        values = [*self.frozen, latest]
        return {f"bed_moisture_v{n}": value for n, value in enumerate(values, start=1)}

    def do(self, step: str) -> None:
        what, _, rest = step.partition(" ")
        if step.startswith(KILLED):
            self.is_run = self.is_tested = False
            self._dbt("build", killed_after=int(step.removeprefix(KILLED)))
        elif what == "edit":
            self.is_run = self.is_tested = False
            self._edit(rest)
        elif step == "land":
            self.last += DAY
            greenhouse.land(self.green.raw, first=self.last, last=self.last)
        elif step == "publish":
            self._publish()
        elif step == "delete scratch":
            self.is_run = self.is_tested = False
            (self.green.folder / "scratch.duckdb").unlink(missing_ok=True)
        elif step == "raise version":
            self.is_run = self.is_tested = False
            self._raise_version()
        elif step == "test":
            self.is_tested = self._dbt("test").returncode == 0 and self.is_run
        else:
            is_whole = what in {"build", "run"} and rest in {"", "--full-refresh"}
            done = self._dbt(*step.split(" ", 2))
            assert done.returncode == 0 or not is_whole, done.stdout
            self.is_run = is_whole
            self.is_tested = is_whole and what == "build"

    def _dbt(self, *arguments: str, killed_after: int | None = None) -> CompletedProcess[str]:
        environment = self.green.environment(MILEPOST_STORE_URI=self.green.store.uri())
        return run_dbt(self.green.folder, arguments, environment, killed_after=killed_after)

    def _edit(self, name: str) -> None:
        if name in SAME_VALUES:
            file, before, after = SAME_VALUES[name]
            text = (self.green.folder / file).read_text()
            self.green.edit(file, *((after, before) if after in text else (before, after)))
        else:
            file, text = DIGITS[name]
            before, after = (text.replace("?", str(digit)) for digit in self._turn(name))
            self.green.edit(file.format(len(self.frozen) + 1), before, after)

    def _turn(self, name: str) -> tuple[int, int]:
        """A digit before and after: 1 becomes 2, and 2 becomes 1 again."""
        before = self.digits[name]
        self.digits[name] = 3 - before
        return before, 3 - before

    def _raise_version(self) -> None:
        """Add a version; the one before keeps the definition that it was published with."""
        number, folder = len(self.frozen) + 1, self.green.folder
        name = f"bed_moisture_v{number}"
        view = (folder / VIEW.format(number)).read_text()
        (folder / VIEW.format(number + 1)).write_text(view)
        self.frozen.append(self._released().get(name, self.definitions[name]))
        start, end = view.index("cast("), view.index(" as definition")
        frozen = f"{view[:start]}cast({self.frozen[-1]} as bigint){view[end:]}"
        (folder / VIEW.format(number)).write_text(frozen)
        self.green.edit(VIEW_YAML, f"- v: {number}\n", f"- v: {number}\n      - v: {number + 1}\n")

    def _publish(self) -> None:
        """Publish what is built, or be refused: as the model says, and nothing else changes."""
        has_check = CHECK in (self.green.folder / VIEW_YAML).read_text()
        goes_on = has_check and self._released().items() <= self.definitions.items()
        before = {item.name: item.etag for item in s3.listing(self.green.store)}
        try:
            self.green.publish()
        except PublishError as error:
            refused = str(error)
        else:
            assert goes_on, "published with another past, or without a check"
            self._check_release()
            return
        assert not (self.is_tested and goes_on), f"what is sound is refused: {refused}"
        after = {item.name: item.etag for item in s3.listing(self.green.store)}
        # Files that no release names are garbage.
        more = {name for name in after.keys() - before if not name.startswith("data/")}
        assert (more, {name: after.get(name) for name in before}) == (set(), before)

    def _released(self) -> dict[str, int]:
        """The definition of each version in the current release, one for all of its rows."""
        if s3.get(self.green.store, CURRENT) is None:
            return {}
        found = {}
        store = FeatureStore(self.green.store.uri())
        for view in store.feature_views():
            values = set(store.to_arrow(view.name)["definition_1d"].to_pylist())
            assert len(values) == 1, f"{view.name} mixes the definitions {values}"
            (found[view.name],) = values
        return found

    def _check_release(self) -> None:
        """Every row is there that landed by then, of the code as it stands."""
        assert self._released() == self.definitions
        store = FeatureStore(self.green.store.uri())
        for view in store.feature_views():
            end = min(view.built_through_at, datetime.combine(self.last + 2 * DAY, time()))
            days = (end - datetime.combine(FIRST, time())).days
            instants = [datetime.combine(FIRST, time()) + n * DAY + DELAY for n in range(1, days)]
            rows = store.to_arrow(view.name).sort_by("available_at").to_pylist()
            assert [row["available_at"] for row in rows[::2]] == instants
            assert [row["available_at"] for row in rows[1::2]] == instants
            assert {row["reading_count_1d"] for row in rows} == {3}


@pytest.fixture(scope="module")
def project(s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Greenhouse:
    """The greenhouse whose view has a definition, built."""
    raw, store = (Location.parse(f"s3://milepost-{kind}/any-order") for kind in ("raw", "store"))
    greenhouse.land(raw)
    package = greenhouse.package_without_freight(tmp_path_factory.mktemp("package") / "milepost")
    folder = tmp_path_factory.mktemp("any_order") / "project"
    green = greenhouse.create(folder, raw, store, package=package)
    for name, text in (
        ("macros/by_macro.sql", MACROS),
        ("seeds/weights.csv", "by_seed\n1\n"),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    green.edit("dbt_project.yml", "  reference_days", "  by_variable: 1\n  reference_days")
    green.edit(READINGS, "        moisture,\n", "        moisture,\n        1 as by_staging,\n")
    staged = "models/staging/stg_sensors__readings.sql"
    green.edit(staged, "'moisture']", "'moisture', 'by_staging']")
    view = VIEW.format(1)
    (folder / "models/features/bed_moisture.sql").rename(folder / view)
    green.edit(
        view, "        moisture,\n", f"        moisture,\n        {DEFINITION} as definition,\n"
    )
    weights = "ref('stg_sensors__readings') }}\n    cross join {{ ref('weights') }}\n"
    green.edit(view, "ref('stg_sensors__readings') }}\n", weights)
    feature = "{'name': 'definition', 'max': 'readings.definition', 'over': '1d'},"
    green.edit(view, "        ],\n", f"            {feature}\n        ],\n")
    green.edit(view, "    reading_count_1d\n", "    reading_count_1d,\n    definition_1d\n")
    column = "{name: definition_1d, data_type: bigint, description: Of which code the row is.}"
    green.edit(
        VIEW_YAML,
        "    columns:\n",
        f"    versions:\n      - v: 1\n    columns:\n      - {column}\n",
    )
    text = (folder / VIEW_YAML).read_text()
    (folder / VIEW_YAML).write_text(text.partition("unit_tests:")[0])
    done = green.dbt("build", MILEPOST_STORE_URI=store.uri())
    assert done.returncode == 0, done.stdout
    return green


@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=6))
@settings(max_examples=2)
def test_no_order_of_steps_publishes_a_mixture(
    project: Greenhouse, tmp_path: Path, steps: list[str]
) -> None:
    for item in s3.listing(project.store):
        s3.remove(project.store, [item.name])
    landed = {item.name for item in s3.listing(project.raw)}
    green = project.copy(tmp_path / "project", store=project.store)
    try:
        trial = Trial(green)
        for step in ("publish", *steps, "publish", "build", "publish"):
            trial.do(step)
    finally:
        s3.remove(green.raw, {item.name for item in s3.listing(green.raw)} - landed)
        shutil.rmtree(green.folder)
