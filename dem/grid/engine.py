"""The OpenDSS library, loaded so that later changes of the environment do not crash it.

The library keeps the address of the environment that it finds when it is loaded, and every new engine reads it. The C
library may free that array once a variable is added (``os.environ[...] = ...``). So it is loaded with an array of its
own that nobody frees.
"""

import ctypes
import sys


def _keep_environment() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    environment = ctypes.c_void_p.in_dll(libc, "environ")
    variables = ctypes.cast(environment, ctypes.POINTER(ctypes.c_void_p))
    count = 0
    while variables[count]:
        count += 1
    size = (count + 1) * ctypes.sizeof(ctypes.c_void_p)
    kept = libc.malloc(ctypes.c_size_t(size))
    ctypes.memmove(kept, environment.value, size)
    environment.value = kept


if sys.platform == "linux":
    _keep_environment()

import opendssdirect  # noqa: E402 – after its environment is kept

__all__ = ["opendssdirect"]
