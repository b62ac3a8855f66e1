"""The public face of the raw log, for loaders: land rows, close their dates, reopen one."""

from milepost.raw.landing import close, land, reopen

__all__ = ["close", "land", "reopen"]
