"""Refusing what torch computes: the operator at the dispatcher, so that no name leads to it.

`torch.nn.functional.f`, `torch.ops.aten.f`, `torch.jit`, `vmap` and the C++ of other operators all
ask the dispatcher for `aten::f`.  There our kernel takes the place of every kernel that the
operator has, for all backends and for what torch derives from them.  Names stay what they are, so
that whatever torch imports later finds them.
"""

from __future__ import annotations

import contextlib
import ctypes
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any

Refusal = Callable[..., Any]

FUNCTIONAL = ("torch", "torch.nn.functional")
"""Where a function written in Python bears its operator's name (`softmax` is `aten::softmax`)."""

KERNEL = re.compile(r"^(\w+)(?:\[alias\])?: ", re.MULTILINE)
NO_KERNELS = ("name", "schema", "debug")
"""What else the dispatcher's account of an operator has at the beginning of a line."""


class Operators:
    """Refuses what torch computes.  An operator with several names is refused by the first."""

    def __init__(self) -> None:
        self.done: set[str] = set()

    def refuse(self, name: str, refusal: Refusal) -> bool:
        """Refuse the operator, function or class of that full name; False if it is not there."""
        if name.startswith("torch.ops."):
            _, _, space, operator, *overload = name.split(".")
            return self._operator(f"{space}::{operator}", refusal, *overload)
        path, _, last = name.rpartition(".")
        owner = find(path)
        value = part_of(owner, last)
        if value is None:
            return False
        if isinstance(value, (BuiltinFunctionType, MethodDescriptorType, ModuleType)):
            if not self._operator(f"aten::{value.__name__}", refusal):
                _rename(owner, last, refusal)
        elif isinstance(value, type):
            for method in vars(value).values():
                _refuse_function(method, refusal)
        elif isinstance(value, sys.modules["torch"]._ops.HigherOrderOperator):
            for kernel in (*value.py_kernels.values(), *value.python_key_table.values()):
                _refuse_function(kernel, refusal)
        elif _refuse_function(value, refusal):
            if path in FUNCTIONAL:
                self._operator(f"aten::{last}", refusal)
        else:
            _rename(owner, last, refusal)
        return True

    def _operator(self, qualified: str, refusal: Refusal, *overloads: str) -> bool:
        """Refuse an operator, its form in place, and its decompositions written in Python."""
        found = False
        for name in (qualified, f"{qualified}_"):
            for overload in overloads or _overloads(name):
                full = name if overload in ("", "default") else f"{name}.{overload}"
                if full not in self.done and _replace_kernels(full, refusal):
                    self.done.add(full)
                    for function in _written_in_python(name, overload or "default"):
                        _refuse_function(function, refusal)
                found |= full in self.done
        return found


def find(path: str) -> Any:
    """A loaded module, or what hangs on one; None if there is no such thing."""
    owner: Any = sys.modules.get(path)
    if owner is None and path:
        above, _, last = path.rpartition(".")
        owner = part_of(find(above), last)
    return owner


def part_of(owner: Any, name: str) -> Any:
    """What has that name in a module or class; asking some modules would import others."""
    return vars(owner).get(name) if isinstance(owner, ModuleType) else getattr(owner, name, None)


def _rename(owner: Any, last: str, refusal: Refusal) -> None:
    """What has no body that we could change is at least not found under this name."""
    with contextlib.suppress(AttributeError, TypeError):
        setattr(owner, last, refusal)


def _overloads(qualified: str) -> list[str]:
    try:
        _, overloads = sys.modules["torch"]._C._jit_get_operation(qualified)
    except RuntimeError:
        return []
    return overloads or []


def _replace_kernels(full: str, refusal: Refusal) -> bool:
    """Register the refusal over each kernel that the dispatcher has for an operator."""
    torch = sys.modules["torch"]
    space, _, operator = full.partition("::")
    try:
        account = torch._C._dispatch_dump(full)
    except RuntimeError:
        return False
    library = torch._C._dispatch_library("IMPL", space, "", __name__, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns whoever overrides a kernel
        for key in dict.fromkeys(KERNEL.findall(account)):
            if key not in NO_KERNELS:
                library.impl(operator, key, refusal, False)
    # What was registered is taken back with the library: nobody shall find it and let it go.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))
    return True


def _written_in_python(qualified: str, overload: str) -> Iterator[Any]:
    """Python functions that torch holds ready to compute an operator by others."""
    torch = sys.modules["torch"]
    space, _, operator = qualified.partition("::")
    packet = getattr(getattr(torch.ops, space), operator, None)
    operation = getattr(packet, overload, None)
    if operation is None:
        return
    yield from operation.py_kernels.values()
    tables = getattr(sys.modules.get("torch._decomp"), "global_decomposition_table", {})
    for kind in ("post_autograd", "pre_autograd"):
        yield tables.get(kind, {}).get(operation)


def _refuse_function(function: Any, refusal: Refusal) -> bool:
    """Change the body of a function, and of those it wraps, under whatever name it is held."""
    found = False
    while function is not None:
        if isinstance(function, FunctionType):
            with contextlib.suppress(ValueError, TypeError):  # some have no signature to keep
                function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
            names = function.__code__.co_freevars
            function.__code__ = _refused.__code__.replace(co_freevars=names)
            function.__defaults__, function.__kwdefaults__ = None, {"_refusal": refusal}
            found = True
        function = getattr(function, "__wrapped__", None)
    return found


def _refused(*arguments: Any, _refusal: Refusal, **keywords: Any) -> Any:
    """The body of every refused function."""
    return _refusal()
