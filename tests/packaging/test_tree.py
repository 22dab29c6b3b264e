"""What holds for the tree as it is committed."""

import re
import subprocess

import pytest

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

# In pieces, so that this file may be checked like any other.
REGISTRIES = ("pypi" + ".org", "python" + "hosted", "npm" + "js", "deb." + "debian")
MACHINE = r"(?<![\w.$}])/(?:home|root|tmp|work|Users|opt(?!/airflow/))/"


@pytest.fixture
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())


def lines(*, root, tracked):
    for path in tracked:
        for number, line in enumerate((root / path).read_text().splitlines(), start=1):
            yield f"{path}:{number}", line


def test_the_packages_listed_are_the_packages_there(tracked, project):
    modules = [path for path in tracked if path.suffix == ".py"]
    core = {".".join(path.parent.parts) for path in modules if path.parts[0] == "redis_xcom"}
    operators = {".".join(path.parent.parts) for path in modules if path.parts[0] == "operators"}
    listed = set(project["tool"]["setuptools"]["packages"])
    assert listed == core | {f"redis_xcom.{name}" for name in operators}


def folder_of(package, *, folders):
    """As setuptools looks for it: the nearest parent with a folder of its own tells."""
    parent, _, name = package.rpartition(".")
    if package in folders or not parent:
        return folders.get(package, package)
    return f"{folder_of(parent, folders=folders)}/{name}"


def test_every_listed_package_has_an_init(root, project):
    folders = project["tool"]["setuptools"]["package-dir"]
    for package in project["tool"]["setuptools"]["packages"]:
        folder = folder_of(package, folders=folders)
        assert (root / folder / "__init__.py").is_file(), package


def test_no_file_holds_a_registry_address(root, tracked):
    found = [
        where
        for where, line in lines(root=root, tracked=tracked)
        if any(registry in line for registry in REGISTRIES)
    ]
    assert found == []


def test_no_file_holds_a_path_of_somebodys_machine(root, tracked):
    found = [
        f"{where}: {line.strip()}"
        for where, line in lines(root=root, tracked=tracked)
        if re.search(MACHINE, line)
    ]
    assert found == []


def test_every_pin_has_a_hash_and_none_an_address(root):
    pins = (root / "constraints.txt").read_text()
    requirements = re.split(r"\n(?=\S)", pins)
    named = [line for line in requirements if not line.startswith("#")]
    assert named
    assert [line for line in named if "--hash=sha256:" not in line] == []
    assert re.search(r"://|--(?:index|extra|find)", pins) is None


def test_make_help_is_the_default_and_lists_every_public_target(root):
    told = subprocess.run(["make"], cwd=root, capture_output=True, check=True, text=True).stdout
    (phony,) = re.findall(r"^\.PHONY: (.+)$", (root / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^  make ([\w-]+)", told, re.MULTILINE) == phony.split()
