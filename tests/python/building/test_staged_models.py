"""What is refused of a staged model before a build begins."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.building import staged_models
from milepost.building.catalog import Catalog
from milepost.errors import PublishError

SOURCE, BASE, STAGED = "source.green.lake.beds", "model.green.base_beds", "model.green.stg_beds"


def catalog(source_meta: dict[str, Any], **staging: bool) -> Catalog:
    declared = {"has_deletes": False, "is_snapshot": False, **staging}
    nodes: dict[str, Any] = {
        SOURCE: {"name": "beds", "source_name": "lake", "config": {"meta": source_meta}},
        BASE: {"name": "base_beds", "depends_on": {"nodes": [SOURCE]}, "config": {}},
        STAGED: {
            "name": "stg_beds",
            "depends_on": {"nodes": [BASE]},
            "config": {"meta": {"staged_from": {"base_beds": declared}}},
        },
    }
    return Catalog(nodes, {}, {}, (), "green", "1.11.0")


@pytest.mark.parametrize(
    ("meta", "staging", "message"),
    [
        ({"when_files_change": "new_versions"}, {}, "says nothing of deletes"),
        ({"table_format": "iceberg"}, {}, "`table_format: iceberg`, whose rows may be removed"),
        ({}, {"is_snapshot": True}, "does not say that it has some"),
    ],
)
def test_a_staged_model_does_what_its_raw_table_says(
    meta: dict[str, Any], staging: dict[str, bool], message: str
) -> None:
    with pytest.raises(PublishError, match=message) as refused:
        staged_models.check(catalog(meta, **staging))
    assert refused.value.hint
    staged_models.check(catalog({**meta, "is_snapshot": True}, has_deletes=True, **staging))


def test_what_a_raw_table_does_not_say_is_not_asked() -> None:
    staged_models.check(catalog({"when_files_change": "error"}))
