"""The deployment runtime on this machine: a SuperLink, one SuperNode a house, the app, and everything gone after.

``python -m dem.federated.deployment --nodes 2 --rounds 2`` shows it. On several machines the same app runs the same
way: start ``flower-superlink`` where the server is and ``flower-supernode --node-config 'partition-id=K …'`` in each
house, then ``flwr run``; here all of them are processes that speak gRPC over loopback, on free ports.

Whatever Flower writes (its configuration, unpacked apps, logs) goes to a folder below ``build/``.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import psutil

from dem import paths
from dem.federated.config import FederatedConfig
from dem.federated.history import History
from dem.federated.partition import PARTITION

_HOST = "127.0.0.1"
_CONNECTION = "loopback"
_GRACE_S = 10.0
_TAIL_LINES = 30


class DeploymentError(RuntimeError):
    """A process of the runtime ended early, or the run brought no result; carries the end of the logs."""


def train_deployed(config: FederatedConfig, timeout_s: float = 3600.0) -> History:
    """Train ``config`` over SuperNodes that are started for it and stopped after it, also on failure.

    Raises:
        DeploymentError: if the source tree or a binary is missing, a process ends early, or the run fails.
        TimeoutError: if the run takes longer than ``timeout_s`` seconds.
    """
    _check_installation()
    folder_of_runs = paths.BUILD / "flwr"
    folder_of_runs.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=folder_of_runs))
    try:
        history = _run(config, folder, time.monotonic() + timeout_s)
    except Exception as error:
        error.add_note(f"logs are kept in {folder}")
        raise
    shutil.rmtree(folder)
    return history


def _run(config: FederatedConfig, folder: Path, deadline: float) -> History:
    result = folder / "history.npz"
    with Loopback(folder, config.clients, deadline) as loopback:
        loopback.start_link()
        for house in range(config.clients):
            loopback.start_node(house)
        loopback.wait_for(loopback.start_run(config.to_run_config() | {"result": str(result)}))
    if not result.exists():
        raise DeploymentError(f"the run ended without a result\n{_tail(folder)}")
    return History.load(result)


class Loopback:
    """A SuperLink, SuperNodes and runs as processes that find each other on loopback; as a context, it ends them all.

    Args:
        folder: for everything that Flower writes.
        houses: how many there can be.
        deadline: by the monotonic clock, when waiting is given up.
        durable: whether the SuperLink keeps its state on disk too, which is slower, so that one that is started again
            knows its nodes.
    """

    def __init__(self, folder: Path, houses: int, deadline: float, *, durable: bool = False) -> None:
        self._folder, self._houses, self._deadline, self._durable = folder, houses, deadline, durable
        self._control, self._fleet, self._app_io, *self._client_io = _free_ports(3 + houses)
        self._running: dict[str, subprocess.Popen] = {}
        self._stack = ExitStack()
        self._runs = 0

    def __enter__(self) -> Self:
        connection = f'[superlink.{_CONNECTION}]\naddress = "{self._control}"\ninsecure = true\n'
        (self._folder / "config.toml").write_text(f'[superlink]\ndefault = "{_CONNECTION}"\n\n{connection}')
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        _end_strays(self._folder)

    def start_link(self) -> None:
        """Start the SuperLink and wait until it listens."""
        addresses = ["--serverappio-api-address", self._app_io, "--fleet-api-address", self._fleet]
        addresses += ["--control-api-address", self._control]
        if self._durable:
            addresses += ["--database", str(self._folder / "superlink.db")]
        self._start_service("superlink", ["--isolation", "subprocess", *addresses])
        _wait_until_open(self._control, self._running["superlink"], self._folder, self._deadline)

    def start_node(self, house: int) -> None:
        """Start the SuperNode of a house."""
        node = f"{PARTITION}={house} num-partitions={self._houses}"
        addresses = ["--superlink", self._fleet, "--clientappio-api-address", self._client_io[house]]
        self._start_service(_node_name(house), [*addresses, "--node-config", node])

    def start_run(self, settings: Mapping[str, str | int | float]) -> subprocess.Popen:
        """Start a run of the app with these settings."""
        self._runs += 1
        path = self._folder / f"run-{self._runs}.toml"
        # A JSON string or number is also a TOML one.
        path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        command = [str(_binary("flwr")), "run", str(paths.ROOT), _CONNECTION, "--stream", "--run-config", str(path)]
        return self._stack.enter_context(_process(f"run-{self._runs}", command, self._folder))

    def wait_for(self, run: subprocess.Popen) -> None:
        """Wait until a run is over.

        Raises:
            DeploymentError: if it fails, or a process that should be there ends.
            TimeoutError: if the deadline comes first.
        """
        _wait_for(run, list(self._running.values()), self._folder, self._deadline)

    def check_alive(self) -> None:
        """Raise as :meth:`wait_for` if a process that should be there has ended, or time is up."""
        _check_alive(list(self._running.values()), self._folder, self._deadline)

    def kill_link(self) -> None:
        """Kill the SuperLink and the server app that it runs, without warning."""
        self._kill("superlink")

    def kill_node(self, house: int) -> None:
        """Kill the SuperNode of a house and what it runs, without warning."""
        self._kill(_node_name(house))

    def pause_node(self, house: int) -> None:
        """Cut a SuperNode off: it stands still, and answers nothing."""
        self._running[_node_name(house)].send_signal(signal.SIGSTOP)

    def resume_node(self, house: int) -> None:
        """Let a SuperNode that was cut off go on."""
        self._running[_node_name(house)].send_signal(signal.SIGCONT)

    def _start_service(self, name: str, arguments: list[str]) -> None:
        self._running[name] = self._stack.enter_context(_service(name, arguments, self._folder))

    def _kill(self, name: str) -> None:
        process = self._running.pop(name)
        leader = psutil.Process(process.pid)
        leader.suspend()  # or it starts another child while its children are counted
        family = [leader, *leader.children(recursive=True)]
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        process.wait()
        psutil.wait_procs(family, timeout=_GRACE_S)


def _node_name(house: int) -> str:
    return f"supernode-{house}"


def _check_installation() -> None:
    if not (paths.ROOT / "pyproject.toml").exists():
        raise DeploymentError(
            f"{paths.ROOT} has no pyproject.toml: Flower ships the app from the project's source tree"
        )
    for name in ("flwr", "flower-superexec"):
        if not _binary(name).exists():
            raise DeploymentError(f"{_binary(name)} is missing: is Flower installed in this environment?")


def _binary(name: str) -> Path:
    return Path(sys.executable).parent / name


def _free_ports(count: int) -> list[str]:
    """Addresses that were free a moment ago; all are held until the last is found, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((_HOST, 0))
        return [f"{_HOST}:{one.getsockname()[1]}" for one in sockets]


