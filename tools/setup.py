"""Set the project up: a virtual environment with every pinned package, then the chain's toolchain.

Standard library only, since nothing is installed yet. Run by Make with the machine's own Python; safe to run again.
"""

import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "build" / "setup.log"
SUPPORTED = ((3, 11), (3, 13))
PROGRESS_EVERY = 20  # packages


class SetupError(Exception):
    """What went wrong and how to mend it, in words for the person at the keyboard."""


def main() -> int:
    started = time.monotonic()
    try:
        check_python()
        make_environment()
        install_packages()
        prepare_chain()
    except SetupError as error:
        print(f"\nset-up failed: {error}", file=sys.stderr)
        return 1
    print(f"set-up done in {time.monotonic() - started:.0f} s")
    return 0


def check_python() -> None:
    lowest, beyond = SUPPORTED
    if not lowest <= sys.version_info[:2] < beyond:
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(
            f"Python {lowest[0]}.{lowest[1]} or 3.12 is needed, {sys.executable} is {found}.\n"
            "Install one of them and name it: make setup PYTHON=python3.11"
        )


def make_environment() -> None:
    print(f"set-up 1/3: virtual environment in {VENV.name}/")
    try:
        venv.create(VENV, with_pip=True)
    except (subprocess.CalledProcessError, OSError) as error:
        raise SetupError(
            f"could not create {VENV}: {error}\n"
            "On Debian or Ubuntu install python3-venv; otherwise check that the folder is writable."
        ) from error


def install_packages() -> None:
    lock = ROOT / "requirements.lock"
    pins = sum("==" in line and not line.lstrip().startswith("#") for line in lock.read_text().splitlines())
    print(f"set-up 2/3: {pins} pinned packages (2 to 6 minutes; full log in {LOG.relative_to(ROOT)})")
    command = [PYTHON, "-m", "pip", "install", "--progress-bar", "off", "-r", lock, "-e", f"{ROOT}[dev]"]
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
        seen = 0
        for line in process.stdout:
            log.write(line)
            if line.startswith("Collecting "):
                seen += 1
                if seen % PROGRESS_EVERY == 0:
                    print(f"  fetched {seen} of about {pins}", flush=True)
            elif line.startswith("Installing collected"):
                print("  unpacking", flush=True)
    if process.wait() != 0:
        raise SetupError(f"pip could not install the packages:\n{_tail(LOG)}\n{_advice()}")


def prepare_chain() -> None:
    print("set-up 3/3: Solidity libraries, compiler and contracts", flush=True)
    result = subprocess.run([PYTHON, "-m", "dem.chain.toolchain"], cwd=ROOT)
    if result.returncode != 0:
        raise SetupError("the Solidity toolchain is not ready; the lines above say what is missing.")


def _tail(log: Path, lines: int = 12) -> str:
    kept = [line for line in log.read_text().splitlines() if not line.startswith("WARNING: Location")]
    return "\n".join(kept[-lines:])


def _advice() -> str:
    return (
        f"The whole log is in {LOG}. Usual causes: no connection to the Python package registry (check the proxy\n"
        "settings), a full disk (about 3 GB are needed), or an interrupted download: run the same command again."
    )


if __name__ == "__main__":
    sys.exit(main())
