"""A feature view with all that a release states about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from milepost.building.build_records import Records
from milepost.building.built_range import built_range
from milepost.building.catalog import Catalog
from milepost.building.declared_views import FeatureView
from milepost.building.known_at import estimated_known_at
from milepost.release import field_ids
from milepost.release.definition import Field
from milepost.release.manifest import View
from milepost.release.stressed_feature import StressedFeature


@dataclass(frozen=True)
class PublishableView:
    """A feature view with the results of its builds and tests: content, checks, code and time."""

    view: FeatureView
    fingerprint: str
    checks: tuple[str, ...]
    code: str
    built_through: datetime
    complete_from: Mapping[str, datetime]
    """By feature, the instant from which its windows are full."""

    look_back_hours: Mapping[str, int] = field(default_factory=dict)
    """By feature, how many hours its windows look back, as far as the build found it."""

    sql: str | None = None

    dropped_checks: Mapping[str, str] = field(default_factory=dict)
    """By name of a dropped check, the reason that the YAML of the view or its lineage states."""

    estimated_known_at: Mapping[str, str] = field(default_factory=dict)
    """By raw table, how it was estimated when a row was known, where no column of it says so."""

    certificate: Sequence[StressedFeature] | None = None
    """What each feature withstood, as the stress certificate of this code says."""

    rung_evidence: str | None = None
    """The digest of the evidence for the view's rung."""


def publishable(
    view: FeatureView,
    catalog: Catalog,
    records: Records,
    fingerprint: str,
    certificate: Sequence[StressedFeature] | None = None,
    rung_evidence: str | None = None,
) -> PublishableView:
    """Return a view with the results of its recorded build, its certificate and its evidence."""
    lineage = catalog.lineage(view.unique_id)
    raw_logs = records.builds[view.unique_id].raw_logs
    tables = [raw_logs[table_id] for table_id in catalog.raw_tables(view.unique_id)]
    batch = records.batches[view.unique_id]
    built = built_range(
        features=view.features,
        firsts=[datetime.fromisoformat(table["first"]) for table in tables],
        built_to=batch.built_to,
        look_backs=batch.look_backs,
        longest_window_days=view.longest_window_days,
        serving_delay_minutes=view.serving_delay_minutes,
    )
    return PublishableView(
        view=view,
        fingerprint=fingerprint,
        checks=check_names(catalog, view),
        code=batch.code,
        built_through=built.built_through,
        complete_from=built.complete_from,
        look_back_hours=batch.look_backs,
        sql=catalog.nodes[view.unique_id].get("raw_code"),
        dropped_checks=catalog.dropped_checks(lineage),
        estimated_known_at=estimated_known_at(catalog, view.unique_id),
        certificate=certificate,
        rung_evidence=rung_evidence,
    )


def check_names(catalog: Catalog, view: FeatureView) -> tuple[str, ...]:
    """Return the names of the tests of a view and of all that it is made from, sorted."""
    test_ids = catalog.tests_on(catalog.lineage(view.unique_id))
    return tuple(sorted(catalog.nodes[test_id]["name"] for test_id in test_ids))


def describe(publishable: PublishableView) -> View:
    """Return what the manifest says of a view, but for its files and what is measured on them."""
    view = publishable.view
    definition = view.definition()
    ids = field_ids.of_columns(view.name, view.types)
    definition["fields"] = [
        replace(_with_build(publishable, column), field_id=ids[column.name])
        for column in view.fields
    ]
    return View(
        **definition,
        files=[],
        rows=0,
        built_through=publishable.built_through.isoformat(),
        statistics={},
        checks=list(publishable.checks),
        code=publishable.code,
        sql=publishable.sql,
        fingerprint=publishable.fingerprint,
        dropped_checks=dict(publishable.dropped_checks),
        estimated_known_at=dict(publishable.estimated_known_at),
        certificate=None if publishable.certificate is None else list(publishable.certificate),
        rung_evidence=publishable.rung_evidence,
    )


def _with_build(publishable: PublishableView, column: Field) -> Field:
    complete_from = publishable.complete_from.get(column.name)
    return replace(
        column,
        complete_from=complete_from.isoformat() if complete_from else None,
        look_back_hours=publishable.look_back_hours.get(column.name),
    )
