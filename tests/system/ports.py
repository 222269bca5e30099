# SPDX-License-Identifier: ISC
"""Ports on loopback for servers of the tests.  Below the range from which the
kernel gives ports to connections, and each held by a lock file for as long as
the test process lives, so that nobody takes a port between the choice and its
use, nor while a server that is being restarted is away: not the tests that run
side by side, and not those of another checkout."""
import fcntl
import itertools
import os
import pathlib
import random
import socket
import tempfile

LOWEST, COUNT = 12000, 18000
LOCKS = pathlib.Path(tempfile.gettempdir()) / f"intaked-test-ports-{os.getuid()}"
_start = random.randrange(COUNT)
_next = itertools.cycle(range(COUNT))
_held = []


def _hold(port):
    LOCKS.mkdir(exist_ok=True)
    lock = open(LOCKS / str(port), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return False
    _held.append(lock)
    return True


def _is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port():
    for _ in range(COUNT):
        port = LOWEST + (_start + next(_next)) % COUNT
        if _is_free(port) and _hold(port):
            return port
    raise RuntimeError("no free port")
