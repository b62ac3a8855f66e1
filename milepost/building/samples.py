"""The samples of a model's features, as `meta.sample` of its columns names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from milepost.building.declared_views import published_name


def samples_part(node: Mapping[str, Any]) -> dict[str, str]:
    """Return the samples of a tested model as a part of a data test's code, by the part's name.

    The test `values_fit_their_names` judges by them. No table depends on them, so they are no part
    of the model's own code.
    """
    samples = {
        column["name"]: column["config"]["meta"]["sample"]
        for column in node["columns"].values()
        if "sample" in column.get("config", {}).get("meta", {})
    }
    name = f"samples of `{published_name(node)}`"
    return {name: json.dumps(samples, sort_keys=True)} if samples else {}
