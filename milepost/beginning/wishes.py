"""What somebody says of the columns of a table, where looking into it would not tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from milepost.errors import LandingError
from milepost.release.near_names import suggest

# Asks for one or more columns of a table, by a question and the columns that may be named.
Ask = Callable[[str, Sequence[str]], Sequence[str]]


@dataclass(frozen=True)
class Wishes:
    """The columns that are wished for, as `COLUMN` or `TABLE:COLUMN`, by what they are to be.

    `ask` puts a question to a person; without one, what cannot be told is an error.
    """

    ids: Sequence[str] = ()
    events: Sequence[str] = ()
    knowns: Sequence[str] = ()
    entities: Sequence[str] = ()
    ask: Ask | None = field(default=None, compare=False)

    def of(self, flag: str, table: str, columns: Sequence[str]) -> tuple[str, ...]:
        """Return the columns that are wished for a table with a flag; none where nothing is said.

        Raises a LandingError for a column that the table does not have.
        """
        texts = {
            "--id": self.ids,
            "--event": self.events,
            "--known": self.knowns,
            "--entity": self.entities,
        }[flag]
        general: tuple[str, ...] = ()
        for text in texts:
            name, colon, wished = text.partition(":")
            if not colon:
                general = self._checked(flag, table, text, columns)
            elif name == table:
                return self._checked(flag, table, wished, columns)
        return general

    def needed(
        self, flag: str, table: str, question: str, columns: Sequence[str]
    ) -> tuple[str, ...]:
        """Return the answer of a person; where nobody can be asked, an error names the flag."""
        if self.ask is None:
            raise LandingError(
                f"`{table}`: {question}",
                hint=f"say it with `{flag} {table}:COLUMN`; "
                f"it has {', '.join(f'`{name}`' for name in columns)}",
            )
        answer = ",".join(self.ask(f"{table}: {question}", columns))
        return self._checked(flag, table, answer, columns)

    def check_tables(self, tables: Sequence[str]) -> None:
        """Refuse wishes for tables that there are not."""
        for flag, texts in (
            ("--id", self.ids),
            ("--event", self.events),
            ("--known", self.knowns),
            ("--entity", self.entities),
        ):
            for text in texts:
                table, colon, _ = text.partition(":")
                if colon and table not in tables:
                    raise LandingError(
                        f"`{flag} {text}` is of no table", hint=suggest(table, tables)
                    )

    def _checked(self, flag: str, table: str, text: str, columns: Sequence[str]) -> tuple[str, ...]:
        wished = tuple(word.strip() for word in text.split(","))
        for name in wished:
            if name not in columns:
                raise LandingError(
                    f"`{flag}` names `{name}`, which `{table}` does not have",
                    hint=suggest(name, columns),
                )
        if flag != "--id" and len(wished) > 1:
            raise LandingError(
                f"`{flag}` names {len(wished)} columns of `{table}`", hint="name one of them"
            )
        return wished
