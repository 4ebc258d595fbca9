"""Run a notebook headlessly with papermill and say how far it is; or refresh the outputs committed with it.

``python tools/notebook.py run SOURCE TARGET --profile quick --data synthetic`` executes into TARGET;
``python tools/notebook.py refresh SOURCE …`` executes with the notebook's own defaults (the quick profile) and
writes the normalised result back, so that two runs commit the same bytes.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from traitlets import Unicode, default

HEARTBEAT_S = 30
KERNEL = "python3"
RANDOM_TABLE = re.compile(r"\bT_[0-9a-f]{5}(?=[_\" {])")
ADDRESS = re.compile(r" at 0x[0-9a-f]+(?=>)")
VOLATILE = "metadata.papermill cell.metadata.papermill cell.metadata.execution metadata.language_info.version"


class LocalKernelManager(AsyncKernelManager):
    """Talks to its kernel through sockets in a folder of this user rather than open ports, which kernels warn about."""

    transport = Unicode("ipc")

    @default("ip")
    def _socket_path(self) -> str:
        return str(Path(tempfile.mkdtemp(prefix="dem-kernel-")) / "socket")


def run(source: Path, target: Path, parameters: dict[str, str | int]) -> None:
    """Execute ``source`` into ``target``; a failed run leaves ``target`` under ``.failed.ipynb`` for inspection."""
    source, target = source.resolve(), target.resolve()  # papermill changes the working folder
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".running.ipynb")
    started = time.monotonic()
    print(f"{source.stem}: started", flush=True)
    finished = threading.Event()
    threading.Thread(target=_report, args=(source.stem, unfinished, finished, started), daemon=True).start()
    try:
        papermill.execute_notebook(
            source,
            unfinished,
            parameters,
            kernel_name=KERNEL,
            kernel_manager_class=LocalKernelManager,
            progress_bar=False,
            cwd=source.parent,
        )
    except BaseException:
        if unfinished.exists():
            failed = target.with_suffix(".failed.ipynb")
            os.replace(unfinished, failed)
            print(f"{source.stem}: failed, see {failed}", file=sys.stderr)
        raise
    finally:
        finished.set()
    os.replace(unfinished, target)
    print(f"{source.stem}: done in {time.monotonic() - started:.0f} s", flush=True)


def refresh(source: Path) -> None:
    """Execute ``source`` as it stands and write it back with normalised outputs."""
    notebook = nbformat.read(source, as_version=4)
    NotebookClient(notebook, kernel_name=KERNEL, resources={"metadata": {"path": str(source.parent)}}).execute()
    _forget_chance(notebook)
    with tempfile.NamedTemporaryFile("w", dir=source.parent, suffix=".ipynb", delete=False) as temporary:
        nbformat.write(notebook, temporary)
    strip = ["nbstripout", "--keep-output", "--keep-count", "--extra-keys", VOLATILE, temporary.name]
    subprocess.run([sys.executable, "-m", *strip], check=True)
    os.chmod(temporary.name, 0o644)
    os.replace(temporary.name, source)
    print(f"{source.stem}: outputs refreshed", flush=True)


def _forget_chance(notebook: nbformat.NotebookNode) -> None:
    """Take out what differs between equal runs: addresses in memory, and the random name of every styled table."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            for kind in data.keys() & {"text/html", "text/plain"}:
                data[kind] = ADDRESS.sub("", RANDOM_TABLE.sub(f"T_{number:05}", data[kind]))


def _report(name: str, unfinished: Path, finished: threading.Event, started: float) -> None:
    while not finished.wait(HEARTBEAT_S):
        print(f"{name}: {_progress(unfinished)}, {time.monotonic() - started:.0f} s", flush=True)


def _progress(unfinished: Path) -> str:
    try:
        cells = json.loads(unfinished.read_text())["cells"]
    except (OSError, ValueError):
        return "starting"
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    done = sum(cell["metadata"].get("papermill", {}).get("status") == "completed" for cell in code)
    return f"cell {min(done + 1, len(code))} of {len(code)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run")
    running.add_argument("source", type=Path)
    running.add_argument("target", type=Path)
    running.add_argument("--profile", required=True)
    running.add_argument("--data", required=True)
    running.add_argument("--seed", type=int)
    refreshing = commands.add_parser("refresh")
    refreshing.add_argument("sources", type=Path, nargs="+")
    options = parser.parse_args()
    if options.command == "refresh":
        for source in options.sources:
            refresh(source)
        return
    parameters = {"profile": options.profile, "data": options.data}
    if options.seed is not None:
        parameters["seed"] = options.seed
    try:
        run(options.source, options.target, parameters)
    except papermill.PapermillExecutionError as error:
        sys.exit(f"{options.source.stem}: {error.ename}: {error.evalue}")


if __name__ == "__main__":
    main()
