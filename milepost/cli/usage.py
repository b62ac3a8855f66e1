"""What is said of a command line that is not understood: what is wrong with it, then a hint."""

from __future__ import annotations

import click

from milepost.release.near_names import suggest


def message(error: click.UsageError) -> str:
    """Return what is wrong, with the names in backticks, and a hint on a line of its own."""
    if "\nhint: " in error.message:
        return error.message
    ctx = error.ctx or click.Context(click.Command("milepost"), info_name="milepost")
    path = ctx.command_path
    if isinstance(error, click.NoSuchOption):
        known = [name for param in ctx.command.get_params(ctx) for name in param.opts]
        options = [name for name in known if name.startswith("-")]
        return f"`{path}` has no option `{error.option_name}`\nhint: " + suggest(
            error.option_name, options
        )
    if isinstance(error, click.MissingParameter) and error.param:
        name = error.param.opts[0]
        if isinstance(error.param, click.Argument):
            name = error.param.make_metavar(ctx)
        return f"`{path}` needs `{name}`\nhint: {_synopsis(ctx)}"
    if isinstance(error, click.BadParameter) and error.param:
        return f"{_quoted(error.message)}, for `{error.param.opts[0]}`\nhint: {_synopsis(ctx)}"
    return f"{_quoted(error.format_message())}\nhint: {_synopsis(ctx)}"


def unknown_command(name: str, group: click.Group, ctx: click.Context) -> click.UsageError:
    """Return the error for a command that does not exist, with the near ones as its hint."""
    return click.UsageError(
        f"there is no command `{name}`\nhint: {suggest(name, group.commands)}", ctx
    )


def _quoted(text: str) -> str:
    """Return what click says, with its names in backticks as ours are."""
    return text.replace("'", "`").rstrip(".")


def _synopsis(ctx: click.Context) -> str:
    required = [
        f"{param.opts[0]} {param.make_metavar(ctx)}"
        for param in ctx.command.get_params(ctx)
        if isinstance(param, click.Option) and param.required
    ]
    options, *arguments = ctx.command.collect_usage_pieces(ctx)
    pieces = [options, *required, *filter(None, arguments)]
    return f"write `{' '.join([ctx.command_path, *pieces])}`; `{ctx.command_path} --help` says more"
