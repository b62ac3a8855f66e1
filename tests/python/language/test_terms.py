"""The words of both roles are found by their names and by what others call them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from milepost import cli
from milepost.errors import MilepostError
from milepost.language import terms
from milepost.language.explain import explain
from milepost.release.term import Term

ROOT = Path(__file__).parents[3]
FREIGHT = terms.read_terms((ROOT / "models/glossary.md").read_text())
WORDS = [*FREIGHT, *terms.platform_terms()]


def named(text: str) -> list[str]:
    return [term.name for term in explain(text, WORDS, list).terms]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("leakage", ["leakage"]),
        ("Look-ahead bias", ["leakage"]),
        ("point-in-time joins", ["point_in_time_join"]),
        ("CI", ["continuous_integration"]),
        ("contract", ["contract", "data_contract"]),
        ("available_at", ["available_at"]),
        ("SLA", ["service_level"]),
        ("routes", ["lane"]),
        ("is no longer complete", ["complete_from"]),
    ],
)
def test_a_word_is_found(text: str, names: list[str]) -> None:
    assert named(text) == names


def test_an_unknown_word_has_near_ones() -> None:
    with pytest.raises(MilepostError, match=r"nothing explains `calibrate`\nhint: .*`calibration`"):
        named("calibrate")


def test_every_word_of_the_task_of_both_guides_is_a_term() -> None:
    for word in (
        *("contract", "idempotent", "backfill", "CI", "materialize", "release", "partition"),
        *("manifest", "leakage", "label", "sample", "drift", "window", "point-in-time join"),
        *("base rate", "calibration"),
    ):
        assert named(word), word


def test_names_are_unique_and_a_synonym_is_no_name_of_another_chapter() -> None:
    names = Counter(term.name for term in terms.platform_terms())
    assert {name for name, count in names.items() if count > 1} == set()
    assert all(term.description.endswith(".") for term in WORDS)


def test_columns_that_dbt_quotes_are_terms() -> None:
    assert "milepost/language/columns" in (ROOT / "dbt_project.yml").read_text()
    columns = {term.name for term in terms.platform_chapters()["Columns"]}
    assert {"event_at", "known_at", "available_at", "superseded_at"} <= columns


def test_the_project_that_we_are_in_has_its_words_explained(
    tmp_path: Path,
    dbt_manifest: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DBT_PROJECT_DIR", raising=False)
    assert cli.main(["explain", "lane"]) == 1
    (tmp_path / "target").mkdir()
    (tmp_path / "target/manifest.json").write_bytes(dbt_manifest.read_bytes())
    capsys.readouterr()
    assert cli.main(["explain", "lane"]) == 0
    assert capsys.readouterr().out.startswith("lane\n  A route from one market to another")
    assert cli.main(["explain", "feature `a` has an empty `over`", "--json"]) == 0
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert error["place"] == "macros/windows/parse_features"
    assert "features-in-time.md" in error["cause"]


def test_a_term_without_synonyms_is_one_of_columns() -> None:
    assert terms.read_terms("{% docs g %}\nAn instant.\n{% enddocs %}") == [
        Term("g", "An instant.", [])
    ]


@pytest.mark.parametrize(
    "manifest",
    [
        b"{",
        b"\xff",
        b"[]",
        b'{"metadata": {"dbt_version": "0.1"}}',
        b'{"nodes": {"a": {}}, "sources": {}, "unit_tests": {}, "macros": [], "exposures": {}, '
        b'"disabled": {}, "metadata": {"project_name": "a", "dbt_version": "2"}, "docs": []}',
    ],
)
def test_a_word_needs_no_manifest_that_can_be_read(
    manifest: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target/manifest.json").write_bytes(manifest)
    monkeypatch.setenv("DBT_PROJECT_DIR", str(tmp_path))
    assert cli.main(["explain", "leakage"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("leakage\n")
    assert "so the project's own words are left out" in err
    assert "hint: run `dbt parse`" in err
