"""What is wrong with what YAML says of one model or source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]

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
_ESTIMATE = re.compile(r"_(rate|mean|p\d\d|stddev|interquartile_range)(_|$)")
_PERSONAL = re.compile(
    r"""(?: ^ | _ ) (?: e?mail | phone | mobile | fax | ssn | passport | iban | (?:date_of_)?birth(?:day|date)?
    | street | postal_address | home_address | ip_address | gender
    | (?: first | last | full | middle | driver | contact | person | customer | user | sur )_?name
    ) s? (?: _ (?: number | no | date | day | address | of_birth ) )? $""",
    re.VERBOSE | re.IGNORECASE,
)
# "The carrier" tells nothing about a feature; "Loads booked by the carrier" does.
_MIN_WORDS_OF_VIEW, _MIN_WORDS = 5, 2


@dataclass(frozen=True)
class Fault:
    """What is wrong with a model or source, or with one of its columns."""

    message: str
    column: str | None = None


def dependent_descriptions(node: Node) -> Iterator[Fault]:
    """Find descriptions that are not understood alone; an empty one is no fault here."""
    if "source_name" in node:
        return
    min_words = _MIN_WORDS_OF_VIEW if _is_view(node) else _MIN_WORDS
    names: dict[str, str] = {}
    described = [(None, node), *node["columns"].items()]
    for column, holder in described:
        description = " ".join((holder.get("description") or "").split())
        name = f"{node['name']}.{column}" if column else str(node["name"])
        if not description:
            continue
        if pointer := _GOES_ON.search(description):
            yield Fault(f"`{name}` goes on from another description: `{pointer[0]}`", column)
        if len(description.split()) < min_words:
            yield Fault(f"`{name}` is described in fewer than {min_words} words", column)
        if description in names:
            yield Fault(f"`{name}` and `{names[description]}` have one description", column)
        names[description] = name


def nullable_keys(node: Node) -> Iterator[Fault]:
    """Find keys of a feature view that are not declared, or may be null."""
    if not _is_view(node):
        return
    for key in [*_keys(_meta(node)["entities"]), "available_at"]:
        column = node["columns"].get(key)
        if column is None:
            yield Fault(f"`{node['name']}` declares no column `{key}`")
        elif "not_null" not in str(column.get("constraints")):
            yield Fault(f"`{node['name']}.{key}` has no not_null constraint", key)


def rates_without_sample(node: Node) -> Iterator[Fault]:
    """Find estimates of a feature view that name no count."""
    for name, column in node["columns"].items() if _is_view(node) else ():
        if _ESTIMATE.search(name) and "sample" not in _meta(column):
            yield Fault(f"`{node['name']}.{name}` names no count as its `meta.sample`", name)


def unnamed_owners(node: Node) -> Iterator[Fault]:
    """Find owners without a name."""
    owners = _meta(node).get("owners")
    for side, owner in owners.items() if isinstance(owners, dict) else ():
        if not str(owner or "").strip():
            yield Fault(f"`{node['name']}` has no owner from {side}")


def untagged_personal_data(node: Node) -> Iterator[Fault]:
    """Find columns of a source that tell of a person by their names, and do not say so."""
    for name, column in node["columns"].items() if "source_name" in node else ():
        if _PERSONAL.search(name) and "personal_data" not in _meta(column):
            table = f"{node['source_name']}.{node['name']}"
            yield Fault(f"`{table}.{name}` does not say whether it is personal data", name)


def _keys(entities: Any) -> Iterator[str]:
    """Yield the key columns that `entities` names; `is declared` says what is no list of names."""
    for entity in entities.values() if isinstance(entities, dict) else ():
        keys = entity.get("keys") if isinstance(entity, dict) else entity
        yield from (key for key in keys if isinstance(key, str)) if isinstance(keys, list) else ()


def _is_view(node: Node) -> bool:
    return "source_name" not in node and "entities" in _meta(node)


def _meta(holder: Node) -> dict[str, Any]:
    """Return what is stated as `meta`, beside a thing or in its `config`."""
    return {**(holder.get("meta") or {}), **((holder.get("config") or {}).get("meta") or {})}
