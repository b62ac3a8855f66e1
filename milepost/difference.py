"""What differs between two releases: views, features, rows and partitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from milepost.manifest import Manifest, View

# What a view says of itself, but for its files and what is measured on them.
_STATED = (
    *("keys", "grid", "serving_delay_minutes", "complete_from", "built_through", "entities"),
    *("owners", "maturity", "sensitivity", "is_latest", "deprecated_at", "description"),
)


@dataclass(frozen=True)
class ViewDifference:
    """A view that is not the same in both releases; lists name its features and its months."""

    view: str
    change: str
    features_added: list[str]
    features_removed: list[str]
    features_changed: list[str]
    stated: dict[str, list[object]]
    rows_before: int
    rows_after: int
    partitions_added: list[str]
    partitions_removed: list[str]
    partitions_changed: list[str]


def between(before: Manifest | None, after: Manifest) -> list[ViewDifference]:
    """The views that differ, by name; all of `after` where there is nothing before."""
    old = {view.name: view for view in before.views} if before else {}
    new = {view.name: view for view in after.views}
    found = (_compare(name, old.get(name), new.get(name)) for name in sorted({*old, *new}))
    return [one for one in found if one]


def lines(differences: list[ViewDifference]) -> Iterator[str]:
    """The differences as a person reads them."""
    if not differences:
        yield "no view differs"
    for one in differences:
        yield (
            f"{one.view}: {one.change}, rows {one.rows_before:,} -> {one.rows_after:,} "
            f"({one.rows_after - one.rows_before:+,})"
        )
        for what in ("features", "partitions"):
            for how in ("added", "removed", "changed"):
                names = getattr(one, f"{what}_{how}")
                if names:
                    yield f"  {what} {how}: {', '.join(names)}"
        for name, (old, new) in one.stated.items():
            yield f"  {name}: {old} -> {new}"


def _compare(name: str, old: View | None, new: View | None) -> ViewDifference | None:
    old_features, new_features = _features(old), _features(new)
    old_months, new_months = _months(old), _months(new)
    common_months = old_months.keys() & new_months.keys()
    found = ViewDifference(
        view=name,
        change="changed" if old and new else "added" if new else "removed",
        features_added=[one for one in new_features if one not in old_features],
        features_removed=[one for one in old_features if one not in new_features],
        features_changed=[
            one for one, is_now in new_features.items() if old_features.get(one, is_now) != is_now
        ],
        stated={
            key: [getattr(old, key), getattr(new, key)]
            for key in _STATED
            if old and new and getattr(old, key) != getattr(new, key)
        },
        rows_before=old.rows if old else 0,
        rows_after=new.rows if new else 0,
        partitions_added=sorted(new_months.keys() - common_months),
        partitions_removed=sorted(old_months.keys() - common_months),
        partitions_changed=sorted(m for m in common_months if old_months[m] != new_months[m]),
    )
    return None if old and new and _is_empty(found) else found


def _is_empty(found: ViewDifference) -> bool:
    features = (found.features_added, found.features_removed, found.features_changed)
    partitions = (found.partitions_added, found.partitions_removed, found.partitions_changed)
    return not any((*features, *partitions, found.stated))


def _features(view: View | None) -> dict[str, object]:
    """Stored and derived, each with what it is said to be."""
    if view is None:
        return {}
    stored = {f.name: (f.type, f.description) for f in view.fields if f.name in view.features}
    return {**stored, **{one.name: one for one in view.derived}}


def _months(view: View | None) -> dict[str, list[str]]:
    months: dict[str, list[str]] = {}
    for file in view.files if view else []:
        months.setdefault(file.month, []).append(file.digest)
    return months
