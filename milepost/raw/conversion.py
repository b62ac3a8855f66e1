"""Which types in files become which declared types without losing a digit, in DuckDB's names."""

from __future__ import annotations

from typing import Literal

from milepost.raw.column_types import INTEGERS, decimal_digits

_LAND = "land it in the declared type, or declare the change in the source's YAML"
# Not every value of the first type has an equal one of the second.
_EXACT = {
    ("UBIGINT", "BIGINT"),
    ("BIGINT", "DOUBLE"),
    ("UBIGINT", "DOUBLE"),
    ("TIMESTAMP", "DATE"),
    ("TIMESTAMP_NS", "DATE"),
}


def conversion(actual: str, declared: str) -> Literal["cast", "exact", "instant"] | None:
    """Return how values of the type in files become values of the declared type, if they can."""
    if actual == declared:
        return "cast"
    if (actual, declared) in _EXACT:
        return "exact"
    if declared == "TIMESTAMP" and actual.endswith("WITH TIME ZONE"):
        return "instant"
    return "cast" if _holds(declared, actual) else None


def _holds(declared: str, actual: str) -> bool:
    """Return whether each value of the type in files keeps its digits in the declared type."""
    whole, fraction = _digits(actual)
    whole_declared, fraction_declared = _digits(declared)
    if decimal_digits(declared):
        is_exact = actual in INTEGERS or decimal_digits(actual) is not None
        return is_exact and whole <= whole_declared and fraction <= fraction_declared
    if declared in INTEGERS:
        # Of two integer types with a sign the one with more digits is the wider one, and it holds
        # those without a sign that have fewer digits.
        return actual in INTEGERS and whole < whole_declared
    if declared in ("FLOAT", "DOUBLE"):
        digits = 15 if declared == "DOUBLE" else 6  # that a number of the type keeps
        return actual in ("FLOAT", "FLOAT16") or 0 < whole + fraction <= digits
    return (declared, actual) in {
        ("TIMESTAMP", "DATE"),
        ("TIMESTAMP", "TIMESTAMP_NS"),
        ("VARCHAR", "UUID"),
    }


def _digits(duckdb_name: str) -> tuple[int, int]:
    """Return how many digits a decimal or integer type has before and after the point."""
    precision, scale = decimal_digits(duckdb_name) or (INTEGERS.get(duckdb_name, 0), 0)
    return precision - scale, scale


def hint(actual: str | None, declared: str) -> str:
    """Return what to do about files whose type does not become the declared one."""
    if actual is None:
        return (
            "no build reads this type: write it as another, or leave the column out of the "
            "source's YAML; what is not declared is not read"
        )
    if actual == "VARCHAR" and declared in ("DATE", "TIMESTAMP"):
        return (
            "say how the text is written in `config.meta` of the column: `format: '%d.%m.%Y %H:%M'`"
        )
    if actual == "VARCHAR":
        return (
            "declare `varchar`, and convert it in the base model; or land it in the declared type"
        )
    if actual.startswith("TIMESTAMP"):
        return (
            "declare `timestamp`, and convert it in the base model; or land it in the declared type"
        )
    whole, fraction = (max(pair) for pair in zip(_digits(actual), _digits(declared), strict=True))
    if declared in INTEGERS and actual in INTEGERS:
        return "declare `bigint`"
    if {actual, declared} & {"FLOAT16", "FLOAT", "DOUBLE"} and (whole or actual == "DOUBLE"):
        return f"declare `double` if that is exact enough; or {_LAND}"
    if whole and (decimal_digits(actual) or decimal_digits(declared)) and whole + fraction <= 38:
        return f"declare `decimal({whole + fraction}, {fraction})`, which holds both; or {_LAND}"
    return _LAND
