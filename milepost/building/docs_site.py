"""dbt's docs site as one page that opens with the shelf and ends in the glossary.

dbt's page writes `meta` as JSON on one line, and knows neither feature views nor services. On this
page the description of each of them says what it is, in tables. They are made from dbt's manifest,
which stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from milepost.building.catalog import Catalog
from milepost.building.declared_views import FeatureView
from milepost.building.glossary import without_synonyms
from milepost.errors import PublishError
from milepost.language.page import glossary
from milepost.language.terms import platform_chapters
from milepost.release.definition import ViewDefinition, statements
from milepost.release.near_names import table_name
from milepost.release.service import Service
from milepost.release.stressed_feature import StressedFeature

OVERVIEW = "__overview__"
# Of each view, by its id in dbt's manifest.
Certificates: TypeAlias = Mapping[str, Sequence[StressedFeature]]
# dbt lets long lines of details run out of sight, each with a bar to scroll by, and a table whose
# names are long run out of its card.
STYLE = """<style>
.details .details-content { table-layout: auto; }
.details .details-content .detail-group .detail-body { white-space: normal; overflow-x: visible; }
.markdown td code { white-space: normal; overflow-wrap: anywhere; }
</style></head>"""


def docs_site(target: Path, certificates: Certificates) -> str:
    """Return the page, from the `index.html`, manifest and catalog of `dbt docs generate`."""
    names = ("index.html", "manifest.json", "catalog.json")
    try:
        page, manifest, catalog = ((target / name).read_text() for name in names)
    except FileNotFoundError as error:
        raise PublishError(
            f"`{error.filename}` does not exist", hint="run `dbt docs generate` first"
        ) from error
    described = json.dumps(with_shelf(json.loads(manifest), certificates))
    return (
        page.replace("</head>", STYLE, 1)
        .replace('"MANIFEST.JSON INLINE DATA"', _inline(described))
        .replace('"CATALOG.JSON INLINE DATA"', _inline(catalog))
    )


def with_shelf(manifest: dict[str, Any], certificates: Certificates) -> dict[str, Any]:
    """Return dbt's manifest with its front page, views and services described for people."""
    catalog = Catalog.of(manifest)
    views, services = catalog.feature_views(), catalog.services()
    for node in (*manifest["nodes"].values(), *manifest["sources"].values()):
        node["meta"] = {name: _text(value) for name, value in node.get("meta", {}).items()}
    for view in views:
        node = manifest["nodes"][view.unique_id]
        node["description"] += "\n\n" + _view_tables(view)
        node["description"] += _certificate_table(certificates.get(view.unique_id, []))
        node["meta"] = {}
    exposures = {node["name"]: node for node in manifest["exposures"].values()}
    for node in exposures.values():
        node["description"] = without_synonyms(node["description"], manifest["docs"].values())
    for service in services:
        exposures[service.name]["description"] += "\n\n" + _service_table(service, views)
        exposures[service.name]["meta"].pop("features", None)
        exposures[service.name]["meta"].pop("aliases", None)
    docs = manifest["docs"]
    pages = {id_: doc for id_, doc in docs.items() if doc["name"] == OVERVIEW}
    ours = [doc["block_contents"] for doc in pages.values() if doc["package_name"] != "dbt"]
    project = catalog.project
    text = ours[-1] if ours else f"# {project}\n\nA feature store, made with dbt and Milepost."
    ids = {name: node["unique_id"] for name, node in exposures.items()}
    own_words = {"Words of this project": catalog.glossary()} if catalog.glossary() else {}
    words = glossary({**own_words, **platform_chapters()}, level=2)
    page = f"{_with_shelf(text, _shelf(views, services, ids)).rstrip()}\n\n{words}"
    # The site shows the last front page that is not dbt's own.
    manifest["docs"] = {id_: doc for id_, doc in docs.items() if id_ not in pages} | {
        f"doc.{project}.{OVERVIEW}": {
            "name": OVERVIEW,
            "package_name": project,
            "block_contents": page,
        }
    }
    return manifest


