"""What a user gets when they install redis-xcom."""

import tarfile
import zipfile
from email.parser import Parser

import pytest


@pytest.fixture
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture
def metadata(site):
    (path,) = site.glob("*.dist-info/METADATA")
    return Parser().parsestr(path.read_text())


def test_the_wheel_holds_every_source_file_and_nothing_else(names, tracked):
    kinds = {".html", ".lua", ".py", ".typed"}
    shipped = {path.as_posix() for path in tracked if path.suffix in kinds}
    core = {name for name in shipped if name.startswith("redis_xcom/")}
    operators = {f"redis_xcom/{name}" for name in shipped if name.startswith("operators/")}
    assert operators
    assert {name for name in names if ".dist-info/" not in name} == core | operators


def test_the_wheel_has_no_top_level_operators(site):
    assert sorted(path.name for path in site.iterdir()) == [
        "redis_xcom",
        "redis_xcom-0.1.0.dist-info",
    ]


def test_lua_scripts_and_type_marker_are_inside(names):
    assert "redis_xcom/py.typed" in names
    assert any(name.startswith("redis_xcom/lua/") and name.endswith(".lua") for name in names)


def test_the_sdist_builds_the_same_package(distributions, names):
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert "LICENSE" in inside
    shipped = {name for name in names if name.startswith("redis_xcom/")}
    here = {name.replace("redis_xcom/operators/", "operators/") for name in shipped}
    assert here <= inside


def test_the_metadata_names_licence_python_and_airflow(metadata):
    assert metadata["Name"] == "redis-xcom"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert "Framework :: Apache Airflow" in metadata.get_all("Classifier")


def test_the_command_is_installed(site):
    (path,) = site.glob("*.dist-info/entry_points.txt")
    assert "redis-xcom = redis_xcom.cli:main" in path.read_text()


def test_the_core_needs_only_redis_and_one_json_library(metadata):
    needs = [need for need in metadata.get_all("Requires-Dist") if "extra ==" not in need]
    assert sorted(needs) == ["msgspec>=0.19", "redis[hiredis]<9,>=5.3"]
