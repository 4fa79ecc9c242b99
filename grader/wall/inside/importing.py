"""What a submission may import besides libraries: its own helpers, and what only notebooks have.

Helpers are kept under dotted names (`helper`, `utils.ops`, `utils.__init__`) and run from memory.
The folder is a package as well, so that a file or notebook may also say `from .helper import f`.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

UNREAD = "#!unread "
"""The beginning of a helper's text that only says why the helper was not read."""

FOLDER = "handed_in"
"""The name of the folder as a package."""


def label(key: str) -> str:
    """The file that a helper's dotted name stands for."""
    return f"{key.replace('.', '/')}.py"


class Helpers(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports other files of the submission's folder; `run` executes one in its module."""

    def __init__(self, files: dict[str, str], run: Callable[[ModuleType, str], None]) -> None:
        self.files, self.run = files, run

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        own = name.removeprefix(f"{FOLDER}.")
        package = name == FOLDER or self._is_package(own)
        if not package and own not in self.files:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """`handed_in.helper` is the module `helper`: it runs once."""
        own = spec.name.removeprefix(f"{FOLDER}.")
        return importlib.import_module(own) if own != spec.name else None

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        name = spec.name if spec else module.__name__
        if name == FOLDER or name.startswith(f"{FOLDER}."):
            return
        key = f"{name}.__init__" if self._is_package(name) else name
        belongs_to = name if self._is_package(name) else name.rpartition(".")[0]
        module.__package__ = f"{FOLDER}.{belongs_to}".rstrip(".")
        text = self.files.get(key, "")
        if text.startswith(UNREAD):
            raise ImportError(text.removeprefix(UNREAD))
        if key in self.files:
            module.__file__ = label(key)
            self.run(module, key)

    def _is_package(self, name: str) -> bool:
        return any(key.startswith(f"{name}.") for key in self.files)


class _Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for what is in every notebook and in no sandbox, and does nothing quietly."""

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        root = name.split(".")[0]
        return (
            importlib.machinery.ModuleSpec(name, self, is_package=True) if root in ABSENT else None
        )

    def exec_module(self, module: ModuleType) -> None:
        fill = ABSENT[module.__name__.split(".")[0]]
        fill(module)


class Quiet:
    """An object of a notebook that takes everything and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> Any:
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Quiet()


class Bar:
    """A `tqdm` that just iterates."""

    def __init__(self, iterable: Any = None, *_: Any, total: int | None = None, **__: Any) -> None:
        self.iterable, self.total, self.n = iterable, total, 0

    def __iter__(self) -> Iterator[Any]:
        return iter(() if self.iterable is None else self.iterable)

    def __len__(self) -> int:
        return len(self.iterable) if isinstance(self.iterable, Sequence) else self.total or 0

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, n: int = 1) -> None:
        self.n += n

    @staticmethod
    def write(*_: Any, **__: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Quiet()


def _nothing(*_: Any, **__: Any) -> None:
    pass


def _progress(module: ModuleType) -> None:
    bars = {"tqdm": Bar, "trange": lambda *ends, **_: Bar(range(*ends)), "tqdm_notebook": Bar}
    vars(module).update(bars, __getattr__=lambda name: Quiet())


def _notebook(module: ModuleType) -> None:
    named = {"display": _nothing, "clear_output": _nothing, "get_ipython": Quiet}
    vars(module).update(named, __getattr__=_any_name)


def _any_name(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return Quiet


ABSENT: dict[str, Callable[[ModuleType], None]] = {"tqdm": _progress, "IPython": _notebook}
"""Libraries that notebooks import for their looks, and what stands in for each."""


def add_to_notebooks(namespace: dict[str, Any]) -> None:
    """Offer the names that every notebook has without an import, and the modules they come from."""
    namespace.setdefault("display", _nothing)
    namespace.setdefault("get_ipython", Quiet)
    if not any(isinstance(finder, _Absent) for finder in sys.meta_path):
        sys.meta_path.append(_Absent())
