# SPDX-License-Identifier: ISC
"""Ports on loopback for servers of the tests.  Below the range from which the
kernel gives ports to connections, and a part of it for each of the tests that
run side by side, so that nobody takes a port between the choice and its use."""
import itertools
import os
import socket

SIDE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
FIRST, EACH = 12000, 2000
_next = itertools.cycle(range(FIRST + SIDE * EACH, FIRST + (SIDE + 1) * EACH))


def free_port():
    for _ in range(EACH):
        port = next(_next)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")
