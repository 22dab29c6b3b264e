"""Imports point one way, and one module alone talks to the server."""

import ast
from graphlib import TopologicalSorter

import pytest
import redis

# Lower layers never reach a higher one, however many modules lie between.
LAYERS = (
    {"redis_xcom.keys", "redis_xcom.errors"},
    {"redis_xcom.scripts", "redis_xcom.codec"},
    {"redis_xcom.claim"},
    {"redis_xcom.queue"},
    {"redis_xcom"},
    {"redis_xcom.airflow"},
    {"redis_xcom.operators"},
)

MAY_SEND = {
    "redis_xcom.scripts",
    "redis_xcom.aio",  # the same scripts from an event loop
    "redis_xcom.confirming",  # for scripts, with the replicas' confirmation asked for
    "redis_xcom.faults",  # reads the keys' types once a command was refused for one
    "redis_xcom.blobs",  # values under keys of their own, no part of a queue
    "redis_xcom.survey",  # looks at keys of any kind
    "redis_xcom.endless",  # looks for keys without a TTL, and gives them one
    "redis_xcom.doctor",  # reads settings, and the parts of a queue side by side
    "redis_xcom.embedded",  # its own server
    "redis_xcom.testing",  # its own server
}


def module_name(path):
    parts = path.with_suffix("").parts
    parts = ("redis_xcom", *parts) if parts[0] == "operators" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(*, tree, package, modules):
    """Every module an import statement may load, at any depth of the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *filter(None, [node.module])])
            inner = (f"{source}.{alias.name}" for alias in node.names)
            yield from (name if name in modules else source for name in inner)


@pytest.fixture(scope="session")
def modules(root, tracked):
    """Every module we ship, as its syntax tree by name."""
    return {
        module_name(path): ast.parse((root / path).read_text())
        for path in tracked
        if path.suffix == ".py" and path.parts[0] in {"redis_xcom", "operators"}
    }


@pytest.fixture(scope="session")
def imports(modules, root):
    """What each module imports, of ours and of others."""
    found = {}
    for name, tree in modules.items():
        path = name.split(".")
        package = path if is_package(root=root, name=name) else path[:-1]
        found[name] = set(imported(tree=tree, package=package, modules=modules))
    return found


@pytest.fixture(scope="session")
def ours(imports):
    """What each module imports of ours, itself left out."""
    return {name: (found & imports.keys()) - {name} for name, found in imports.items()}


def is_package(*, root, name):
    path = name.replace(".", "/").replace("redis_xcom/operators", "operators")
    return (root / path / "__init__.py").is_file()


def layer(name):
    packages = ("redis_xcom.airflow", "redis_xcom.operators")
    name = next((package for package in packages if name.startswith(package)), name)
    return next((height for height, names in enumerate(LAYERS) if name in names), None)


def reachable(*, name, graph):
    seen, waiting = set(), [name]
    while waiting:
        found = graph[waiting.pop()] - seen
        seen |= found
        waiting.extend(found)
    return seen


def core(names):
    return [name for name in names if not name.startswith(("redis_xcom.airflow", "redis_xcom.op"))]


def test_no_module_imports_itself_round_about(ours):
    TopologicalSorter(ours).prepare()


def test_lower_layers_never_reach_higher_ones(ours):
    upward = [
        f"{name} → {other}"
        for name in ours
        if layer(name) is not None
        for other in reachable(name=name, graph=ours)
        if layer(other) is not None and layer(other) > layer(name)
    ]
    assert upward == []


def test_the_core_knows_no_airflow(imports):
    for name in core(imports):
        assert not [found for found in imports[name] if found.split(".")[0] == "airflow"], name


def test_nothing_imports_the_folder_by_its_own_name(imports):
    for name, found in imports.items():
        assert "operators" not in {module.split(".")[0] for module in found}, name


def test_only_scripts_sends_commands(modules):
    commands = {name for name in dir(redis.Redis) if not name.startswith("_")} - {"close"}
    senders = {
        f"{name}: {ast.unparse(node.func)}"
        for name in modules.keys() - MAY_SEND
        for node in ast.walk(modules[name])
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in commands
        and ast.unparse(node.func.value).rpartition(".")[2].lstrip("_") in {"client", "redis"}
    }
    assert senders == set()
