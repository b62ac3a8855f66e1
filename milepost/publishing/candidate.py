"""The candidate for a release: all that a rule of the gate may look at."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from duckdb import DuckDBPyConnection

from milepost.building import build_records, code
from milepost.building.build_records import Records
from milepost.building.catalog import Catalog
from milepost.building.declared_views import FeatureView
from milepost.building.fingerprint import fingerprint
from milepost.building.project import Project
from milepost.publishing import past
from milepost.publishing.data_files import Uploads
from milepost.publishing.export import export
from milepost.publishing.past import PastChanges
from milepost.publishing.publishable import PublishableView, publishable
from milepost.release.manifest import Manifest, View
from milepost.release.stressed_feature import StressedFeature
from milepost.standards.examined_view import ExaminedView
from milepost.stress import certificate

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Candidate:
    """The project, the records of its builds and tests, its tables, and the current release.

    `views` are the views to judge. Results that take long are computed when a rule first needs
    them, and kept for the next rule.
    """

    project: Project
    views: Sequence[FeatureView]
    con: DuckDBPyConnection
    records: Records
    current: Manifest | None
    uploads: Uploads
    coder: code.Coder
    _fingerprints: dict[str, str] = field(default_factory=dict)
    _publishable: dict[str, PublishableView] = field(default_factory=dict)
    _exported: dict[str, View] = field(default_factory=dict)
    _past_changes: dict[tuple[str, str], PastChanges] = field(default_factory=dict)

    @classmethod
    def read(
        cls, project: Project, con: DuckDBPyConnection, current: Manifest | None, uploads: Uploads
    ) -> Candidate:
        """Read the records; a PublishError where there are none."""
        return cls.of(project, con, build_records.read(con), current, uploads)

    @classmethod
    def of(
        cls,
        project: Project,
        con: DuckDBPyConnection,
        records: Records,
        current: Manifest | None,
        uploads: Uploads,
    ) -> Candidate:
        """Return the candidate of these records."""
        coder = code.Coder(project.catalog, project.variables, records.target, records.reopened)
        views = project.catalog.feature_views()
        return cls(project, views, con, records, current, uploads, coder)

    @property
    def catalog(self) -> Catalog:
        """The project's manifest."""
        return self.project.catalog

    def narrowed(self, views: Sequence[FeatureView]) -> Candidate:
        """Return the candidate with some of its views; both keep what either computes."""
        return replace(self, views=views)

    def predecessor(self, view: FeatureView) -> View | None:
        """Return the view of the current release that `view` goes on from."""
        return self.current.predecessor(view.name, view.version) if self.current else None

    def table_ids(self, view: FeatureView) -> list[str]:
        """Return the ids of a view's model and of all models and seeds it is made from.

        The view stands first. An ephemeral model is no table.
        """
        node_ids = self.catalog.lineage(view.unique_id) - {view.unique_id}
        made_from = [
            node_id
            for node_id in sorted(node_ids)
            if self.catalog.nodes[node_id]["resource_type"] not in {"source", "snapshot"}
            and not self.catalog.is_ephemeral(node_id)
        ]
        return [view.unique_id, *made_from]

    def data_test_ids(self, view: FeatureView) -> set[str]:
        """Return the ids of the tests of the view's table; a unit test looks at its code alone."""
        test_ids = self.catalog.tests_on([view.unique_id])
        return {id_ for id_ in test_ids if self.catalog.nodes[id_]["resource_type"] == "test"}

    def changed_parts(self, node_id: str, recorded: Mapping[str, str]) -> list[str]:
        """Return the names of the parts of a node's code that are other than recorded."""
        parts = self.coder.parts(node_id)
        # Without the project's folder its variables are not known: they count as they were.
        if self.project.folder is None:
            parts |= {name: p for name, p in recorded.items() if name.startswith("variable")}
        return code.changes(recorded, parts)

    def fingerprint(self, view: FeatureView) -> str:
        """Return the fingerprint of the view's table as it is now."""
        if view.name not in self._fingerprints:
            logger.info("checking %s", view.name)
            self._fingerprints[view.name] = fingerprint(self.con, view.relation)
        return self._fingerprints[view.name]

    def publishable(self, view: FeatureView) -> PublishableView:
        """Return what is known of a view whose build is recorded."""
        if view.name not in self._publishable:
            self._publishable[view.name] = publishable(
                view,
                self.catalog,
                self.records,
                self.fingerprint(view),
                self._certificate(view),
                self.examined(view).evidence_digest,
            )
        return self._publishable[view.name]

    def examined(self, view: FeatureView) -> ExaminedView:
        """Return the view as the requirements of the ladder look at it."""
        node, folder = self.catalog.nodes[view.unique_id], self.project.folder
        return ExaminedView(node, self.catalog, self.coder, self.records, folder)

    def _certificate(self, view: FeatureView) -> list[StressedFeature] | None:
        """Return what each feature withstood, None without a certificate of exactly this code."""
        if self.project.folder is None:
            return None
        proof = certificate.of_view(self.catalog, self.coder, view, self.project.folder)
        return proof.table() if proof else None

    def exported(self, view: FeatureView) -> View:
        """Return the view as the release would have it, with its files; they are sent now.

        Raises a RepeatedRowsError.
        """
        if view.name not in self._exported:
            self._exported[view.name] = export(self.con, self.publishable(view), self.uploads)
        return self._exported[view.name]

    def past_changes(self, view: FeatureView, released: View) -> PastChanges:
        """Return what changed in the past of a view that a release has, under any name.

        Raises a RepeatedRowsError, and a ReleaseError where the release cannot be read.
        """
        names = (view.name, released.name)
        if names not in self._past_changes:
            new, store = self.exported(view), self.uploads.store
            self._past_changes[names] = past.changes(self.con, view.relation, released, new, store)
        return self._past_changes[names]

    @property
    def exported_views(self) -> list[View]:
        """The views that a rule had exported, in order."""
        return [self._exported[view.name] for view in self.views if view.name in self._exported]
