"""From the command line to an answer: arguments in, data to stdout, errors to stderr."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from milepost.cli import (
    diff,
    gc,
    init,
    pin,
    publish,
    release_list,
    reopen,
    rollback,
    show,
    training_set,
    verify,
)
from milepost.cli.answer import INTERRUPTED, REFUSED
from milepost.cli.progress import progress
from milepost.errors import MilepostError
from milepost.storage.location import Location

COMMANDS = (
    init.COMMAND,
    publish.COMMAND,
    release_list.COMMAND,
    training_set.COMMAND,
    show.COMMAND,
    diff.COMMAND,
    rollback.COMMAND,
    pin.PIN,
    pin.UNPIN,
    gc.COMMAND,
    verify.COMMAND,
    reopen.COMMAND,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 when done, 1 when refused or failed, 2 for what was not understood."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.store:
        parser.error("no store\nhint: give --store s3://bucket/prefix, or set MILEPOST_STORE_URI")
    command = options.command
    try:
        with nullcontext() if options.json else progress(command.name):
            answer = command.run(options, Location.parse(options.store))
    except MilepostError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print(f"{command.name}: interrupted", file=sys.stderr)
        return INTERRUPTED
    try:
        print(json.dumps(answer.data, indent=1) if options.json else "\n".join(answer.lines))
        sys.stdout.flush()
    except BrokenPipeError:  # such as `| head`; what Python flushes at its end goes nowhere, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(answer.code)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--store",
        default=os.environ.get("MILEPOST_STORE_URI"),
        help="where the releases are (default: MILEPOST_STORE_URI)",
    )
    common.add_argument("--json", action="store_true", help="print JSON, for machines")
    parser = argparse.ArgumentParser(
        prog="milepost",
        description="Publish feature releases on S3, and look after them.",
        epilog="example: dbt build && milepost publish --store s3://my-bucket/features",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name,
            parents=[common],
            help=command.run.__doc__,
            description=command.run.__doc__,
            epilog=f"example: milepost {command.example}",
        )
        subparser.set_defaults(command=command)
        command.add_arguments(subparser)
    return parser
