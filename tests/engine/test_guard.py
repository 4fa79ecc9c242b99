"""The refused operator is refused by every way; whatever else torch does, it does as outside."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.model import Chapter
from grader.wall.bubblewrap import ENVIRONMENT
from grader.wall.clocks import Account
from grader.wall.errors import SubmissionError
from grader.wall.isolation import Isolation
from grader.wall.limits import Limits
from grader.wall.sandbox import Sandbox
from grader.wall.session import Session, Sources

ORDINARY = Path(__file__).resolve().parent / "ordinary_torch.py"
LIMITS = Limits(call_seconds=60.0, chapter_seconds=600.0)
IMPORTS = "import gc, sys, torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"
INPUTS = "q = torch.arange(48.0).reshape(1, 2, 4, 6) / 48\n"

WAYS_TO_ATTENTION = {
    "registered name": "torch._C._jit_get_operation("
    "'aten::scaled_dot_product_attention')[0](q, q, q)",
    "alias from before": "attend(q, q, q)",
    "built-in of C": "torch._C._nn.scaled_dot_product_attention(q, q, q)",
    "overload": "torch.ops.aten.scaled_dot_product_attention.default(q, q, q)",
    "packet": "torch.ops.aten.scaled_dot_product_attention(q, q, q)",
    "decomposition": "torch.ops.aten._scaled_dot_product_attention_math.default.decompose(q, q, q)",
    "redispatch": "torch.ops.aten.scaled_dot_product_attention.default.redispatch("
    "torch._C.DispatchKeySet(torch._C.DispatchKey.CPU), q, q, q)",
    "kernel": "torch.library.get_kernel('aten::scaled_dot_product_attention', 'CPU')"
    ".call_boxed(torch._C.DispatchKeySet(torch._C.DispatchKey.CPU), q, q, q)",
    "flash": "torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default(q, q, q)",
    "table of decompositions": "torch._decomp.decomposition_table["
    "torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default](q, q, q)",
    "TorchScript": "torch.jit.CompilationUnit('def f(q):\\n  return "
    "torch.ops.aten.scaled_dot_product_attention(q, q, q)\\n').f(q)",
    "trace": "torch.jit.trace(attending, q)(q)",
    "vmap": "torch.func.vmap(attending)(q)",
    "forward mode": "torch.func.jvp(attending, (q,), (q,))",
    "half precision": "attend(q.half(), q.half(), q.half())",
    "autocast": "torch.autocast('cpu').__call__(attending)(q)",
    "nested": "attend(*[torch.nested.nested_tensor(list(q), layout=torch.jagged)] * 3)",
    "compile": "torch.compile(attending, backend='eager')(q)",
    "onnx": "__import__('torch.onnx.ops', fromlist=['_']).attention(q, q, q)",
    "flexible": "__import__('torch.nn.attention.flex_attention', fromlist=['_'])"
    ".flex_attention(q, q, q)",
    "higher order": "sys.modules['torch._higher_order_ops.flex_attention'].math_attention("
    "q, q, q, lambda s, *_: s, (1, 1), 1.0, {})",
    "module": "nn.MultiheadAttention(6, 2)",
    "module by its base": "[kind for kind in nn.Module.__subclasses__() "
    "if kind.__name__ == 'MultiheadAttention'][0](6, 2)",
    "module without its beginning": "nn.MultiheadAttention.forward("
    "nn.MultiheadAttention.__new__(nn.MultiheadAttention), q, q, q)",
    "function of the module": "F.multi_head_attention_forward(q[0], q[0], q[0], 6, 2, "
    "torch.ones(18, 6), None, None, None, False, 0.0, torch.ones(6, 6), None)",
    "heads in C": "torch._C._VariableFunctions._native_multi_head_attention("
    "q[0], q[0], q[0], 6, 2, torch.ones(18, 6), torch.ones(18), torch.ones(6, 6), torch.ones(6))",
    "backwards": "torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward("
    "q, q, q, q, q, torch.zeros(1, 2, 4), 0.0, False)",
    "collected library": "([one._destroy() for one in gc.get_objects() "
    "if isinstance(one, torch.library.Library)], attend(q, q, q))[1]",
}
ATTENTION = f"""{IMPORTS}{INPUTS}
attend = F.scaled_dot_product_attention

def attending(q):
    return F.scaled_dot_product_attention(q, q, q)

WAYS = {WAYS_TO_ATTENTION!r}
def go(way): return eval(WAYS[way], globals())
def own(way): return torch.softmax(q @ q.mT, -1) @ q
def quietly(way):
    try:
        return attend(q, q, q)
    except Exception:
        return own(way)
def own_mistake(way):
    try:
        return attend(q, q, q)
    except Exception:
        return 1 / 0
class Heads(nn.MultiheadAttention):
    def __init__(self): nn.Module.__init__(self)
    def forward(self, q): return q
