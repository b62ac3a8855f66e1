"""SQL of the facts that the scratch database can run, and the types that a contract may state."""

from __future__ import annotations

from collections.abc import Sequence

from milepost.drafting.facts import Facts, Layer, unqualified
from milepost.drafting.models import Models
from milepost.drafting.query import Node
from milepost.drafting.written import written
from milepost.release.names import TYPES

NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT")


def runnable(facts: Facts, layers: Sequence[Layer], columns: str, relation: str = "") -> str:
    """Return SQL that selects columns of the last of some layers.

    It reads the table of the model, or `relation` in its place.
    """
    reference = f"{{{{ ref('{facts.model.name}') }}}}"
    table = relation or facts.model.relation
    ctes = [
        f"{layer.name} as (\n{facts.model.relation}\n)"
        if layer.text
        else f"{layer.name} as (\n{layer.sql().replace(reference, table)}\n)"
        for layer in layers
    ]
    source = layers[-1].name if layers else table
    head = "with " + ",\n".join(ctes) + "\n" if ctes else ""
    return f"{head}select {columns} from {source}"


def type_of(models: Models, facts: Facts, value: Node) -> str:
    """Return the type that an expression over the last layer has in the scratch database."""
    sql = runnable(facts, facts.layers, f"{written(unqualified(value, facts))} as value_of_it")
    return models.columns_of(f"({sql})", facts.model.name)["value_of_it"]


def contract_type(data_type: str) -> str:
    """Return the type that a contract may state for a type of DuckDB, empty where there is none."""
    kind = data_type.upper()
    if kind in TYPES:
        return kind
    if kind.startswith(("DECIMAL", "FLOAT", "HUGEINT")):
        return "DOUBLE"
    if kind.endswith("INT") or kind == "INTEGER":
        return "BIGINT"
    return ""
