"""`milepost training-set`."""

from __future__ import annotations

import argparse
from pathlib import Path

from milepost.cli.answer import Answer, Command
from milepost.errors import LookupInputError
from milepost.reading.store import FeatureStore
from milepost.storage.location import Location


def _training_set(options: argparse.Namespace, store: Location) -> Answer:
    """Look features up for entity rows and write the training set to a new file on S3."""
    feature_store = FeatureStore(store.uri(), options.release)
    services = {service.name: service for service in feature_store.services()}
    is_service = len(options.features) == 1 and options.features[0] in services
    row_count = feature_store.get_historical_features(
        _entity_rows(options.entities),
        services[options.features[0]] if is_service else options.features,
        full_feature_names=options.full_feature_names,
        to=options.out,
    )
    release = feature_store.release
    return Answer(
        {"release": release, "rows": row_count, "out": options.out},
        [f"wrote {row_count:,} rows to {options.out}, from release {release}"],
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


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--entities",
        required=True,
        metavar="FILE",
        help="entity rows: a file with one SQL query, which may name feature views, or the URI of "
        "a Parquet file on S3",
    )
    parser.add_argument(
        "--features",
        required=True,
        nargs="+",
        metavar="NAME",
        help="a feature service, or features as view:feature and whole views",
    )
    parser.add_argument("--out", required=True, metavar="URI", help="the new Parquet file on S3")
    parser.add_argument("--release", help="the id of a release (default: the current)")
    parser.add_argument(
        "--full-feature-names", action="store_true", help="name each column view__feature"
    )


COMMAND = Command(
    "training-set",
    _training_set,
    "training-set --entities spine.sql --features late_delivery --full-feature-names "
    "--out s3://my-bucket/training/late_delivery.parquet",
    _add_arguments,
)
