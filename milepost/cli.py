"""The command line: publish releases, look at them, go back, keep them, clean up, verify.

Data go to stdout, as text or with `--json` as JSON; errors and, on a terminal, progress to stderr.
Commands and exit codes are documented in docs/reference/command-line.md.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

from milepost.catalogue.describe import view_facts
from milepost.catalogue.tables import release_summaries
from milepost.display import LINE, DisplayTable, to_text
from milepost.errors import LookupInputError, MilepostError
from milepost.reading.store import FeatureStore
from milepost.release import coverage, difference, garbage, pointers, releases
from milepost.release.manifest import Manifest, View
from milepost.storage.location import Location

OK, REFUSED, INTERRUPTED = 0, 1, 130
# Who waits for longer wants to see that something happens.
QUIET_SECONDS = 1.0
# A publisher that has just decided to use a file again is done by then, however large; 2026-11.
GRACE_DAYS = 7


@dataclass(frozen=True)
class Answer:
    """What a command found: for machines, for people, and its exit code."""

    data: Any
    lines: Sequence[str] = field(default_factory=list)
    code: int = OK


Command = Callable[[argparse.Namespace, Location], Answer]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 when done, 1 when refused or failed, 2 for what was not understood."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if not asked.store:
        parser.error("no store\nhint: give --store s3://bucket/prefix, or set MILEPOST_STORE_URI")
    try:
        # A training set counts its rows itself.
        with nullcontext() if asked.json or asked.name == "training-set" else _progress(asked.name):
            answer = asked.command(asked, Location.parse(asked.store))
    except MilepostError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print(f"{asked.name}: interrupted", file=sys.stderr)
        return INTERRUPTED
    try:
        print(json.dumps(answer.data, indent=1) if asked.json else "\n".join(answer.lines))
        sys.stdout.flush()
    except BrokenPipeError:  # such as `| head`; what Python flushes at its end goes nowhere, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(answer.code)


def publish(asked: argparse.Namespace, store: Location) -> Answer:
    """Publish what dbt built and tested, where the gate lets it pass."""
    from milepost.publishing import publish as publication  # needs DuckDB, as no other command

    if asked.dry_run:
        verdict = publication.judge(asked.database, asked.manifest, store)
        differing = None
        if verdict.manifest:
            differing = difference.between(verdict.current, verdict.manifest)
        data = {
            "refused": verdict.refused,
            "current": verdict.current.release if verdict.current else None,
            "difference": None if differing is None else [asdict(one) for one in differing],
        }
        lines = [f"refused: {reason}" for reason in verdict.refused] or ["would be published"]
        lines += [f"hint: {verdict.remedies}"] if verdict.refused else []
        lines += [] if differing is None else difference.lines(differing)
        return Answer(data, lines, REFUSED if verdict.refused else OK)
    done = publication.publish(asked.database, asked.manifest, store)
    sent = {"files": len(done.uploaded), "bytes": sum(file.bytes for file in done.uploaded)}
    said = "published" if done.is_new else "nothing to publish, the current release is"
    line = f"{said} {done.manifest.release} ({sent['files']} files, {sent['bytes']:,} bytes sent)"
    return Answer(
        {"release": done.manifest.release, "is_new": done.is_new, "sent": sent},
        [line],
    )


def list_releases(_: argparse.Namespace, store: Location) -> Answer:
    """List the releases of a store, the newest first."""
    found = release_summaries(store)
    return Answer([asdict(one) for one in found], repr(found).splitlines())


def training_set(asked: argparse.Namespace, store: Location) -> Answer:
    """Look features up for entity rows and write the training set to a new file on S3."""
    features = FeatureStore(store.uri(), asked.release)
    services = {one.name: one for one in features.services()}
    is_service = len(asked.features) == 1 and asked.features[0] in services
    rows = features.get_historical_features(
        _entities(asked.entities),
        services[asked.features[0]] if is_service else asked.features,
        full_feature_names=asked.full_feature_names,
        to=asked.out,
    )
    data = {"release": features.release, "rows": rows, "out": asked.out}
    return Answer(data, [f"wrote {rows:,} rows to {asked.out}, from release {features.release}"])


def _entities(source: str) -> str:
    """The query in a file, or the URI of a Parquet file as it is."""
    if source.startswith("s3://"):
        return source
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LookupInputError(
            f"`{source}` cannot be read: {error}",
            hint="name a file with one SQL query, or `s3://bucket/rows.parquet`",
        ) from error


def show(asked: argparse.Namespace, store: Location) -> Answer:
    """Show a release: its feature views, and the rows set aside."""
    manifest = releases.read(store, asked.release or pointers.current(store))
    table = DisplayTable(
        manifest.views,
        {
            "feature view": lambda view: view.name,
            "rows": lambda view: view.rows,
            "checks passed": lambda view: len(view.checks),
            "built until": lambda view: view.instant("built_through"),
            "deprecated": lambda view: view.deprecated_at,
        },
    )
    lines = [f"Release {manifest.release} at {store.uri()}", ""]
    lines += [f"  {line}" for line in repr(table).splitlines()]
    for view in manifest.views:
        lines += ["", f"  {view.name}", *_facts(view), *_ranges(manifest, view)]
    lines += ["", f"  Rows set aside: {sum(rows.rows for rows in manifest.set_aside):,}"]
    lines += [
        f"    {rows.rows:,} of {rows.of_rows:,} rows of {rows.table}: {rows.reason}"
        for rows in manifest.set_aside
    ]
    if asked.example:
        from milepost.reading.example import training_set

        lines += ["", *training_set(store, manifest)]
    return Answer(asdict(manifest), lines)


def _facts(view: View) -> list[str]:
    """What the view says of itself, in as few lines as it takes."""
    facts = [f"{label}: {to_text(fact)}" for label, fact in view_facts(view).items() if fact]
    return textwrap.wrap("; ".join(facts), LINE, initial_indent=" " * 4, subsequent_indent=" " * 6)


def _ranges(manifest: Manifest, view: View) -> Iterator[str]:
    """From when the features of a view are whole, the first ones first, by instant."""
    since = defaultdict(list)
    found = coverage.of_view(manifest, view)
    for one in sorted(found, key=lambda one: str(one.complete_from or "")):
        head = "always" if one.complete_from is None else f"from {one.complete_from}"
        since[f"    {f'not yet, {head}' if one.is_empty else head}: "].append(one.feature)
    for head, features in since.items():
        yield from textwrap.wrap(
            ", ".join(features), LINE, initial_indent=head, subsequent_indent=" " * 6
        )


def diff(asked: argparse.Namespace, store: Location) -> Answer:
    """Say what differs between two releases: views, features, rows, partitions."""
    before, after = (releases.read(store, release) for release in (asked.a, asked.b))
    differing = difference.between(before, after)
    return Answer([asdict(one) for one in differing], list(difference.lines(differing)))


def rollback(asked: argparse.Namespace, store: Location) -> Answer:
    """Make an older release current again."""
    manifest = releases.rollback(store, asked.release)
    return Answer({"release": manifest.release}, [f"current is now {manifest.release}"])


def pin(asked: argparse.Namespace, store: Location) -> Answer:
    """Keep a release under a name, for a model in production."""
    release = asked.release or pointers.current(store)
    releases.pin(store, asked.pin, release)
    return Answer({"pin": asked.pin, "release": release}, [f"{asked.pin} keeps {release}"])


def unpin(asked: argparse.Namespace, store: Location) -> Answer:
    """Keep it no longer."""
    releases.unpin(store, asked.pin)
    return Answer({"pin": asked.pin, "release": None}, [f"{asked.pin} keeps nothing"])


def gc(asked: argparse.Namespace, store: Location) -> Answer:
    """Remove what no kept release names and what is older than the grace period."""
    grace = timedelta(days=asked.grace_days)
    found = garbage.collect(store, grace=grace, dry_run=asked.dry_run)
    verb = "would remove" if asked.dry_run else "removed"
    lines = [f"{verb} {one.name} ({one.bytes:,} bytes)" for one in found.removed]
    lines.append(
        f"{verb} {len(found.removed)} objects, {found.bytes:,} bytes; "
        f"kept {len(found.kept_releases)} releases"
    )
    data = {
        "dry_run": asked.dry_run,
        "removed": [one.name for one in found.removed],
        "bytes": found.bytes,
        "kept_releases": found.kept_releases,
    }
    return Answer(data, lines)


def verify(asked: argparse.Namespace, store: Location) -> Answer:
    """Hash everything that a release names."""
    from milepost.release.verify import verify as hash_all

    found = hash_all(store, asked.release or pointers.current(store))
    lines = [f"damaged: {what}" for what in found.damaged]
    lines.append(
        f"{found.release}: {found.files} files, {found.bytes:,} bytes, {len(found.damaged)} damaged"
    )
    return Answer(asdict(found), lines, REFUSED if found.damaged else OK)


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
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="name")

    def add(name: str, command: Command, example: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            parents=[common],
            help=command.__doc__,
            description=command.__doc__,
            epilog=f"example: milepost {example}",
        )
        added.set_defaults(command=command)
        return added

    one = add("publish", publish, "publish --dry-run")
    one.add_argument(
        "--dry-run", action="store_true", help="only say whether, and what would change"
    )
    one.add_argument(
        "--database",
        type=Path,
        default=Path(os.environ.get("MILEPOST_SCRATCH", ".local/milepost.duckdb")),
        help="the scratch database that dbt built (default: MILEPOST_SCRATCH, %(default)s)",
    )
    one.add_argument(
        "--manifest",
        type=Path,
        default=Path("target/manifest.json"),
        help="dbt's manifest of that build (default: %(default)s)",
    )
    add("releases", list_releases, "releases --json")
    one = add(
        "training-set",
        training_set,
        "training-set --entities spine.sql --features late_delivery --full-feature-names "
        "--out s3://my-bucket/training/late_delivery.parquet",
    )
    one.add_argument(
        "--entities",
        required=True,
        metavar="FILE",
        help="entity rows: a file with one SQL query, which may name feature views, or the URI of "
        "a Parquet file on S3",
    )
    one.add_argument(
        "--features",
        required=True,
        nargs="+",
        metavar="NAME",
        help="a feature service, or features as view:feature and whole views",
    )
    one.add_argument("--out", required=True, metavar="URI", help="the new Parquet file on S3")
    one.add_argument("--release", help="the id of a release (default: the current)")
    one.add_argument(
        "--full-feature-names", action="store_true", help="name each column view__feature"
    )
    one = add("show", show, "show 20261122T224232Z-3b27fb72ef49")
    _add_release(one)
    one.add_argument(
        "--example", action="store_true", help="also print a training set of five entities"
    )
    one = add("diff", diff, "diff 20261122T224232Z-3b27fb72ef49 20261123T224501Z-9a0c41d2e7b6")
    one.add_argument("a", metavar="A", help="the id of a release")
    one.add_argument("b", metavar="B", help="the id of the release to compare with it")
    one = add("rollback", rollback, "rollback 20261122T224232Z-3b27fb72ef49")
    one.add_argument("release", metavar="RELEASE", help="the id of the release to go back to")
    one = add("pin", pin, "pin pricing-v3 20261122T224232Z-3b27fb72ef49")
    one.add_argument("pin", metavar="NAME", help="what keeps it, such as a model in production")
    _add_release(one)
    one = add("unpin", unpin, "unpin pricing-v3")
    one.add_argument("pin", metavar="NAME", help="the name that it was kept under")
    one = add("gc", gc, "gc --dry-run --grace-days 30")
    one.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    one.add_argument(
        "--grace-days",
        type=_days,
        default=GRACE_DAYS,
        metavar="N",
        help="keep what is younger than so many days (default: %(default)s)",
    )
    _add_release(add("verify", verify, "verify --json"))
    return parser


def _add_release(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "release", metavar="RELEASE", nargs="?", help="the id of a release (default: the current)"
    )


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > 5:  # 99,999 days ago there was a calendar
        raise argparse.ArgumentTypeError(f"`{text}` is no number of days up to 99999")
    return int(text)


@contextmanager
def _progress(name: str) -> Iterator[None]:
    """On a terminal, one line on stderr that says, each second, what is being done, how long."""
    if not sys.stderr.isatty():
        yield
        return
    steps: list[str] = [name]
    handler = logging.Handler()
    handler.emit = lambda record: steps.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("milepost")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    done, started = Event(), monotonic()

    def say() -> None:
        while not done.wait(QUIET_SECONDS):
            width = shutil.get_terminal_size().columns - 1
            write(f"{name}: {monotonic() - started:.0f} s, {steps[-1]}"[:width])

    def write(line: str) -> None:
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    speaker = Thread(target=say, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()
        write("")
        logger.removeHandler(handler)


if __name__ == "__main__":
    sys.exit(main())
