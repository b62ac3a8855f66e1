"""A release is named by its id, the beginning of its id, a pin, `current` or `previous`."""

from __future__ import annotations

import re

import pytest

from milepost import FeatureStore
from milepost.errors import ReleaseError
from milepost.release import releases
from milepost.release.release_argument import resolve
from milepost.storage import s3
from milepost.storage.location import Location
from small_releases import manifest_of, release


@pytest.fixture
def three(store: Location) -> list[str]:
    """Releases of three days, the first day's first."""
    return [release(store, created_at=f"2026-07-0{day}T00:00:00") for day in (1, 2, 3)]


def test_a_release_is_named_in_each_way(store: Location, three: list[str]) -> None:
    releases.pin(store, "pricing", three[0])
    for text, position in (
        (None, 2),
        ("current", 2),
        ("previous", 1),
        ("pricing", 0),
        (three[0], 0),
        ("20260701", 0),
        (three[1][:-1], 1),
    ):
        assert FeatureStore(store.uri(), text).release == three[position]


def test_previous_is_what_was_current_before(store: Location, three: list[str]) -> None:
    releases.rollback(store, three[0])
    assert resolve(store, "previous") == three[2]
    releases.rollback(store, resolve(store, "previous"))
    assert (resolve(store), resolve(store, "previous")) == (three[2], three[0])


def test_previous_is_still_there(store: Location, three: list[str]) -> None:
    s3.remove(store, [f"releases/{three[1]}/manifest.json"])
    assert resolve(store, "previous") == three[0]


def test_a_store_of_one_release_has_no_previous(store: Location) -> None:
    name = release(store)
    with pytest.raises(ReleaseError, match=f"has no release before `{name}`\nhint: `milepost"):
        resolve(store, "previous")
    for text in ("prod", "previos"):
        with pytest.raises(ReleaseError, match="hint: there is `current`; `milepost releases` lis"):
            resolve(store, text)


def test_a_beginning_of_several_ids_means_none(store: Location, three: list[str]) -> None:
    listed = ", ".join(f"`{name}`" for name in three[::-1])
    message = f"`202607` begins the ids of 3 releases\nhint: write more of it: {listed}$"
    with pytest.raises(ReleaseError, match=message):
        resolve(store, "202607")


def test_a_pin_is_meant_before_the_beginning_of_an_id(store: Location, three: list[str]) -> None:
    releases.pin(store, "20260702", three[0])
    assert resolve(store, "20260702") == three[0]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("pricng", "`pricing`"),
        ("curent", "`current`"),
        ("zzz", "`current`, `previous`, `pricing`"),
        ("2027", "`current`, `previous`, `pricing`"),
        ("../x", "`current`, `previous`, `pricing`"),
        ("2", "`current`, `previous`, `pricing`"),
    ],
)
def test_what_means_no_release_is_answered_with_near_names(
    store: Location, three: list[str], text: str, near: str
) -> None:
    releases.pin(store, "pricing", three[0])
    message = f"`{re.escape(text)}` is not the id of a release\nhint: there is {near}; `milepost"
    with pytest.raises(ReleaseError, match=message):
        resolve(store, text)


def test_the_words_for_a_release_are_no_names_of_pins(store: Location, three: list[str]) -> None:
    for word in releases.WORDS:
        with pytest.raises(ReleaseError, match=f"`{word}` cannot be .*: it means the {word} rel"):
            releases.pin(store, word, three[0])


def test_a_publication_that_did_not_end_is_not_previous(store: Location, three: list[str]) -> None:
    unfinished = manifest_of(created_at="2026-07-09T00:00:00")
    s3.put(store, unfinished.name, unfinished.to_bytes())
    assert resolve(store, "previous") == three[1]
