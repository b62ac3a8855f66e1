"""What `milepost init` sees in Parquet on a real S3 server, and what it refuses."""

from __future__ import annotations

from datetime import date

import pytest

from beginning import lake
from faults.proxy import before_the_server
from milepost.beginning.files import ParquetFile
from milepost.beginning.inspection import inspect
from milepost.beginning.source_file import table_keys
from milepost.beginning.staging_files import staged_sql
from milepost.beginning.table import Table
from milepost.beginning.wishes import Wishes
from milepost.errors import LandingError, MilepostError, StorageError
from milepost.storage import s3
from milepost.storage.arrow import filesystem
from milepost.storage.client import client
from milepost.storage.location import Location


def seen(location: Location, wishes: Wishes | None = None) -> Table:
    (table,) = inspect([location.uri()], wishes or Wishes())
    return table


def test_hourly_orders(raw: Location) -> None:
    lake.orders(raw)
    table = seen(Location.parse(raw.uri("orders")))
    assert table.id_columns == ("order_id",)
    assert (table.event, table.known, table.known_by) == ("created_at", "_ingested_at", "column")
    assert (table.entity, table.measure, table.feed) == ("customer_id", "amount", None)
    # hour 80 is 08:00 of November 4, whose earlier hours lack the column
    assert table.columns["channel"].added_on == date(2026, 11, 5)
    assert table.rows_a_day == 144
    keys = table_keys(table)
    assert keys["layout"] == '"{table}/dt={date}/hour={hour}"'
    assert keys["raw_uri"] == raw.uri()
    assert keys["closed_by"] == "delay"


def test_snapshots_without_instants_are_known_after_their_partition(raw: Location) -> None:
    lake.carriers(raw)
    table = seen(raw)
    assert (table.name, table.is_snapshot, table.id_columns) == ("carriers", True, ("carrier_id",))
    assert (table.event, table.known_by) == (None, "partition")
    keys = table_keys(table)
    assert keys["known_at"] == "{after_partition_minutes: 60}"
    assert keys["closing_delay_minutes"] == "75"  # later than the rows are known
    assert list(table.names.values()) == ["carrier_id", "select_value", "n_1rating", "grosse"]


@pytest.mark.parametrize(("spread", "absent"), [(0, "gone"), (1, "unchanged")])
def test_snapshots_whose_rows_have_instants_of_their_own_do_not_end_each_other(
    raw: Location, spread: int, absent: str
) -> None:
    """As Airbyte extracts all rows anew each day, each with its instant."""
    for day in range(1, 4):
        lake.put(
            raw,
            f"carriers/dt=2026-11-0{day}/part-0.parquet",
            f"""select 'k' || i as carrier_id, {day} as rating, timestamp '2026-11-0{day} 04:00:00'
                + {spread} * i * interval 1 millisecond as _airbyte_extracted_at
                from range(10) as t(i)""",
        )
    table = seen(raw)
    assert (table.is_snapshot, table.known) == (True, "_airbyte_extracted_at")
    assert f"absent='{absent}'" in staged_sql("harbor", table)


def test_files_of_an_iceberg_table_are_no_snapshots(raw: Location) -> None:
    """`absent='gone'` does not compile beside `deleted`, which such a table has."""
    for number in range(3):
        query = f"select 'k' || i as carrier_id, {number} as rating from range(10) as t(i)"
        lake.put(raw, f"carriers/data/{number}.parquet", query)
    s3.put(raw, "carriers/metadata/version-hint.text", b"1")
    s3.put(raw, "carriers/metadata/v1.metadata.json", b"{}")
    table = seen(raw)
    assert (table.place.is_iceberg, table.id_columns) == (True, ("carrier_id",))
    assert "staged_facts" in staged_sql("harbor", table)


def test_a_number_that_no_build_reads_is_looked_into(raw: Location) -> None:
    lake.put(
        raw,
        "t/dt=2026-11-01/a.parquet",
        "select i as id, 18446744073709551615::ubigint as hash from range(5) as t(i)",
    )
    assert seen(raw).columns["hash"].data_type == "bigint"


def test_a_change_feed(raw: Location) -> None:
    lake.changes(raw)
    table = seen(raw)
    assert table.feed is not None
    assert (table.feed.column, table.feed.sequence) == ("op", "lsn")
    assert table.id_columns == ("load_id",)
    assert (table.event, table.known) == ("updated_at", "_fivetran_synced")
    assert not table.is_snapshot


def test_one_file_is_a_history(raw: Location) -> None:
    lake.put(
        raw,
        "weather.parquet",
        """select 'EWR' as origin, 3.5 + i as temp, timestamptz '2013-01-01 06:00:00+00'
            + i * interval 1 hour as time_hour from range(100) as t(i)""",
    )
    table = seen(raw)
    assert (table.name, table.known_by) == ("weather", "model")
    assert table_keys(table)["covers"] == "[2013-01-01, 2013-01-06]"


def test_text_in_one_format_is_an_instant(raw: Location) -> None:
    lake.put(
        raw,
        "t/dt=2026-03-05/a.parquet",
        """select i as id, strftime(date '2026-02-11' + i::int, '%d.%m.%Y') as shipped,
            strftime(date '2026-02-01' + (i % 9)::int, '%m/%d/%Y') as ambiguous
            from range(20) as t(i)""",
    )
    columns = seen(Location.parse(raw.uri("t"))).columns
    assert columns["shipped"].text_format == "%d.%m.%Y"
    assert columns["ambiguous"].text_format is None  # as well `%d/%m/%Y`


