"""Whether each feature service asks for what the release has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from milepost.errors import LookupInputError
from milepost.publishing.candidate import Candidate
from milepost.publishing.publishable import PublishableView, describe
from milepost.publishing.refusal import Refusal
from milepost.release.manifest import Manifest
from milepost.release.manifest_format import FORMAT_VERSION
from milepost.release.request import parse_request
from milepost.release.service import Service


def services_are_served(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the release has each feature that a feature service asks for, no service has the
    name of a view, and the exposure or the training set of a service depends on each view that the
    service needs.
    """
    declared = _declared(candidate)
    model_ids = {view.name: view.unique_id for view in candidate.views}
    for service in declared.services:
        name = f"service `{service.name}`"
        if service.name in declared.by_name:
            yield Refusal("", name, "has the name of a feature view", remedy="rename the exposure")
        try:
            needed = _needed_views(declared, service)
        except LookupInputError as error:
            yield Refusal(
                "",
                name,
                f"asks for what is not there: {error.message}",
                remedy=f"correct the exposure: {error.hint}",
            )
            continue
        for view in sorted(needed):
            if model_ids[view] not in candidate.catalog.exposed(service.name):
                yield Refusal(
                    "",
                    name,
                    f"needs `{view}`, and its exposure does not say that it depends on `{view}`",
                    remedy=f"add `{view}` to the exposure's `depends_on`",
                )


def _needed_views(declared: Manifest, service: Service) -> set[str]:
    """Return the names of the views that a lookup of the service reads."""
    request = parse_request(
        declared, service.features, full_feature_names=True, aliases=service.aliases
    )
    return {view.view.name for view in request.views}


def _declared(candidate: Candidate) -> Manifest:
    """Return the release as the YAML declares it, without what only builds and tests show."""
    not_built = datetime(1, 1, 1)  # noqa: DTZ001 - naive is UTC
    return Manifest(
        format_version=FORMAT_VERSION,
        release="to be published",
        created_at="",
        code={},
        views=[
            describe(PublishableView(view, "", (), "", not_built, {})) for view in candidate.views
        ],
        set_aside=[],
        services=candidate.catalog.services(),
    )
