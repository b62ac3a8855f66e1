"""Static pages with plots: one for each task, and one that leads to them."""

# allow milepost.local_file: pages of this checkout are written
from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from examples.signal import svg
from examples.signal.evidence import Evidence
from examples.signal.importances import Importance
from examples.signal.scores import Interval
from examples.signal.tasks import Task
from examples.signal.words import as_shown, by_signal, cells, header, left_out, measure, sizes

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 860px; margin: 2em auto; padding: 0 1em;
  color: #222; }
table { border-collapse: collapse; margin: 1em 0; font-size: 14px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #ddd;
  vertical-align: top; }
h2 { margin-top: 2em; }
svg { max-width: 100%; height: auto; }
"""


def write(folder: Path, shown: Sequence[Evidence], left_out_tasks: Sequence[Task]) -> Path:
    """Write the pages into the folder and return the one to begin at."""
    lines = []
    for item in shown:
        page = folder / f"{item.task.name}.html"
        page.write_text(_page(item.task.title, _sections(item)))
        lines.append(f'<li><a href="{page.name}">{escape(item.task.title)}</a>: ')
        lines.append(f"{escape(item.task.question)}</li>")
    lines += [
        f"<li>{escape(task.title)}: left out, because its data are not there.</li>"
        for task in left_out_tasks
    ]
    index = folder / "index.html"
    index.write_text(_page("What the features predict", ["<ul>", *lines, "</ul>"]))
    return index


def _sections(shown: Evidence) -> list[str]:
    task, features = shown.task, by_signal(shown)
    scores = {
        item.variant.title: {
            "own split": as_shown(shown, item.own),
            "next month, features as known then": as_shown(shown, item.next_month),
        }
        for item in shown.comparisons
    }
    curves = {
        variant.title: [(group.predicted, group.observed) for group in groups]
        for variant, groups in shown.calibration.items()
    }
    without_label = left_out(shown).replace("`", "")
    return [
        f"<p>{escape(task.question)} {sizes(shown)}. The mean label to train on is "
        f"{shown.label_mean:.3f}. Rows without a label: {escape(without_label)}. "
        f"Features of release {escape(shown.release)}.</p>",
        f"<h2>Scores: {measure(shown)}</h2>",
        f"<p>{'More' if task.outcomes else 'Less'} is better. A line is a 95 % interval: days are "
        "drawn again and again.</p>",
        svg.intervals(scores),
        _table(header(shown), [cells(shown, item) for item in shown.comparisons]),
        *(
            f"<p><b>{escape(item.variant.title)}</b>: {escape(item.variant.says)}</p>"
            for item in shown.comparisons
        ),
        "<h2>Calibration in the next month</h2>",
        "<p>Ten groups of equally many rows, by prediction. A model that is right lies on the "
        "dashed line.</p>",
        svg.calibration(curves),
        "<h2>Importance of each feature</h2>",
        "<p>By how much the score of the three months after the training falls when the values of "
        "a feature are dealt out anew. Features that say the same share their importance, and "
        "each may seem to carry nothing. So views are dealt out as a whole, too.</p>",
        svg.intervals(_drops(shown.importances), line_at=0),
        f"<p>Carry nothing, and their views neither: {_names(features.without_signal)}.</p>",
        f"<p>Have one value or none in the rows to train on: {_names(features.constant)}.</p>",
    ]


def _drops(importances: Iterable[Importance]) -> dict[str, dict[str, Interval]]:
    return {item.name: {"drop": item.drop} for item in importances if item.drop}


def _names(importances: Iterable[Importance]) -> str:
    return escape(", ".join(item.name for item in importances)) or "none"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in columns)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _page(title: str, sections: Iterable[str]) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{''.join(sections)}</html>\n"
    )
