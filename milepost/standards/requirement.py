"""A requirement of the ladder: what a rung asks of a feature view, and how it is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getdoc

from milepost.errors import MilepostError
from milepost.standards.examined_view import ExaminedView
from milepost.standards.finding import Finding
from milepost.standards.places import Place


@dataclass(frozen=True)
class Fault:
    """Where a view does not meet a requirement, and what to do.

    Without a `place` it is where the view's YAML states its name.
    """

    message: str
    remedy: str
    place: Place | None = None


Check = Callable[[ExaminedView], Iterator[Fault]]


@dataclass(frozen=True)
class Requirement:
    """A check that a rung asks, of a view on that rung and of one on a rung above.

    The check of a requirement that `is_by_promotion` reads what `milepost promote` writes. One that
    does not last is not asked of a rung above. The docstring of a check begins with "Require that";
    its first paragraph is what the documentation says of the requirement.
    """

    rung: str
    check: Check
    is_by_promotion: bool = False
    lasts: bool = True

    @property
    def name(self) -> str:
        """The requirement's name, in words."""
        return self.check.__name__.replace("_", " ")

    @property
    def meaning(self) -> str:
        """What the requirement asks, as a sentence."""
        paragraph = (getdoc(self.check) or "").split("\n\n")[0].replace("\n", " ")
        text = paragraph.removeprefix("Require that ")
        return text[0].upper() + text[1:]

    def findings(self, examined: ExaminedView) -> Iterator[Finding]:
        """Yield where the view does not meet the requirement, or cannot be examined."""
        rule = f"{self.rung}: {self.name}"
        try:
            for fault in self.check(examined):
                path, line = fault.place or examined.stated.place()
                yield Finding(path, line, rule, f"`{examined.name}` {fault.message}", fault.remedy)
        except MilepostError as error:
            yield Finding(examined.stated.path, 1, rule, error.message, error.hint)
