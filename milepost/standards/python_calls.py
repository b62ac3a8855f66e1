"""What a Python source does with local files and pickles, by its syntax tree alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

# They take a path of this machine, whatever it is.
_ON_PATHS = {"read_text", "write_text", "read_bytes", "write_bytes"}
_OPENERS = {"open", "io.open", "os.open", "codecs.open", "os.fdopen"}
# They take a place of any kind, so that it depends on the place.
_READERS = {
    *("read_csv", "read_parquet", "read_json", "read_excel", "read_feather", "read_table"),
    *("scan_csv", "scan_parquet", "scan_ndjson", "read_ndjson", "read_ipc", "read_orc"),
    *("to_csv", "to_parquet", "to_json", "to_excel", "to_feather", "write_csv", "write_parquet"),
    *("write_json", "write_ndjson", "write_table", "ParquetFile", "ParquetWriter", "savefig"),
    *("loadtxt", "genfromtxt", "savetxt", "savez", "save_model", "load_model", "dataset"),
}
_PLACE_ARGUMENTS = {
    *("database", "excel_writer", "file", "filepath_or_buffer", "fname", "io", "path"),
    *("path_or_buf", "path_or_buffer", "source", "where"),
}
_DATABASES = {"duckdb.connect", "sqlite3.connect"}
_PICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
_PICKLING = {"read_pickle", "to_pickle", "torch.load", "torch.save"}
_REMOTE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]*://|^:memory:|^md:", re.IGNORECASE)
_MACHINE = re.compile(r"^(?:/(?:home|Users|root|mnt|tmp|var|data)/|~/|[A-Za-z]:[\\/]\w|file:)")
_IN_SQL = re.compile(
    r"""(?: \bread_\w+ \s* \( \s* \[? | \b(?:from|join|to|attach) \s+ )
    ' (?! \w+:// ) ( [^'\n]+ \. (?:parquet|csv|tsv|json|xlsx|duckdb|db) [^'\n]* ) '""",
    re.VERBOSE | re.IGNORECASE,
)
_LOCAL = "a path"


def local_places(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the row and the code of each use of a local file, one for each row."""
    rows: set[int] = set()
    for row, place in _places(tree, _named_places(tree)):
        if row not in rows:
            rows.add(row)
            yield row, place


def pickles(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the row and the name of each module that pickles, and of each call that does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
            for module in modules:
                if module.split(".")[0] in _PICKLERS:
                    yield node.lineno, module
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            allows = any(
                word.arg == "allow_pickle" and _is_true(word.value) for word in node.keywords
            )
            if allows or name in _PICKLING or name.split(".")[-1] in _PICKLING:
                yield node.lineno, name


def _places(tree: ast.AST, named: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if _is_local_call(node, name, named):
                yield node.lineno, f"{name}(...)"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = _IN_SQL.search(node.value)
            if match or _MACHINE.search(node.value):
                yield node.lineno, match[1] if match else node.value


def _is_local_call(call: ast.Call, name: str, named: Mapping[str, str]) -> bool:
    method = name.split(".")[-1]
    if name in _OPENERS or method in _ON_PATHS or name.startswith("tempfile."):
        return True
    if method == "open" and isinstance(call.func, ast.Attribute):
        return _place(call.func.value, named) == _LOCAL
    if method in _READERS or name in _DATABASES:
        named_places = [word.value for word in call.keywords if word.arg in _PLACE_ARGUMENTS]
        arguments = [*call.args[:2], *named_places]
        places = [place for argument in arguments if (place := _place(argument, named))]
        return bool(places) and not _REMOTE.search(places[0])
    return False


def _named_places(tree: ast.AST) -> dict[str, str]:
    """Return what is known of the places that variables hold."""
    named: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (place := _place(node.value, named)):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    named[target.id] = place
    return named


def _place(node: ast.AST, named: Mapping[str, str]) -> str | None:
    """Return a place as far as the code tells it; None where it does not."""
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
        # A word without a dot or slash is the name of a column or an option.
        return text if re.search(r"[./:]", text) else None
    if isinstance(node, ast.Name):
        return named.get(node.id)
    if isinstance(node, ast.JoinedStr) and node.values:
        first = node.values[0]
        return _place(first.value if isinstance(first, ast.FormattedValue) else first, named)
    if isinstance(node, ast.BinOp):
        return _place(node.left, named)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Path", "pathlib.Path"}:
        return _LOCAL
    return None


def _is_true(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
