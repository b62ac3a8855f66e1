"""Reviews each feature view of a change against a release, by the publisher's own comparisons."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from datetime import datetime

from milepost.building import code
from milepost.building.declared_views import FeatureView
from milepost.catalogue import usage
from milepost.publishing.candidate import Candidate
from milepost.publishing.export import RepeatedRowsError
from milepost.publishing.past import PastChanges
from milepost.publishing.publishable import PublishableView, check_names, describe
from milepost.publishing.rules.builds import is_built
from milepost.publishing.rules.table import columns_as_declared
from milepost.release import difference
from milepost.release.difference import ViewDifference
from milepost.release.manifest import Manifest, View
from milepost.release.manifest_format import FORMAT_VERSION
from milepost.review import distributions
from milepost.review.base import Base
from milepost.review.view_review import (
    NEW,
    NEW_VERSION,
    OPEN,
    OTHER_CHECKS,
    OTHER_CODE,
    OTHER_DESCRIPTION,
    REMOVED,
    UNCHANGED,
    ViewReview,
)
from milepost.standards.examined_view import ExaminedView
from milepost.standards.requirements.production import BUILD_FIRST
from milepost.standards.standing import missing_for

_NOT_BUILT = datetime(1, 1, 1)  # noqa: DTZ001 - naive is UTC


class Reviewer:
    """Reviews the views of a candidate; `base` is the base branch, where it is known."""

    def __init__(self, candidate: Candidate, base: Base | None) -> None:
        self._candidate = candidate
        self._base = base
        self._built = {view.name: self._built_view(view) for view in candidate.views}
        self.manifest = self._manifest()
        """The release as it would be, with what was not built as the current release has it."""

        self.differences = difference.between(candidate.current, self.manifest)

    def reviews(self) -> Iterator[ViewReview]:
        """Yield the review of each view of the change, and of each that it removes."""
        yield from map(self._review, self._candidate.views)
        for item in self.differences:
            if isinstance(item, ViewDifference) and item.change == "removed":
                yield self._removed(item)

    def _review(self, view: FeatureView) -> ViewReview:
        candidate, released = self._candidate, self._compared_with(view)
        built = self._built[view.name]
        parts = candidate.coder.parts(view.unique_id)
        changed_parts = self._base.changed_parts(view, parts) if self._base else None
        checks = set(check_names(candidate.catalog, view))
        passed = set(_renamed(released, view, checks)) if released else set()
        review = ViewReview(
            view=view.name,
            selector=view.selector,
            change=UNCHANGED,
            compared_with=released.name if released else None,
            is_built=built is not None,
            rung_before=released.maturity if released else None,
            rung_after=view.maturity,
            missing_for_rung=self._missing_for_rung(view),
            is_code_of_release=released is not None and released.code == code.digest(parts),
            changed_parts=changed_parts,
            built_to=built.built_through if built else None,
            past_changes=self._past_changes(view, released) if built and released else None,
            difference=self._difference(view.name),
            distribution_changes=distributions.changes(released, built) if built else [],
            checks_new=sorted(checks - passed),
            checks_lost=sorted(passed - checks),
            checks_changed=self._base.changed_checks(view, candidate.catalog, candidate.coder)
            if self._base
            else [],
            owners=view.owners,
            services=usage.services_with(self.manifest, _reads(view.name)),
            training_sets=usage.training_sets_with(self.manifest, _reads(view.name)),
            is_sensitive=any(
                side.sensitivity not in ("", *OPEN) for side in (view, released) if side
            ),
        )
        return replace(review, change=_change(review))

    def _removed(self, removal: ViewDifference) -> ViewReview:
        current = self._candidate.current
        assert current is not None  # noqa: S101 - it has what is removed
        released = current.view(removal.view)
        return ViewReview(
            view=released.name,
            selector=released.selector,
            change=REMOVED,
            compared_with=released.name,
            is_built=False,
            rung_before=released.maturity,
            rung_after=None,
            difference=removal,
            checks_lost=released.checks,
            owners=released.owners,
            services=usage.services_with(current, _reads(released.name)),
            training_sets=usage.training_sets_with(current, _reads(released.name)),
        )

    def _compared_with(self, view: FeatureView) -> View | None:
        """Return what the view goes on from: for a new version, the latest one of the release."""
        current = self._candidate.current
        if current is None:
            return None
        return self._candidate.predecessor(view) or current.by_name.get(view.model)

    def _built_view(self, view: FeatureView) -> View | None:
        """Return the view as the last build left it; None where that cannot be compared."""
        candidate = self._candidate
        if (
            not is_built(candidate, view, view.unique_id)
            or view.unique_id not in candidate.records.batches
            or list(columns_as_declared(candidate.narrowed([view])))
        ):
            return None
        try:
            return candidate.exported(view)
        except RepeatedRowsError:
            return None

    def _missing_for_rung(self, view: FeatureView) -> list[str]:
        """Return what the view lacks for the rung that it claims, but for a build of it here."""
        candidate = self._candidate
        examined = ExaminedView(
            candidate.catalog.nodes[view.unique_id],
            candidate.catalog,
            candidate.coder,
            candidate.records,
            candidate.project.folder,
        )
        findings = missing_for(examined, view.maturity)
        return [finding.message for finding in findings if finding.remedy != BUILD_FIRST]

    def _past_changes(self, view: FeatureView, released: View) -> PastChanges | None:
        """Return what changed in the past; None where rows of other keys were to be compared."""
        keys = {key: released.types[key] for key in released.keys}
        if keys != {key: view.types[key] for key in view.keys}:
            return None
        return self._candidate.past_changes(view, released)

    def _difference(self, view: str) -> ViewDifference | None:
        for item in self.differences:
            if isinstance(item, ViewDifference) and item.view == view:
                return item
        return None

    def _manifest(self) -> Manifest:
        catalog = self._candidate.catalog
        return Manifest(
            format_version=FORMAT_VERSION,
            release="",
            created_at="",
            code={},
            views=[
                self._built[view.name] or self._declared(view) for view in self._candidate.views
            ],
            set_aside=[],
            services=catalog.services(),
            entities=catalog.entities(),
            training_sets=catalog.training_sets(),
        )

    def _declared(self, view: FeatureView) -> View:
        """Return a view that was not built: as it is declared, with the rows of the release."""
        declared = describe(PublishableView(view, "", (), "", _NOT_BUILT, {}))
        released = self._candidate.predecessor(view)
        if released is None:
            return declared
        measured = {column.name: column for column in released.fields}
        fields = [
            replace(
                column,
                complete_from=measured[column.name].complete_from,
                look_back_hours=measured[column.name].look_back_hours,
            )
            if column.name in measured
            else column
            for column in declared.fields
        ]
        return replace(released, **{**view.definition(), "fields": fields})


def _renamed(released: View, view: FeatureView, checks: Container[str]) -> Iterator[str]:
    """Yield the checks of a released view as the view has them, whose version may be another."""
    for name in released.checks:
        # A test that has no name of its own is named after the view, and so its version.
        yield name if name in checks else name.replace(released.name, view.name)


def _reads(view: str) -> Callable[[usage.Features], bool]:
    """Return the condition that features are, or are computed from, those of a view."""
    return lambda taken: any(name == view for name, _ in taken)


def _change(review: ViewReview) -> str:
    """Return in one word what the change does to a view that it has."""
    if review.compared_with is None:
        return NEW
    if review.difference and review.difference.change == "added":
        return NEW_VERSION
    is_other_code = (
        not review.is_code_of_release
        if review.changed_parts is None
        else bool(review.changed_parts)
    )
    if is_other_code:
        return OTHER_CODE
    checks_differ = review.checks_changed
    if review.changed_parts is None:
        checks_differ = [*review.checks_new, *review.checks_lost]
    if checks_differ:
        return OTHER_CHECKS
    is_described_otherwise = review.difference is not None and bool(
        review.difference.stated.keys() - {"built_through"}
        or review.difference.features_added
        or review.difference.features_removed
        or review.difference.features_changed
    )
    return OTHER_DESCRIPTION if is_described_otherwise else UNCHANGED
