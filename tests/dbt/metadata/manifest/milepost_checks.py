"""Rules that dbt-bouncer.yml names and dbt-bouncer has not, or only after a build."""

from typing import Any

from dbt_bouncer.check_framework.decorator import check, fail


@check
def check_source_columns_described(source: Any) -> None:
    """Every table of a source declares its columns, each with a type and a description."""
    if not source.columns:
        fail(f"`{source.source_name}.{source.name}` declares no columns")
    for column in source.columns.values():
        if not column.data_type or not (column.description or "").strip():
            fail(
                f"`{source.source_name}.{source.name}.{column.name}` has no type or no description"
            )


@check
def check_source_fresh(source: Any, *, except_tables: list[str]) -> None:
    """Every table says how late is too late, but for those whose silence says nothing."""
    if source.freshness is None and source.name not in except_tables:
        fail(f"`{source.source_name}.{source.name}` has no freshness")


@check
def check_seed_columns_described(seed: Any) -> None:
    """Every column of a seed is described."""
    for column in seed.columns.values():
        if not (column.description or "").strip():
            fail(f"`{seed.name}.{column.name}` has no description")


@check
def check_feature_view_keys_not_null(model: Any) -> None:
    """The keys of a feature view and `available_at` are among its columns, and never null."""
    keys = []
    for entity in (model.meta.get("entities") or {}).values():
        keys += entity["keys"] if isinstance(entity, dict) else entity
    for key in [*keys, "available_at"]:
        if key not in model.columns:
            fail(f"`{model.name}` declares no column `{key}`")
        if "not_null" not in str(model.columns[key].constraints):
            fail(f"`{model.name}.{key}` has no not_null constraint")


@check
def check_feature_view_owned(model: Any) -> None:
    """A feature view's owners have names."""
    for side, owner in (model.meta.get("owners") or {}).items():
        if not str(owner or "").strip():
            fail(f"`{model.name}` has no owner from {side}")


@check
def check_training_set_columns(model: Any) -> None:
    """A training set has its label, and an instant in each row; it is not published."""
    if "entities" in model.meta:
        fail(f"`{model.name}` states `meta.entities`: it would be published as a feature view")
    if model.meta.get("label") not in model.columns:
        fail(f"`{model.name}` declares no column `{model.meta.get('label')}`, its `meta.label`")
    instant = model.columns.get("event_timestamp")
    if instant is None or "not_null" not in str(instant.constraints):
        fail(f"`{model.name}.event_timestamp` has no not_null constraint")
