"""The features of a draft: a name for each measure and window, and the columns they are of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from milepost.beginning.view_writer import Feature
from milepost.drafting.measures import Measure
from milepost.drafting.never_null import counted
from milepost.drafting.query import Node, is_column
from milepost.drafting.written import written
from milepost.release.names import name_fault

_WINDOW = re.compile(r"_(?:last_|past_|in_)?\d+_?(?:d|h|w|days?|hours?|weeks?)$")
_STATISTICS = re.compile(r"_(?:count|rate|share|mean|avg|average|p\d+|median|sum|total|min|max)$")
_ENDINGS = {"count": "_count", "distinct": "_count", "rate": "_rate"}
_SAMPLED = re.compile(r"rate|mean|stddev|min|max|p\d+")


@dataclass(frozen=True)
class Window:
    """The hours of a window, and how long before the grid instant it ends."""

    hours: int
    back_hours: int = 0

    @property
    def over(self) -> str:
        """The length as a feature declares it."""
        return length(self.hours)

    @property
    def suffix(self) -> str:
        """What a column's name ends in."""
        back = f"_before_{length(self.back_hours)}" if self.back_hours else ""
        return f"_{self.over}{back}"

    @property
    def words(self) -> str:
        """What a description says of it."""
        days, hours = divmod(self.hours, 24)
        span = f"{hours} hours" if hours else "day" if days == 1 else f"{days} days"
        back = f" that ended {length(self.back_hours)} earlier" if self.back_hours else ""
        return f"the last {span}{back}"


@dataclass(frozen=True)
class DraftFeature:
    """A measure in a window, under a name. `comment` is what the query says of it."""

    name: str
    measure: Measure
    window: Window
    line: int
    comment: str = ""
    is_hidden: bool = False

    @property
    def column(self) -> str:
        """The column that the view has."""
        return f"{self.name}{self.window.suffix}"


@dataclass
class FeatureList:
    """The features so far, and the computed columns of the facts that they are of, by SQL.

    `never_null` has the SQL of values that are null in no fact. `taken` are the names of columns
    that are computed from features.
    """

    facts: str
    columns: set[str]
    never_null: frozenset[str]
    features: list[DraftFeature] = field(default_factory=list)
    computed: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def add(self, feature: DraftFeature) -> DraftFeature:
        """Add a feature; one that is there already, under whatever name, is returned."""
        same = [item for item in self.features if _kind(item) == _kind(feature)]
        alike = [item for item in self.features if _kind(item)[:2] == _kind(feature)[:2]]
        if feature.is_hidden and alike:
            feature = replace(feature, name=alike[0].name)
        if same and (feature.is_hidden or not same[0].is_hidden):
            return same[0]
        # A hidden feature keeps its name, which computed columns have in their SQL.
        if same and same[0].column == feature.column:
            self.features[self.features.index(same[0])] = feature
            return feature
        while feature.column in self.names():
            feature = replace(feature, name=f"{feature.name}_too")
        self.features.append(feature)
        self.source(feature)
        return feature

    def names(self) -> set[str]:
        """Return the names that columns have, hidden ones too."""
        return self.taken | {item.column for item in self.features}

    def source(self, feature: DraftFeature) -> str:
        """Return what a feature is of: the facts, or a column of theirs, as it is declared."""
        value = feature.measure.value
        if value is None:
            return self.facts
        if is_column(value):
            return f"{self.facts}.{value['column_names'][-1].lower()}"
        text = written(value)
        if text not in self.computed:
            base = _STATISTICS.sub("", feature.name)
            name = f"is_{base}" if feature.measure.is_boolean else base
            while name in {*self.columns, *self.computed.values()} or name_fault(name):
                name = f"{name}_value"
            self.computed[text] = name
        return f"{self.facts}.{self.computed[text]}"

    def add_samples(self) -> None:
        """Add the counts of values that features are computed from and the query does not have."""
        for feature in list(self.features):
            if _SAMPLED.fullmatch(feature.measure.aggregate):
                sample = self._sample(feature)
                shown = [_kind(item) for item in self.features if not item.is_hidden]
                if _kind(sample) not in shown:
                    self.add(sample)

    def sample_of(self, feature: DraftFeature) -> dict[str, int]:
        """Return the count that a feature is computed from, and how many it needs."""
        if not _SAMPLED.fullmatch(feature.measure.aggregate):
            return {}
        wanted = _kind(self._sample(feature))
        least = 2 if feature.measure.aggregate == "stddev" else 1
        return {item.column: least for item in self.features if _kind(item) == wanted}

    def _sample(self, feature: DraftFeature) -> DraftFeature:
        """Return the count of the values of a feature, by the name that the query has for it.

        Where no value can be null, it is the count of the facts.
        """
        measure = replace(feature.measure, aggregate="count", span=None)
        sample = replace(feature, measure=measure, comment="", is_hidden=False)
        if measure.value is not None:
            rows = None if measure.is_always_there else counted(measure.value, self.never_null)
            of_rows = replace(sample, measure=replace(measure, value=rows, is_boolean=True))
            if rows is None or _kind(of_rows) in map(_kind, self.features):
                sample = of_rows
        alike = [item for item in self.features if _kind(item)[:2] == _kind(sample)[:2]]
        if alike:
            # The count of this window may have another name than those of other windows.
            of_window = [item for item in alike if item.window == sample.window]
            return replace(sample, name=(of_window or alike)[0].name)
        of = singular(self.facts) if sample.measure.value is None else self._column(feature)
        return replace(sample, name=f"{of}_count")

    def _column(self, feature: DraftFeature) -> str:
        return self.source(feature).partition(".")[2]

    def declared(self) -> list[Feature]:
        """Return the features as `trailing_features` takes them, a measure with all its windows."""
        declared: dict[tuple[str, str, str, str], list[str]] = {}
        for feature in self.features:
            back = feature.window.back_hours
            key = (
                feature.name,
                feature.measure.aggregate,
                self.source(feature),
                length(back) if back else "",
            )
            declared.setdefault(key, []).append(feature.window.over)
        return [Feature(*key[:3], tuple(over), key[3]) for key, over in declared.items()]


def feature_name(alias: str, measure: Measure, facts: str) -> str:
    """Return the name of a feature without its window, from how the query calls it."""
    base = _WINDOW.sub("", plain_name(alias))
    ending = _ENDINGS.get(measure.aggregate, "")
    if len(base) < 3 or name_fault(base):
        value = measure.value
        column = (
            value["column_names"][-1].lower() if value and is_column(value) else singular(facts)
        )
        base = column if ending else f"{column}_{measure.aggregate}"
    if ending and not base.endswith(ending):
        base = f"{singular(base)}{ending}"
    return base


def window_in(alias: str) -> str:
    """Return the window that a name says, such as `_30d`; empty where it says none."""
    match = _WINDOW.search(alias.lower())
    return match[0] if match else ""


def plain_name(alias: str) -> str:
    """Return a name of lower-case letters, digits and `_`."""
    return re.sub(r"[^a-z0-9_]+", "_", alias.lower()).strip("_")


def singular(name: str) -> str:
    """Return the name of one of several things."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if re.search("[^s]s$", name) else name


def length(hours: int) -> str:
    """Return hours as a window says them."""
    return f"{hours}h" if hours % 24 else f"{hours // 24}d"


def _kind(feature: DraftFeature) -> tuple[str, str, Window]:
    measure = feature.measure
    text = "" if measure.value is None else written(measure.value)
    return measure.aggregate, text, feature.window


def value_sql(value: Node | None) -> str:
    """Return the SQL of what a measure is of."""
    return "true" if value is None else written(value)
