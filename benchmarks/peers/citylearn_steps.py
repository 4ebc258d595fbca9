"""Runs in CityLearn's own environment: home-steps per second (arguments: data set folder, homes, steps).

The folder's buildings are listed again and again under new names until there are as many as asked for; every battery
is moved at random, and what each step costs includes the observations and rewards of all.
"""

import json
import random
import sys
import tempfile
import time
from pathlib import Path

from citylearn.citylearn import CityLearnEnv


def main() -> None:
    folder, homes, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    schema = json.loads((folder / "schema.json").read_text())
    buildings = list(schema["buildings"].values())
    schema["buildings"] = {f"home_{k}": buildings[k % len(buildings)] for k in range(homes)}
    schema["root_directory"] = str(folder)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "schema.json"
        path.write_text(json.dumps(schema))
        env = CityLearnEnv(str(path), central_agent=True)
    env.reset()
    draw = random.Random(0)
    size = env.action_space[0].shape[0]
    started = time.process_time()
    for _ in range(steps):
        env.step([[draw.uniform(-1, 1) for _ in range(size)]])
    print(homes * steps / (time.process_time() - started))


if __name__ == "__main__":
    main()
