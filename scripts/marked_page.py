"""Pages of which a part, between two equal lines, is written from the code."""

# allow milepost.local_file: pages of this checkout are written
from __future__ import annotations

import sys
from pathlib import Path


def write_part(page: Path, marker: str, text: str) -> None:
    """Write text between the two lines of a page that are the marker; exit with 1 without them."""
    parts = page.read_text().split(marker)
    if len(parts) != 3:
        print(
            f"`{page}` has {len(parts) - 1} of the two markers\n"
            f"hint: put a line `{marker}` before and after what is written",
            file=sys.stderr,
        )
        sys.exit(1)
    page.write_text(f"{parts[0]}{marker}\n\n{text}\n{marker}{parts[2]}")
    print(f"wrote {page}", file=sys.stderr)
