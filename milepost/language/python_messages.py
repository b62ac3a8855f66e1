"""Messages of errors in Python code: calls that make an error or a refusal of the gate."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TypeAlias

from milepost.language.stated import HOLE, Stated

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
# What raises them adds more to them, and a hint.
WITHOUT_HINT = {"ExpressionError", "UsageError"}
REFUSAL = "Refusal"
REFUSAL_FIELDS = ("view", "subject", "fault", "cause", "remedy")
# So many wordings of one message are told apart; of more only the first ones.
MOST_WORDINGS = 12


def messages(sources: Mapping[str, str]) -> Iterator[Stated]:
    """Yield the messages of modules, given by place with their text."""
    trees = {place: ast.parse(text) for place, text in sources.items()}
    shared: dict[str, list[ast.expr]] = {}
    for tree in trees.values():
        shared |= _assigned(tree.body)
    for place, tree in trees.items():
        of_module = shared | _assigned(tree.body)
        of_function: dict[Function | None, dict[str, list[ast.expr]]] = {None: of_module}
        for call, function in _calls(tree, None):
            if function not in of_function and function:
                of_function[function] = of_module | _assigned(list(ast.walk(function)))
            yield from _messages_of(place, call, of_function[function])


def _calls(node: ast.AST, function: Function | None) -> Iterator[tuple[ast.Call, Function | None]]:
    """Yield each call below a node, with the function that it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and _kind(child).endswith(("Error", REFUSAL)):
            yield child, function
        inside = child if isinstance(child, Function) else function
        yield from _calls(child, inside)


def _messages_of(
    place: str, call: ast.Call, names: Mapping[str, list[ast.expr]]
) -> Iterator[Stated]:
    kind = _kind(call)
    keywords = {item.arg: item.value for item in call.keywords if item.arg}
    if kind == REFUSAL and len(call.args) > 2:
        fields = dict(zip(REFUSAL_FIELDS, call.args, strict=False)) | keywords
        subject_fault = ast.BinOp(
            ast.BinOp(fields["subject"], ast.Add(), ast.Constant(" ")), ast.Add(), fields["fault"]
        )
        remedy = fields.get("remedy", ast.Name("REBUILD"))
        texts = _wordings(subject_fault, names, 0)
        # Many refusals of one cause are told in one line.
        if "cause" in fields:
            texts += [f"{HOLE} {cause}: {HOLE}" for cause in _wordings(fields["cause"], names, 0)]
        for text, hint in product(texts, _wordings(remedy, names, 0)):
            yield Stated(place, "PublishError", text, hint)
    elif kind.endswith("Error") and call.args and ("hint" in keywords or kind in WITHOUT_HINT):
        hints = _wordings(keywords["hint"], names, 0) if "hint" in keywords else [""]
        for text, hint in product(_wordings(call.args[0], names, 0), hints):
            stated, _, inner_hint = text.partition("\nhint: ")
            yield Stated(place, kind, stated, hint or inner_hint)


def _kind(call: ast.Call) -> str:
    """Return the name of what is called, without its module."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _assigned(nodes: list[ast.stmt] | list[ast.AST]) -> dict[str, list[ast.expr]]:
    """Return what is given to each name: assigned, appended to it, or iterated by it."""
    assigned: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            targets: list[tuple[ast.expr, ast.expr]] = [(node.targets[0], node.value)]
            if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
                targets = list(zip(node.targets[0].elts, node.value.elts, strict=False))
        elif isinstance(node, ast.NamedExpr | ast.AugAssign):
            targets = [(node.target, node.value)]
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "append"
        ):
            targets = [(node.func.value, node.args[0])]
        else:
            continue
        for target, value in targets:
            if isinstance(target, ast.Name):
                assigned.setdefault(target.id, []).append(value)
    return assigned


def _wordings(node: ast.expr, names: Mapping[str, list[ast.expr]], depth: int) -> list[str]:
    """Return what an expression of text can say; a hole where it is not stated in the code."""
    wordings = [HOLE]
    if depth > 8:
        pass
    elif isinstance(node, ast.Constant):
        wordings = ["" if node.value is None else str(node.value)]
    elif isinstance(node, ast.FormattedValue):
        wordings = _wordings(node.value, names, depth + 1)
    elif isinstance(node, ast.JoinedStr):
        parts = [_wordings(part, names, depth + 1) for part in node.values]
        wordings = ["".join(chosen) for chosen in product(*parts)]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = (_wordings(side, names, depth + 1) for side in (node.left, node.right))
        wordings = ["".join(chosen) for chosen in product(left, right)]
    elif isinstance(node, ast.IfExp):
        wordings = _wordings(node.body, names, depth + 1) + _wordings(node.orelse, names, depth + 1)
    elif isinstance(node, ast.List):
        wordings = [text for item in node.elts for text in _wordings(item, names, depth + 1)]
    elif isinstance(node, ast.Name) and node.id in names:
        values = [_wordings(value, names, depth + 1) for value in names[node.id]]
        wordings = [wording for of_value in values for wording in of_value] or [HOLE]
    elif not depth and isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".join"):
        # A message that is put together from a list: any of its items may stand alone.
        wordings = _wordings(node.args[0], names, 1)
    return list(dict.fromkeys(wordings))[:MOST_WORDINGS]
