"""The report of a change: the last build of a project, against a release."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from milepost.building import build_records
from milepost.building.build_records import Records
from milepost.building.built_tables import is_built, open_tables
from milepost.building.code import Coder
from milepost.building.project import Project
from milepost.publishing import rules
from milepost.publishing.candidate import Candidate
from milepost.publishing.data_files import Uploads
from milepost.publishing.refusal import REBUILD, Refusal, lines, remedies
from milepost.release import pointers, releases
from milepost.release.difference import ServiceDifference
from milepost.release.release_argument import resolve
from milepost.release.service import Service
from milepost.review import cost
from milepost.review.base import Base
from milepost.review.cost import Cost
from milepost.review.reviewer import Reviewer
from milepost.review.view_review import OTHER_DESCRIPTION, UNCHANGED, ViewReview
from milepost.standards.requirements.production import BUILD_FIRST
from milepost.storage.location import Location


@dataclass(frozen=True)
class Report:
    """What a change does to the features of a project.

    `against` is the id of the release, None where nothing is published yet. `refused` are the
    reasons for which the gate would not publish after it, `remedies` what to do about them.
    `services` are all that use a view which is touched.
    """

    against: str | None
    current: str | None
    """The id of the current release, after which `milepost publish` would publish."""

    views: list[ViewReview]
    service_differences: list[ServiceDifference]
    services: list[Service]
    refused: list[str]
    remedies: str
    cost: Cost | None

    @property
    def touched(self) -> list[ViewReview]:
        """The views that the change touches."""
        return [review for review in self.views if review.is_touched]


def report(
    database: Path, dbt_manifest: Path, store: Location, release: str, state: Path | None
) -> Report:
    """Return the report of the last build in `database`; nothing is written.

    `release` is any argument for a release, and `state` the `target` of a checkout of the base
    branch. A view that was not built is one that the change leaves as it is, or is refused.
    """
    pointer = pointers.pointer(store)
    has_none = release == "current" and pointer is None
    released = None if has_none else releases.read(store, resolve(store, release))
    project = Project.read(dbt_manifest)
    has_tables = is_built(database, project.catalog)
    connection = open_tables(database, project.catalog) if has_tables else duckdb.connect()
    with closing(connection) as con:
        records = build_records.read(con) if has_tables else Records()
        uploads = Uploads(store, released, is_dry_run=True)
        candidate = Candidate.of(project, con, records, released, uploads)
        base = Base.read(state, records) if state else None
        reviewer = Reviewer(candidate, base)
        reviews = list(reviewer.reviews())
        refused = [refusal for refusal in rules.refusals(candidate) if _concerns(refusal, reviews)]
        users = {name for review in reviews if review.is_touched for name in review.services}
        services = [*reviewer.manifest.services, *(released.services if released else ())]
        return Report(
            against=released.release if released else None,
            current=pointer.release if pointer else None,
            views=reviews,
            service_differences=[
                item for item in reviewer.differences if isinstance(item, ServiceDifference)
            ],
            services=sorted(
                {item.name: item for item in reversed(services) if item.name in users}.values(),
                key=lambda service: service.name,
            ),
            refused=lines(refused, [view.name for view in candidate.views]),
            remedies=remedies(refused),
            cost=cost.read(
                dbt_manifest.with_name("run_results.json"), project.catalog, records, con
            ),
        )


def _concerns(refusal: Refusal, reviews: list[ViewReview]) -> bool:
    """Return whether a refusal is about the change: not that it left a view unbuilt, and may."""
    left_out = {
        review.view
        for review in reviews
        if not review.is_built and review.change in (UNCHANGED, OTHER_DESCRIPTION)
    }
    return refusal.view not in left_out or refusal.remedy not in (REBUILD, BUILD_FIRST)


def to_build(dbt_manifest: Path, state: Path) -> list[str]:
    """Return what dbt has to build to show what a change does: views with other code or checks.

    Each is a selector of dbt, with all that the view is made from. `state` is the `target` of a
    checkout of the base branch. Nothing needs to be built yet.
    """
    project, base = Project.read(dbt_manifest), Base.read(state, Records())
    coder = Coder(project.catalog, project.variables, "", {})
    return [
        f"+{view.selector}"
        for view in project.catalog.feature_views()
        if base.changed_parts(view, coder.parts(view.unique_id)) != []
        or base.changed_checks(view, project.catalog, coder)
    ]
