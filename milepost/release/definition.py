"""The definition of a feature view: stated by the dbt project, and kept by every release.

A new field needs three places. Here it is defined, for the manifest, `describe`, `show`, `diff` and
the rules of compatibility; without a `Statement` it is shown and compared as it is.
`building.declared_views.read` takes it from the YAML. `building.code.DESCRIPTIVE_META` names it if
no table depends on it, so that stating it builds no view again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from milepost.release.derived import Derived
from milepost.release.entity import EntityRole
from milepost.release.names import AVAILABLE_AT

GRIDS = ("day", "hour")
RUNGS = ("draft", "experimental", "production", "deprecated")
"""What `maturity` may be, from the lowest rung of the ladder to the highest."""

Fact = str | int | list[str] | None
"""A value as people see it; None where there is nothing to show."""


@dataclass(frozen=True)
class Statement:
    """How a field is shown and compared. An empty `label` stands for the field's name in words."""

    label: str = ""
    to_fact: Callable[[Any], Fact] | None = None
    """Turns a value into the fact that people see; by default that is the value itself."""

    is_shown: bool = True
    is_compared: bool = True
    """Whether `diff` lists a change of it."""

    is_breaking: bool = False
    """Whether a view with another value needs a new version: its readers would get other rows."""

    def fact(self, value: Any) -> Fact:
        """Return a value of the field as people see it."""
        if self.to_fact:
            return self.to_fact(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Mapping):
            return [f"{name}: {text}" for name, text in value.items()] or None
        if isinstance(value, list | tuple):
            return [str(item) for item in value]
        return value if isinstance(value, int) or value is None else str(value)


def stated(**options: Any) -> Mapping[str, Statement]:
    """Return the metadata of a field, with the options of a `Statement`."""
    return {"statement": Statement(**options)}


def statements(definition: type) -> dict[str, Statement]:
    """Return how each field of a definition is shown and compared, by the field's name."""
    return {
        part.name: _labelled(part.name, part.metadata.get("statement", Statement()))
        for part in fields(definition)
    }


def _labelled(name: str, statement: Statement) -> Statement:
    return replace(statement, label=statement.label or name.replace("_", " "))


@dataclass(frozen=True)
class Field:
    """A column of a view: type is one of BIGINT, DOUBLE, BOOLEAN, VARCHAR, TIMESTAMP (UTC).

    `complete_from` is when a feature's windows are first full, naive UTC in ISO form. It is None of
    keys and `available_at`, which have none, and of what is not built yet. `sample` is how
    many facts each of some counts has at least where this feature has a value. What is None or
    empty was not stated, or the release is of before format 6. `field_id` is the column's id in
    Parquet files, None of a draft, and of a release of before format 9.
    """

    name: str
    type: str
    description: str
    complete_from: str | None = None
    unit: str | None = None
    null_meaning: str | None = None
    sample: dict[str, int] = field(default_factory=dict)
    look_back_hours: int | None = None
    tags: list[str] = field(default_factory=list)
    field_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ViewDefinition:
    """A feature view as its project defines it. Instants are naive UTC in ISO form.

    `name` is that of the table: for version 2 of a dbt model `<model>_v2`. `keys` are the columns
    that `entities` name, in their order.
    """

    name: str = field(metadata=stated(is_shown=False, is_compared=False))
    description: str
    version: str | None = None
    is_latest: bool = field(
        default=True,
        metadata=stated(
            label="latest version", to_fact=lambda is_latest: None if is_latest else "no"
        ),
    )
    deprecated_at: str | None = field(default=None, metadata=stated(label="deprecated"))
    entities: list[EntityRole] = field(
        metadata=stated(to_fact=lambda roles: [str(role) for role in roles] or "none")
    )
    keys: list[str] = field(metadata=stated(to_fact=lambda keys: keys or "none", is_breaking=True))
    grid: str = field(metadata=stated(is_breaking=True))
    serving_delay_minutes: int = field(
        metadata=stated(
            label="serving delay",
            to_fact=lambda minutes: f"{minutes:,} minutes",
            is_breaking=True,
        )
    )
    is_dense: bool = field(
        default=False,
        metadata=stated(
            label="dense",
            to_fact=lambda is_dense: "a row at each grid instant" if is_dense else None,
        ),
    )
    fresh_within_hours: int | None = field(
        default=None,
        metadata=stated(
            label="fresh within",
            to_fact=lambda hours: None if hours is None else f"{hours:,} hours",
        ),
    )
    owners: dict[str, str] = field(
        metadata=stated(
            to_fact=lambda owners: [f"{owner} ({side})" for side, owner in owners.items()]
        )
    )
    maturity: str
    sensitivity: str
    tags: list[str] = field(
        default_factory=list, metadata=stated(to_fact=lambda tags: tags or None)
    )
    # The columns and the derived features are shown and compared one by one, as features.
    fields: list[Field] = field(metadata=stated(is_shown=False, is_compared=False))
    derived: list[Derived] = field(
        default_factory=list, metadata=stated(is_shown=False, is_compared=False)
    )

    @property
    def model(self) -> str:
        """The name of the dbt model, of which this may be a version."""
        return self.name.removesuffix(f"_v{self.version}") if self.version else self.name

    @property
    def selector(self) -> str:
        """How dbt selects the model, as `carrier_reliability.v2`."""
        return f"{self.model}.v{self.version}" if self.version else self.model

    @property
    def features(self) -> list[str]:
        """The columns but for keys and `available_at`, in their order."""
        return [
            column.name for column in self.fields if column.name not in (*self.keys, AVAILABLE_AT)
        ]

    @property
    def types(self) -> dict[str, str]:
        """The type of each column."""
        return {column.name: column.type for column in self.fields}

    def definition(self) -> dict[str, Any]:
        """Return the fields of the definition alone, without those that a subclass adds."""
        return {name: getattr(self, name) for name in statements(ViewDefinition)}
