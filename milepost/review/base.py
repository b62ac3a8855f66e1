"""The base of a change: the project as the branch has it that the change is to be merged into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from milepost.building import code
from milepost.building.build_records import Records
from milepost.building.catalog import Catalog
from milepost.building.code import Coder, Parts
from milepost.building.declared_views import FeatureView
from milepost.building.project import Project
from milepost.errors import PublishError


@dataclass(frozen=True)
class Base:
    """The project of the base branch, and the code of its models and tests."""

    catalog: Catalog
    coder: Coder
    views: Mapping[str, FeatureView]

    @classmethod
    def read(cls, state: Path, records: Records) -> Base:
        """Read the folder `target` of a checkout of the base branch, in which dbt has parsed it.

        What `records` say of dbt's target and of raw tables counts on both sides of a comparison.
        """
        manifest = state / "manifest.json"
        catalog = Catalog.read(manifest)
        folder = state.absolute().parent
        project = Project.read(manifest)
        if project.folder != folder:
            raise PublishError(
                f"`{state}` is not the folder `target` of a checkout of the project",
                hint="check the base branch out, and run `dbt parse` in it: the variables of "
                "dbt_project.yml are compared as well",
            )
        coder = Coder(catalog, project.variables, records.target, records.reopened)
        return cls(catalog, coder, {view.name: view for view in catalog.feature_views()})

    def changed_parts(self, view: FeatureView, parts: Parts) -> list[str] | None:
        """Return which parts of a view's code have changed; None of a view that is new."""
        before = self.views.get(view.name)
        return code.changes(self.coder.parts(before.unique_id), parts) if before else None

    def changed_checks(self, view: FeatureView, catalog: Catalog, coder: Coder) -> list[str]:
        """Return the names of tests of the view and its lineage that are new, gone or different."""
        before = self.views.get(view.name)
        sides = [_checks(catalog, coder, view)]
        sides.append(_checks(self.catalog, self.coder, before) if before else {})
        differing = {test_id for test_id, _ in set(sides[0].items()) ^ set(sides[1].items())}
        return sorted(
            str((catalog.nodes.get(test_id) or self.catalog.nodes[test_id])["name"])
            for test_id in differing
        )


def _checks(catalog: Catalog, coder: Coder, view: FeatureView) -> dict[str, str]:
    """Return the code of each test of a view and of what it is made from, by the test's id."""
    test_ids = catalog.tests_on(catalog.lineage(view.unique_id))
    return {test_id: code.digest(coder.parts(test_id)) for test_id in test_ids}