def own_module(way): return isinstance(Heads(), nn.MultiheadAttention) and Heads()(q)
"""

GELU = {"torch.nn.functional.gelu": "it is the exercise", "torch.softmax": "it is the exercise"}
WAYS_TO_GELU = {
    "in place": "torch.ops.aten.gelu_(q.clone())",
    "with out": "torch.ops.aten.gelu.out(q, out=q.clone())",
    "module": "nn.GELU()(q)",
    "reference in Python": "torch._refs.nn.functional.gelu(q)",
    "decomposition": "torch._decomp.decomposition_table[torch.ops.aten.gelu.default](q)",
    "method": "q.softmax(-1)",
    "function of the other name": "F.softmax(q, -1)",
}


@pytest.fixture(scope="module")
def torch_sandbox(bubblewrap: Isolation) -> Iterator[Sandbox]:
    with Sandbox(bubblewrap, ("numpy", "torch"), LIMITS) as opened:
        yield opened


def asking(sandbox: Sandbox, source: str, refused: dict[str, str]) -> Session:
    return Session(sandbox, Sources("ch", {"ch": source}, refused), LIMITS, Account())


@pytest.fixture(scope="module")
def guarded_sandbox(bubblewrap: Isolation, course) -> Iterator[Sandbox]:
    """One that refuses before it forks a worker what ch8 refuses."""
    with Sandbox(bubblewrap, ("numpy", "torch"), LIMITS) as opened:
        opened.wait()
        opened.guard(course.chapter("ch8").refusals)
        yield opened


@pytest.fixture(params=["torch_sandbox", "guarded_sandbox"])
def attention(request: pytest.FixtureRequest, course) -> Iterator[Session]:
    sandbox = request.getfixturevalue(request.param)
    session = asking(sandbox, ATTENTION, course.chapter("ch8").refusals)
    yield session
    session.close()


@pytest.mark.parametrize("way", WAYS_TO_ATTENTION)
def test_no_way_leads_to_the_refused_operator(attention, way):
    with pytest.raises(SubmissionError) as caught:
        attention.call("go", [way], {})
    assert caught.value.status == "refused", caught.value
    assert "may not be used here" in caught.value.text


def test_the_ways_lead_there_where_nothing_is_refused(torch_sandbox):
    """Or the test above could not fail."""
    session = asking(torch_sandbox, ATTENTION, {})
    working = []
    for way in WAYS_TO_ATTENTION:
        with contextlib.suppress(SubmissionError):
            session.call("go", [way], {})
            working.append(way)
    session.close()
    assert len(working) >= 20, working


@pytest.mark.parametrize("name", ["own", "quietly", "own_module"])
def test_a_solution_of_ones_own_is_answered(attention, name):
    assert attention.call(name, [""], {}) is not None


def test_an_error_of_ones_own_is_no_refusal(attention):
    with pytest.raises(SubmissionError) as caught:
        attention.call("own_mistake", [""], {})
    assert caught.value.status == "error"


@pytest.mark.parametrize("way", WAYS_TO_GELU)
def test_all_forms_of_an_operator_are_refused(torch_sandbox, way):
    source = f"{IMPORTS}{INPUTS}def go(): return {WAYS_TO_GELU[way]}\n"
    for refused in (GELU, {}):
        session = asking(torch_sandbox, source, refused)
        if refused:
            with pytest.raises(SubmissionError) as caught:
                session.call("go", [], {})
            assert caught.value.status == "refused"
        else:
            assert session.call("go", [], {}) is not None
        session.close()


def torch_chapters(course) -> list[Chapter]:
    return [chapter for chapter in course.chapters if "torch" in chapter.imports]


def test_ordinary_torch_works_in_every_torch_chapter_as_outside(course, bubblewrap):
    outside = _outside()
    assert len(outside) >= 24
    assert torch_chapters(course)
    for chapter in torch_chapters(course):
        refused = {entry.name: entry.why for entry in chapter.refused}
        with Sandbox(bubblewrap, chapter.imports, LIMITS, chapter.preload) as sandbox:
            session = asking(sandbox, ORDINARY.read_text(), refused)
            inside = {}
            for name in outside:
                try:
                    inside[name] = session.call(name, [], {})
                except SubmissionError as error:
                    inside[name] = f"{error.status}: {error}"
            assert not session.problems
            session.close()
        assert inside == outside, chapter.id


def _outside() -> dict[str, object]:
    """What the calls come to in a Python without guard, and without compiler like the sandbox."""
    program = (
        "import json, ordinary_torch as o; print(json.dumps({n: vars(o)[n]() for n in o.CALLS}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ORDINARY.parent,
        env={**ENVIRONMENT, "PATH": "", "HOME": os.environ.get("HOME", "/tmp")},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout.splitlines()[-1])
