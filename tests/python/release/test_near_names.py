"""Names that are not there are answered with those that are near."""

from __future__ import annotations

import pytest

from milepost.errors import UnknownFeatureError
from milepost.release.near_names import suggest, table_name
from milepost.release.request import parse_request
from release.test_manifest import MANIFEST

ALIASES = {"origin_carrier": {"view": "carrier_reliability"}}


def test_a_view_is_given_by_each_of_its_names() -> None:
    (view,) = MANIFEST.views
    assert MANIFEST.view("carrier_reliability") is view
    assert (table_name("carrier@v2"), table_name("carrier_v2")) == ("carrier_v2", "carrier_v2")


def test_a_view_that_is_not_there_is_answered_with_near_names() -> None:
    message = (
        f"release {MANIFEST.release} has no feature view `carrier_reliabilty`, for the report\n"
        "hint: there is `carrier_reliability`$"
    )
    with pytest.raises(UnknownFeatureError, match=message):
        MANIFEST.view("carrier_reliabilty", purpose=", for the report")


def test_an_alias_of_the_request_is_near_too() -> None:
    message = "no feature view `origin_carier`\nhint: there is `origin_carrier`"
    with pytest.raises(UnknownFeatureError, match=message):
        parse_request(MANIFEST, ["origin_carier:late_rate_28d"], aliases=ALIASES)


def test_where_nothing_is_near_all_names_are_listed() -> None:
    assert suggest("x", ["lanes", "carriers"]) == "there is `carriers`, `lanes`"
