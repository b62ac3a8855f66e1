"""Where the current metadata of an Iceberg table is: in its catalog, or as its version hint says.

pyiceberg reads both, the extra `iceberg`. It is imported late: other builds do not need it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from milepost.errors import LandingError
from milepost.raw.iceberg_metadata import Metadata, explained
from milepost.raw.tables import RawTable
from milepost.storage import s3
from milepost.storage.client import endpoint

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.table.metadata import TableMetadata

_METADATA_FILE = re.compile(r"[A-Za-z0-9._-]+\.metadata\.json")


def read(table: RawTable) -> Metadata:
    """Return the current metadata of an Iceberg table.

    It is what the catalog names, or `version-hint.text` in a table without one. The newest file is
    never taken for it: it may be one whose commit failed.
    """
    try:
        from pyiceberg.io.pyarrow import PyArrowFileIO
    except ImportError as error:
        raise LandingError(
            f"raw table `{table.name}` is an Iceberg table, and pyiceberg is not installed",
            hint="pip install 'milepost[iceberg]'",
        ) from error
    options = _s3_options()
    file_io = PyArrowFileIO(options)
    if table.iceberg_table:
        return Metadata(table, _from_catalog(table, options), file_io)
    return Metadata(table, _from_version_hint(table, file_io), file_io)


def _from_catalog(table: RawTable, options: Mapping[str, str]) -> TableMetadata:
    from pyiceberg.catalog import load_catalog
    from pyiceberg.utils.config import Config

    catalog_name, _, identifier = table.iceberg_table.partition(".")
    # pyiceberg itself reads its configuration only once for each process.
    configured: Mapping[str, Any] | None = Config().get_catalog_config(catalog_name)
    if configured is None:
        raise LandingError(
            f"raw table `{table.name}` is in the catalog `{catalog_name}`, which is not configured",
            hint="pyiceberg finds catalogs in `.pyiceberg.yaml` and in the environment: "
            f"`PYICEBERG_CATALOG__{catalog_name.upper()}__URI`",
        )
    with explained(table, f"is not in the catalog `{catalog_name}`"):
        return (
            load_catalog(catalog_name, **{**configured, **options}).load_table(identifier).metadata
        )


def _from_version_hint(table: RawTable, file_io: FileIO) -> TableMetadata:
    from pyiceberg.serializers import FromInputFile

    folder = f"{table.layout.replace('{table}', table.identifier)}/metadata"
    hint_uri = table.raw.uri(f"{folder}/version-hint.text")
    stored = s3.get(table.raw, f"{folder}/version-hint.text")
    if stored is None:
        raise LandingError(
            f"raw table `{table.name}` has no `{hint_uri}`, so nothing says which of its metadata "
            "is current",
            hint="name its catalog in `config.meta`: `iceberg_table: catalog.namespace.table`",
        )
    hint = stored.body.decode(errors="replace").strip()
    name = f"v{hint}.metadata.json" if hint.isdecimal() else hint
    if not _METADATA_FILE.fullmatch(name):
        raise LandingError(
            f"`{hint_uri}` names no version of the table",
            hint="it holds a number, or the name of a metadata file",
        )
    with explained(table, "cannot be read"):
        return FromInputFile.table_metadata(file_io.new_input(table.raw.uri(f"{folder}/{name}")))


def _s3_options() -> dict[str, str]:
    """Return where S3 is and whose keys are used, as pyiceberg calls it."""
    s3_endpoint = endpoint()
    options = {
        "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
        "s3.access-key-id": s3_endpoint.key,
        "s3.secret-access-key": s3_endpoint.secret,
        "s3.session-token": s3_endpoint.token,
        "s3.region": s3_endpoint.region,
        "s3.endpoint": f"{s3_endpoint.scheme}://{s3_endpoint.host}" if s3_endpoint.host else None,
    }
    return {name: value for name, value in options.items() if value is not None}
