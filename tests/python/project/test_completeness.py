"""From when a view's features are complete, as a build finds it. Real dbt, real S3."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from greenhouse import FIRST, Greenhouse
from milepost.errors import PublishError

pytestmark = pytest.mark.slow

SQL, YAML = "models/features/bed_moisture.sql", "models/features/bed_moisture.yml"


def complete_days(green: Greenhouse) -> dict[str, int]:
    """How many days after the first landing date each published feature is complete."""
    (view,) = green.publish().manifest.views
    begins = datetime.combine(FIRST, datetime.min.time()) + timedelta(minutes=30)
    return {name: (instant - begins).days for name, instant in view.complete_from.items()}


def declared_days(green: Greenhouse) -> Any:
    assert green.dbt("parse").returncode == 0
    nodes = json.loads((green.folder / "target/manifest.json").read_text())["nodes"]
    return nodes["model.greenhouse.bed_moisture"]["config"]["meta"]["declared_window_days"]


def without_unit_tests(green: Greenhouse) -> None:
    """They say what the view's own windows give."""
    path = green.folder / YAML
    path.write_text(path.read_text().partition("\nunit_tests:")[0] + "\n")


def test_a_window_that_a_macro_or_a_variable_names_is_found(green: Greenhouse) -> None:
    without_unit_tests(green)
    macro = green.folder / "macros/window.sql"
    macro.parent.mkdir()
    macro.write_text("{% macro window() %}{{ return('3d') }}{% endmacro %}")
    green.edit("dbt_project.yml", "vars:\n", "vars:\n  count_days: 2\n")
    green.edit(
        SQL,
        "'max': 'readings.moisture', 'over': '1d'",
        "'max': 'readings.moisture', 'over': window()",
    )
    green.edit(
        SQL,
        "'count': 'readings.moisture', 'over': '1d'",
        "'count': 'readings.moisture', 'over': var('count_days') ~ 'd'",
    )
    green.edit(SQL, "    moisture_max_1d,", "    moisture_max_{{ window() }} as moisture_max_1d,")
    green.edit(
        SQL,
        "    reading_count_1d\n",
        "    reading_count_{{ var('count_days') }}d as reading_count_1d\n",
    )
    green.build()
    assert complete_days(green) == {"moisture_max_1d": 3, "reading_count_1d": 2}
    assert declared_days(green) == 3
    macro.write_text("{% macro window() %}{{ return('5d') }}{% endmacro %}")
    assert declared_days(green) == 5
    green.edit("dbt_project.yml", "count_days: 2", "count_days: 8")
    assert declared_days(green) == 8


def test_what_cannot_be_found_stops_the_build_until_it_is_stated(green: Greenhouse) -> None:
    without_unit_tests(green)
    green.edit(
        SQL, "    reading_count_1d\n", "    (select count(*) from readings) as reading_count_1d\n"
    )
    stopped = green.dbt("build", "--select", "bed_moisture")
    assert stopped.returncode == 1
    assert (
        "how far `reading_count_1d` of `bed_moisture` look back cannot be found: they are made "
        "from `subquery`\n  hint: state it in the YAML, for the column or for the view"
    ) in stopped.stdout
    stated = "description: Readings.\n        config: {meta: {longest_window_days: 5}}"
    green.edit(YAML, "description: Readings.", stated)
    green.build()
    assert complete_days(green) == {"moisture_max_1d": 1, "reading_count_1d": 5}
    green.edit(YAML, "longest_window_days: 5", "longest_window_days: 7")
    assert declared_days(green) == 1
    with pytest.raises(PublishError, match="built before settings of `bed_moisture` changed"):
        green.publish()


def test_a_view_may_declare_windows_twice(green: Greenhouse) -> None:
    without_unit_tests(green)
    path = green.folder / SQL
    head = path.read_text().partition("windows as (")[0]
    windows = """{name} as (

    {{{{ milepost.trailing_features(keys=['bed_id'], features=[
        {{'name': 'moisture_max', 'max': 'readings.moisture', 'over': '{moisture}'}},
        {{'name': 'reading_count', 'count': 'readings.moisture', 'over': '{count}'}},
    ]) }}}}

)"""
    select = """
select
    bed_id{suffix} as bed_id,
    available_at,
    moisture_max_{moisture} as moisture_max_1d,
    reading_count_{count} as reading_count_1d
from {name}
"""
    far = {"name": "far", "suffix": " || '-far'", "moisture": "3d", "count": "1d"}
    near = {"name": "near", "suffix": "", "moisture": "1d", "count": "2d"}
    path.write_text(
        head
        + ",\n\n".join(windows.format(**one) for one in (far, near))
        + "\nunion all\n".join(select.format(**one) for one in (far, near))
    )
    green.build()
    assert complete_days(green) == {"moisture_max_1d": 3, "reading_count_1d": 2}
    assert declared_days(green) == 3
