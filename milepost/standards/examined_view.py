"""A feature view, and all that a requirement of the ladder may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from milepost.building import declared_views
from milepost.building.build_records import Records
from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.building.declared_views import FeatureView, published_name
from milepost.building.model_files import file_beside
from milepost.building.view_code import view_code
from milepost.errors import StandardsError
from milepost.standards import evidence
from milepost.standards.evidence import Evidence
from milepost.standards.places import StatedModel

Node = Mapping[str, Any]


@dataclass(frozen=True)
class ExaminedView:
    """A view of a project: its model, its tests, its records and the files beside it.

    `folder` is the project's root, None where only dbt's artifacts are there. What takes a while is
    computed when it is first needed.
    """

    node: Node
    catalog: Catalog
    coder: Coder
    records: Records
    folder: Path | None

    @property
    def name(self) -> str:
        """The view's name."""
        return published_name(self.node)

    @property
    def claimed_rung(self) -> str:
        """What the view's `maturity` says."""
        return str(self.meta.get("maturity"))

    @property
    def meta(self) -> Mapping[str, Any]:
        """The view's `meta`."""
        meta: Mapping[str, Any] = self.node["config"]["meta"]
        return meta

    @cached_property
    def view(self) -> FeatureView:
        """The view as it is declared; a PublishError where the declaration is not whole."""
        return declared_views.read(self.node)

    @cached_property
    def code(self) -> str:
        """The code of the view with its checks."""
        return view_code(self.catalog, self.coder, self.view)

    @cached_property
    def tests(self) -> list[Node]:
        """The data tests and unit tests of the view itself."""
        test_ids = self.catalog.tests_on([self.node["unique_id"]])
        return [self.catalog.nodes[test_id] for test_id in sorted(test_ids)]

    @property
    def data_tests(self) -> list[Node]:
        """The data tests of the view itself, but for those that its YAML weakens."""
        return [
            test
            for test in self.tests
            if test["resource_type"] == "test" and not _is_weakened(test["config"])
        ]

    @property
    def unit_tests(self) -> list[Node]:
        """The unit tests of the view."""
        return [test for test in self.tests if test["resource_type"] == "unit_test"]

    @cached_property
    def services(self) -> list[str]:
        """The names of the models that use the view: exposures of type `ml`."""
        return [
            exposure["name"]
            for exposure in self.catalog.exposures.values()
            if exposure["type"] == "ml"
            and self.node["unique_id"] in self.catalog.exposed(exposure["name"])
        ]

    @cached_property
    def stated(self) -> StatedModel:
        """What the view's YAML states, and on which lines."""
        return StatedModel(self.folder if self.is_own else None, self.node)

    @property
    def is_own(self) -> bool:
        """Whether the view is of this project, and not of a package that it installs."""
        return bool(self.node["package_name"] == self.catalog.project)

    def file_beside(self, ending: str) -> str:
        """Return the path of a file beside the view's SQL, relative to the project's root."""
        return file_beside(self.node, ending)

    @cached_property
    def evidence(self) -> Evidence | None:
        """The evidence beside the model; a PublishError where it was edited by hand."""
        if self.folder is None or not self.is_own:
            return None
        return evidence.read(self.folder / self.file_beside("evidence.json"))

    @property
    def evidence_digest(self) -> str | None:
        """The digest of evidence for the claimed rung and this code, None without it."""
        try:
            evidence = self.evidence
        except StandardsError:
            return None
        is_of_this = evidence and (evidence.rung, evidence.code) == (self.claimed_rung, self.code)
        return evidence.digest if evidence and is_of_this else None


def _is_weakened(config: Mapping[str, Any]) -> bool:
    """Return whether a data test passes in spite of some rows that it is about."""
    return (
        config.get("where") is not None
        or config.get("limit") is not None
        or config.get("error_if", "!= 0") != "!= 0"
        or str(config.get("severity", "error")).lower() != "error"
    )
