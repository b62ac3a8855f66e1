"""From the command line to an exit code: data to stdout, errors to stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from milepost.cli import (
    diff,
    docs,
    drafts,
    explain,
    gc,
    init,
    ladder,
    lookup,
    pin,
    publish,
    release_list,
    reopen,
    report,
    rollback,
    shelf,
    show,
    stress,
    tables,
    training_set,
    usage,
    verify,
)
from milepost.cli.answer import INTERRUPTED, NOT_UNDERSTOOD, REFUSED
from milepost.cli.command import Command, write_example
from milepost.errors import MilepostError

# Who may only read the store has the first section; garbage needs the right to remove.
SECTIONS: Mapping[str, Sequence[Command]] = {
    "Look at what is on the shelf": (
        shelf.search,
        shelf.describe,
        explain.explain,
        docs.docs,
        shelf.services,
        shelf.covers,
        lookup.head,
        lookup.lookup,
        training_set.training_set,
        show.show,
        release_list.releases,
        diff.diff,
    ),
    "Hold views to the standards": (
        drafts.capture,
        drafts.new,
        ladder.check,
        ladder.promote,
        stress.stress,
        report.report,
        report.owners,
    ),
    "Publish releases": (
        init.init,
        publish.publish,
        tables.tables,
        rollback.rollback,
        reopen.reopen,
    ),
    "Keep the store": (pin.pin, pin.unpin, verify.verify, gc.gc),
}
EXAMPLE = "dbt build && milepost publish --store s3://my-bucket/features"


class Overview(click.Group):
    """All commands, in sections."""

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section with its commands and the first sentence of their help."""
        width = max(map(len, self.commands))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (str(item.name).ljust(width), item.get_short_help_str(formatter.width))
                        for item in commands
                    ]
                )

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how a shell learns to complete, and the example, with which every help ends."""
        formatter.write(
            "\n`milepost COMMAND --help` says more. For completion by the tab key, in bash:\n"
            '  eval "$(_MILEPOST_COMPLETE=bash_source milepost)"    # or zsh_source, fish_source\n'
        )
        write_example(formatter, EXAMPLE)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named; one that does not exist is answered with near names."""
        if (
            args[0] not in self.commands
            and not args[0].startswith("-")
            and not ctx.resilient_parsing
        ):
            raise usage.unknown_command(args[0], self, ctx)
        return super().resolve_command(ctx, args)


@click.group("milepost", cls=Overview, invoke_without_command=True, subcommand_metavar="COMMAND")
@click.option("--version", is_flag=True, help="Print the version.")
@click.pass_context
def overview(ctx: click.Context, *, version: bool) -> None:
    """Publish feature releases on S3, look into them, and look after them."""
    if version:
        from importlib.metadata import version as version_of

        click.echo(f"milepost {version_of('milepost')}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for _section in SECTIONS.values():
    for _command in _section:
        overview.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 when done, 1 when refused or failed, 2 for what was not understood."""
    try:
        code: Any = overview.main(arguments, "milepost", standalone_mode=False)
    except MilepostError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except click.UsageError as error:
        print(usage.message(error), file=sys.stderr)
        return NOT_UNDERSTOOD
    except click.Abort:  # click's word for a KeyboardInterrupt
        print("milepost: interrupted", file=sys.stderr)
        return INTERRUPTED
    return code or 0
