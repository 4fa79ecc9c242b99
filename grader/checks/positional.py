"""Calls of an example, with arguments by place: a learner may call a parameter something else."""

from __future__ import annotations

import ast


class Positional(ast.NodeTransformer):
    """Turns `f(w, lr=0.1)` into `f(w, 0.1)` for the functions of a file, where lr comes next."""

    def __init__(self, tree: ast.Module) -> None:
        self.parameters = {
            node.name: [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
        }

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if any(isinstance(one, ast.Starred) for one in node.args):
            return node
        keywords = {one.arg: one for one in node.keywords}
        for parameter in self.parameters.get(name, [])[len(node.args) :]:
            if parameter not in keywords:
                break
            node.args.append(keywords[parameter].value)
            node.keywords.remove(keywords[parameter])
        return node
