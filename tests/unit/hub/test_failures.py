"""The classes of failures cover what the two sides can say."""

import ast
from pathlib import Path

from connectors.outbound import send
from hub.failures import Failure, cause_of_answer, cause_of_problem, of_answer, of_problem


def _returned(function: str) -> set[str]:
    """The words that a function of the sender returns, read from its text: a new one must be classed."""
    tree = ast.parse(Path(str(send.__file__)).read_text())
    found = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function)
    returned = [node.value for node in ast.walk(found) if isinstance(node, ast.Return)]
    return {node.value for value in returned if value for node in ast.walk(value)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip


def test_every_failure_of_a_try_is_classed_and_only_ours_is_poison() -> None:
    words = _returned("_kind_of")
    assert {"timeout", "internal", "tls"} <= words
    assert {word for word in words if of_answer(word) is Failure.POISON} == {"internal"}
    for status in range(100, 600):
        if not 200 <= status < 300:
            assert of_answer(send._class_of(status)) is not Failure.POISON, status


def test_what_nobody_knows_is_poison() -> None:
    assert of_answer("never heard of") is of_problem("never-heard-of") is Failure.POISON


def test_causes_name_class_and_failure() -> None:
    assert cause_of_answer("http_5xx") == "transient.http_5xx"
    assert cause_of_problem("/problems/invalid-record") == "permanent.invalid-record"
    assert cause_of_problem("worker-gone") == "poison.worker-gone"
