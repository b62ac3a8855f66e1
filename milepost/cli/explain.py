"""`milepost explain`."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from milepost.cli.answer import Answer
from milepost.cli.command import Argument, command
from milepost.cli.dbt_project import project_folder
from milepost.display import LINE

if TYPE_CHECKING:
    from milepost.building.catalog import Catalog
    from milepost.language.messages import Message
    from milepost.release.term import Term


@command(
    "explain",
    example="explain leakage",
    output="Of each term what it means and what others call it; of an error its message, the "
    "hint, and for its kind the cause and the remedy.",
    json="`terms`: a list of `name`, `description`, `synonyms`; `errors`: a list of `place`, "
    "`kind`, `text`, `hint`, `cause`.",
    needs_store=False,
)
@click.argument(
    "words",
    cls=Argument,
    metavar="WORD...",
    nargs=-1,
    required=True,
    help="A term of either role, or an error message in single quotes.",
)
def explain(words: tuple[str, ...]) -> Answer:
    """Explain a term or an error.

    It knows the words of Milepost, of engineers and of scientists; in the folder of a dbt project
    also the project's own glossary. An error is found by its message, or by a few words of it.
    """
    from milepost.language.causes import cause_of
    from milepost.language.explain import explain as explanation_of
    from milepost.language.messages import checkout_macros, macro_messages, package_messages
    from milepost.language.terms import platform_terms, shown_name

    own_terms, macros = _of_project()

    def messages() -> Iterator[Message]:
        yield from package_messages()
        yield from macro_messages(checkout_macros() if macros is None else macros)

    explanation = explanation_of(" ".join(words), [*own_terms, *platform_terms()], messages)
    data = {
        "terms": [asdict(term) for term in explanation.terms],
        "errors": [
            {**asdict(message), "cause": cause_of(message.place)}
            for message in explanation.messages
        ],
    }
    paragraphs = []
    for term in explanation.terms:
        paragraphs += [shown_name(term).strip("`"), _indented(term.description)]
        if term.synonyms:
            paragraphs.append(_indented(f"Others say: {', '.join(term.synonyms)}."))
        paragraphs.append("")
    for message in explanation.messages:
        paragraphs += [f"{message.kind}: {message.text}"]
        if message.hint:
            paragraphs.append(_indented(f"hint: {message.hint}"))
        paragraphs += [_indented(cause_of(message.place).replace("**", "")), ""]
    return Answer(data, "\n".join(paragraphs).rstrip())


def _of_project() -> tuple[list[Term], list[tuple[str, str]] | None]:
    """Return the terms of the project that we are in, and the macros of Milepost as dbt read them.

    They are none and None without a project, or where its manifest cannot be read: most words need
    no project.
    """
    manifest = project_folder() / "target" / "manifest.json"
    if not manifest.exists():
        return [], None
    from milepost.building.catalog import Catalog
    from milepost.errors import MilepostError

    try:
        catalog = Catalog.read(manifest)
        return catalog.glossary(), _macros(catalog)
    except (MilepostError, LookupError, TypeError, AttributeError):
        print(
            f"`{manifest}` cannot be read, so the project's own words are left out\n"
            "hint: run `dbt parse`",
            file=sys.stderr,
        )
        return [], None


def _macros(catalog: Catalog) -> list[tuple[str, str]]:
    """Return path and text of the macros of Milepost, as dbt read them."""
    return [
        (macro["original_file_path"], macro["macro_sql"])
        for macro in catalog.macros.values()
        if macro["package_name"] == "milepost" and macro["original_file_path"].startswith("macros")
    ]


def _indented(text: str) -> str:
    return textwrap.fill(text, LINE, initial_indent="  ", subsequent_indent="  ")
