"""The three ways to install name the same set: pyproject (ranges), the lock (pins), environment.yml (conda)."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dem import paths

PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
OUTSIDE_THE_LOCK = [Requirement(line) for line in EXTRAS["zk"]]
REQUIREMENTS = [Requirement(line) for line in PROJECT["dependencies"] + EXTRAS["dev"]]


def pins():
    lines = (paths.ROOT / "requirements.lock").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_lock__every_direct_requirement__is_pinned_inside_its_range(requirement):
    pinned = {canonicalize_name(name): version for name, version in pins().items()}
    assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("requirement", OUTSIDE_THE_LOCK, ids=lambda requirement: requirement.name)
def test_extra_zk__is_pinned_by_itself__and_never_installed_by_the_lock(requirement):
    assert re.fullmatch(r"==[\w.]+", str(requirement.specifier))
    assert canonicalize_name(requirement.name) not in {canonicalize_name(name) for name in pins()}


def test_lock__every_line__is_an_exact_version():
    lines = [line for line in (paths.ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[\w.]+", line)] == []


def test_lock__holds_nothing_local():
    assert "+cpu" not in (paths.ROOT / "requirements.lock").read_text()


def test_environment_yml__installs_the_lock_and_the_project():
    dependencies = yaml.safe_load((paths.ROOT / "environment.yml").read_text())["dependencies"]
    (pip_lines,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    assert pip_lines == ["-r requirements.lock", "-e .[dev]"]


def test_environment_yml__python__is_supported_by_pyproject():
    dependencies = yaml.safe_load((paths.ROOT / "environment.yml").read_text())["dependencies"]
    (python,) = (entry.removeprefix("python=") for entry in dependencies if str(entry).startswith("python="))
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)
