"""Flower's SuperLink or SuperNode, patient with the processes that it starts.

Flower starts a new process for each app of each round and gives it 30 seconds to report before its token expires;
a process that imports torch on a busy machine needs longer, and is then turned away with 401. There is no option for
it, so this script lengthens the interval in the two modules that hand out tokens, then runs Flower's own command:
``python -P patient.py superlink …`` or ``… supernode …``. Run as a file, it imports nothing of ``dem``.

A SuperLink with a database brings its tables up to date at every request, in several threads at once, which its
migrations are not made for: some fail with ``KeyError: 'config'``. Here it does so once.
"""

import functools
import sys
import threading
from collections.abc import Callable

from flwr.server.app import run_superlink
from flwr.supercore import sql_mixin
from flwr.supercore.corestate import in_memory_corestate, sql_corestate
from flwr.supernode.cli import flower_supernode

TOKEN_INTERVAL_S = 300
COMMANDS = {"superlink": run_superlink, "supernode": flower_supernode}


def once(action: Callable[[object], None]) -> Callable[[object], None]:
    """``action`` for the first caller alone; others wait for it to end."""
    lock, over = threading.Lock(), threading.Event()

    @functools.wraps(action)
    def first(argument: object) -> None:
        with lock:
            if not over.is_set():
                action(argument)
                over.set()

    return first


if __name__ == "__main__":
    sql_mixin.run_migrations = once(sql_mixin.run_migrations)
    in_memory_corestate.HEARTBEAT_DEFAULT_INTERVAL = TOKEN_INTERVAL_S
    sql_corestate.HEARTBEAT_DEFAULT_INTERVAL = TOKEN_INTERVAL_S
    command = sys.argv.pop(1)
    COMMANDS[command]()
