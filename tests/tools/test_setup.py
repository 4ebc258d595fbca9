import importlib.util
import sys

import pytest

from dem import paths

specification = importlib.util.spec_from_file_location("dem_setup", paths.ROOT / "tools" / "setup.py")
setup = importlib.util.module_from_spec(specification)
specification.loader.exec_module(setup)


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 13, 0)])
def test_check_python__unsupported__says_what_to_install(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(setup.SetupError, match=r"make setup PYTHON="):
        setup.check_python()


def test_make_environment__no_venv_module__names_the_package(monkeypatch):
    def broken(*args, **kwargs):
        raise OSError("ensurepip is not available")

    monkeypatch.setattr(setup.venv, "create", broken)
    with pytest.raises(setup.SetupError, match=r"ensurepip.*\n.*python3-venv"):
        setup.make_environment()


def failing_python(tmp_path, monkeypatch, output):
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\necho '{output}'\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(setup, "PYTHON", fake)
    return fake


def test_install_packages__pip_fails__shows_the_end_of_the_log_and_what_to_do(tmp_path, monkeypatch, capsys):
    failing_python(tmp_path, monkeypatch, "ERROR: no matching distribution for torch")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "LOG", tmp_path / "build" / "setup.log")
    (tmp_path / "requirements.lock").write_text("torch==2.13.0\n")
    with pytest.raises(setup.SetupError, match=r"no matching distribution for torch(.|\n)*run the same command again"):
        setup.install_packages()


def test_main__set_up_fails__prints_the_reason_and_returns_1(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(setup, "make_environment", lambda: None)
    monkeypatch.setattr(setup, "install_packages", lambda: None)
    failing_python(tmp_path, monkeypatch, "node is missing")
    assert setup.main() == 1
    assert "set-up failed: the Solidity toolchain is not ready" in capsys.readouterr().err
