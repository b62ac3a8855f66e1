"""What capture writes stays only if it can be compiled and compared, and replaces nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import yaml

from drafting.shop import catalog, create_orders, draft_of, files_of, rendered
from milepost import cli
from milepost.drafting import written_draft
from milepost.drafting.draft_files import Meaning
from milepost.errors import DraftError
from milepost.standards import dbt

SQL = """
select shop_id, count(*) as order_count from stg_web__orders
where known_at >= now() - interval 3 days and superseded_at is null group by 1
"""
MODEL, CONTRACT = (Path(f"models/features/shop_orders.{ending}") for ending in ("sql", "yml"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> written_draft.Place:
    """The shop as a project, for which dbt's part is done here."""

    def compiled(project: Path, name: str) -> tuple[str, timedelta]:
        return rendered((project / MODEL).read_text()), timedelta()

    database = tmp_path / "shop.duckdb"
    with duckdb.connect(database) as connection:
        create_orders(connection)
    project = SimpleNamespace(catalog=catalog())
    monkeypatch.setattr(dbt, "read_project", lambda _: project)
    monkeypatch.setattr(written_draft, "_compiled", compiled)
    return written_draft.Place(tmp_path, database)


def write(place: written_draft.Place, sql: str = SQL, meaning: Meaning | None = None) -> None:
    written_draft.write(sql, "query.sql", "shop_orders", place, meaning or Meaning())


def test_a_draft_that_does_not_compile_leaves_no_file(
    place: written_draft.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(project: Path, name: str) -> None:
        assert (project / MODEL).exists()
        raise DraftError("dbt fails", hint="")

    with monkeypatch.context() as patched:
        patched.setattr(written_draft, "_compiled", fail)
        with pytest.raises(DraftError, match="dbt fails"):
            write(place)
    assert not list(place.project.glob("models/**/*.*"))
    write(place)
    assert (place.project / MODEL).exists()


def test_a_query_that_fails_on_the_facts_is_an_error_and_leaves_no_file(
    place: written_draft.Place,
) -> None:
    with pytest.raises(
        DraftError, match=r"does not run on the facts: .*Could not convert"
    ) as fault:
        write(place, SQL.replace("count(*)", "sum(product::int)"))
    assert "Could not convert" in fault.value.message
    assert not list(place.project.glob("models/**/*.*"))


@pytest.mark.parametrize("path", [MODEL, CONTRACT])
def test_no_file_is_replaced(
    place: written_draft.Place, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not either where another capture wrote it after this one has looked."""
    file = place.project / path
    file.parent.mkdir(parents=True)
    file.write_text("of another capture")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", lambda *_, **__: False)
        with pytest.raises(DraftError, match="exists, and is not replaced"):
            write(place)
    assert list(place.project.glob("models/**/*.*")) == [file]
    assert file.read_text() == "of another capture"


def test_a_comparison_of_no_row_is_left_to_do(place: written_draft.Place) -> None:
    with duckdb.connect(place.database) as database:
        database.execute("delete from stg_web__orders")
    write(place)
    assert "-- TODO query.sql: no row was compared" in (place.project / MODEL).read_text()


def test_an_owner_is_a_text() -> None:
    with duckdb.connect() as database:
        create_orders(database)
        draft = draft_of(database, SQL)
        for owner in ("a, engineering: b", "x}", "@me", "a: b", "yes", "#team", "a\nb"):
            meaning = Meaning("Sales,\nby shop.", owner, owner)
            (model,) = yaml.safe_load(files_of(draft, meaning).yaml(None))["models"]
            assert model["config"]["meta"]["owners"] == {"science": owner, "engineering": owner}
            assert model["description"].startswith("Sales,\nby shop. One row per")


def test_jinja_in_comments_is_text(place: written_draft.Place) -> None:
    comments = "-- Top {{ env_var('X') }}.\n" + SQL.replace(
        "order_count from", "order_count -- uses {% macro %} {#\nfrom"
    )
    written_draft.write(comments, "{{x}}.sql", "shop_orders", place, Meaning())
    assert (place.project / MODEL).read_text().startswith("-- Drafted from { {x}}.sql.\n")
    text = (place.project / CONTRACT).read_text()
    # What our own files say in Jinja: where a description is kept.
    assert "env_var" in text
    assert text.count("{{") == text.count("{{ doc(")
    assert "{%" not in text
    assert "{#" not in text


def test_a_query_that_is_no_utf_8_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = tmp_path / "query.sql"
    query.write_bytes("select 'é'".encode("latin-1"))
    assert cli.main(["capture", str(query), "--name", "shop_orders"]) == 1
    assert "`query.sql` is no text in UTF-8" in capsys.readouterr().err
