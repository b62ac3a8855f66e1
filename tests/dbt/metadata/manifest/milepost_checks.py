"""Rules that dbt-bouncer.yml names and dbt-bouncer has not, or only after a build."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dbt_bouncer.check_framework.decorator import check, fail

# What a reader who came by a search cannot follow: a description that goes on from another one.
_GOES_ON = re.compile(
    r"""
    ^ (?: the\ same | as\ above | see | this | that | these | those | they | them | its? ) \b
    | \b the\ same\ (?: way | as | over | in\ the ) \b
    | \b (?: as | see )\ (?: above | below ) \b
    | (?: ^ | [.]\ ) with\ (?: it | the\ next ) \b
    | \b when\ (?: it | they )\ did \b
    | ^ [^.]{0,30} \b (?: they\ were | them | those ) \. # "Carriers that hauled them."
    """,
    re.VERBOSE | re.IGNORECASE,
)


@check
def check_model_descriptions_stand_alone(model: Any, *, min_words: int) -> None:
    """A model and each of its columns is understood without the description of another."""
    descriptions = {
        model.name: model.description,
        **{f"{model.name}.{column.name}": column.description for column in model.columns.values()},
    }
    if faults := list(description_faults(descriptions, min_words)):
        fail("; ".join(faults))


def description_faults(descriptions: Mapping[str, str | None], min_words: int) -> Iterator[str]:
    """Yield why a description is not understood alone; an empty one is another check's fault."""
    names: dict[str, str] = {}
    for name, text in descriptions.items():
        words = (text or "").split()
        description = " ".join(words)
        if not words:
            continue
        if pointer := _GOES_ON.search(description):
            yield f"`{name}` goes on from another description: `{pointer[0]}`"
        if len(words) < min_words:
            yield f"`{name}` is described in fewer than {min_words} words"
        if description in names:
            yield f"`{name}` and `{names[description]}` have one description"
        names[description] = name


@check
def check_feature_view_samples(model: Any) -> None:
    """A rate, mean, quantile or deviation of a feature view names its sample."""
    for column in model.columns.values():
        is_estimate = re.search(r"_(rate|mean|p\d\d|stddev|interquartile_range)(_|$)", column.name)
        if is_estimate and "sample" not in column.config.meta:
            fail(f"`{model.name}.{column.name}` names no count as its `meta.sample`")


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
