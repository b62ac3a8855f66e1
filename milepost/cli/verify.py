"""`milepost verify`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from milepost.cli.answer import OK, REFUSED, Answer, Command, add_release
from milepost.release import pointers
from milepost.release.verify import verify
from milepost.storage.location import Location


def _verify(options: argparse.Namespace, store: Location) -> Answer:
    """Hash everything that a release names."""
    verification = verify(store, options.release or pointers.current(store))
    damaged = verification.damaged
    lines = [f"damaged: {name}" for name in damaged]
    lines.append(
        f"{verification.release}: {verification.files} files, {verification.bytes:,} bytes, "
        f"{len(damaged)} damaged"
    )
    return Answer(asdict(verification), lines, REFUSED if damaged else OK)


COMMAND = Command("verify", _verify, "verify --json", add_release)
