"""Which blocks of a package an input reaches: coverage without a tracer, on every Python.

Each block of the source sets a byte of its own as it is entered, which costs an input next to
nothing. To be installed before the package is imported.
"""

from __future__ import annotations

import ast
import builtins
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

MOST_BLOCKS = 4_096
NAME = "__reached__"


class Blocks:
    """One byte a block; those of the last input are set until `clear`."""

    def __init__(self) -> None:
        self.reached = bytearray(MOST_BLOCKS)
        self.ever = 0
        self.made = 0

    def make(self) -> int:
        self.made += 1
        return self.made - 1

    def clear(self) -> None:
        self.reached[:] = bytes(MOST_BLOCKS)

    def take(self) -> int:
        """Return the path of the last input, as a number that no other path has."""
        path = int.from_bytes(self.reached, "little")
        self.ever |= path
        return path

    def install(self, package: str) -> None:
        """Have every block of the package tell from now on; it must not be imported yet."""
        assert package not in sys.modules, f"{package} is imported already"
        setattr(builtins, NAME, self.reached)
        sys.meta_path.insert(0, Finder(package, self))


class Finder(MetaPathFinder):
    """Finds what the others find, and has it loaded with its blocks marked."""

    def __init__(self, package: str, blocks: Blocks) -> None:
        self._package = package
        self._blocks = blocks

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.split(".", maxsplit=1)[0] != self._package:
            return None
        others = [f.find_spec(name, path, target) for f in sys.meta_path if f is not self]
        spec = next(filter(None, others), None)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, str(spec.loader.path), self._blocks)
        return spec


class Loader(SourceFileLoader):
    """Loads a module from its source, never from bytecode without marks."""

    def __init__(self, name: str, path: str, blocks: Blocks) -> None:
        super().__init__(name, path)
        self._blocks = blocks

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = Marker(self._blocks).visit(ast.parse(self.get_data(path)))
        code: CodeType = compile(ast.fix_missing_locations(tree), path, "exec")
        return code


class Marker(ast.NodeTransformer):
    """Puts a mark at the head of every block that a decision leads to."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.If) and not node.orelse:
            node.orelse = [ast.Pass()]
        if not isinstance(node, (ast.Module, ast.ClassDef)):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if block and isinstance(block, list):
                    block.insert(_is_docstring(block[0]), self._mark())
        return node

    def _mark(self) -> ast.stmt:
        return ast.parse(f"{NAME}[{self._blocks.make()}] = 1").body[0]


def _is_docstring(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
