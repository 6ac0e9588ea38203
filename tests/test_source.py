"""The source is of a size to read."""

import ast
from pathlib import Path

import mockserver


def test_no_function_is_longer_than_fifty_lines() -> None:
    for path in Path(mockserver.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert (node.end_lineno or node.lineno) - node.lineno <= 50, f"{path}: {node.name}"
