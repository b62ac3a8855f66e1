"""A release as it stands on S3: its manifest, its files, and what can be asked of them."""

# What other wings import; all else is private to this one.
__all__ = [
    "columns",
    "coverage",
    "definition",
    "derived",
    "difference",
    "entity",
    "expression",
    "expression_function",
    "field_ids",
    "files",
    "garbage",
    "manifest",
    "manifest_format",
    "names",
    "near_names",
    "pointers",
    "references",
    "release_argument",
    "releases",
    "request",
    "service",
    "stressed_feature",
    "term",
    "verify",
]