def _with_shelf(text: str, shelf: str) -> str:
    """Return a front page with the shelf before its first section, in place of a list of views."""
    text = re.sub(r"\n## Feature views\n.*?(?=\n## |\Z)", "", text, flags=re.DOTALL)
    opening, section, rest = text.partition("\n## ")
    return f"{opening.rstrip()}\n\n{shelf}{section}{rest}"


def _shelf(
    views: Sequence[FeatureView], services: Sequence[Service], exposure_ids: Mapping[str, str]
) -> str:
    shelf = "## Feature views\n\n" + _table(
        ("view", "entities", "features", "fresh", "owners", "meaning"),
        (
            (
                f"[{view.name}](#!/model/{view.unique_id})",
                ", ".join(role.title for role in view.entities),
                str(len(view.features) + len(view.derived)),
                f"within {view.fresh_within_hours} hours" if view.fresh_within_hours else "",
                ", ".join(view.owners.values()),
                _first_sentence(view.description),
            )
            for view in views
        ),
    )
    if services:
        shelf += "\n## Services\n\n" + _table(
            ("service", "meaning", "features", "owner"),
            (
                (
                    f"[{service.name}](#!/exposure/{exposure_ids[service.name]})",
                    _first_sentence(service.description),
                    str(len(service.features)),
                    service.owner.get("name", ""),
                )
                for service in services
            ),
        )
    return shelf


def _view_tables(view: FeatureView) -> str:
    facts = {
        statement.label: _text(statement.fact(getattr(view, name)))
        for name, statement in statements(ViewDefinition).items()
        if statement.is_shown and name != "description"
    }
    tables = _table(
        ("feature", "meaning"),
        (
            (f"`{field.name}`", field.description)
            for field in view.fields
            if field.name in view.features
        ),
    )
    tables += "\n" + _table(
        ("the view", ""), ((name, text) for name, text in facts.items() if text)
    )
    if view.derived:
        tables += "\nComputed at lookup:\n\n"
    for feature in view.derived:
        meaning, sql = (" ".join(text.split()) for text in (feature.description, feature.sql))
        tables += f"- `{feature.name}`, {feature.type}: {meaning} In SQL: `{sql}`\n"
    return tables


def _certificate_table(features: Sequence[StressedFeature]) -> str:
    """Return what the view's features withstood; nothing without a stress certificate."""
    if not features:
        return ""
    rows = (
        (
            f"`{row.feature}`",
            *map(str, (row.unchanged, row.set_aside, row.stopped, row.moved)),
            f"{row.worst}: {row.share:.1%} of values, by {row.median:.1%}" if row.worst else "",
        )
        for row in features
    )
    header = ("feature", "no effect", "set aside", "stopped", "silent", "worst silent move")
    return "\nWhat faults in the raw log do to it, by their number:\n\n" + _table(header, rows)


def _service_table(service: Service, views: Sequence[FeatureView]) -> str:
    by_name = {view.name: view for view in views}
    # The name of a model is that of its latest version.
    by_name |= {view.model: view for view in views if view.is_latest}
    rows = []
    for reference in service.features:
        shown, _, feature = reference.partition(":")
        view = by_name[table_name(service.aliases.get(shown, {}).get("view", shown))]
        meanings = {field.name: field.description for field in view.fields}
        meanings |= {derived.name: derived.description for derived in view.derived}
        link = f"[{shown}](#!/model/{view.unique_id})"
        rows.append((f"`{feature or 'all'}`", link, meanings.get(feature, view.description)))
    return _table(("feature", "view", "meaning"), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    cells = ([" ".join(cell.split()).replace("|", "\\|") for cell in line] for line in lines)
    return "".join("| " + " | ".join(line) + " |\n" for line in cells)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.) ", text, maxsplit=1)[0]


def _text(value: Any) -> str:
    """Return a value of `meta` in words: of nested ones their parts with commas between them."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(part) for part in value)
    return "" if value is None else str(value)


def _inline(text: str) -> str:
    """Return JSON that a script element can hold: a description may have the end of one."""
    return text.replace("</", "<\\/")