def test_types_that_widen_do_and_others_are_refused(raw: Location) -> None:
    for day, value in ((1, "1::int"), (2, "1::bigint"), (3, "1::smallint")):
        lake.put(raw, f"t/dt=2026-03-0{day}/a", f"select 'x{day}' as id, {value} as n")
    assert seen(raw).columns["n"].data_type == "bigint"
    lake.put(raw, "t/dt=2026-03-04/a", "select 'x' as id, 'one' as n")
    with pytest.raises(LandingError, match=r"column `n` of .* is .*int.* and string"):
        seen(raw)


def test_nested_columns_are_left_out_and_said(raw: Location) -> None:
    lake.put(raw, "t/dt=2026-03-05/a", "select 'x' as id, [1, 2] as legs, {'a': 1} as s")
    table = seen(raw)
    assert list(table.columns) == ["id"]
    assert any("`legs` is left out" in note for note in table.notes)


def test_300_columns(raw: Location) -> None:
    columns = ", ".join(f"i * {n} as c{n}" for n in range(299))
    lake.put(raw, "wide/dt=2026-03-05/a", f"select 'x' || i as id, {columns} from range(5000) t(i)")
    assert len(seen(raw).columns) == 300


def test_a_year_of_hours_is_not_listed(raw: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.orders(raw, added_hour=500)
    folders: list[str] = []
    level = s3.level

    def counted(location: Location, folder: str = "") -> tuple[list[str], list[s3.ObjectMeta]]:
        folders.append(folder)
        return level(location, folder)

    monkeypatch.setattr(s3, "level", counted)
    seen(Location.parse(raw.uri("orders")))
    # of 144 hours the five that are looked into, their dates, and what is above
    assert 5 < len(folders) <= 12


@pytest.mark.parametrize(
    ("flag", "query", "wishes"),
    [
        ("--id", "select 1.5 as x, 2.5 as y from range(3)", Wishes(ids=["x"])),
        ("--event", "select i as id from range(3) t(i)", Wishes(events=["t:id"])),
    ],
)
def test_what_nothing_tells_is_asked_for(
    raw: Location, flag: str, query: str, wishes: Wishes
) -> None:
    name = "t/dt=2026-03-05/a" if flag == "--id" else "t/a.parquet"
    lake.put(raw, name, query)
    location = Location.parse(raw.uri("t"))
    with pytest.raises(LandingError, match=f"(?s){'t' if flag == '--id' else 'a'}`.*{flag}"):
        seen(location)
    if flag == "--id":
        assert seen(location, wishes).id_columns == ("x",)
    asked = Wishes(ask=lambda _question, columns: [columns[0]])
    if flag == "--id":
        assert seen(location, asked).id_columns == ("x",)
    else:
        with pytest.raises(LandingError, match="`id`, which is bigint"):
            seen(location, asked)


def test_wishes_name_columns_and_tables_that_there_are(raw: Location) -> None:
    lake.carriers(raw, days=2)
    with pytest.raises(LandingError, match=r"`--id` names `carier_id`(?s:.*)`carrier_id`"):
        seen(raw, Wishes(ids=["carriers:carier_id"]))
    with pytest.raises(LandingError, match=r"`--id cariers:x` is of no table(?s:.*)`carriers`"):
        seen(raw, Wishes(ids=["cariers:x"]))


def test_a_file_that_is_gone_since_it_was_listed_is_no_other_format(raw: Location) -> None:
    with pytest.raises(StorageError, match="`: it is not there any more"):
        ParquetFile(raw, "gone.parquet", filesystem())


def test_what_is_no_table_is_said(raw: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(uri: str) -> str:
        with pytest.raises(MilepostError) as error:
            inspect([uri], Wishes())
        return str(error.value)

    lake.carriers(raw, days=1)
    assert "it does not exist, or is empty" in refused(raw.uri("cariers"))
    assert "`carriers`" in refused(raw.uri("cariers"))
    s3.put(raw, "csv/dt=2026-03-05/a.csv", b"id,x\n1,2\n")
    assert "a.csv` is not Parquet" in refused(raw.uri("csv"))
    s3.put(raw, "delta/_delta_log/0.json", b"{}")
    lake.put(raw, "delta/a.parquet", "select 1 as id")
    assert "is a Delta table" in refused(raw.uri("delta"))
    lake.put(raw, "none/dt=2026-03-05/a", "select 1 as id where false")
    assert "have no row" in refused(raw.uri("none"))
    lake.put(raw, "deep/er/t/dt=2026-03-05/a", "select 1 as id")
    assert "prefixes of the tables themselves" in refused(raw.uri("deep"))
    lake.put(raw, "twice/dt=2026-03-05/a", 'select 1 as id, 2 as "x", 3 as "y"')
    assert "the bucket does not exist" in refused("s3://milepost-nowhere/x")
    with before_the_server(monkeypatch) as between:
        between.plan = lambda *call: "409_before" if call[2].endswith(".parquet") else None
        assert "hint: is the store up" in refused(raw.uri("carriers"))
    monkeypatch.setenv("AWS_PROFILE", "milepost-reader")  # of releases alone
    client.cache_clear()
    try:
        assert "refused" in refused(raw.uri("carriers"))
    finally:
        monkeypatch.undo()
        client.cache_clear()
