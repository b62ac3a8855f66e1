"""The files of a draft: its model and its YAML, with what is left to do in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from milepost.beginning import view_writer
from milepost.beginning.view_writer import Column, UnitTest
from milepost.drafting.draft import Draft
from milepost.drafting.feature_list import DraftFeature, value_sql
from milepost.drafting.notes import Note, comment
from milepost.drafting.project_facts import TODO, ProjectFacts, Roles

# A landing date closes when it is over: 23 hours after the first of its hours, and two to build.
HOURLY_DELAY_MINUTES = 1500


@dataclass(frozen=True)
class Meaning:
    """What people say of a view: its description and owners, each empty where they do not."""

    description: str = ""
    science: str = ""
    engineering: str = ""


@dataclass(frozen=True)
class DraftFiles:
    """The text of a draft's files, for a project."""

    draft: Draft
    project: ProjectFacts
    roles: Roles
    meaning: Meaning

    @property
    def path(self) -> Path:
        """The model's path in the project, whose YAML stands beside it."""
        return Path(self.project.folder(self.roles.first)) / f"{self.draft.name}.sql"

    def sql(self, more_todos: Sequence[Note] = ()) -> str:
        """Return the model, with what is left to do before it."""
        draft = self.draft
        lines = list(comment(f"Drafted from {draft.query.place}."))
        if draft.notes.changes:
            lines.append("-- Otherwise than the query:")
        for note in draft.notes.changes:
            lines += comment(str(note))
        for note in (*draft.notes.todos, *more_todos):
            lines += comment(f"{TODO} {note}")
        model = view_writer.view_sql(
            {layer.name: layer.sql() for layer in draft.layers},
            [key.name for key in draft.keys],
            draft.features.declared(),
            prefix=self.project.prefix,
            grid=draft.grid,
            last_select=draft.last_select(self.project.prefix),
        )
        return "\n".join(lines) + "\n" + model

    def yaml(self, unit_test: UnitTest | None) -> str:
        """Return the contract; without a unit test, that it is missing is left to do."""
        text = view_writer.view_yaml(
            self.draft.name,
            self._description(),
            self._meta(),
            [*self._key_columns(), *self._columns()],
            unit_test,
            prefix=self.project.prefix,
        )
        if unit_test is None:
            text += (
                f"# {TODO}: a unit test at the edge of a window; no row could be made up that the "
                "facts take.\n"
            )
        return text

    def _meta(self) -> list[str]:
        stated = {"science": self.meaning.science, "engineering": self.meaning.engineering}
        owners = ", ".join(
            f"{role}: {view_writer.in_braces(name or self.project.owner(role))}"
            for role, name in stated.items()
        )
        lines = [
            *self.roles.meta_lines(),
            f"grid: {self.draft.grid}",
            f"owners: {{{owners}}}",
            "maturity: draft",
            f"sensitivity: {self.project.sensitivity}",
        ]
        if self.draft.grid == "hour":
            lines.append(f"serving_delay_minutes: {HOURLY_DELAY_MINUTES}")
        return lines

    def _description(self) -> str:
        about = [self.project.words(role) for role in self.roles.entities]
        opening = (
            self.meaning.description
            or self.draft.query.opening_comment()
            or f"{TODO}: what it tells about each {_listed(about)}."
        )
        opening = opening if opening.endswith((".", "?", "!")) else f"{opening}."
        rows = _listed([*about, self.draft.grid])
        preposition = "in" if self.draft.grid == "hour" else "on"
        return f"{opening} One row per {rows} {preposition} which a value changed."

    def _key_columns(self) -> Iterator[Column]:
        for key in self.draft.keys:
            role = next(role for role in self.roles.entities if key.name in role.keys)
            description = f"The {self.project.words(role)} that the row is about."
            yield Column(key.name, key.data_type, description, is_key=True)
        yield view_writer.available_at(self.project.prefix)

    def _columns(self) -> Iterator[Column]:
        draft = self.draft
        for feature in draft.shown:
            measure, features = feature.measure, draft.features
            is_count = measure.aggregate in {"count", "distinct"}
            kind = "bigint" if is_count else "double"
            if measure.aggregate in {"min", "max"} and measure.value is not None:
                kind = draft.type_of(measure.value).lower()
            hidden = set(draft.hidden)
            sample = {k: v for k, v in features.sample_of(feature).items() if k not in hidden}
            description = feature.comment or self._described(feature)
            yield Column(feature.column, kind, _ended(description, feature), sample)
        for item in draft.computed:
            description = item.comment or (
                f"{TODO}: what `{item.sql}` tells, its unit, and when it is null."
            )
            yield Column(item.name, item.data_type, description)

    def _described(self, feature: DraftFeature) -> str:
        """Return what a feature is where its name and column tell it; else it is left to do."""
        measure, window = feature.measure, feature.window.words
        rows = f"rows of {self.draft.features.facts} that became known in {window}"
        if measure.value is None:
            return f"{rows.capitalize()}."
        if measure.value["class"] != "COLUMN_REF":
            return f"{TODO}: what `{measure.aggregate}` of `{value_sql(measure.value)}` tells."
        column = value_sql(measure.value)
        value = {
            "count": f"Values of {column} in the",
            "distinct": f"Different values of {column} in the",
            "rate": f"Share, 0 to 1, with {column} of the",
            "sum": f"Sum of {column} over the",
            "mean": f"Mean of {column} over the",
            "stddev": f"Standard deviation of {column} over the",
            "min": f"Least {column} of the",
            "max": f"Greatest {column} of the",
        }.get(measure.aggregate, f"{measure.aggregate[1:]}th percentile of {column} over the")
        return f"{value} {rows}."


def _listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: `origin, destination and day`."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last


def _ended(description: str, feature: DraftFeature) -> str:
    """Return a description that says what a null means, where there is one."""
    text = description if description.endswith((".", "?", "!")) else f"{description}."
    if feature.measure.aggregate in {"count", "distinct"} or "ull " in text:
        return text
    few = "with fewer than two values" if feature.measure.aggregate == "stddev" else "without any"
    return f"{text} Null {few}."
