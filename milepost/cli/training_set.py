"""`milepost training-set`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from milepost.cli import arguments
from milepost.cli.answer import Answer
from milepost.cli.command import command
from milepost.errors import LookupInputError
from milepost.storage.location import Location


@command(
    "training-set",
    example="training-set --entities entity_rows.sql --features late_delivery --full-feature-names "
    "--out s3://my-bucket/training/late_delivery.parquet",
    output="How many rows were written, where, and from which release.",
    json="`release`, `rows`, `out`.",
)
@click.option(
    "--entities",
    required=True,
    metavar="FILE",
    help="Entity rows: a file with one SQL query, a `select`, which may name feature views; or the "
    "URI of a Parquet file on S3.",
)
@click.option(
    "--features",
    required=True,
    multiple=True,
    metavar="NAME...",
    shell_complete=arguments.complete_names,
    help="A feature service, or features as view:feature and whole views.",
)
@click.argument("more_features", metavar="", nargs=-1, shell_complete=arguments.complete_names)
@click.option("--out", required=True, metavar="URI", help="The new Parquet file, on S3.")
@arguments.of_release()
@click.option("--full-feature-names", is_flag=True, help="Name each column view__feature.")
@click.option("--allow-early", is_flag=True, help="Take rows before windows are full, too.")
@click.option("--allow-late", is_flag=True, help="Take rows after what is built, too.")
def training_set(
    store: Location,
    *,
    entities: str,
    features: tuple[str, ...],
    more_features: tuple[str, ...],
    out: str,
    release: str | None,
    **options: Any,
) -> Answer:
    """Look features up for entity rows, into a new file on S3.

    The file of `--entities`, such as entity_rows.sql, can say: select carrier_id, available_at as
    event_timestamp from carrier_reliability.
    """
    from milepost.reading.store import FeatureStore
    from milepost.release.service import named

    feature_store = FeatureStore(store.uri(), release)
    wanted = named([*features, *more_features], feature_store.manifest.services)
    try:
        row_count = feature_store.get_historical_features(
            _entity_rows(entities), wanted, to=out, **options
        )
    except LookupInputError as error:
        raise LookupInputError(error.message, hint=_with_options(error.hint)) from error
    read_release = feature_store.release
    return Answer(
        {"release": read_release, "rows": row_count, "out": out},
        f"wrote {row_count:,} rows to {out}, from release {read_release}",
    )


def _entity_rows(source: str) -> str:
    """Return the query in a file, or the URI of a Parquet file as it is."""
    if source.startswith("s3://"):
        return source
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LookupInputError(
            f"`{source}` cannot be read: {error}",
            hint="name a file with one SQL query, or `s3://bucket/rows.parquet`",
        ) from error


def _with_options(hint: str) -> str:
    """Return a hint of the client with the options of this command: `--allow-early`."""
    return re.sub(r"(\w+)=True", lambda match: f"--{match[1].replace('_', '-')}", hint)
