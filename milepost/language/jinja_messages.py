"""Messages of errors in dbt macros: what is given to the macros that raise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from milepost.language.stated import HOLE, Stated

KIND = "Compilation Error"
# The macros that raise, each with the text of its error from the texts of its arguments.
RAISERS: dict[str, Callable[[Sequence[str]], str]] = {
    "raise_compiler_error": lambda texts: texts[0],
    "refuse_lookup": lambda texts: f"point_in_time_join: {texts[0]}\nhint: {texts[1]}",
    "refuse_feature": lambda texts: (
        f"trailing_features: feature `{HOLE}` has {texts[1]}\nhint: {texts[2]}"
    ),
    "fail": lambda texts: texts[0],
}
_CALL = re.compile(rf"\b({'|'.join(RAISERS)})\(")
# A text in quotes, a bracket, or what parts the arguments and their pieces.
_PART = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[()\[\]{}~,]|[^()\[\]{}~,\"']+")


def messages(path: str, text: str) -> Iterator[Stated]:
    """Yield the messages of the macros of a file."""
    place = path.removesuffix(".sql")
    for call in _CALL.finditer(text):
        if place.rpartition("/")[2] in RAISERS:
            return
        texts = _arguments(text[call.end() :])
        stated, _, hint = RAISERS[call[1]](texts).partition("\nhint: ")
        yield Stated(place, KIND, stated, hint)


def _arguments(text: str) -> list[str]:
    """Return the arguments of a call whose bracket has just opened, as texts with holes."""
    arguments, depth, piece = [""], 0, ""
    for part in _PART.findall(text):
        is_end = part == ")" and not depth
        if depth == 0 and (part in "~," or is_end):
            arguments[-1] += _stated(piece)
            piece = ""
            if is_end:
                break
            if part == ",":
                arguments.append("")
            continue
        depth += (part in "([{") - (part in ")]}")
        piece += part
    return [*arguments, "", ""]


def _stated(piece: str) -> str:
    """Return what a quoted text says; a hole for any other expression."""
    piece = piece.strip()
    if re.fullmatch(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", piece):
        return piece[1:-1].replace("\\n", "\n").replace("\\'", "'").replace('\\"', '"')
    return HOLE
