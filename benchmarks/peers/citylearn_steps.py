"""Runs in CityLearn's own environment: home-steps per second (arguments: data set folder, homes, steps).

The folder's buildings are listed again and again under new names until there are as many as asked for; every battery
is moved at random, and what each step costs includes the observations and rewards of all.

Its environment goes without torch and PySAM, gigabytes that only its learning agents, its learned room temperatures
and its sizing of solar plants use, and without the tables for sizing devices, which it would fetch from the internet:
the data set names every size.
"""

import json
import random
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest import mock

from gymnasium import Env


def main() -> None:
    folder, homes, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    env = _environment(folder, homes)
    env.reset()
    draw = random.Random(0)
    size = env.action_space[0].shape[0]
    started = time.process_time()
    for _ in range(steps):
        env.step([[draw.uniform(-1, 1) for _ in range(size)]])
    print(homes * steps / (time.process_time() - started))


def _environment(folder: Path, homes: int) -> Env:
    schema = json.loads((folder / "schema.json").read_text())
    buildings = list(schema["buildings"].values())
    schema["buildings"] = {f"home_{k}": buildings[k % len(buildings)] for k in range(homes)}
    schema["root_directory"] = str(folder)
    _leave_out_torch_and_pysam()
    from citylearn.citylearn import CityLearnEnv
    from citylearn.data import DataSet

    with mock.patch.multiple(DataSet, get_pv_sizing_data=_nothing, get_battery_sizing_data=_nothing):
        return CityLearnEnv(schema, central_agent=True)


def _leave_out_torch_and_pysam() -> None:
    torch, networks = ModuleType("torch"), ModuleType("torch.nn")
    # Whatever is looked up in them: it serves as a base class or an annotation only.
    torch.__getattr__ = networks.__getattr__ = lambda name: object
    torch.nn = networks
    sys.modules.update({"torch": torch, "torch.nn": networks, "PySAM": SimpleNamespace(Pvwattsv8=None)})


def _nothing(_: object) -> None:
    return None


if __name__ == "__main__":
    main()
