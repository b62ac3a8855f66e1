"""The text of a CTE that is kept as it stands, with its tables named as dbt names them."""

from __future__ import annotations

import re
from itertools import pairwise

import duckdb

from milepost.drafting.models import Models
from milepost.drafting.query import JINJA, Node, Query, walk
from milepost.errors import DraftError

_TABLE = re.compile(
    r"read_parquet\([^)]*\)|parquet_scan\([^)]*\)|'[^']*'|(?:\"[^\"]+\"|\w+)(?:\.(?:\"[^\"]+\"|\w+))*"
)


def kept_text(query: Query, node: Node, name: str, models: Models) -> tuple[str, str]:
    """Return the text of a CTE as a model has it, and as the scratch database can run it."""
    data = query.text.encode()
    begin, end = _range(query.text, name)
    if JINJA.search(data[begin:end].decode()):
        raise DraftError(
            f"`{query.at(node)}`: dbt would read a comment of the CTE `{name}` as Jinja",
            hint="leave its braces out",
        )
    texts = []
    for is_model in (True, False):
        text = data[begin:end].decode()
        tables = {
            part["query_location"]: part
            for part in walk(node)
            if part.get("type") in ("BASE_TABLE", "TABLE_FUNCTION")
            and begin <= part["query_location"] < end
        }
        for location, table in sorted(tables.items(), reverse=True):
            model = models.of_table(table)
            start = len(data[begin:location].decode())
            match = _TABLE.match(text, start)
            if match is None:
                raise DraftError(
                    f"`{query.at(table)}`: the name of the table is not understood",
                    hint="name a model, or raw files with `read_parquet`",
                )
            new = f"{{{{ ref('{model.name}') }}}}" if is_model else model.relation
            text = text[: match.start()] + new + text[match.end() :]
        texts.append("\n".join(line.rstrip() for line in text.strip().splitlines()))
    return texts[0], texts[1]


def _range(text: str, name: str) -> tuple[int, int]:
    """Return the bytes between the parentheses of a CTE."""
    data = text.encode()
    starts = [start for start, _ in duckdb.tokenize(text)] + [len(data)]
    words = [
        (start, data[start:end].decode().split("--")[0].strip().lower().strip('"'))
        for start, end in pairwise(starts)
    ]
    for index, (_, word) in enumerate(words):
        following = [later for _, later in words[index + 1 : index + 5]]
        if word == name and following[:1] == ["as"] and "(" in following:
            depth, first = 0, words[index + 1 + following.index("(")][0]
            for start, mark in words:
                if start >= first and mark in {"(", ")"}:
                    depth += 1 if mark == "(" else -1
                    if not depth:
                        return first + 1, start
    raise DraftError(f"the CTE `{name}` is not found", hint=f"write it as `{name} as (select ...)`")
