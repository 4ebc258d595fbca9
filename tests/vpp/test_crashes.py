import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dem import paths
from dem.chain.anvil import NOT_INSTALLED, find

KILLS = int(os.environ.get("DEM_KILLS") or 2)
NETWORKS = ("test", "anvil") if "DEM_KILLS" in os.environ else ("anvil",)


@pytest.mark.parametrize("network", NETWORKS)
def test_plant__killed_at_random_moments__chain_and_journal_agree(network):
    if network == "anvil" and find() is None:
        pytest.skip(NOT_INSTALLED)
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    script = Path(__file__).with_name("crashes.py")
    done = subprocess.run(
        [sys.executable, script, str(KILLS), network], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(rf"'kills': {KILLS}\b", done.stdout)
