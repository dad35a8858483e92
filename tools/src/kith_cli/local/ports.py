"""Ports on the loopback interface: which are free, and who is told when one is not."""

from __future__ import annotations

import secrets
import socket

from kith_cli.errors import Stop

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes ports of outgoing connections, so that none of those
# lands on a port between the moment it was found free and the moment a server binds it.
EPHEMERAL_STACK_PORTS = range(20_000, 32_000)
ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def find_free(count: int) -> tuple[int, ...]:
    """Distinct free ports. Raises Stop when there are none."""
    found: set[int] = set()
    for _ in range(ATTEMPTS):
        port = secrets.choice(EPHEMERAL_STACK_PORTS)
        if is_free(port):
            found.add(port)
        if len(found) == count:
            return tuple(sorted(found))
    raise Stop(f"There are no {count} free ports among {EPHEMERAL_STACK_PORTS}.")


def require_free(ports: dict[str, int]) -> None:
    """Raises Stop naming every port that is taken and what it is wanted for."""
    taken = [f"{port} ({purpose})" for purpose, port in ports.items() if not is_free(port)]
    if taken:
        raise Stop(
            f"Ports in use: {', '.join(taken)}. Stop what listens there, "
            "or choose another base with KITH_PORT."
        )
