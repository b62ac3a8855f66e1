"""What production has: bounded nulls, a promise of freshness, a past, and somebody who needs it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from milepost.building.column_meaning import without_window
from milepost.standards.examined_view import ExaminedView
from milepost.standards.requirement import Fault
from milepost.stress import judgement

# Four weeks, in which weekends even out, and two days: as long as the gate compares new rows with.
HISTORY = timedelta(days=30)
BUILD_FIRST = "run `dbt build`, and name its database by `--database`"


def bounds_its_nulls(examined: ExaminedView) -> Iterator[Fault]:
    """Require that each feature says what its nulls mean or is never null, and the gate refuses a
    release in which they become many more: `bounds.null_share_rise_max` is below 1.
    """
    if examined.view.bounds["null_share_rise_max"] >= 1:
        yield Fault(
            "lets every value become null: its `bounds.null_share_rise_max` is 1 or more",
            "state a share below 1, and its reason",
            examined.stated.place_of_meta("bounds"),
        )
    for column in examined.view.fields:
        is_explained = column.null_meaning or _is_never_null(examined, column.name)
        if column.name in examined.view.features and not is_explained:
            yield Fault(
                f"does not say what a null of `{column.name}` means",
                'end its description with "Null where ...", or test that it is `not_null`',
                examined.stated.place(column.name),
            )


def _is_never_null(examined: ExaminedView, name: str) -> bool:
    column = examined.node["columns"][name]
    constraints = {constraint.get("type") for constraint in column.get("constraints") or ()}
    tests = {
        (test.get("test_metadata") or {}).get("name")
        for test in examined.data_tests
        if test.get("column_name") == name
    }
    # The name of a count says that it is never null: `values_fit_their_names` tests it.
    return "not_null" in {*constraints, *tests} or without_window(name).endswith("_count")


def promises_freshness(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view promises how old its newest rows may be: `fresh_within_hours`."""
    if examined.view.fresh_within_hours is None:
        yield Fault(
            "promises no freshness",
            "state `fresh_within_hours` in its `meta`: a lookup refuses what is older",
        )


def has_a_history(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view is built over at least 30 days of its raw logs, so that its values were
    seen through a month.
    """
    node_id = examined.node["unique_id"]
    build, batch = examined.records.builds.get(node_id), examined.records.batches.get(node_id)
    if build is None or batch is None:
        yield Fault("is not built here", BUILD_FIRST)
        return
    firsts = [datetime.fromisoformat(table["first"]) for table in build.raw_logs.values()]
    if not firsts:
        yield Fault("reads no raw log", "make it from raw tables: docs/reference/raw-log.md")
        return
    history = batch.built_to - max(firsts)
    if history < HISTORY:
        yield Fault(
            f"is built over {history.days} days of its raw logs, and production asks "
            f"{HISTORY.days}",
            "wait, or land older data: docs/reference/raw-log.md says how",
        )


def is_used_by_a_service(examined: ExaminedView) -> Iterator[Fault]:
    """Require that a service uses the view: an exposure of type `ml` that depends on it."""
    if not examined.services:
        yield Fault(
            "is used by no service",
            "declare the model that uses it: docs/guides/training-sets.md says how",
        )


def has_withstood_stress(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view has a stress certificate of exactly this code, in which no feature
    moves silently beyond its tolerance.
    """
    if examined.folder is None or not examined.is_own:
        return  # `has_evidence_of_this_code` says that no file is there
    for fault in judgement.faults(examined.catalog, examined.coder, examined.view, examined.folder):
        yield Fault(f"has not withstood stress: {fault.message}", fault.remedy, (fault.path, 1))
