"""An expression's tree as a function in Python, which gives what DuckDB gives.

Where that is not known in Python there is no function, or it raises an ArithmeticError: then DuckDB
has to compute the expression.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from milepost.release.expression_calls import CALLS
from milepost.release.expression_tree import Call, Case, Cast, Column, Constant, Node, parse
from milepost.release.expression_types import (
    Function,
    Part,
    UnknownError,
    as_double,
    boolean,
    common,
    converted,
)


@lru_cache(maxsize=4096)
def compile_function(
    sql: str, names: tuple[tuple[str, str], ...], declared: str
) -> Function | None:
    """Return the function of an expression over `names`, each with its type; None without one.

    What is not finite is None, as for all derived features.
    """
    types = dict(names)
    places = {name: place for place, name in enumerate(types)}

    def part(node: Node) -> Part:
        match node:
            # A BIGINT that DuckDB takes for an INTEGER in some places.
            case Constant(value, kind) if value != -(2**31):
                return Part(kind, lambda _: value)
            case Column(name):
                return Part(types[name], operator.itemgetter(places[name]))
            case Cast(operand, "DOUBLE"):
                return Part("DOUBLE", as_double(part(operand)))
            case Case(branches, otherwise):
                conditions = [boolean(part(condition)) for condition, _ in branches]
                return _case(conditions, [*(part(value) for _, value in branches), part(otherwise)])
            case Call(name, arguments) if name in CALLS:
                return CALLS[name](name, [part(argument) for argument in arguments])
        raise UnknownError

    try:
        function = converted(part(parse(sql)), declared)
    except UnknownError:
        return None
    return _finite(function) if declared == "DOUBLE" else function


def _finite(function: Function) -> Function:
    def finite(row: Sequence[Any]) -> float | None:
        value = function(row)
        return value if value is not None and math.isfinite(value) else None

    return finite


def _case(conditions: Sequence[Function], values: Sequence[Part]) -> Part:
    kind, functions = common(values)
    otherwise = functions[-1]
    branches = list(zip(conditions, functions[:-1], strict=True))

    def case(row: Sequence[Any]) -> Any:
        result, is_open = None, True
        for condition, function in branches:
            holds, value = condition(row), function(row)
            if holds and is_open:
                result, is_open = value, False
        value = otherwise(row)
        return value if is_open else result

    return Part(kind, case)
