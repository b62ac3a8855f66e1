"""The page on the command line says what the commands' help says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click

from milepost.cli.main import SECTIONS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/reference/command-line.md"


def test_the_page_on_the_command_line_is_up_to_date(tmp_path: Path) -> None:
    copy = tmp_path / PAGE.name
    shutil.copy(PAGE, copy)
    script = ROOT / "scripts/command_reference.py"
    subprocess.run([sys.executable, str(script), "--page", str(copy)], check=True)
    assert copy.read_text() == PAGE.read_text(), "run `python scripts/command_reference.py`"


def test_every_argument_and_option_has_a_meaning_that_is_a_sentence() -> None:
    for commands in SECTIONS.values():
        for command in commands:
            ctx = click.Context(command)
            for kind in (click.Argument, click.Option):
                for _, meaning in command.help_records(ctx, kind):
                    sentence = meaning.removesuffix("  [required]")
                    assert sentence.endswith("."), f"{command.name}: {meaning}"
            for text in (command.output, command.json):
                assert text.endswith("."), f"{command.name}: {text}"
