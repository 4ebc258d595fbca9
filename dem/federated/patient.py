"""Flower's SuperLink or SuperNode, patient with the processes that it starts.

Flower starts a new process for each app of each round and gives it 30 seconds to report before its token expires;
a process that imports torch on a busy machine needs longer, and is then turned away with 401. There is no option for
it, so this script lengthens the interval in the two modules that hand out tokens, then runs Flower's own command:
``python -P patient.py superlink …`` or ``… supernode …``. Run as a file, it imports nothing of ``dem``.
"""

import sys

from flwr.server.app import run_superlink
from flwr.supercore.corestate import in_memory_corestate, sql_corestate
from flwr.supernode.cli import flower_supernode

TOKEN_INTERVAL_S = 300
COMMANDS = {"superlink": run_superlink, "supernode": flower_supernode}

if __name__ == "__main__":
    in_memory_corestate.HEARTBEAT_DEFAULT_INTERVAL = TOKEN_INTERVAL_S
    sql_corestate.HEARTBEAT_DEFAULT_INTERVAL = TOKEN_INTERVAL_S
    command = sys.argv.pop(1)
    COMMANDS[command]()
