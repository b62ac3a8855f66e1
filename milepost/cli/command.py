"""A command of `milepost`: its arguments, its help, and how it is run and answers."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import click

from milepost.cli.answer import Answer
from milepost.cli.progress import progress
from milepost.storage.location import Location

NO_STORE = "no store\nhint: give --store s3://bucket/prefix, or set MILEPOST_STORE_URI"


class Argument(click.Argument):
    """An argument that says in the help what it is."""

    def __init__(self, *args: Any, help: str, **options: Any) -> None:  # noqa: A002 - click's word
        super().__init__(*args, **options)
        self.help = help

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """Return the argument as the help lists it, and its meaning."""
        return re.sub(r"[\[\]]", "", self.make_metavar(ctx)), self.help


class Command(click.Command):
    """A command that returns an Answer. It is given a store, unless it `needs_store` not.

    `output` and `json` say what it prints, without and with `--json`, and `exits` when its exit
    code is 1 besides after an error.
    """

    def __init__(
        self,
        *args: Any,
        example: str,
        output: str,
        json: str,
        exits: str = "",
        needs_store: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.example, self.output, self.json, self.exits = example, output, json, exits
        self.needs_store = needs_store
        store = click.Option(
            ["--store"],
            metavar="URI",
            envvar="MILEPOST_STORE_URI",
            help="Where the releases are (default: MILEPOST_STORE_URI).",
        )
        as_json = click.Option(
            ["--json", "as_json"], is_flag=True, help="Print JSON, for machines."
        )
        self.params += [store, as_json] if needs_store else [as_json]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; one too many is named."""
        ctx.allow_extra_args = True
        try:
            super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click's parser does not say which command it reads
            raise
        if ctx.args and not ctx.resilient_parsing:
            raise click.UsageError(f"`{ctx.command_path}` takes no argument `{ctx.args[0]}`", ctx)
        return ctx.args

    def invoke(self, ctx: click.Context) -> int:
        """Run the command, print its answer, and return its exit code."""
        as_json = ctx.meta["as_json"] = ctx.params.pop("as_json")
        if self.needs_store and not ctx.params["store"]:
            raise click.UsageError(NO_STORE, ctx)
        with nullcontext() if as_json else progress(str(self.name)):
            if self.needs_store:
                ctx.params["store"] = Location.parse(ctx.params["store"])
            answer: Answer = super().invoke(ctx)
        _print(json.dumps(answer.data, indent=1, default=str) if as_json else answer.text)
        return answer.code

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments and then the options, each with its meaning."""
        for title, kind in (("Arguments", click.Argument), ("Options", click.Option)):
            if records := self.help_records(ctx, kind):
                with formatter.section(title):
                    formatter.write_dl(records)

    def help_records(
        self, ctx: click.Context, kind: type[click.Parameter]
    ) -> list[tuple[str, str]]:
        """Return the parameters of a kind as the help lists them, each with its meaning."""
        parameters = [item for item in self.get_params(ctx) if isinstance(item, kind)]
        records = [record for item in parameters if (record := item.get_help_record(ctx))]
        # click adds the bounds of a number, which its meaning says in words
        return [(name, re.sub(r"  \[[^]]*]$", "", meaning)) for name, meaning in records]

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, with which every help ends."""
        write_example(formatter, f"milepost {self.example}")


def command(name: str, **more: Any) -> Callable[[Callable[..., Answer]], Command]:
    """Make a function a command, whose help is the function's docstring."""
    return click.command(name, cls=Command, **more)


def prints_json() -> bool:
    """Return whether the command that runs prints JSON: a machine answers no questions."""
    return bool(click.get_current_context().meta["as_json"])


def write_example(formatter: click.HelpFormatter, example: str) -> None:
    """Write an example on a line of its own, which can be copied."""
    formatter.write(f"\nexample: {example}\n")


def _print(text: str) -> None:
    try:
        print(text)
        sys.stdout.flush()
    except BrokenPipeError:  # such as `| head`; what Python flushes at its end goes nowhere, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
