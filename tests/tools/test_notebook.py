import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from dem import paths

TOOL = paths.ROOT / "tools" / "notebook.py"


def write(path, *sources):
    cells = [new_markdown_cell("# One claim"), *map(new_code_cell, sources)]
    cells[1].metadata["tags"] = ["parameters"]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path


def call(*arguments):
    return subprocess.run([sys.executable, TOOL, *map(str, arguments)], capture_output=True, text=True)


def test_run__good_notebook__writes_the_target_and_says_how_long(tmp_path):
    source = write(tmp_path / "01_sum.ipynb", "profile = 'quick'; data = 'synthetic'", "print(profile, data)")
    result = call("run", source, tmp_path / "out" / "01_sum.ipynb", "--profile", "full", "--data", "homes")
    assert result.returncode == 0, result.stderr
    assert "01_sum: done in" in result.stdout
    executed = nbformat.read(tmp_path / "out" / "01_sum.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].text == "full homes\n"


def test_run__failing_cell__keeps_the_notebook_as_failed_and_names_the_error(tmp_path):
    source = write(tmp_path / "01_bad.ipynb", "profile = data = ''", "raise ValueError('no such home')")
    target = tmp_path / "out" / "01_bad.ipynb"
    result = call("run", source, target, "--profile", "quick", "--data", "synthetic")
    assert result.returncode != 0
    assert "ValueError: no such home" in result.stderr
    assert not target.exists()
    assert target.with_suffix(".failed.ipynb").exists()


@pytest.fixture
def refreshed_twice(tmp_path):
    table = "import pandas; pandas.DataFrame({'a': [1]}).style.hide(axis='index')"
    source = write(tmp_path / "01_sum.ipynb", "profile = 'quick'", table, "print(1 + 1)")
    versions = []
    for _ in range(2):
        assert call("refresh", source).returncode == 0
        versions.append(source.read_bytes())
    return source, versions


def test_refresh__twice__writes_the_same_bytes_with_outputs(refreshed_twice):
    source, (first, second) = refreshed_twice
    assert first == second
    assert nbformat.read(source, as_version=4).cells[-1].outputs[0].text == "2\n"
    assert list(source.parent.iterdir()) == [source]
