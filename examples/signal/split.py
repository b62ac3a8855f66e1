"""The split in time: rows to train on, months to validate on, and the month after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.datetime64]
Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Two months have most carriers several times, and the month after them is the one that a model of
# their end serves first; 2026-11.
VALIDATION = np.timedelta64(60, "D")
NEXT_MONTH = np.timedelta64(30, "D")


@dataclass(frozen=True)
class Split:
    """Which rows are for what: a model made at `validation_from` can have learned from `train`."""

    validation_from: np.datetime64
    next_from: np.datetime64
    train: Mask
    validation: Mask
    next_month: Mask


def split_in_time(at: Instants, horizon: timedelta) -> Split:
    """Return the last 30 days as the next month, and the 60 days before them as validation.

    A row to train on is over before the validation begins: its outcome is known by then, `horizon`
    after its instant.
    """
    next_from = at.max() + np.timedelta64(1, "us") - NEXT_MONTH
    validation_from = next_from - VALIDATION
    return Split(
        validation_from=validation_from,
        next_from=next_from,
        train=at + np.timedelta64(horizon) <= validation_from,
        validation=(at >= validation_from) & (at < next_from),
        next_month=at >= next_from,
    )
