"""After an edit, `dbt build` builds anew what it concerns, and no mixture can be published."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

import greenhouse
from greenhouse import LAST, Greenhouse
from milepost.errors import PublishError
from milepost.publishing.publish import judge
from milepost.storage import s3
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

# A second view beside `bed_moisture`, of the same readings, with a macro, a variable and a seed of
# its own.
DRYNESS = """with

readings as (

    select
        readings.bed_id,
        {{ dry_from('readings.moisture') }} as dryness,
        readings.known_at,
        readings.superseded_at
    from {{ ref('stg_sensors__readings') }} as readings
    inner join {{ ref('targets') }} as targets
        on readings.bed_id = targets.bed_id
    where readings.moisture < targets.moisture

),

windows as (

    {{ milepost.trailing_features(
        keys=['bed_id'],
        features=[{'name': 'dryness_mean', 'mean': 'readings.dryness', 'over': '1d'}],
    ) }}

)

select
    bed_id,
    available_at,
    dryness_mean_1d
from windows
"""
MACROS = """{% macro dry_from(moisture) %}
    {{ return(adapter.dispatch('dry_from', 'greenhouse')(moisture)) }}
{% endmacro %}

{% macro duckdb__dry_from(moisture) %}({{ var('wettest') }} - {{ moisture }}){% endmacro %}
"""
YAML = """models:
  - name: bed_dryness
    description: How dry a bed was yesterday.
    config:
      contract: {enforced: true}
      meta:
        entities: {bed: [bed_id]}
        grid: day
        longest_window_days: 1
        owners: {science: plants, engineering: pipes}
        maturity: draft
        sensitivity: internal
    columns:
      - {name: bed_id, description: The bed., data_type: varchar, data_tests: [not_null]}
      - {name: available_at, description: When., data_type: timestamp}
      - {name: dryness_mean_1d, description: Mean dryness., data_type: double}