@contextmanager
def _service(name: str, arguments: list[str], folder: Path) -> Iterator[subprocess.Popen]:
    kind = name.split("-")[0]
    script = Path(__file__).with_name("patient.py")
    with _process(name, [sys.executable, "-P", str(script), kind, "--insecure", *arguments], folder) as process:
        yield process


@contextmanager
def _process(name: str, command: list[str], folder: Path) -> Iterator[subprocess.Popen]:
    """Run ``command`` in a process group of its own with its output in a log; the whole group ends with the block."""
    with (folder / f"{name}.log").open("a") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=_environment(folder), cwd=folder, start_new_session=True
        )
        try:
            yield process
        finally:
            _end_group(process)


def _environment(folder: Path) -> dict[str, str]:
    binaries = str(Path(sys.executable).parent)
    return os.environ | {
        "FLWR_HOME": str(folder),
        "FLWR_TELEMETRY_ENABLED": "0",
        "NO_COLOR": "1",
        "PATH": binaries + os.pathsep + os.environ.get("PATH", ""),
    }


def _end_group(process: subprocess.Popen) -> None:
    _signal_group(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_S)
    # Also where the leader is gone: a child that ignored the first signal would outlive it.
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _end_strays(folder: Path) -> None:
    """End what Flower started in sessions of its own, which the groups do not hold; they know the run's folder."""
    strays = [process for process in psutil.process_iter() if _belongs_to(process, folder)]
    for process in strays:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(strays, timeout=_GRACE_S)


def _belongs_to(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return process.environ().get("FLWR_HOME") == str(folder)
    return False


def _signal_group(process: subprocess.Popen, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _wait_until_open(address: str, service: subprocess.Popen, folder: Path, deadline: float) -> None:
    host, port = address.split(":")
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1.0).close()
            return
        except OSError:
            _check_alive([service], folder, deadline)
            time.sleep(0.2)


def _wait_for(run: subprocess.Popen, services: list[subprocess.Popen], folder: Path, deadline: float) -> None:
    while run.poll() is None:
        _check_alive(services, folder, deadline)
        time.sleep(0.2)
    if run.returncode != 0:
        raise DeploymentError(f"flwr run exited with {run.returncode}\n{_tail(folder)}")


def _check_alive(services: list[subprocess.Popen], folder: Path, deadline: float) -> None:
    for service in services:
        if service.poll() is not None:
            raise DeploymentError(f"a Flower process exited with {service.returncode}\n{_tail(folder)}")
    if time.monotonic() > deadline:
        raise TimeoutError(f"the deployed run did not finish in time\n{_tail(folder)}")


def _tail(folder: Path) -> str:
    parts = []
    for log in sorted(folder.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
        parts.append("\n".join([f"--- {log.name}", *lines]))
    return "\n".join(parts)


def main() -> None:
    """Train a small experiment over SuperNodes on loopback and print what came back."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--nodes", type=int, default=2, help="houses, each a SuperNode")
    parser.add_argument("--rounds", type=int, default=2, help="episodes, each followed by averaging")
    parser.add_argument("--timeout", type=float, default=3600.0, help="seconds before the run is given up")
    arguments = parser.parse_args()
    config = FederatedConfig.small(houses=arguments.nodes, rounds=arguments.rounds)
    started = time.monotonic()
    history = train_deployed(config, arguments.timeout)
    print(f"{arguments.nodes} houses, {arguments.rounds} rounds: {time.monotonic() - started:.1f} s")
    print(f"network weights sent and received: {history.communicated_bytes:,} bytes")
    print(f"mean reward of the last round, by house and seed:\n{history.rewards[-1].round(3)}")


if __name__ == "__main__":
    main()
