"""The client: point-in-time lookups and training sets from a release."""

# What other wings and benchmarks import; all else is private to this one.
__all__ = ["example", "lookup", "store"]
