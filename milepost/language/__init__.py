"""The words of Milepost and its error messages, and what `milepost explain` says of them."""

# What other wings import; all else is private to this one.
__all__ = ["causes", "explain", "messages", "page", "terms"]
