"""Write every command into docs/reference/command-line.md, from what its help says."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from marked_page import write_part
from milepost.cli.command import Command
from milepost.cli.main import SECTIONS

PAGE = Path(__file__).parents[1] / "docs/reference/command-line.md"
MARKER = "<!-- commands -->"
# Of every command: the page says them once.
COMMON = {"--store", "--json", "--help"}


def main() -> None:
    """Replace what stands between the markers of the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/command_reference.py"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="the page (default: %(default)s)")
    write_part(parser.parse_args().page, MARKER, "\n".join(lines()))


def lines() -> Iterator[str]:
    """Yield each section with its commands."""
    for title, commands in SECTIONS.items():
        yield f"## {title}\n"
        for command in commands:
            yield from command_lines(command)


def command_lines(command: Command) -> Iterator[str]:
    """Yield a command: synopsis, what it does, arguments and options, output, codes, example."""
    path = f"milepost {command.name}"
    ctx = click.Context(command, info_name=path)
    yield f"### {path}\n"
    yield f"    {' '.join([path, *command.collect_usage_pieces(ctx)]).rstrip()}\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    records = [*command.help_records(ctx, click.Argument), *command.help_records(ctx, click.Option)]
    rows = [(name, meaning) for name, meaning in records if name.split()[0] not in COMMON]
    if rows:
        yield "| argument or option | means |\n| --- | --- |"
        yield from (f"| `{name}` | {meaning} |" for name, meaning in rows)
        yield ""
    yield f"**Output.** {command.output}\n"
    yield f"**JSON.** {command.json}\n"
    if command.exits:
        yield f"**Exit code 1.** {command.exits}\n"
    yield f"**Example.**\n\n    milepost {command.example}\n"


if __name__ == "__main__":
    main()
