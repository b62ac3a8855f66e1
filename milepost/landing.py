"""The public face of the raw log, for loaders: land rows, close their dates, reopen one."""

from milepost.raw.landing import close, land, reopen
from milepost.raw.loader import closed_dates, land_open_dates, open_dates

__all__ = ["close", "closed_dates", "land", "land_open_dates", "open_dates", "reopen"]
