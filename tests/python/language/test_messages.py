"""Every message of an error is known from the code that raises it, and found again when pasted."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from milepost.errors import MilepostError
from milepost.language import messages, python_messages
from milepost.language.causes import cause_of, causes
from milepost.language.explain import explain
from milepost.language.jinja_messages import messages as jinja_messages
from milepost.language.stated import Stated
from milepost.language.terms import platform_terms
from milepost.publishing.refusal import REBUILD
from milepost.release.near_names import unknown_feature
from milepost.storage.location import Location

ROOT = Path(__file__).parents[3]
MESSAGES = [
    *messages.package_messages(),
    *messages.macro_messages(messages.checkout_macros()),
]


def test_the_pages_are_up_to_date(tmp_path: Path) -> None:
    names = ("errors.md", "glossary.md")
    for name in names:
        (tmp_path / name).write_text((ROOT / "docs/reference" / name).read_text())
    script = ROOT / "scripts/language_pages.py"
    subprocess.run([sys.executable, str(script), "--folder", str(tmp_path)], check=True)
    for name in names:
        page = (ROOT / "docs/reference" / name).read_text()
        assert (tmp_path / name).read_text() == page, "run `python scripts/language_pages.py`"


def test_every_place_that_raises_has_a_cause_and_a_remedy() -> None:
    places = {message.place for message in MESSAGES}
    for place in sorted(places):
        assert "**Cause.**" in cause_of(place), place
        assert "**Remedy.**" in cause_of(place), place


def test_every_cause_is_of_something_that_raises() -> None:
    places = {message.place for message in MESSAGES}
    folders = {place.rsplit("/", depth)[0] for place in places for depth in (1, 2)}
    assert causes().keys() - places - folders == set()


@pytest.mark.parametrize(
    ("code", "stated"),
    [
        (
            'raise FeedError(f"`{name}` is late", hint="wait")',
            [("`…` is late", "wait")],
        ),
        (
            'def f(a):\n  how = "am" if a else "pm"\n  raise FeedError(f"it is {how}", hint=a)',
            [("it is am", "…"), ("it is pm", "…")],
        ),
        (
            'def f():\n  faults = []\n  faults.append(f"{a} is odd")\n'
            '  raise FeedError("; ".join(faults), hint=f"see {b}")',
            [("… is odd", "see …")],
        ),
        (
            'REBUILD = "build"\nyield Refusal(view, f"`{a}`", "is old", "tables are old")',
            [("`…` is old", "build"), ("… tables are old: …", "build")],
        ),
        ('raise click.UsageError("no store\\nhint: name it")', [("no store", "name it")]),
        ('raise ValueError(f"`{name}` is late")', []),
    ],
)
def test_what_code_states_of_an_error(code: str, stated: list[tuple[str, str]]) -> None:
    assert [(item.text, item.hint) for item in python_messages.messages({"feed": code})] == stated


def test_what_a_macro_states_of_an_error() -> None:
    text = """{% do exceptions.raise_compiler_error(
        "elapsed: `" ~ unit ~ "` is no unit\\nhint: one of " ~ names | join(', ')
    ) %}"""
    (stated,) = jinja_messages("macros/elapsed.sql", text)
    assert stated == Stated(
        "macros/elapsed", "Compilation Error", "elapsed: `…` is no unit", "one of …"
    )


def test_nearly_every_message_is_found_when_it_is_pasted_as_dbt_prints_it() -> None:
    """Those that are not have hardly a word of their own: `…` is damaged."""
    lost = []
    for message in MESSAGES:
        text = message.text.replace("…", "a_b 7")
        pasted = f"Compilation Error in model x\n  {text}\n  hint: run it"
        try:
            explanation = explain(pasted, [], lambda: MESSAGES)
        except MilepostError:
            lost.append(message.text)
            continue
        assert any(
            found.text == message.text or found.letters >= message.letters
            for found in explanation.messages
        ), message.text
    assert len(lost) < 0.1 * len(MESSAGES), lost


def test_an_error_that_was_raised_explains_itself() -> None:
    def raised(error: MilepostError) -> list[str]:
        explanation = explain(str(error), platform_terms(), messages.package_messages)
        return [message.place for message in explanation.messages]

    assert raised(unknown_feature("lane_rates", "rpm", ["rpm_30d"])) == ["release/near_names"]
    with pytest.raises(MilepostError) as caught:
        Location.parse("/home")
    assert raised(caught.value) == ["storage/location"]


def test_a_refusal_of_the_gate_is_found_by_a_line_of_it() -> None:
    line = "nothing is published:\n  lane_rates: `lane_rates` has no data test\nhint: x"
    whole, message = explain(line, [], messages.package_messages).messages
    assert whole.place == "publishing/publish"
    assert (message.place, message.kind) == ("publishing/rules/tests", "PublishError")
    assert REBUILD in {message.hint for message in messages.package_messages()}


def log(lines: int) -> str:
    """A log as dbt prints it, of lines with the words and marks that messages have, too."""
    return "".join(
        f"05:06:07  {i} of {lines} START table `a_{i}` [RUN]: is not `x`, has no y of `z` in the\n"
        for i in range(lines)
    )


def test_an_error_is_found_in_a_long_log_in_little_time() -> None:
    error = unknown_feature("lane_rates", "rpm", ["rpm_30d"])
    started_at = time.monotonic()
    explanation = explain(f"{log(500)}{error}\n{log(500)}", [], lambda: MESSAGES)
    assert [message.place for message in explanation.messages] == ["release/near_names"]
    assert time.monotonic() - started_at < 20


def test_parts_of_a_message_that_are_far_apart_are_not_that_message() -> None:
    far_apart = f"feature view `a`\n{log(20)}`b` has no feature `c`\n"
    with pytest.raises(MilepostError) as caught:
        explain(far_apart, [], lambda: MESSAGES)
    assert len(str(caught.value)) < 250, "an error that says the whole log again"
    near = explain("feature view `a`\nhas no\nfeature `c`", [], lambda: MESSAGES)
    assert [message.place for message in near.messages] == ["release/near_names"]
