"""Which feature services of a release use a feature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from milepost.release.manifest import Manifest
from milepost.release.request import parse_request


def services_by_feature(manifest: Manifest) -> Mapping[str, list[str]]:
    """Return the names of the services that use a view or a feature, by its reference."""
    names: dict[str, list[str]] = defaultdict(list)
    for service in sorted(manifest.services, key=lambda service: service.name):
        request = parse_request(
            manifest, service.features, full_feature_names=True, aliases=service.aliases
        )
        used = {(column.view.view.name, column.feature) for column in request.columns}
        for reference in {view for view, _ in used} | {f"{view}:{name}" for view, name in used}:
            names[reference].append(service.name)
    return names
