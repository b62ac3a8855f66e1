"""The figures of all tasks as Markdown, between the two markers of a page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from examples.signal.evidence import Evidence
from examples.signal.leaks import KNOWN
from examples.signal.tasks import Task
from examples.signal.words import gain_text, measure, score_text, sizes, verdict, without_signal

sys.path.append(str(Path(__file__).parents[2] / "scripts"))
from marked_page import write_part  # noqa: E402 - a script is imported from its folder

MARKER = "<!-- signal -->"


def write(page: Path, shown: Sequence[Evidence], skipped: Sequence[Task], size: str) -> None:
    """Write the figures into the page."""
    today = datetime.now(UTC).date().isoformat()
    parts = [f"Measured on {today}{f', {size}' if size else ''}.\n"]
    parts += [_section(item) for item in shown]
    parts += [f"### {task.title}\n\nLeft out: its data were not there.\n" for task in skipped]
    write_part(page, MARKER, "\n".join(parts))


def _section(shown: Evidence) -> str:
    lines = [f"### {shown.task.title}", "", f"{shown.task.question} {sizes(shown)}.", ""]
    lines += [f"| features | {measure(shown)}, own split | next month | against `known`: own split | next month | |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for item in shown.comparisons:
        is_known = item.variant == KNOWN
        cells = [
            item.variant.title,
            score_text(shown, item.own),
            score_text(shown, item.next_month),
            "" if is_known else gain_text(item.own_gain),
            "" if is_known else gain_text(item.next_gain),
            "" if is_known else verdict(item),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    carrying = [item for item in shown.importances if item.carries]
    flat, constant = without_signal(shown.importances)
    named = [f"`{item.name}` ({item.drop.value:.3f})" for item in carrying if item.drop]
    lines += ["", f"Carry signal, by how much the score falls without it: {', '.join(named) or 'none'}.", ""]
    lines += [f"Carry nothing that shows: {_names(flat)}.", ""]
    lines += [f"Have one value or none: {_names(constant)}.", ""]
    return "\n".join(lines)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
