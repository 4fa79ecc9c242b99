"""Answers that no thought went into.  They must earn nothing in any exercise."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def trivial_answers(reference: Any) -> Iterator[tuple[str, Any]]:
    """Yield (what it answers, implementation) for an exercise with that reference."""
    if inspect.isclass(reference):
        for what, answer in (("None", None), ("0", 0.0), ("its argument", _Self)):
            yield what, _inert_class(reference, answer)
        return
    yield "None", lambda *args, **kwargs: None
    yield "its first argument", lambda *args, **kwargs: args[0]
    yield "its last argument", lambda *args, **kwargs: args[-1]
    yield "True", lambda *args, **kwargs: True
    for what, change in _CHANGES.items():
        yield what, _like(reference, change)


_Self = object()


def _inert_class(reference: Any, answer: Any) -> type:
    """A class of the same make whose own methods answer always the same."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return (args[0] if args else self) if answer is _Self else answer

    own = {
        name: method
        for name, value in vars(reference).items()
        if inspect.isfunction(value) and name != "__init__"
    }
    return type(reference.__name__, (reference,), own)


def _like(reference: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    """Answers of the right structure and shapes, with other numbers in them; inputs stay."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        own_args, own_kwargs = copy.deepcopy((args, kwargs))
        return _replaced(reference(*own_args, **own_kwargs), change)

    return answer


def _replaced(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_replaced(item, change) for item in value)
    if isinstance(value, dict):
        return {key: _replaced(item, change) for key, item in value.items()}
    if isinstance(value, (bool, int, float, np.generic)):
        return type(value)(change(np.asarray(value)).item())
    if isinstance(value, (str, bytes)):
        # Text of the same length: the first letters of the alphabet, by the new numbers.
        codes = ord("a") + np.abs(change(np.zeros(len(value)))).astype(int)
        return bytes(codes.tolist()) if isinstance(value, bytes) else "".join(map(chr, codes))
    if isinstance(value, np.ndarray):
        return change(value).astype(value.dtype)
    if hasattr(value, "state_dict"):
        for tensor in value.state_dict().values():
            tensor.copy_(_replaced(tensor, change))
        return value
    if hasattr(value, "detach"):
        import torch

        return torch.as_tensor(change(value.detach().numpy())).to(value.dtype)
    return value


_CHANGES: dict[str, Callable[[Any], Any]] = {
    "zeros": np.zeros_like,
    "ones": np.ones_like,
    "a constant": lambda values: np.full_like(values, 0.5, dtype=np.float64),
    "random numbers": lambda values: np.random.default_rng(0).standard_normal(values.shape),
}
