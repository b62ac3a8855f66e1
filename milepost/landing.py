"""The public face of the raw log, for loaders: land rows, close dates, reopen one, join later."""

from milepost.raw.joining import join
from milepost.raw.landing import close, land, reopen

__all__ = ["close", "join", "land", "reopen"]