"""
BOTH = {"bed_dryness", "bed_moisture"}
STAGED = "models/staging/stg_sensors__readings.sql"
# What is edited, in which file, from what to what, which views are built anew, and what is said.
EDITS = [
    ("models/features/bed_dryness.sql", "with\n", "-- Dry beds.\nwith\n\n", set(), ""),
    ("models/features/bed_dryness.yml", "science: plants", "science: soils", set(), ""),
    (
        "macros/dry.sql",
        "var('wettest') }} -",
        "var('wettest') }} - 0 -",
        {"bed_dryness"},
        "macro `duckdb__dry_from` changed",
    ),
    ("dbt_project.yml", "wettest: 1", "wettest: 2", {"bed_dryness"}, "variable `wettest` changed"),
    ("seeds/targets.csv", "north,0.9", "north,0.4", {"bed_dryness"}, "seed `targets` changed"),
    (
        "models/features/bed_moisture.yml",
        "grid: day\n",
        "grid: day\n        shade: light\n",
        {"bed_moisture"},
        "settings of `bed_moisture` changed",
    ),
    (
        STAGED,
        "['bed_id', 'moisture']",
        "['moisture', 'bed_id']",
        BOTH,
        # The settings too: its hook, which counts the rows set aside, names the columns.
        "model `stg_sensors__readings`, settings of `stg_sensors__readings` changed",
    ),
    (
        "dbt_project.yml",
        "reference_days: 30",
        "reference_days: 31",
        BOTH,
        "variable `reference_days` changed",
    ),
    (
        "models/staging/_sensors.yml",
        "hive_partitioning = true",
        "hive_partitioning = 1",
        # Models read the files that were checked, wherever `dbt source freshness` looks.
        set(),
        "",
    ),
    (
        "models/staging/_sensors.yml",
        "data_type: double",
        "data_type: float8",
        BOTH,
        "source `sensors.readings` changed",
    ),
    (
        "dbt_packages/milepost/macros/facts/row_fault.sql",
        "'null_key'",
        "'no_key'",
        BOTH,
        "macro `milepost.row_fault` changed",
    ),
]


@pytest.fixture(scope="module")
def two_views(built_greenhouse: Greenhouse, tmp_path_factory: pytest.TempPathFactory) -> Greenhouse:
    """The greenhouse with a second view and a copy of the package, built, published, landed on."""
    name = built_greenhouse.raw.prefix
    raw, store = (Location.parse(f"s3://milepost-{kind}/{name}-edits") for kind in ("raw", "store"))
    greenhouse.land(raw)
    green = built_greenhouse.copy(tmp_path_factory.mktemp("edits") / "p", raw=raw, store=store)
    for file, text in {
        "models/features/bed_dryness.sql": DRYNESS,
        "models/features/bed_dryness.yml": YAML,
        "macros/dry.sql": MACROS,
        "seeds/targets.csv": "bed_id,moisture\nnorth,0.9\nsouth,0.9\n",
    }.items():
        (green.folder / file).parent.mkdir(exist_ok=True)
        (green.folder / file).write_text(text)
    green.edit("dbt_project.yml", "reference_days: 30", "reference_days: 30\n  wettest: 1")
    package = green.folder / "dbt_packages/milepost"
    package.unlink()
    greenhouse.package_without_freight(package)
    green.build()
    green.publish()
    tomorrow = LAST + timedelta(days=1)
    greenhouse.land(raw, first=tomorrow, last=tomorrow)
    return green


def test_an_edit_builds_anew_the_views_that_it_concerns_and_says_why(
    two_views: Greenhouse,
) -> None:
    for file, old, new, concerned, why in EDITS:
        if old != new:
            two_views.edit(file, old, new)
        done = two_views.dbt("run" if not file.startswith("seeds") else "build")
        assert done.returncode == 0, done.stdout
        told = re.findall(r"Built anew: (.*); (.*)", done.stdout)
        names = {name.strip("`") for views, _ in told for name in views.split(", ")}
        assert names == concerned, (file, done.stdout)
        assert [reason for _, reason in told] == ([why] if why else [])


def but_for_data(store: Location) -> list[str]:
    """What is in a store but for data files, which are sent before the past is compared."""
    names = (item.name for item in s3.listing(store))
    return sorted(name for name in names if not name.startswith("data/"))


def test_no_mixture_of_definitions_is_published(two_views: Greenhouse) -> None:
    """Run after the edits: the current release has the rows of the first definition."""
    before = but_for_data(two_views.store)
    two_views.build()
    with pytest.raises(PublishError) as refused:
        two_views.publish()
    assert "bed_dryness: `dryness_mean_1d` has another past" in str(refused.value)
    assert "or raise the view's version" in str(refused.value)
    assert "`dbt build` and `milepost publish`" in str(refused.value)
    assert but_for_data(two_views.store) == before


def test_a_view_is_not_built_from_a_table_of_other_code(two_views: Greenhouse) -> None:
    """It would go on from there as if the table had the new definition."""
    two_views.edit(STAGED, "['moisture', 'bed_id']", "['bed_id', 'moisture']")
    done = two_views.dbt("run", "--select", "bed_moisture")
    assert done.returncode != 0
    assert "`bed_moisture` reads `stg_sensors__readings`, which other code built" in done.stdout
    assert "hint: build both: `dbt build --select +bed_moisture`" in done.stdout
    two_views.build()
    verdict = judge(
        two_views.folder / "scratch.duckdb",
        two_views.folder / "target/manifest.json",
        two_views.store,
    )
    assert all("another past" in reason for reason in verdict.refused)


def test_a_view_is_not_built_from_a_seed_that_failed_to_load(two_views: Greenhouse) -> None:
    """Its table may hold another content than the file."""
    two_views.build()
    two_views.edit("seeds/targets.csv", "south,0.9", "south,0.9,0.9")
    assert two_views.dbt("seed").returncode != 0
    two_views.edit("seeds/targets.csv", "south,0.9,0.9", "south,0.9")
    done = two_views.dbt("run", "--select", "bed_dryness")
    assert done.returncode != 0
    assert "`bed_dryness` reads `targets`, whose last build ended as `error`" in done.stdout
    two_views.build()
