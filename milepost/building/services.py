"""Feature services as a dbt project states them: an exposure of type `ml` and its training set.

The features of a training set stand in its `point_in_time_join`, which writes them to
`meta.lookups` of the model while dbt parses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from milepost.building.declared_views import check_rung, published_name
from milepost.errors import PublishError
from milepost.release.service import Service, TrainingSetModel

Node = Mapping[str, Any]


def services(exposures: Iterable[Node], nodes: Mapping[str, Node]) -> list[Service]:
    """Return the feature services by name: exposures with a training set or with features.

    Raises a PublishError for an exposure whose training set or features cannot be a service's.
    """
    stated = {"training_set", "features"}
    return sorted(
        (
            _service(exposure, nodes)
            for exposure in exposures
            if stated & exposure["config"]["meta"].keys()
        ),
        key=lambda service: service.name,
    )


def training_sets(nodes: Iterable[Node]) -> list[TrainingSetModel]:
    """Return the lookups of all models, by the models' names."""
    lookups = []
    for node in nodes:
        meta = node["config"].get("meta", {})
        if node["resource_type"] != "model" or "lookups" not in meta:
            continue
        name = published_name(node)
        if "maturity" in meta:
            check_rung(f"training set `{name}`", meta["maturity"])
        lookups += [
            TrainingSetModel(name, lookup["features"], lookup.get("aliases", {}))
            for lookup in meta["lookups"]
        ]
    return sorted(lookups, key=lambda lookup: lookup.name)


def exposed(exposure: Node, nodes: Mapping[str, Node]) -> set[str]:
    """Return the ids of what an exposure depends on, and of what its training set is made from."""
    node_ids = set(exposure["depends_on"]["nodes"])
    if "training_set" in exposure["config"]["meta"]:
        node_ids |= set(_training_set(exposure, nodes)["depends_on"]["nodes"])
    return node_ids


def _service(exposure: Node, nodes: Mapping[str, Node]) -> Service:
    meta = exposure["config"]["meta"]
    lookup = _lookup(exposure, nodes) if "training_set" in meta else meta
    features, aliases = lookup["features"], lookup.get("aliases", {})
    is_list = isinstance(features, list) and all(isinstance(name, str) for name in features)
    if not is_list or not isinstance(aliases, dict) or exposure["type"] != "ml":
        raise PublishError(
            f"exposure `{exposure['name']}` is no feature service: {exposure['type']}, "
            f"`{features}`",
            hint="a service is an exposure of type `ml` with `meta.training_set`, or whose "
            "`meta.features` is a list of texts",
        )
    return Service(
        name=exposure["name"],
        description=" ".join(exposure["description"].split()),
        maturity=exposure["maturity"],
        owner={name: text for name, text in exposure["owner"].items() if isinstance(text, str)},
        features=features,
        aliases=aliases,
        tags=list(exposure.get("tags", [])),
    )


def _lookup(exposure: Node, nodes: Mapping[str, Node]) -> Mapping[str, Any]:
    """Return the features and aliases of the one lookup that the training set has."""
    name, meta = exposure["name"], exposure["config"]["meta"]
    if {"features", "aliases"} & meta.keys():
        raise PublishError(
            f"exposure `{name}` states `meta.training_set`, and features or aliases too",
            hint="leave out `meta.features` and `meta.aliases`: they are the training set's",
        )
    lookups: list[Mapping[str, Any]] = _training_set(exposure, nodes)["config"]["meta"].get(
        "lookups", []
    )
    if len(lookups) != 1:
        raise PublishError(
            f"`{meta['training_set']}`, the training set of exposure `{name}`, looks up features "
            f"{len(lookups)} times",
            hint="a service's training set is a model with one `point_in_time_join`",
        )
    return lookups[0]


def _training_set(exposure: Node, nodes: Mapping[str, Node]) -> Node:
    name = exposure["config"]["meta"]["training_set"]
    parents = [nodes[id_] for id_ in exposure["depends_on"]["nodes"] if id_ in nodes]
    models = [node for node in parents if node["resource_type"] == "model" and node["name"] == name]
    if len(models) != 1:
        raise PublishError(
            f"exposure `{exposure['name']}` depends on {len(models)} models named `{name}`, its "
            "training set",
            hint=f"let it depend on one: `depends_on: [ref('{name}')]`",
        )
    return models[0]
