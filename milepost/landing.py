"""The public face of the raw log, for loaders: land rows, close dates, reopen one, join later."""

from milepost.raw.joining import join
from milepost.raw.landing import close, land, reopen
from milepost.raw.loader import closed_dates, land_open_dates, open_dates

__all__ = ["close", "closed_dates", "join", "land", "land_open_dates", "open_dates", "reopen"]
