"""The tests of a view, and of all that it is made from: whether they are whole, and passed."""

from __future__ import annotations

from collections.abc import Iterator

from milepost.building.declared_views import FeatureView, published_name
from milepost.display import shortened
from milepost.publishing.candidate import Candidate
from milepost.publishing.refusal import REBUILD, Refusal, rerun

# What a data test asks unless it is told to ask less.
_WHOLE_TEST = {
    "where": None,
    "limit": None,
    "fail_calc": "count(*)",
    "warn_if": "!= 0",
    "error_if": "!= 0",
}


def has_a_data_test(candidate: Candidate) -> Iterator[Refusal]:
    """Require that a view has at least one data test."""
    for view in candidate.views:
        if not candidate.data_test_ids(view):
            yield Refusal(
                view.name,
                f"`{view.name}`",
                "has no data test",
                "views have no data test",
                "write one in its YAML: what must hold of its rows",
            )


def no_test_is_disabled(candidate: Candidate) -> Iterator[Refusal]:
    """Require that no test of the view, or of what it is made from, is disabled."""
    for view in candidate.views:
        lineage = candidate.catalog.lineage(view.unique_id)
        for name in candidate.catalog.disabled_tests_on(lineage):
            yield Refusal(
                view.name,
                f"test `{name}`",
                "is disabled",
                "tests are disabled",
                "enable it, or delete it",
            )


def tests_ask_all_that_they_say(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the view's own data tests ask all that they say: none has `where`, `limit`,
    `fail_calc`, `warn_if` or `error_if`.
    """
    for view in candidate.views:
        for test_id in sorted(candidate.data_test_ids(view)):
            test = candidate.catalog.nodes[test_id]
            softened = [
                key for key, value in _WHOLE_TEST.items() if test["config"].get(key) != value
            ]
            if softened:
                fault = f"less than it says: it has `{softened[0]}`"
                yield Refusal(
                    view.name,
                    f"test `{test['name']}`",
                    f"asks {fault}",
                    f"tests ask {fault}",
                    "state in the test itself what must hold of all rows, and `dbt build`",
                )


def tests_passed(candidate: Candidate) -> Iterator[Refusal]:
    """Require that every data test and unit test of the view, and of every model, seed and source
    that it is made from, has run as it is now, not with `--vars`. Its last result is `pass`: a
    warning is not a pass. No test is older than the last build of a model that it looks at: for a
    source, of the tables that read it; for an ephemeral model, of those that it reads. The view's
    own data tests ran on exactly the content that is exported.
    """
    test_ids = {
        view.name: sorted(candidate.catalog.tests_on(candidate.catalog.lineage(view.unique_id)))
        for view in candidate.views
    }
    names = {id_: candidate.catalog.nodes[id_]["name"] for ids in test_ids.values() for id_ in ids}
    runs = candidate.records.tests
    failed = {
        id_: name for id_, name in names.items() if id_ in runs and runs[id_].status != "pass"
    }
    for view in candidate.views:
        for test_id in test_ids[view.name]:
            remedy = rerun(failed.values()) if test_id in failed else REBUILD
            for fault, cause in _run_fault(candidate, view, test_id):
                yield Refusal(
                    view.name, f"test `{names[test_id]}`", fault, f"tests {cause}", remedy
                )


def _run_fault(candidate: Candidate, view: FeatureView, test_id: str) -> Iterator[tuple[str, str]]:
    """Yield at most one fault of a test's last run, in the singular and in the plural."""
    run = candidate.records.tests.get(test_id)
    if run is None:
        yield "has not run", "have not run"
        return
    rebuilt = [
        published_name(candidate.catalog.nodes[table_id])
        for table_id in _tables_looked_at(candidate, view, test_id)
        if candidate.records.builds[table_id].recorded_at > run.recorded_at
    ]
    tested_content = candidate.records.fingerprints.get((test_id, view.unique_id))
    if run.status != "pass":
        yield f"ended as `{run.status}`", f"ended as `{run.status}`"
    elif run.narrowed_by:
        fault = f"ran with `{run.narrowed_by}`, not as the project says"
        yield fault, fault
    elif rebuilt:
        yield (
            f"has not run since `{rebuilt[0]}` was rebuilt",
            "have not run since what they look at was rebuilt",
        )
    elif parts := candidate.changed_parts(test_id, run.parts):
        yield f"ran before {shortened(parts)} changed", "ran before they changed"
    elif test_id in candidate.data_test_ids(view) and tested_content != candidate.fingerprint(view):
        fault = "ran on another content of the table than the one to publish"
        yield fault, fault


def _tables_looked_at(candidate: Candidate, view: FeatureView, test_id: str) -> list[str]:
    """Return the tables that a test looks at; for a source, those of the view that read it."""
    catalog = candidate.catalog
    table_ids: set[str] = set()
    for input_id in catalog.inputs(test_id):
        if catalog.nodes[input_id]["resource_type"] == "source":
            lineage = catalog.lineage(view.unique_id)
            table_ids |= {id_ for id_ in lineage if input_id in catalog.inputs(id_)}
        else:
            table_ids.add(input_id)
    return sorted(table_id for table_id in table_ids if table_id in candidate.records.builds)
