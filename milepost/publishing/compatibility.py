"""Whether feature views may follow the current release: what it promised, and within what bounds.

Each rule yields its reasons. The rules are listed in docs/reference/release-format.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from duckdb import DuckDBPyConnection

from milepost.building.declared_views import FeatureView
from milepost.publishing.gate import Passed
from milepost.publishing.refusal import Refusal
from milepost.release.definition import ViewDefinition, statements
from milepost.release.derived import Derived
from milepost.release.manifest import Manifest, View
from milepost.release.names import AVAILABLE_AT

# New rows are compared with those of as many days before: a month, in which weekends even out.
REFERENCE_DAYS = 28
_NEW_VERSION = "it needs a new version of the view"
LOOK = "look at what landed, or state another bound in the view's YAML and why"


def predecessor(view: FeatureView, current: Manifest | None) -> View | None:
    """The view of the current release that `view` goes on from."""
    return current.predecessor(view.name, view.version) if current else None


def schema_faults(views: Iterable[FeatureView], current: Manifest) -> Iterator[str]:
    """What readers of the current release would miss, or read otherwise than before."""
    continued = set()
    for view in views:
        old = predecessor(view, current)
        if not old:
            continue
        continued.add(old.name)
        types = view.types
        for field in old.fields:
            if field.name not in types:
                yield f"{view.name}.{field.name}: it is removed or renamed; {_NEW_VERSION}"
            elif types[field.name] != field.type:
                yield (
                    f"{view.name}.{field.name}: it was {field.type} and is {types[field.name]}; "
                    f"{_NEW_VERSION}"
                )
        if view.keys != old.keys:
            yield f"{view.name}: its keys were {old.keys} and are {view.keys}; {_NEW_VERSION}"
        derived = {one.name: one for one in view.derived}
        for one in old.derived:
            if one.name not in derived:
                yield f"{view.name}:{one.name}: it is removed or renamed; {_NEW_VERSION}"
            elif _computed(derived[one.name]) != _computed(one):
                yield f"{view.name}:{one.name}: it is computed otherwise; {_NEW_VERSION}"
        for name, statement in statements(ViewDefinition).items():
            before, now = getattr(old, name), getattr(view, name)
            if statement.is_breaking and name != "keys" and before != now:
                yield f"{view.name}: its `{name}` was `{before}` and is `{now}`; {_NEW_VERSION}"
    now = datetime.now(UTC).replace(tzinfo=None)
    for old in current.views:
        ends = datetime.fromisoformat(old.deprecated_at) if old.deprecated_at else None
        if old.name not in continued and (ends is None or ends > now):
            yield (
                f"{old.name}: it is removed, and the current release "
                + (f"keeps it until {ends}" if ends else "gives it no `deprecation_date`")
            )


def _computed(derived: Derived) -> Derived:
    """All of it but how it is described."""
    return replace(derived, description="")


def forward_faults(passed: Passed, old: View) -> Iterator[str]:
    """A view never ends earlier than the current release's: that is a rollback, or an old build."""
    before = old.instant("built_through")
    if passed.built_through < before:
        yield (
            f"{passed.view.name}: it is built through {passed.built_through}, in the current "
            f"release through {before}; build from the raw log that the store is published from"
        )


def dropped_check_faults(passed: Passed, old: View) -> Iterator[Refusal]:
    """Each check that the current release had and the view lacks, unless its YAML says why."""
    for name in sorted(set(old.checks) - set(passed.checks)):
        # A test that has no name of its own is named after the view, and so after its version.
        is_renamed = name.replace(old.name, passed.view.name) in passed.checks
        if not is_renamed and not passed.dropped_checks.get(name):
            yield Refusal(
                passed.view.name,
                f"check `{name}`",
                "is gone, which the current release passed",
                "checks are gone, which the current release passed",
                "put it back, or say why in `meta: {dropped_checks: {<check>: <reason>}}` of the "
                "view or of what it is made from",
            )


def bound_faults(con: DuckDBPyConnection, passed: Passed, old: View) -> Iterator[str]:
    """Whether the rows since the current release are as many, and as full, as those before them.

    Not judged: nulls where the window was not full before, rows where one of all windows was not,
    and where the rows are too few to tell.
    """
    view, end = passed.view, old.instant("built_through")
    if passed.built_through <= end:
        return
    complete_from = passed.complete_from
    for start in sorted(set(complete_from.values())):
        judged = [name for name in view.features if complete_from[name] == start]
        is_whole = start == max(complete_from.values())
        yield from _bound_faults(con, passed, (start, end), judged, is_whole=is_whole)


def _bound_faults(
    con: DuckDBPyConnection,
    passed: Passed,
    complete: tuple[datetime, datetime],
    features: Sequence[str],
    *,
    is_whole: bool,
) -> Iterator[str]:
    """The faults of features that are complete between the two instants; `is_whole`: all are."""
    view, end = passed.view, complete[1]
    start = max(complete[0], end - timedelta(days=REFERENCE_DAYS))
    if start >= end:
        return
    counted = ", ".join(["count(*)", *(f"count({name})" for name in features)])
    before, since = (
        con.execute(
            f"select {counted} from {view.relation} "  # noqa: S608 - checked names
            f"where {AVAILABLE_AT} >= ? and {AVAILABLE_AT} < ?",
            list(between),
        ).fetchone()
        or ()
        for between in ((start, end), (end, passed.built_through))
    )
    expected = before[0] * ((passed.built_through - end) / (end - start))
    if max(expected, since[0]) < view.bounds["row_count_min"]:
        return
    factor = view.bounds["row_rate_factor_max"]
    if is_whole and not expected / factor <= since[0] <= expected * factor:
        yield (
            f"{view.name}: {since[0]:,} rows since {end}, where the {REFERENCE_DAYS} days before "
            f"let expect {expected:,.0f}; `bounds.row_rate_factor_max` is {factor}"
        )
    if not before[0] or not since[0]:
        return
    for n, name in enumerate(features, start=1):
        was, now = 1 - before[n] / before[0], 1 - since[n] / since[0]
        if now - was > view.bounds["null_share_rise_max"]:
            yield (
                f"{view.name}.{name}: null in {now:.0%} of the rows since {end}, in {was:.0%} of "
                "those before; `bounds.null_share_rise_max` is "
                f"{view.bounds['null_share_rise_max']}"
            )
