"""Static pages with plots: one for each task, and one that leads to them."""

# allow milepost.local_file: pages of this checkout are written
from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from examples.signal import svg
from examples.signal.evidence import Evidence
from examples.signal.leaks import KNOWN, LEAKS
from examples.signal.scores import Interval
from examples.signal.tasks import Task
from examples.signal.words import gain_text, measure, score_text, sizes, verdict, without_signal

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 800px; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; font-size: 14px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #ddd; vertical-align: top; }
h2 { margin-top: 2em; }
svg { max-width: 100%; height: auto; }
"""


def write(folder: Path, shown: Sequence[Evidence], skipped: Sequence[Task]) -> Path:
    """Write the pages into the folder and return the one to begin at."""
    for item in shown:
        (folder / f"{item.task.name}.html").write_text(_page(item.task.title, _sections(item)))
    links = [
        f'<p><a href="{item.task.name}.html">{escape(item.task.title)}</a>: '
        f"{escape(item.task.question)} {measure(item)} of the next month "
        f"{score_text(item, item.comparisons[0].next_month)}.</p>"
        for item in shown
    ]
    links += [f"<p>{escape(task.title)}: left out, its data are not there.</p>" for task in skipped]
    index = folder / "index.html"
    index.write_text(_page("What the features predict", links))
    return index


def _sections(shown: Evidence) -> list[str]:
    task = shown.task
    sign = 1 if task.outcomes else -1
    left_out = ", ".join(f"{count:,} {name}" for name, count in sorted(shown.left_out.items()))
    by_part = {
        item.variant.title: {
            "own split": _signed(item.own, sign),
            "next month, features as known": _signed(item.next_month, sign),
        }
        for item in shown.comparisons
    }
    curves = {
        variant.title: [(one_bin.predicted, one_bin.observed) for one_bin in shown.calibration[variant]]
        for variant in (KNOWN, *LEAKS)
    }
    drops = {item.name: {"drop": item.drop} for item in shown.importances if item.drop}
    flat, constant = without_signal(shown.importances)
    return [
        f"<p>{escape(task.question)} {sizes(shown)}. Mean label of the rows to train on: "
        f"{shown.label_mean:.3f}. Left out: {left_out or 'nothing'}. Release {shown.release}.</p>",
        f"<h2>Scores ({measure(shown)})</h2>",
        "<p>Lines are 95 % intervals, by drawing days again and again. "
        f"{'More' if task.outcomes else 'Less'} is better.</p>",
        svg.intervals(by_part),
        _table(
            ["join", "own split", "next month", "gain in its split", "gain in the next month", ""],
            [
                [
                    item.variant.title,
                    score_text(shown, item.own),
                    score_text(shown, item.next_month),
                    *("" if item.variant == KNOWN else gain_text(gain) for gain in (item.own_gain, item.next_gain)),
                    "" if item.variant == KNOWN else verdict(item),
                ]
                for item in shown.comparisons
            ],
        ),
        *(f"<p><b>{escape(item.variant.title)}</b>: {escape(item.variant.says)}</p>" for item in shown.comparisons),
        "<h2>Calibration in the next month</h2>",
        "<p>Ten groups of rows as many, by prediction. A model that is right lies on the dashed line.</p>",
        svg.calibration(curves),
        "<h2>Importance of each feature</h2>",
        "<p>By how much the score of the next month falls when the values of one feature are dealt "
        "out anew. Features that say the same share their importance: each may then seem to carry "
        "nothing.</p>",
        svg.intervals(drops, line_at=0),
        f"<p>Carry nothing that shows: {escape(', '.join(flat)) or 'none'}.</p>",
        f"<p>Have one value or none in the rows to train on: {escape(', '.join(constant)) or 'none'}.</p>",
    ]


def _signed(item: Interval, sign: int) -> Interval:
    return item if sign > 0 else -item


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in header)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _page(title: str, sections: Sequence[str]) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{''.join(sections)}</html>\n"
    )
