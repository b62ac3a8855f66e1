"""The figures of all tasks as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from examples.signal.evidence import Evidence
from examples.signal.importances import Importance
from examples.signal.tasks import Task
from examples.signal.words import by_signal, cells, header, left_out, sizes


def summary(shown: Iterable[Evidence], left_out_tasks: Iterable[Task]) -> str:
    """Return a section for each task."""
    sections = [_section(item) for item in shown]
    sections += [
        f"## {task.title}\n\nLeft out, because its data were not there.\n"
        for task in left_out_tasks
    ]
    return "\n".join(sections)


def _section(shown: Evidence) -> str:
    features, columns = by_signal(shown), header(shown)
    paragraphs = [
        f"{shown.task.question} {sizes(shown)}. Rows without a label: {left_out(shown)}.",
        f"**Carry signal**, by how much the score falls without: {_drops(features.carrying)}.",
        f"**Views as a whole**: {_drops(features.views)}.",
        f"**Show nothing alone**, in a view that carries signal: {_names(features.shared)}.",
        f"**Carry nothing**: {_names(features.without_signal)}.",
        f"**Have one value or none**: {_names(features.constant)}.",
    ]
    table = [columns, ["---"] * len(columns), *(cells(shown, item) for item in shown.comparisons)]
    lines = [f"| {' | '.join(row)} |" for row in table]
    first, *rest = [textwrap.fill(text, 100, break_on_hyphens=False) for text in paragraphs]
    parts = [f"## {shown.task.title}", first, "\n".join(lines), *rest]
    return "\n\n".join(parts) + "\n"


def _drops(importances: Sequence[Importance]) -> str:
    return (
        ", ".join(
            f"`{item.name.removeprefix('all of ')}` {item.drop.value:.3f}"
            f" ({item.drop.low:.3f} to {item.drop.high:.3f})"
            for item in importances
            if item.drop
        )
        or "none"
    )


def _names(importances: Sequence[Importance]) -> str:
    return ", ".join(f"`{item.name}`" for item in importances) or "none"
