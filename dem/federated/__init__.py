"""The houses' agents trained together with Flower: the only room that knows Flower.

``train(config)`` is the one entry; `FederatedConfig` says what to train and `History` is what comes back.
"""

import os

from dem import paths

# Before Flower is imported: no telemetry, and nothing written outside the project.
os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")
os.environ.setdefault("FLWR_HOME", str(paths.BUILD / "flwr"))

from dem.federated.backends import Backend, train
from dem.federated.config import FederatedConfig
from dem.federated.history import History
from dem.federated.strategy import HouseFailedError

__all__ = ["Backend", "FederatedConfig", "History", "HouseFailedError", "train"]
