"""Errors: one base, a message, and a hint on a line of its own."""

from __future__ import annotations

import copy
import pickle

import pytest

import milepost
from milepost import errors
from milepost.errors import MilepostError

KINDS = [
    (errors.StorageError, OSError),
    (errors.LandingError, ValueError),
    (errors.PublishError, RuntimeError),
    (errors.ConflictError, errors.PublishError),
    (errors.DraftError, ValueError),
    (errors.ReleaseError, ValueError),
    (errors.StandardsError, ValueError),
    (errors.LookupInputError, ValueError),
    (errors.UnknownFeatureError, errors.LookupInputError),
    (errors.UnknownFeatureError, KeyError),
]


@pytest.mark.parametrize(("kind", "builtin"), KINDS)
def test_each_error_is_caught_as_milepost_error_and_as_its_builtin(
    kind: type[MilepostError], builtin: type[Exception]
) -> None:
    assert issubclass(kind, MilepostError)
    assert issubclass(kind, builtin)


def test_every_error_of_the_module_is_tested_here() -> None:
    defined = {thing for thing in vars(errors).values() if isinstance(thing, type)}
    own = {thing for thing in defined if thing.__module__ == errors.__name__}
    assert own == {MilepostError, *(kind for kind, _ in KINDS)}


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in KINDS}, key=str))
def test_an_error_reads_as_message_then_hint(kind: type[MilepostError]) -> None:
    error = kind("`lanes` is missing", hint="look for it")
    assert str(error) == "`lanes` is missing\nhint: look for it"
    assert (error.message, error.hint) == ("`lanes` is missing", "look for it")


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in KINDS}, key=str))
def test_an_error_survives_the_way_between_processes(kind: type[MilepostError]) -> None:
    error = kind("`lanes` is missing", hint="look for it")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert type(again) is kind
        assert str(again) == str(error)


def test_the_base_error_is_in_the_front_window() -> None:
    assert milepost.MilepostError is MilepostError
