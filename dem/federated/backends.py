"""One experiment, three ways to run it; the apps, the strategy and the numbers are the same."""

import os
from typing import Literal, get_args

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp
from flwr.simulation import run_simulation

from dem.federated import client_app
from dem.federated.config import FederatedConfig
from dem.federated.history import History
from dem.federated.inprocess import InProcessGrid
from dem.federated.quiet import quiet
from dem.federated.server_app import serve

Backend = Literal["in-process", "ray", "deployment"]


def train(config: FederatedConfig, backend: Backend = "in-process") -> History:
    """Train ``config`` and return what it left behind.

    Args:
        config: the experiment.
        backend: ``"in-process"`` runs the clients one after the other in this process and repeats bit by bit;
            ``"ray"`` is Flower's simulation engine; ``"deployment"`` starts a SuperLink and SuperNodes on this machine.

    Raises:
        ValueError: if the backend is unknown.
        HouseFailedError: if a client fails (in this process, its own exception is raised instead).
    """
    match backend:
        case "in-process":
            with quiet():
                return serve(InProcessGrid(client_app.app, config.clients), config)
        case "ray":
            with quiet():
                return _train_on_ray(config)
        case "deployment":
            # Imported here, as `python -m dem.federated.deployment` must be the first to load that module.
            from dem.federated.deployment import train_deployed

            return train_deployed(config)
        case _:
            raise ValueError(f"backend must be one of {', '.join(get_args(Backend))}, got {backend!r}")


def _train_on_ray(config: FederatedConfig) -> History:
    finished: list[History] = []
    server = ServerApp()

    @server.main()
    def main(grid: Grid, context: Context) -> None:
        finished.append(serve(grid, config))

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    resources = {"client_resources": {"num_cpus": 1, "num_gpus": 0}, "init_args": {"include_dashboard": False}}
    run_simulation(server, client_app.app, num_supernodes=config.clients, backend_config=resources)
    return finished[0]
