"""Which values of the facts are never null, as conditions and tests of the project say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from milepost.drafting.facts import Facts, unqualified
from milepost.drafting.models import Models
from milepost.drafting.query import Node, conjuncts, expression
from milepost.drafting.written import written


def never_null(facts: Facts, conditions: Sequence[Node], models: Models) -> frozenset[str]:
    """Return the SQL of values that are null in no fact for which conditions are true.

    A value that is not in it may be null.
    """
    values = models.never_null_columns(facts.model) if facts.is_whole else set()
    columns = set(facts.model.columns)
    for layer in facts.layers:
        values |= set(_not_null(map(expression, layer.conditions)))
        items = layer.named_items()
        of_star = columns if "*" in layer.items else set()
        computed = {name for name, item in items.items() if is_never_null(item, values)}
        # Of two columns with one name it is not known which is read.
        values = ((of_star & values) | computed) - (of_star & items.keys())
        columns = of_star | items.keys()
    return frozenset(values | set(_not_null(unqualified(part, facts) for part in conditions)))


def is_never_null(value: Node, values: AbstractSet[str]) -> bool:
    """Return whether a value is never null where those of which the SQL is given are not."""
    if written(value) in values:
        return True
    if value["class"] == "CONSTANT":
        return not value["value"]["is_null"]
    if value["class"] == "CAST":
        return not value["try_cast"] and is_never_null(value["child"], values)
    children = [is_never_null(child, values) for child in value.get("children", [])]
    if value["type"] == "OPERATOR_COALESCE":
        return any(children)
    operator = value.get("function_name") if value.get("is_operator") else None
    if operator == "/":
        # A division by 0 is null.
        divisor = value["children"][1].get("value", {}).get("value")
        return all(children) and isinstance(divisor, int | float) and divisor != 0
    return operator in {"+", "-", "*"} and all(children)


def counted(value: Node, values: AbstractSet[str]) -> Node | None:
    """Return what has as many values as a value: None for the facts, which it has all."""
    if is_never_null(value, values):
        return None
    if value["class"] == "CASE" and len(value["case_checks"]) == 1:
        (check,) = value["case_checks"]
        has_else = written(value["else_expr"]) != "null"
        where = {*values, *_not_null(conjuncts(check["when_expr"]))}
        if not has_else and is_never_null(check["then_expr"], where):
            return expression(f"case when {written(check['when_expr'])} then true end")
    return value


def _not_null(conditions: Iterable[Node]) -> Iterator[str]:
    """Yield the SQL of what is not null where conditions are true."""
    for condition in conditions:
        if condition["type"] == "OPERATOR_IS_NOT_NULL":
            yield written(condition["children"][0])
        elif condition["class"] == "COMPARISON" and "DISTINCT" not in condition["type"]:
            yield from (written(condition["left"]), written(condition["right"]))
        elif condition["class"] == "BETWEEN":
            yield written(condition["input"])
