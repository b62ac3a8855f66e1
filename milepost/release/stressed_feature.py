"""What a feature withstood, as the stress certificate of its view says in a release."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StressedFeature:
    """How many faults of the raw log had each outcome for a feature, and the worst silent one.

    `worst` names the fault that moved the feature most of those that no check told, `share` of its
    values it moved, by `median` of what they were. It is empty where none did.
    """

    feature: str
    unchanged: int
    set_aside: int
    stopped: int
    moved: int
    worst: str = ""
    share: float = 0.0
    median: float = 0.0

    def __str__(self) -> str:
        count = self.unchanged + self.stopped + self.set_aside + self.moved
        counts = (
            f"of {count} faults in a copy of the raw log {self.unchanged} without effect, "
            f"{self.stopped} stopped by a check, {self.set_aside} set aside, {self.moved} silent"
        )
        if not self.worst:
            return counts
        return (
            f"{counts}, the worst of them {self.worst}: {self.share:.1%} of its values moved, "
            f"half of them by {self.median:.1%} or more"
        )
