"""What differs between two releases: views, features, rows, partitions and services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from milepost.display import to_text
from milepost.release.definition import Statement, statements
from milepost.release.manifest import Manifest, View, minute
from milepost.release.service import Service

_STATED_BY_SERVICE = ("description", "maturity", "owner", "aliases", "features", "tags")


@dataclass(frozen=True)
class ViewDifference:
    """A view that differs between two releases; the lists name features and months."""

    view: str
    change: str
    features_added: list[str]
    features_removed: list[str]
    features_changed: list[str]
    complete_from: dict[str, list[str]]
    """By feature, its old and new `complete_from`, for features where it changed."""

    stated: dict[str, list[object]]
    rows_before: int
    rows_after: int
    partitions_added: list[str]
    partitions_removed: list[str]
    partitions_changed: list[str]


@dataclass(frozen=True)
class ServiceDifference:
    """A service that differs between two releases; `stated` has another order of features."""

    service: str
    change: str
    features_added: list[str]
    features_removed: list[str]
    stated: dict[str, list[object]]


Differences = list[ViewDifference | ServiceDifference]


def between(before: Manifest | None, after: Manifest) -> Differences:
    """Return the views and then the services that differ; without `before`, all of `after`."""
    old = {view.name: view for view in before.views} if before else {}
    view_differences = []
    for view in after.views:
        gone_on = before.predecessor(view.name, view.version) if before else None
        view_differences.append(_compare(view.name, gone_on, view))
        old.pop(gone_on.name if gone_on else view.name, None)
    view_differences += [_compare(name, view, None) for name, view in old.items()]
    had = {service.name: service for service in before.services} if before else {}
    has = {service.name: service for service in after.services}
    service_differences = [
        _compare_service(name, had.get(name), has.get(name)) for name in sorted({*had, *has})
    ]
    return [
        *sorted(filter(None, view_differences), key=lambda difference: difference.view),
        *filter(None, service_differences),
    ]


def lines(differences: Differences) -> Iterator[str]:
    """Return the differences as a person reads them."""
    for difference in differences:
        if isinstance(difference, ServiceDifference):
            yield f"service {difference.service}: {difference.change}"
        else:
            rows_before, rows_after = difference.rows_before, difference.rows_after
            yield (
                f"{difference.view}: {difference.change}, rows {rows_before:,} -> "
                f"{rows_after:,} ({rows_after - rows_before:+,})"
            )
        for kind in ("features", "partitions"):
            for change in ("added", "removed", "changed"):
                names = getattr(difference, f"{kind}_{change}", None)
                if names:
                    yield f"  {kind} {change}: {', '.join(names)}"
        for (old, new), names in _by_change(getattr(difference, "complete_from", {})).items():
            instants = (minute(datetime.fromisoformat(instant)) for instant in (old, new))
            yield f"  complete from {' -> '.join(instants)}: {', '.join(names)}"
        for name, (before, after) in difference.stated.items():
            yield f"  {name}: {_readable(name, before)} -> {_readable(name, after)}"


def text(before: Manifest | None, after: Manifest) -> list[str]:
    """Return all that differs as a person reads it; the glossary changes what a search finds."""
    return [*lines(between(before, after)), *_glossary(before, after)] or ["nothing differs"]


def _glossary(before: Manifest | None, after: Manifest) -> Iterator[str]:
    had = {term.name: term for term in before.glossary} if before else {}
    has = {term.name: term for term in after.glossary}
    differing = [name for name in sorted({*had, *has}) if had.get(name) != has.get(name)]
    if differing:
        yield f"glossary: {', '.join(differing)}"


def _readable(name: str, value: object) -> str:
    """Return a value of a field of a view or a service as a person reads it."""
    statement = statements(View).get(name, Statement())
    fact = Statement().fact(value) if isinstance(value, bool) else statement.fact(value)
    return to_text(fact) or "none"


def _by_change(complete_from: dict[str, list[str]]) -> dict[tuple[str, ...], list[str]]:
    changes: dict[tuple[str, ...], list[str]] = {}
    for feature, change in complete_from.items():
        changes.setdefault(tuple(change), []).append(feature)
    return changes


def _compare(name: str, old: View | None, new: View | None) -> ViewDifference | None:
    old_features, new_features = _features(old), _features(new)
    old_months, new_months = _months(old), _months(new)
    common_months = old_months.keys() & new_months.keys()
    difference = ViewDifference(
        view=name,
        change=f"goes on from {old.name}"
        if old and new and old.name != new.name
        else _change(old, new),
        features_added=[feature for feature in new_features if feature not in old_features],
        features_removed=[feature for feature in old_features if feature not in new_features],
        features_changed=[
            feature
            for feature, after in new_features.items()
            if old_features.get(feature, after) != after
        ],
        complete_from=_complete_from(old, new),
        stated=_stated(_compared(type(new or old)), old, new),
        rows_before=old.rows if old else 0,
        rows_after=new.rows if new else 0,
        partitions_added=sorted(new_months.keys() - common_months),
        partitions_removed=sorted(old_months.keys() - common_months),
        partitions_changed=sorted(m for m in common_months if old_months[m] != new_months[m]),
    )
    is_same = old and new and old.name == new.name
    return None if is_same and _is_empty(difference) else difference


def _compare_service(
    name: str, old: Service | None, new: Service | None
) -> ServiceDifference | None:
    if old == new:
        return None
    had, has = old.features if old else [], new.features if new else []
    stated = _stated(_STATED_BY_SERVICE, old, new)
    if sorted(had) != sorted(has):
        stated.pop("features", None)
    return ServiceDifference(
        service=name,
        change=_change(old, new),
        features_added=[feature for feature in has if feature not in had],
        features_removed=[feature for feature in had if feature not in has],
        stated=stated,
    )


def _compared(kind: type) -> list[str]:
    """Return the names of the fields whose values are compared."""
    return [name for name, statement in statements(kind).items() if statement.is_compared]


def _change(old: object, new: object) -> str:
    return "changed" if old and new else "added" if new else "removed"


def _stated(keys: Iterable[str], old: object, new: object) -> dict[str, list[object]]:
    return {
        key: [getattr(old, key), getattr(new, key)]
        for key in keys
        if old and new and getattr(old, key) != getattr(new, key)
    }


def _is_empty(difference: ViewDifference) -> bool:
    changes = asdict(difference)
    for name in ("view", "change", "rows_before", "rows_after"):
        del changes[name]
    return not any(changes.values())


def _complete_from(old: View | None, new: View | None) -> dict[str, list[str]]:
    was, now = ({} if view is None else view.complete_from for view in (old, new))
    return {
        name: [str(was[name]), str(now[name])]
        for name in now
        if name in was and was[name] != now[name]
    }


def _features(view: View | None) -> dict[str, object]:
    """Return the stored and derived features by name, each with its definition."""
    if view is None:
        return {}
    stored = {
        field.name: (field.type, field.description, field.tags)
        for field in view.fields
        if field.name in view.features
    }
    return {**stored, **{feature.name: feature for feature in view.derived}}


def _months(view: View | None) -> dict[str, list[str]]:
    months: dict[str, list[str]] = {}
    for file in view.files if view else []:
        months.setdefault(file.month, []).append(file.digest)
    return months
