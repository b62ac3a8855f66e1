"""A stranger's path: from a query over raw files to a published view in production."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import greenhouse
from greenhouse import Greenhouse
from milepost import FeatureStore, cli
from milepost.release import releases
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

QUERY = """-- How often a bed was dry.
select
    bed_id,
    count(*) as readings,
    avg(case when moisture < 0.35 then 1 else 0 end) as dry_rate -- Share of readings below 0.35.
from read_parquet('{raw}/readings/*/*.parquet')
where read_at > now() - interval 3 days
group by bed_id
"""
VIEW, SOURCES = Path("models/features/bed_dryness.yml"), Path("models/staging/_sensors.yml")
# All that is written by hand after the query.
PROMISE = """\
        fresh_within_hours: 50
"""
SERVICE = """\
exposures:
  - name: watering
    type: ml
    maturity: high
    description: Says when to water a bed.
    owner: {name: plants, email: plants@example.com}
    config: {meta: {features: [bed_dryness]}}
    depends_on: [ref('bed_dryness')]
"""
# What stress finds: a sensor that fails reports 0.
CHECK = """\
      - milepost.is_rare:
          name: readings_are_rarely_zero
          arguments: {condition: moisture = 0, share_max: 0.01}
"""


@pytest.fixture
def forty_days(
    built_greenhouse: Greenhouse,
    tmp_path: Path,
    raw: Location,
    store: Location,
    monkeypatch: pytest.MonkeyPatch,
) -> Greenhouse:
    """The project as a shell in its folder has it, with a raw log of forty days."""
    last = greenhouse.FIRST.replace(month=2, day=9)
    greenhouse.land(raw, greenhouse.sound_readings(last=last), last=last)
    project = built_greenhouse.copy(tmp_path / "project", raw=raw, store=store)
    for name, value in project.environment(MILEPOST_STORE_URI=store.uri()).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project.folder)
    project.edit("dbt_project.yml", "reference_days: 30", "reference_days: 90")
    project.build("--full-refresh")
    return project


def test_a_query_becomes_a_view_in_production(
    forty_days: Greenhouse, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    Path("query.sql").write_text(QUERY.format(raw=forty_days.raw.uri()))

    def milepost(command: str, *, code: int = 0) -> str:
        ended = cli.main(command.split())
        printed = capsys.readouterr()
        assert ended == code, printed.out + printed.err
        return printed.out

    milepost("capture query.sql --name bed_dryness")
    forty_days.build("--select", "+bed_dryness")
    assert milepost("check bed_dryness").startswith("bed_dryness: draft")
    # Without a line by hand. Five minutes are for a machine that does nothing else.
    assert time.monotonic() - begun < 300
    assert "bed_dryness is experimental" in milepost("promote bed_dryness")

    missing = milepost("check bed_dryness")
    assert "`bed_dryness` promises no freshness" in missing
    assert "`bed_dryness` is used by no service" in missing
    VIEW.write_text(VIEW.read_text().replace("        grid:", f"{PROMISE}        grid:"))
    Path("models/exposures.yml").write_text(SERVICE)
    silent = milepost("stress bed_dryness --days 40", code=1)
    assert "`dry_rate_3d` moves silently beyond its tolerance of 0.1" in silent
    assert "after zero of `sensors.readings.moisture`" in silent
    SOURCES.write_text(SOURCES.read_text() + CHECK)
    assert "silently" not in milepost("stress bed_dryness --days 40")
    forty_days.build("--select", "+bed_dryness")
    assert "bed_dryness is production" in milepost("promote bed_dryness --approved-by pipes")
    forty_days.build()
    milepost("publish")

    manifest = releases.read(forty_days.store, FeatureStore(forty_days.store.uri()).release)
    (view,) = (view for view in manifest.views if view.name == "bed_dryness")
    assert view.maturity == "production"
    assert view.rung_evidence
    assert {row.feature for row in view.certificate or []} == {"dry_rate_3d", "reading_count_3d"}
    assert sum(len(text.splitlines()) for text in (PROMISE, SERVICE, CHECK)) == 12
    assert time.monotonic() - begun < 600
