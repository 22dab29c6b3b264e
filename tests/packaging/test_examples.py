"""The example DAGs: each is shown to readers, executed by a test, and keeps to its own queues."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "dags").glob("*.py"))
EXECUTED = "".join(
    path.read_text()
    for pattern in ("tests/e2e/*.py", "tests/xcom_e2e/*.py", "examples/demo*.py")
    for path in ROOT.glob(pattern)
)
NAMES_A_QUEUE = {"queue", "queue_name", "forward_to"}


def nodes(path, kind):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kind)]


def dags(path):
    return [
        function.name
        for function in nodes(path, ast.FunctionDef)
        if any(ast.unparse(each).partition("(")[0] == "dag" for each in function.decorator_list)
    ]


def queues(path):
    return {
        name.value
        for argument in nodes(path, ast.keyword)
        if argument.arg in NAMES_A_QUEUE
        for name in ast.walk(argument.value)
        if isinstance(name, ast.Constant)
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_dag_is_executed_by_a_test(example):
    assert dags(example)
    assert [dag for dag in dags(example) if f'"{dag}"' not in EXECUTED] == []


def test_every_example_stands_in_the_docs():
    page = (ROOT / "docs" / "airflow.md").read_text()
    table, _, _ = page.partition("\n## ")
    assert [path.name for path in EXAMPLES if f"(../examples/dags/{path.name})" not in table] == []


def test_no_example_takes_items_of_another_one():
    """Whoever copies the folder has all of them at once, one of which runs by itself."""
    of = Counter(queue for path in EXAMPLES for queue in queues(path))
    assert len(of) > len(EXAMPLES) / 2
    assert [queue for queue, files in of.items() if files > 1] == []
