"""Other projects, each in an environment of its own under ``build/peers``, measured in the same run as ours."""

import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from dem import paths

ENVIRONMENTS = paths.BUILD / "peers"
SCRIPTS = Path(__file__).parent


class PeerUnavailableError(RuntimeError):
    """The peer cannot be installed or run here; says why."""


def measure(
    requirement: str, script: str, *arguments: str, timeout_s: float = 600, dependencies: Sequence[str] | None = None
) -> float:
    """Install ``requirement`` if need be, run ``script`` in its environment and return the number that it prints.

    Args:
        requirement: what to install, with its version.
        script: file of this folder.
        arguments: of the script.
        timeout_s: after which the script is stopped.
        dependencies: installed in place of those that the peer asks for, where these are out of proportion.

    Raises:
        PeerUnavailableError: with the last line of the reason.
    """
    python = _environment(requirement, dependencies)
    try:
        command = [python, SCRIPTS / script, *arguments]
        # In a folder of their own, as some of them leave a log where they run.
        done = subprocess.run(command, cwd=ENVIRONMENTS, capture_output=True, text=True, timeout=timeout_s, check=True)
    except subprocess.TimeoutExpired as error:
        raise PeerUnavailableError(f"took longer than {timeout_s:g} s") from error
    except subprocess.CalledProcessError as error:
        raise PeerUnavailableError(_last_line(error.stderr)) from error
    return float(done.stdout.split()[-1])


def _environment(requirement: str, dependencies: Sequence[str] | None) -> Path:
    folder = ENVIRONMENTS / requirement
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True)
        _install(python, [requirement] if dependencies is None else ["--no-deps", requirement])
        if dependencies:
            _install(python, dependencies)
        (folder / "installed").touch()
    return python


def _install(python: Path, what: Sequence[str]) -> None:
    done = subprocess.run([python, "-m", "pip", "install", "-q", *what], capture_output=True, text=True)
    if done.returncode:
        raise PeerUnavailableError(_last_line(done.stderr))


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else f"no output ({sys.platform})"
