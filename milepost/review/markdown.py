"""A report as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from milepost.display import shortened
from milepost.release import difference
from milepost.release.service import Service
from milepost.review.markdown_tables import of_cost, of_distributions, sides, table
from milepost.review.markdown_text import inline
from milepost.review.report import Report
from milepost.review.view_review import OTHER_CODE, OTHER_DESCRIPTION, REMOVED, ViewReview

MARK = "<!-- milepost report -->"
"""The first line, by which the workflow finds the comment that it wrote before."""

# GitHub takes no comment of more than 65,536 characters; 2026-11.
LONGEST = 65_000
# As many names, of an edited macro say, as one reads.
_SHOWN = 10


def text(report: Report) -> str:
    """Return the report; statistics and costs are left out where it would be too long.

    One that is still too long ends after a line. Only statistics and costs are folded up, and a
    table may end after any of its rows.
    """
    for is_full in (True, False):
        whole = "\n".join(_lines(report, is_full=is_full))
        if len(whole) <= LONGEST:
            return whole
    return (
        whole[: whole.rindex("\n", 0, LONGEST)] + "\n\n(cut: `milepost report --json` has it all)"
    )


def _lines(report: Report, *, is_full: bool) -> Iterator[str]:
    touched = report.touched
    yield MARK
    yield f"## Milepost: {len(touched)} of {len(report.views)} feature views change\n"
    yield f"{_against(report)}\n"
    if report.refused:
        yield "**The gate refuses this:**\n"
        yield from (f"- {inline(reason)}" for reason in report.refused)
        yield f"\nWhat to do: {inline(report.remedies)}\n"
    else:
        yield "The gate refuses nothing of this.\n"
    if touched:
        yield from _overview(touched)
        for review in touched:
            yield from _view(review, is_full=is_full)
    yield from _left(report.views)
    yield from _services(report.services, report.service_differences)
    if is_full:
        yield from of_cost(report.cost)


def _against(report: Report) -> str:
    if report.against is None:
        return "Nothing is published yet: each view is new."
    if report.against == report.current:
        return f"Against release `{report.against}`."
    return (
        f"Against release `{report.against}`, which is not the current one. The gate compares with "
        f"it, too. `milepost publish` compares with `{report.current}`: it may refuse more or less."
    )


def _overview(reviews: Sequence[ViewReview]) -> Iterator[str]:
    yield from table(
        ("view", "change", "rung", "rows", "changed in the past", "used by", "owners"),
        (
            (
                f"`{review.view}`",
                review.change,
                _rung(review),
                _rows(review),
                _past(review),
                ", ".join(f"`{name}`" for name in (*review.services, *review.training_sets)),
                ", ".join(f"{owner} ({role})" for role, owner in review.owners.items()),
            )
            for review in reviews
        ),
    )


def _view(review: ViewReview, *, is_full: bool) -> Iterator[str]:
    yield f"### {inline(f'`{review.view}`')}\n"
    for sentence in _sentences(review):
        indent = "  " if sentence.startswith("  ") else ""
        yield f"{indent}- {inline(sentence)}"
    yield ""
    if is_full and review.distribution_changes:
        yield from of_distributions(review.distribution_changes, is_sensitive=review.is_sensitive)


def _sentences(review: ViewReview) -> Iterator[str]:
    """Yield what is to be said of a view, each as an item of a list."""
    if review.changed_parts:
        yield f"Code: {shortened(review.changed_parts, _SHOWN)} changed."
    elif review.change == OTHER_CODE:
        yield "Code: other than the release's. `--state` would name the parts."
    elif review.changed_parts is not None and not review.is_code_of_release:
        yield "Code: not changed here; the base branch is ahead of the release, or the engine is."
    if not review.is_built and review.change == OTHER_DESCRIPTION:
        yield "Not built: its code is the same, and so are its rows."
    elif not review.is_built and review.rung_after is not None:
        yield (
            "Not built, so that its rows are not compared: "
            f"`dbt build --select +{review.selector}`."
        )
    if review.past_changes:
        changes, is_other_name = review.past_changes, review.compared_with != review.view
        yield (
            f"Past: {changes.row_count:,} rows changed before {changes.before}"
            + (f", compared with `{review.compared_with}`." if is_other_name else ".")
        )
        for change in changes.features[:_SHOWN]:
            yield (
                f"  `{change.feature}`: {change.instant_count:,} values, first at "
                f"{change.first_at}"
                + (f" of `{change.key}`" if change.key and not review.is_sensitive else "")
            )
        if len(changes.features) > _SHOWN:
            yield f"  and {len(changes.features) - _SHOWN} more features"
    elif review.is_built and review.compared_with:
        yield f"Past: not compared, as `{review.compared_with}` has other keys."
    if review.missing_for_rung:
        missing = shortened(review.missing_for_rung)
        yield f"Rung: `{review.rung_after}` is not earned: {missing}."
    for kind, names in (
        ("new", review.checks_new),
        ("lost", review.checks_lost),
        ("changed", sorted({*review.checks_changed} - {*review.checks_new, *review.checks_lost})),
    ):
        if names:
            listed = [f"`{name}`" for name in names]
            yield f"Checks {kind}: {len(names)}: {shortened(listed, _SHOWN)}."
    if review.difference:
        _, *lines = difference.lines([review.difference])
        yield from (f"For readers: {line.strip()}" for line in lines if "partitions" not in line)


def _rung(review: ViewReview) -> str:
    text = sides(review.rung_before or "", review.rung_after or "")
    return f"{text}, **not earned**" if review.missing_for_rung else text


def _rows(review: ViewReview) -> str:
    if review.difference is None:
        return "same"
    if not review.is_built and review.change not in (OTHER_DESCRIPTION, REMOVED):
        return "not built"
    return f"{review.difference.rows_before:,} → {review.difference.rows_after:,}"


def _past(review: ViewReview) -> str:
    if review.past_changes is None:
        return ""
    count = review.past_changes.row_count
    return f"**{count:,} rows**" if count else "0"


def _left(reviews: Sequence[ViewReview]) -> Iterator[str]:
    """Yield which views do not change, and whether that was built or follows from their code."""
    for title, is_built in (("Built, and unchanged", True), ("Unchanged, and not built", False)):
        names = [f"`{r.view}`" for r in reviews if not r.is_touched and r.is_built == is_built]
        if names:
            yield f"{title}: {', '.join(names)}.\n"


def _services(
    services: Sequence[Service], differences: Iterable[difference.ServiceDifference]
) -> Iterator[str]:
    lines = list(difference.lines(list(differences))) if differences else []
    if services or lines:
        yield "### Services that use what changes\n"
    if services:
        yield from table(
            ("service", "maturity", "owner"),
            (
                (f"`{item.name}`", item.maturity or "", ", ".join(item.owner.values()))
                for item in services
            ),
        )
    yield from (f"- {inline(line)}" for line in lines)
    if lines:
        yield ""
