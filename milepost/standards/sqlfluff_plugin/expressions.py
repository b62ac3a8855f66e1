"""Rules for an expression or a name alone: the clock, letters, paths, sums."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlfluff.core.parser import BaseSegment
from sqlfluff.core.rules import BaseRule, LintResult, RuleContext
from sqlfluff.core.rules.crawlers import RootOnlyCrawler, SegmentSeekerCrawler

from milepost.standards.sql_rules import INEXACT_SUM, LETTER_ALIAS, PATH_IN_SQL, WALL_CLOCK

CLOCK = {
    "now",
    "today",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_localtime",
    "current_localtimestamp",
    "get_current_time",
    "get_current_timestamp",
    "localtime",
    "localtimestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "clock_timestamp",
    "unix_timestamp",
    "getdate",
    "sysdate",
}
_SUMS = {"sum", "avg", "mean", "fsum", "favg", "kahan_sum", "sumkahan"}
_MONEY = re.compile(
    r"(^|_)(usd|eur|gbp|cad|mxn|chf|jpy|cny|inr|aud|amount|price|cost|revenue|fee)s?(_|$)"
)
_EXACT = re.compile(r"(decimal|numeric|bigint|hugeint|integer|int)\b", re.IGNORECASE)
_PATH = re.compile(
    r"""^(?: [a-z][a-z0-9+.-]* :// | file: | ~?/[\w.] | \.{1,2}/ | [a-z]:[\\/] )
    | \. (?: parquet|csv|tsv|json|ndjson|jsonl|xlsx|arrow|feather|duckdb|db ) (?: \.\w+ )? $""",
    re.VERBOSE | re.IGNORECASE,
)
_TEXT_IN_JINJA = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"")


class Rule_Milepost_MP02(BaseRule):
    """No value depends on the hour at which it is built."""

    name = WALL_CLOCK.name
    groups = ("all", "milepost")
    crawl_behaviour = SegmentSeekerCrawler({"function", "bare_function"})

    def _eval(self, context: RuleContext) -> LintResult | None:
        """Find a call that reads the clock."""
        segment = context.segment
        name = function_name(segment)
        # `age` of one instant measures from today.
        if name in CLOCK or (name == "age" and "," not in segment.raw):
            return LintResult(anchor=segment, description=f"`{segment.raw}` reads the wall clock")
        return None


class Rule_Milepost_MP03(BaseRule):
    """A table, a CTE or a column is named for what it holds, not by a letter."""

    name = LETTER_ALIAS.name
    groups = ("all", "milepost")
    crawl_behaviour = SegmentSeekerCrawler({"alias_expression", "common_table_expression"})

    def _eval(self, context: RuleContext) -> LintResult | None:
        """Find a name of one letter, with or without a number."""
        for child in context.segment.segments:
            if child.is_type("identifier"):
                if re.fullmatch(r"[a-z]\d*", child.raw.strip('"').lower()):
                    return LintResult(anchor=child, description=f"`{child.raw}` tells nothing")
                return None
        return None


class Rule_Milepost_MP04(BaseRule):
    """A model names no file, folder or URL."""

    name = PATH_IN_SQL.name
    groups = ("all", "milepost")
    crawl_behaviour = RootOnlyCrawler()

    def _eval(self, context: RuleContext) -> list[LintResult]:
        """Find texts that are places, in the SQL and in the Jinja that makes it."""
        faults = [
            LintResult(anchor=segment, description=f"`{segment.raw}` is a place outside of dbt")
            for segment in context.segment.recursive_crawl("quoted_literal", "quoted_identifier")
            if _PATH.search(segment.raw.strip("'\""))
        ]
        slices = context.templated_file.raw_sliced if context.templated_file else []
        for raw_slice in slices:
            if raw_slice.slice_type in {"templated", "block_start"}:
                anchor = _first_after(context.segment, raw_slice.source_idx)
                faults += [
                    LintResult(anchor=anchor, description=f"`{text}` is a place outside of dbt")
                    for text in _texts(raw_slice.raw)
                    if _PATH.search(text)
                ]
        return faults


class Rule_Milepost_MP05(BaseRule):
    """Money is cast to DECIMAL before it is added, and nothing is cast to DOUBLE before."""

    name = INEXACT_SUM.name
    groups = ("all", "milepost")
    crawl_behaviour = SegmentSeekerCrawler({"function"})

    def _eval(self, context: RuleContext) -> LintResult | None:
        """Find a sum or mean of money that is not cast, or of a DOUBLE."""
        segment = context.segment
        contents = segment.get_child("function_contents")
        if function_name(segment) not in _SUMS or contents is None:
            return None
        types = " ".join(part.raw.lower() for part in contents.recursive_crawl("data_type"))
        is_float = re.search(r"\b(double|float\d?|real)\b", types)
        money = [
            column.raw
            for column in _added_as_they_come(contents)
            if _MONEY.search(name := column.raw.split(".")[-1].lower())
            # What `trailing_features` names so, it has cast.
            and not name.startswith("milepost__")
            and not name.endswith("_count")
        ]
        if is_float:
            return LintResult(anchor=segment, description=f"`{segment.raw}` adds a DOUBLE")
        if money:
            return LintResult(
                anchor=segment, description=f"`{money[0]}` is money and is added as it comes"
            )
        return None


def _added_as_they_come(part: BaseSegment) -> Iterator[BaseSegment]:
    """Yield the columns whose values a sum adds without an exact cast, and not its conditions."""
    if part.is_type("column_reference"):
        yield part
        return
    if part.is_type("cast_expression") or function_name(part) in {"cast", "try_cast"}:
        *_, data_type = part.recursive_crawl("data_type")
        if _EXACT.match(data_type.raw):
            return
    parts = list(part.segments)
    if part.is_type("when_clause"):
        keywords = [child.raw_upper for child in parts]
        parts = parts[keywords.index("THEN") :]
    for child in parts:
        yield from _added_as_they_come(child)


def function_name(segment: BaseSegment) -> str:
    """Return the name of a function that is called, with or without brackets."""
    if segment.is_type("bare_function"):
        return segment.raw.lower()
    name = segment.get_child("function_name")
    return name.raw.lower() if name else ""


def _texts(jinja: str) -> Iterator[str]:
    for match in _TEXT_IN_JINJA.finditer(jinja):
        yield match[1] or match[2] or ""


def _first_after(root: BaseSegment, source_index: int) -> BaseSegment:
    """Return the first part of the SQL that stands in the file itself, from a place in it on.

    sqlfluff drops what it finds in parts that Jinja made, if a project asks it to.
    """
    for segment in root.raw_segments:
        marker = segment.pos_marker
        if marker and marker.source_slice.start >= source_index and marker.is_literal():
            return segment
    return root
