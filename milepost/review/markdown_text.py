"""Text with names and values of the data in it, as Markdown that nothing in them can break out of.

Values come from the data and names from the pull request, and the report is posted by a token that
may write: no value begins a heading, HTML, an image or a table, and none calls a person.
"""

from __future__ import annotations

import re

_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in "&<`|\\[]#"})
# A name after it is notified, unless a letter is before it, as in an address.
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@")


def inline(text: str) -> str:
    """Return a text in one line, with what stands in pairs of backticks as code, also in a table.

    A backtick inside a name turns code into text and text into code; both are safe.
    """
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    return "".join(_code(part) if place % 2 else _plain(part) for place, part in enumerate(parts))


def _plain(text: str) -> str:
    return _MENTION.sub("@&#8203;", text.translate(_ENTITIES))


def _code(text: str) -> str:
    """Return a text as code: between backticks, where a table does not read marks in it first."""
    if text.strip() and not {*text} & {"|", "\\"}:
        return f"`{text}`"
    return f"<code>{_plain(text)}</code>"
