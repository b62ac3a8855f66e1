"""`milepost capture` and `milepost new view`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from milepost.cli.answer import OK, REFUSED, Answer
from milepost.cli.command import Argument, command, prints_json
from milepost.cli.dbt_project import of_database, project_folder
from milepost.errors import DraftError

if TYPE_CHECKING:
    from milepost.drafting.written_draft import WrittenDraft

OUTPUT = (
    "The files, what the view does otherwise than the query, what is left to do and where, and how "
    "both compare."
)
JSON = (
    "`view`, `files`, `changes`, `todos`, `comparison`: `instants`, `rows`, `changed`, "
    "`differences`, `rounded`, `rows_without_a_key`; null where a CTE is kept as it stands."
)
EXITS = "The view has other values than the query, which its file says; or nothing was written."


def _meaning(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take what people say of a view, and the scratch database."""
    for option in (
        of_database(),
        click.option("--engineering", metavar="OWNER", help="Its owner from engineering."),
        click.option("--science", metavar="OWNER", help="Its owner from science."),
        click.option("--describe", metavar="TEXT", help="What it tells (default: a TODO)."),
        click.option(
            "--entity",
            metavar="NAME",
            help="What rows are about, if the project has none with "
            "such keys (default: after the key).",
        ),
    ):
        function = option(function)
    return function


@command(
    "capture",
    example="capture query.sql --name carrier_answers",
    output=OUTPUT,
    json=JSON,
    exits=EXITS,
    needs_store=False,
)
@click.argument(
    "query",
    cls=Argument,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="A file with one select.",
)
@click.option("--name", required=True, metavar="VIEW", help="The name of the view.")
@_meaning
def capture(query: Path, *, name: str, **options: Any) -> Answer:
    """Draft a feature view from a query.

    The query reads models or raw Parquet. The draft keeps its facts; the windows of time are found
    in its conditions. Both are compared at several instants. What cannot be translated is left as
    a TODO, which `milepost check` finds.
    """
    try:
        text = query.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DraftError(
            f"`{query.name}` is no text in UTF-8: {error}", hint="save it in UTF-8"
        ) from error
    return _draft(text, query.name, name, **options)


@command(
    "new",
    example="new view carrier_pace --facts int_tenders__answered --key carrier_id "
    "--measure p50:response_minutes --window 28d",
    output=f"The query that the answers make. {OUTPUT}",
    json=f"`query`, and {JSON}",
    exits=EXITS,
    needs_store=False,
)
@click.argument(
    "kind", cls=Argument, type=click.Choice(["view"]), metavar="view", help="What is new."
)
@click.argument("name", cls=Argument, metavar="VIEW", help="The name of the view.")
@click.option("--facts", metavar="MODEL", help="The model with the facts.")
@click.option("--key", "keys", multiple=True, metavar="COLUMN", help="A key (several times).")
@click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="WHAT[:COLUMN]",
    help="`count`, or `count`, `distinct`, `sum`, `mean`, `stddev`, `min`, `max`, `rate`, "
    "`p1` .. `p99` of a column (several times).",
)
@click.option(
    "--window", "windows", multiple=True, metavar="LENGTH", help="`28d`, `6h` (several times)."
)
@_meaning
def new(
    kind: str,
    name: str,
    *,
    facts: str | None,
    keys: tuple[str, ...],
    measures: tuple[str, ...],
    windows: tuple[str, ...],
    **options: Any,
) -> Answer:
    """Draft a feature view from answers to a few questions.

    They are its facts, keys, measures and windows. On a terminal it asks for what is left out.
    """
    from milepost.drafting.question_query import Answers

    answers = Answers(
        facts or _asked("--facts", "Model with the facts"),
        keys or _asked("--key", "Keys: what is a row about?").split(),
        measures or _asked("--measure", "Measures, such as `count mean:minutes`").split(),
        windows or _asked("--window", "Windows, such as `7d 28d`").split(),
    )
    query = answers.query()
    answer = _draft(query, f"`milepost new {kind}`", name, **options)
    return Answer({"query": query, **answer.data}, f"{query}\n{answer.text}", answer.code)


def _asked(flag: str, question: str) -> str:
    """Return a person's answer, or refuse where there is nobody to ask."""
    if prints_json() or not sys.stdin.isatty():
        raise DraftError(f"`milepost new view` needs `{flag}`", hint="milepost new --help")
    print(f"\r\x1b[K{question}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _draft(
    text: str,
    source: str,
    name: str,
    *,
    entity: str | None,
    describe: str | None,
    science: str | None,
    engineering: str | None,
    database: Path,
) -> Answer:
    from milepost.drafting import written_draft  # needs DuckDB
    from milepost.drafting.draft_files import Meaning

    meaning = Meaning(describe or "", science or "", engineering or "")
    place = written_draft.Place(project_folder(), database)
    draft = written_draft.write(text, source, name, place, meaning, entity)
    comparison = draft.comparison
    data = {
        "view": name,
        "files": [path.as_posix() for path in draft.paths],
        "changes": [str(change) for change in draft.changes],
        "todos": draft.todos,
        "comparison": comparison
        and {
            "instants": [str(instant) for instant in comparison.instants],
            "rows": comparison.rows,
            "changed": comparison.changed,
            "differences": [str(difference) for difference in comparison.differences],
            "rounded": [str(difference) for difference in comparison.rounded],
            "rows_without_a_key": comparison.rows_without_a_key,
        },
    }
    is_same = comparison is None or not comparison.differences
    return Answer(data, "\n".join(_lines(name, draft)), OK if is_same else REFUSED)


def _lines(name: str, draft: WrittenDraft) -> list[str]:
    lines = ["Written:", *(f"  {path.as_posix()}" for path in draft.paths)]
    if draft.changes:
        lines += ["Otherwise than the query:", *(f"  {change}" for change in draft.changes)]
    comparison = draft.comparison
    if comparison is None:
        lines.append("Not compared with the query, of which a CTE is kept as it stands.")
    else:
        instants = ", ".join(f"{instant:%Y-%m-%d %H:%M}" for instant in comparison.instants)
        rows = f"{comparison.rows:,} rows at {instants}"
        lines.append(f"Compared with the query: {rows}")
        if comparison.differences:
            count = len(comparison.differences)
            lines.append(f"  {count:,} values differ: {comparison.differences[0]}")
        elif comparison.rows:
            lines.append("  the view has the values of the query, but for what is said above")
        if draft.changes:
            lines.append(f"  which changes {comparison.changed:,} of them")
        lines += [f"  {note}" for note in comparison.notes()]
    if draft.todos:
        lines += [f"Left to do ({len(draft.todos)}):", *(f"  {todo}" for todo in draft.todos)]
    return [*lines, f"Next: dbt build --select +{name} && milepost check {name}"]
