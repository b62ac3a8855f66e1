"""Compare the current releases of two stores file by file, and print each view's differences.

Equal rows in the same order are the same file, byte by byte: its name has the hash of its content.
It exits with 1 where a view, a month, a row count or a hash differs.
"""

from __future__ import annotations

import argparse
import sys

from milepost.release import pointers, releases
from milepost.release.manifest import Manifest, View
from milepost.storage.location import Location


def differences(view: View | None, other_view: View | None) -> list[str]:
    """Return the months whose files differ, or the view itself where only one release has it."""
    if view is None or other_view is None:
        return ["the view"]
    return sorted({month for month, *_ in _files(view) ^ _files(other_view)})


def _files(view: View) -> set[tuple[str, int, str]]:
    return {(file.month, file.rows, file.digest) for file in view.files}


def main() -> int:
    """Compare, print a line for each view, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: compare_releases.py s3://our-store/duckdb s3://our-store/sail",
    )
    parser.add_argument("stores", nargs=2, type=Location.parse, metavar="STORE")
    first, second = (_current(store) for store in parser.parse_args().stores)
    views = {view.name: view for view in first.views}
    other_views = {view.name: view for view in second.views}
    print(f"{'view':44} {'files':>6} {'rows':>10}  other files")
    different = 0
    for name in sorted({*views, *other_views}):
        view = views.get(name)
        other_files = differences(view, other_views.get(name))
        different += bool(other_files)
        files, rows = (len(view.files), view.rows) if view else (0, 0)
        print(f"{name:44} {files:6} {rows:10,}  {', '.join(other_files) or 0}")
    engines = " and ".join(str(release.code.get("engine")) for release in (first, second))
    print(f"releases of {engines}: {different or 'no'} view{'s differ' * (different != 1)}")
    return 1 if different or not views else 0


def _current(store: Location) -> Manifest:
    return releases.read(store, pointers.current(store))


if __name__ == "__main__":
    sys.exit(main())
