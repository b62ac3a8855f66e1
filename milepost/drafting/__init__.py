"""Drafts of feature views: from a query, or from answers to a few questions."""

# What other wings import; all else is private to this one.
__all__ = ["draft_files", "question_query", "written_draft"]
