"""Which release is meant: by its id, the beginning of its id, a pin, `current` or `previous`."""

from __future__ import annotations

import re
from contextlib import suppress

from milepost.display import shortened
from milepost.errors import ReleaseError
from milepost.release import pointers, releases
from milepost.release.manifest import RELEASE_ID
from milepost.release.near_names import near
from milepost.storage import s3
from milepost.storage.location import Location

# The year at least: `3` was meant as something else.
_BEGINNING = re.compile(r"\d{4}[\dTZa-f-]{0,24}")


def resolve(store: Location, release: str | None = None) -> str:
    """Return the id of the release that is meant: the current one where nothing is said.

    The words `current` and `previous` come first, then an id, then a pin, then the beginning of an
    id. Whether the release of a whole id exists is found out by whoever reads it. Raises a
    ReleaseError for what means no release, or more than one.
    """
    text = "current" if release is None else str(release)
    if text == "current":
        return pointers.current(store)
    if text == "previous":
        return _previous(store)
    if RELEASE_ID.fullmatch(text):
        return text
    if releases.PIN.fullmatch(text) and (pin := pointers.pointer(store, f"pins/{text}.json")):
        return pin.release
    matches = _beginning_with(store, text) if _BEGINNING.fullmatch(text) else []
    if len(matches) > 1:
        raise ReleaseError(
            f"`{text}` begins the ids of {len(matches)} releases",
            hint=f"write more of it: {shortened([f'`{match}`' for match in matches])}",
        )
    if not matches:
        raise ReleaseError(f"`{text}` is not the id of a release", hint=_hint(store, text))
    return matches[0]


def names(store: Location) -> list[str]:
    """Return all that can be written for a release, for shells that complete it."""
    return [*releases.WORDS, *releases.pins(store), *_beginning_with(store, "")]


def _previous(store: Location) -> str:
    """Return the release that was current before, of those that are still there."""
    current = pointers.current(store)
    for manifest in releases.history(store):
        if manifest.release != current:
            return manifest.release
    raise ReleaseError(
        f"`{store.uri()}` has no release before `{current}`",
        hint="`milepost releases` lists those there are",
    )


def _beginning_with(store: Location, text: str) -> list[str]:
    """Return the ids of the releases that begin with a text, the newest first."""
    listing = s3.listing(store, f"releases/{text}")
    return sorted(filter(None, map(releases.manifest_release, listing)), reverse=True)


def _hint(store: Location, text: str) -> str:
    """Return what can be written in place of a text that means nothing."""
    words = ["current"]
    with suppress(ReleaseError):
        _previous(store)
        words.append("previous")
    known = [*words, *releases.pins(store), *_beginning_with(store, "")]
    known = near(text, known) or [*words, *releases.pins(store)]
    listed = ", ".join(f"`{name}`" for name in known)
    return f"there is {listed}; `milepost releases` lists every id, and its beginning is enough"
