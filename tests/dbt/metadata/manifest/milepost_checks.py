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
def check_training_set_columns(model: Any, ctx: Any) -> None:
    """A training set has a label and an instant, both tested; it is not published."""
    if "entities" in model.meta:
        fail(f"`{model.name}` states `meta.entities`: it would be published as a feature view")
    if model.meta.get("label") not in model.columns:
        fail(f"`{model.name}` declares no column `{model.meta.get('label')}`, its `meta.label`")
    tests = ctx.tests_by_attached_node.get(model.unique_id, [])
    if not any(test.column_name == model.meta.get("label") for test in tests):
        fail(f"`{model.name}.{model.meta.get('label')}`, the label, has no data test")
    if f"not_null_{model.name}_event_timestamp" not in {test.name for test in tests}:
        fail(f"`{model.name}.event_timestamp` has no not_null test")


@check
def check_exposure_follows_training_set(exposure: Any) -> None:
    """The features of a model stand in its training set, and nothing else says what it uses."""
    meta = exposure.config.meta
    if "features" in meta:
        fail(f"`{exposure.name}` lists features: name the training set that looks them up")
    models = [node_id.split(".")[2] for node_id in exposure.depends_on.nodes]
    if "training_set" in meta and models != [meta["training_set"]]:
        fail(f"`{exposure.name}` depends on `{models}`, not on its training set alone")
