"""Everything that Milepost raises on purpose: what is wrong and where, then a hint."""

from __future__ import annotations

from functools import partial
from typing import Any


class MilepostError(Exception):
    """Base of Milepost's errors.

    The message names what is wrong with the names in backticks; `hint` says what exists or what to
    run next, and stands on a line of its own in `str(error)`.
    """

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle would leave the hint out, and then fail: an error crosses processes with it.
        return partial(type(self), hint=self.hint), (self.message,)


class StorageError(MilepostError, OSError):
    """S3 cannot be reached, refuses, or lacks a bucket or an object."""

    __str__ = MilepostError.__str__


class LandingError(MilepostError, ValueError):
    """The raw log differs from its markers or from the sources that declare it."""


class PublishError(MilepostError, RuntimeError):
    """A `dbt build` or a publication was refused; nothing published has changed."""


class ConflictError(PublishError):
    """Another writer was first, or a release may be removed before it is kept."""


class ReleaseError(MilepostError, ValueError):
    """A store, release or manifest is missing or damaged, or it cannot be used as was asked."""


class StandardsError(MilepostError, ValueError):
    """A file of the standards, such as a certificate, is damaged, or a check cannot run."""


class LookupInputError(MilepostError, ValueError):
    """The entity rows, features or options of a lookup do not fit the release."""


class UnknownFeatureError(LookupInputError, KeyError):
    """The release does not have the feature view, feature or service."""

    __str__ = MilepostError.__str__
