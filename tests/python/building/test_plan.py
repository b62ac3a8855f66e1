"""Which instants and landing dates a dbt command builds, and what it builds anew: without dbt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pytest

from milepost.building import code
from milepost.building.batches import Instants, Options
from milepost.building.build_records import Batch, Build, Records, Slice
from milepost.building.catalog import Catalog
from milepost.building.plan import Plan, Planner, ReleasedView
from milepost.building.raw_logs import RawLogs
from milepost.building.slices import judged_from
from milepost.building.stated_windows import look_back_days
from milepost.errors import PublishError
from milepost.raw.tables import ClosedTable, RawTable

VIEW, HOURLY, TRAINING = "model.green.beds", "model.green.hours", "model.green.training"
STAGED, BASE, SEED, LISTED = (
    *("model.green.stg_beds", "model.green.base_beds", "seed.green.targets"),
    "model.green.listed",
)
RAW = "source.green.raw.beds"
MODELS = [VIEW, HOURLY, TRAINING, STAGED, BASE]
FIRST, CLOSED = datetime(2025, 1, 1), datetime(2026, 3, 1)
ENDS = datetime(2026, 3, 2)
BUILT_TO = datetime(2026, 2, 20)
# 28 days, the 38 that STAGED reaches back, and the day of the batch.
SLICE = date(2025, 12, 15)
STAGING = {"has_deletes": False, "is_snapshot": False, "reference_days": {}, "redelivery_days": 38}
STAGES = {"staged_from": {"base_beds": STAGING}}


def node(node_id: str, *parents: str, **more: Any) -> dict[str, Any]:
    kind, _, name = node_id.split(".", 2)
    return {
        "unique_id": node_id,
        "name": name.removeprefix("raw."),
        "resource_type": kind,
        "package_name": "green",
        "relation_name": name,
        "columns": {},
        "raw_code": "",
        "config": {"materialized": more.pop("materialized", "table"), "meta": more.pop("meta", {})},
        "depends_on": {"nodes": list(parents), "macros": more.pop("macros", [])},
        **more,
    }


def manifest() -> dict[str, Any]:
    """Two views of one staged table, a training set made from one, and a table of a seed."""
    meta = {"entities": {"bed": ["bed_id"]}, "grid": "day", "declared_window_days": 7}
    nodes = [
        node(VIEW, STAGED, materialized="incremental", meta=meta),
        node(HOURLY, STAGED, materialized="incremental", meta={**meta, "grid": "hour"}),
        node(TRAINING, VIEW, LISTED),
        node(STAGED, BASE, meta=STAGES),
        node(BASE, RAW, materialized="view"),
        node(SEED, checksum={"name": "sha256", "checksum": "abc"}),
        node(LISTED, SEED),
    ]
    source = node(RAW, source_name="raw", identifier="beds", meta={"raw_uri": "s3://raw/green"})
    return {
        "metadata": {"project_name": "green", "dbt_version": "1", "adapter_type": "duckdb"},
        "nodes": {one["unique_id"]: one for one in nodes},
        "sources": {RAW: source},
        **{part: {} for part in ("macros", "unit_tests", "exposures", "disabled")},
    }


def closed_at(tables: Sequence[RawTable], before: datetime = CLOSED) -> dict[str, ClosedTable]:
    return {table.id: ClosedTable(FIRST, before, 1, ()) for table in tables}


@dataclass(frozen=True)
class Case:
    """A command at a project that was built to `BUILT_TO` by the code as it is."""

    manifest: dict[str, Any] = field(default_factory=manifest)
    options: Options = field(default_factory=lambda: Options("build", "dev"))
    selected: tuple[str, ...] = tuple(MODELS)
    existing: tuple[str, ...] = tuple(MODELS)
    released: Mapping[str, ReleasedView] = field(default_factory=dict)

    @property
    def codes(self) -> dict[str, code.Parts]:
        catalog = Catalog.of(self.manifest)
        coder = code.Coder(catalog, {}, "dev", {})
        return {id_: coder.parts(id_) for id_ in catalog.nodes if coder.has_code(id_)}

    @property
    def built(self) -> Records:
        codes = self.codes
        build = Build("success", "", {}, "", "dev", "", {}, BUILT_TO)
        return Records(
            builds={id_: replace(build, parts=parts) for id_, parts in codes.items()},
            batches={id_: Batch(BUILT_TO, "", codes[id_], {}) for id_ in (VIEW, HOURLY)},
            slices={id_: Slice(None, CLOSED, is_built=True) for id_ in MODELS},
        )

    def plan(self, records: Records | None = None) -> Plan:
        catalog = Catalog.of(self.manifest)
        return Planner(
            catalog,
            self.options,
            codes=self.codes,
            records=self.built if records is None else records,
            raw_logs=RawLogs(catalog, closed_at),
            selected=self.selected,
            existing=self.existing,
            released=lambda: self.released,
            reference_days=10,
        ).plan()


def options(**changed: Any) -> Options:
    return replace(Options("build", "dev"), **changed)


def first_dates(plan: Plan) -> dict[str, date | None]:
    return {node_id: planned.first_date for node_id, planned in plan.slices.items()}


def test_a_model_goes_on_from_where_it_ends_as_far_as_dates_are_closed() -> None:
    plan = Case().plan()
    assert plan.batches.of(VIEW) == Instants(BUILT_TO, ENDS)
    assert plan.batches.of(HOURLY) == Instants(BUILT_TO, datetime(2026, 3, 1, 1))
    assert plan.batches.of(TRAINING).start is None
    assert plan.batches.built_to(VIEW) == ENDS
    assert (plan.rebuild_reasons, plan.restored, plan.from_raw_log) == ({}, {}, frozenset())


def test_an_outcome_without_a_grid_ends_with_the_last_closed_date() -> None:
    case = Case()
    del case.manifest["nodes"][VIEW]["config"]["meta"]["grid"]
    assert case.plan().batches.of(VIEW).end == datetime(2026, 3, 1)


ANEW: dict[str, tuple[Options, bool, str]] = {
    "in full": (options(full_refresh=True), False, "as `--full-refresh` says"),
    "narrowed": (options(narrowed_by="--sample"), False, "as `--sample` says"),
    "edited": (options(), True, "model `beds` changed"),
    "edited, empty": (options(narrowed_by="--empty", empty=True), True, "model `beds` changed"),
}


@pytest.mark.parametrize("name", ANEW)
def test_a_model_is_built_anew_and_the_plan_says_why(name: str) -> None:
    chosen, is_edited, reason = ANEW[name]
    case = Case(options=chosen)
    records = case.built
    if is_edited:
        case.manifest["nodes"][VIEW]["raw_code"] = "select 2"
    plan = case.plan(records)
    assert plan.rebuild_reasons[VIEW] == reason
    assert (HOURLY in plan.rebuild_reasons) == (not is_edited)
    assert plan.batches.of(VIEW).start is None
    assert VIEW in plan.from_raw_log


def test_a_table_without_a_record_is_built_anew() -> None:
    case = Case()
    plan = case.plan(replace(case.built, batches={}))
    assert set(plan.rebuild_reasons.values()) == {
        "no record says that its last build was as the project says"
    }


def test_an_empty_build_goes_on() -> None:
    plan = Case(options=options(narrowed_by="--empty", empty=True)).plan()
    assert (plan.batches.of(VIEW).start, plan.rebuild_reasons) == (BUILT_TO, {})


def test_a_record_without_its_table_does_not_count() -> None:
    plan = Case(existing=(HOURLY,)).plan()
    assert plan.batches.of(VIEW).start is None
    assert (plan.from_raw_log, plan.rebuild_reasons) == (frozenset([VIEW]), {})


def released(case: Case, **changed: Any) -> dict[str, ReleasedView]:
    found = ReleasedView("r1", code.digest(case.codes[VIEW]), datetime(2026, 2, 25), "", [], [])
    return {"beds": replace(found, **changed)}


def test_a_view_without_a_table_goes_on_from_the_release_of_the_same_code() -> None:
    case = Case(existing=())
    plan = replace(case, released=released(case)).plan(Records())
    assert set(plan.restored) == {VIEW}
    assert plan.batches.of(VIEW).start == datetime(2026, 2, 25)
    assert plan.from_raw_log == {HOURLY}


@pytest.mark.parametrize(
    "changed",
    [
        {"existing": (VIEW, HOURLY)},
        {"code": "other code"},
        {"options": options(full_refresh=True)},
        {"options": options(narrowed_by="--empty", empty=True)},
    ],
    ids=str,
)
def test_a_view_is_not_restored_otherwise(changed: dict[str, Any]) -> None:
    case = Case(existing=())
    views = released(case, code=changed.pop("code", code.digest(case.codes[VIEW])))
    assert replace(case, released=views, **changed).plan(Records()).restored == {}


# --- Tables that are read and not built


@pytest.mark.parametrize(
    ("build", "planned", "fault"),
    [
        ({"parts": {}}, {}, "`beds` reads `stg_beds`, which other code built"),
        ({"status": "error"}, {}, "`beds` reads `stg_beds`, whose last build ended as `error`"),
        ({}, None, "`beds` reads `stg_beds`, which is not built, and needs those from 2025-12-"),
        ({}, {"is_built": False}, "`stg_beds`, which is not built, and needs those from 2025-12-"),
        (
            {},
            {"closed_before": datetime(2026, 2, 1)},
            "from the first until 2026-02-01 00:00:00, and needs those from 2025-12-15 "
            "until 2026-03-01 00:00:00\nhint: build both: `dbt build --select +beds`",
        ),
        (
            {},
            {"first_date": date(2025, 12, 16)},
            "2025-12-16 until 2026-03-01 00:00:00, and needs",
        ),
    ],
)
def test_a_table_that_is_unfit_is_refused(
    build: dict[str, Any], planned: dict[str, Any] | None, fault: str
) -> None:
    case = Case(selected=(VIEW,))
    records = case.built
    records.builds[STAGED] = replace(records.builds[STAGED], **build)
    if planned is None:
        del records.slices[STAGED]
    else:
        records.slices[STAGED] = replace(records.slices[STAGED], **planned)
    with pytest.raises(PublishError) as refused:
        case.plan(records)
    assert fault in str(refused.value)
    # With `--empty` nothing is read.
    replace(case, options=options(narrowed_by="--empty", empty=True)).plan(records)
    # What the command builds itself is as it leaves it.
    replace(case, selected=(VIEW, STAGED)).plan(records)


def test_a_table_that_reaches_as_far_as_the_batch_looks_back_is_read() -> None:
    case = Case(selected=(VIEW,))
    records = case.built
    records.slices[STAGED] = Slice(SLICE, CLOSED, is_built=True)
    case.plan(records)
    with pytest.raises(PublishError, match="and needs all until 2026-03-01"):
        replace(case, options=options(full_refresh=True)).plan(records)


def test_a_training_set_goes_on_from_views_that_are_built_as_far_whatever_staging_holds() -> None:
    case = Case(selected=(TRAINING,))
    case.manifest["nodes"][TRAINING]["config"]["materialized"] = "incremental"
    records = case.built
    records.batches[TRAINING] = replace(records.batches[VIEW], parts=case.codes[TRAINING])
    records.batches[VIEW] = replace(records.batches[VIEW], built_to=ENDS)
    records.slices[STAGED] = Slice(SLICE, datetime(2026, 2, 1), is_built=True)
    assert case.plan(records).batches.of(TRAINING) == Instants(BUILT_TO, CLOSED)
    # The view alone was built, up to a date.
    records.batches[VIEW] = replace(records.batches[VIEW], built_to=datetime(2026, 2, 24))
    refused = "`training` reads `beds`, which is only built up to 2026-02-24 .* until 2026-03-01"
    with pytest.raises(PublishError, match=refused):
        case.plan(records)
    upto = replace(case, options=between("2026-02-20", "2026-02-24"))
    assert upto.plan(records).batches.of(TRAINING).end == datetime(2026, 2, 24)
    del records.batches[VIEW]
    with pytest.raises(PublishError, match="which is not built, and needs all until 2026-03-01"):
        case.plan(records)


def test_a_table_of_a_seed_has_no_landing_dates_to_lack() -> None:
    case = Case(selected=(VIEW,))
    case.manifest["nodes"][VIEW]["depends_on"]["nodes"].append(LISTED)
    case.plan()
    records = case.built
    records.builds[SEED] = replace(records.builds[SEED], status="error")
    with pytest.raises(PublishError, match="reads `targets`, whose last build ended as `error`"):
        case.plan(records)


# --- Dates of the command


def between(start: str, end: str) -> Options:
    return options(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end))


def test_dates_build_these_instants_again_and_forget_none_behind_them() -> None:
    plan = Case(options=between("2026-02-01", "2026-02-08")).plan()
    assert plan.batches.of(VIEW) == Instants(datetime(2026, 2, 1), datetime(2026, 2, 8))
    assert plan.batches.built_to(VIEW) == BUILT_TO
    assert first_dates(plan)[STAGED] == date(2025, 11, 26)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-02-21", "2026-02-22", "`beds` is built up to (not including) 2026-02-20 00:00:00, "),
        ("2026-02-20", "2026-03-03", "raw tables are closed up to 2026-03-01 00:00:00, and "),
    ],
)
def test_dates_leave_no_gap_and_go_not_beyond_what_is_closed(
    start: str, end: str, message: str
) -> None:
    with pytest.raises(PublishError) as refused:
        Case(options=between(start, end)).plan()
    assert str(refused.value).startswith(message)


def test_dates_need_something_to_go_on_from() -> None:
    with pytest.raises(PublishError, match="`beds` is built nowhere, and `--event-time-start` is"):
        Case(options=between("2026-02-01", "2026-02-08")).plan(Records())


def test_dates_are_grid_instants() -> None:
    with pytest.raises(PublishError, match="`--event-time-end` is 2026-02-08 00:30:00, which is"):
        between("2026-02-01", "2026-02-08T00:30:00")


# --- Slices of the raw log


def test_a_slice_has_the_batch_and_all_that_its_windows_rest_on() -> None:
    found = first_dates(Case(selected=(VIEW, STAGED, BASE)).plan())
    assert found == {VIEW: SLICE, STAGED: SLICE, BASE: SLICE}
    case = Case(selected=(VIEW, STAGED, BASE))
    case.manifest["nodes"][VIEW]["columns"] = {
        "a": {"name": "a", "config": {"meta": {"longest_window_days": 90}}}
    }
    assert first_dates(case.plan())[BASE] == date(2025, 10, 14)
    assert judged_from(SLICE, 38) == date(2026, 1, 22)
    assert judged_from(None, 10) is None


def test_the_earliest_of_several_slices_is_read() -> None:
    case = Case()
    records = case.built
    records.batches[HOURLY] = replace(records.batches[HOURLY], built_to=datetime(2026, 1, 20))
    found = first_dates(case.plan(records))
    assert (found[STAGED], found[BASE]) == (date(2025, 11, 14), date(2025, 11, 14))


def test_everything_is_read_where_one_model_needs_everything() -> None:
    case = Case()
    records = case.built
    del records.batches[HOURLY]
    found = first_dates(case.plan(records))
    assert (found[STAGED], found[BASE]) == (None, None)


def test_a_slice_before_the_first_date_is_all_there_is() -> None:
    case = Case()
    records = case.built
    for node_id in (VIEW, HOURLY):
        records.batches[node_id] = replace(records.batches[node_id], built_to=datetime(2025, 3, 1))
    assert set(first_dates(case.plan(records)).values()) == {None}


def test_a_table_that_does_not_grow_by_batches_reads_all_but_behind_those_that_do() -> None:
    assert first_dates(Case().plan())[STAGED] == SLICE  # `training` reads the whole view
    case = Case()
    case.manifest["nodes"][TRAINING]["depends_on"]["nodes"].append(STAGED)
    found = first_dates(case.plan())
    assert (found[STAGED], found[BASE]) == (None, None)


def test_a_model_that_does_not_say_how_far_it_looks_back_reads_everything() -> None:
    case = Case(selected=(VIEW, STAGED, BASE))
    del case.manifest["nodes"][VIEW]["config"]["meta"]["declared_window_days"]
    assert set(first_dates(case.plan()).values()) == {None}


def test_staged_facts_that_no_view_reads_are_staged_from_the_same_slice() -> None:
    other = "model.green.stg_unread"
    case = Case(selected=(*MODELS, other))
    case.manifest["nodes"][other] = node(other, BASE, meta=STAGES)
    assert first_dates(case.plan())[other] == SLICE
    alone = replace(case, selected=(other,))
    assert first_dates(alone.plan())[other] is None


def test_a_model_that_is_made_from_no_raw_log_is_refused() -> None:
    case = Case()
    case.manifest["sources"][RAW]["config"]["meta"] = {}
    with pytest.raises(
        PublishError, match=r"is made from no raw table\nhint: its sources need `meta"
    ):
        case.plan()


def test_how_far_a_model_looks_back_is_the_longest_that_it_says() -> None:
    model = node(VIEW, meta={"declared_window_days": 7})
    assert look_back_days(model) == 7
    model["config"]["meta"]["longest_window_days"] = 9
    model["columns"] = {"a": {"config": {"meta": {"longest_window_days": 11}}}, "b": {}}
    assert look_back_days(model) == 11
    assert look_back_days(node(STAGED)) is None
