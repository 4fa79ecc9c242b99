"""Refusing library functions that are the exercise itself, whatever name they are called by.

This is a deterrent and no wall: the guard shares a process with the submission (`SECURITY.md`).
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import sys
from collections import defaultdict
from collections.abc import Callable
from types import ModuleType
from typing import Any

from grader.wall.inside.operators import Operators, find


class ShortcutRefused(Exception):
    """The submission called a library function that is the exercise itself."""


class Guard:
    """Refuses functions by their full names, now and when their modules are imported later.

    What a library makes of an exception on its way (TorchScript turns every one into its own) does
    not hide a refusal: see `cause_of`.
    """

    def __init__(self, refused: dict[str, str]) -> None:
        self.refused = refused
        self.said: str | None = None
        self.operators = Operators()
        waiting: dict[str, list[tuple[str, Callable[..., Any]]]] = defaultdict(list)
        for name, why in refused.items():
            refusal = self._refusal(name, why)
            if not self.refuse(name, refusal) and name.partition(".")[0] in sys.modules:
                waiting[name.rpartition(".")[0]].append((name, refusal))
        if waiting:
            sys.meta_path.insert(0, _Later(waiting, self.refuse))

    def refuse(self, name: str, refusal: Callable[..., Any]) -> bool:
        """Refuse what has that name; False if there is no such thing (yet)."""
        if name.partition(".")[0] == "torch" and "torch" in sys.modules:
            return self.operators.refuse(name, refusal)
        path, _, last = name.rpartition(".")
        owner = find(path)
        if owner is None or not hasattr(owner, last):
            return False
        with contextlib.suppress(AttributeError, TypeError):
            setattr(owner, last, refusal)
        return True

    def forget(self) -> None:
        """A new request begins."""
        self.said = None

    def cause_of(self, error: BaseException) -> BaseException:
        """The refusal that an error of this request came of, else the error itself."""
        if self.said is None or isinstance(error, ShortcutRefused):
            return error
        with contextlib.suppress(Exception):  # its message is made by whoever made the error
            if self.said in str(error):
                return ShortcutRefused(self.said).with_traceback(error.__traceback__)
        return error

    def _refusal(self, name: str, why: str) -> Callable[..., Any]:
        def refuse(*arguments: Any, **keywords: Any) -> Any:
            self.said = f"{name} may not be used here: {why}"
            raise ShortcutRefused(self.said)

        return refuse


class _Later(importlib.abc.MetaPathFinder):
    """Refuses what a module defines as soon as somebody imports it."""

    def __init__(
        self, waiting: dict[str, list[tuple[str, Callable[..., Any]]]], refuse: Callable[..., bool]
    ) -> None:
        self.waiting, self.refuse = waiting, refuse

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        entries = self.waiting.pop(name, None)
        if entries is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_refuse(module: ModuleType) -> None:
            run(module)
            for entry in entries:
                self.refuse(*entry)

        spec.loader.exec_module = run_and_refuse  # type: ignore[method-assign]
        return spec
