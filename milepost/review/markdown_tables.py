"""The tables of a report in Markdown: distributions side by side, and what the build cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from milepost.review.cost import Cost
from milepost.review.distributions import Distribution, DistributionChange
from milepost.review.markdown_text import inline

# The slowest tables: more of them tell no more.
_SHOWN = 10


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, and an empty one."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    yield from (f"| {' | '.join(map(inline, row))} |" for row in rows)
    yield ""


def sides(before: str, after: str) -> str:
    """Return a value before and after, once where it is the same."""
    return after if before == after else f"{before or 'none'} → {after or 'none'}"


def of_distributions(changes: Sequence[DistributionChange], *, is_sensitive: bool) -> Iterator[str]:
    """Yield what differs between the values before and after, folded up.

    Values of texts and of sensitive views are left out: a pull request is read by more people.
    """
    yield f"<details><summary>Statistics: {len(changes)} features differ</summary>\n"
    yield from table(
        ("feature", "null share", "least", "5 %", "median", "95 %", "greatest"),
        (
            (
                f"`{change.feature}`",
                *(
                    sides(before, after)
                    for before, after in zip(
                        _cells(change.before, is_shown=not (is_sensitive or change.is_text)),
                        _cells(change.after, is_shown=not (is_sensitive or change.is_text)),
                        strict=True,
                    )
                ),
            )
            for change in changes
        ),
    )
    yield "</details>\n"


def _cells(distribution: Distribution | None, *, is_shown: bool) -> list[str]:
    """Return the cells of one side: null share, least value, quantiles, greatest value."""
    if distribution is None:
        return [""] * 6
    share = distribution.null_share
    if not is_shown:
        return ["" if share is None else f"{share:.2%}", *["not shown"] * 5]
    values = [
        distribution.least,
        *(distribution.quantiles.get(name) for name in ("0.05", "0.5", "0.95")),
        distribution.greatest,
    ]
    return ["" if share is None else f"{share:.2%}", *map(_short, values)]


def _short(value: str | None) -> str:
    """Return a value as a person reads it: of a number with a fraction, six digits."""
    if value is None:
        return ""
    try:
        return f"{float(value):.6g}" if "." in value or "e" in value else value
    except ValueError:
        return value


def of_cost(cost: Cost | None) -> Iterator[str]:
    """Yield how long the build took, and its slowest tables, folded up."""
    yield "### Cost of the build\n"
    if cost is None:
        yield "Nothing was built here, or `target/run_results.json` is not of the last build."
        return
    yield (
        f"{cost.seconds:.1f} s: {len(cost.tables)} tables, and {cost.test_seconds:.1f} s for "
        f"{cost.test_count} tests.\n"
    )
    yield "<details><summary>The slowest tables</summary>\n"
    yield from table(
        ("table", "seconds", "rows"),
        (
            (
                f"`{table.name}`",
                f"{table.seconds:.1f}",
                "" if table.rows is None else f"{table.rows:,}",
            )
            for table in cost.tables[:_SHOWN]
        ),
    )
    yield "</details>"
