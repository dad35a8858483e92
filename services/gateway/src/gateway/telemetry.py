"""The metrics of the gateway; the chassis counts its gRPC calls and the events it takes."""

from __future__ import annotations

from typing import Literal

from prometheus_client import Counter, Gauge, Histogram

Push = Literal["failed"]
Limit = Literal["address", "sign_in", "reads", "writes", "walks", "connections"]

REQUESTS = Counter(
    # 5xx of a route: the service behind it is in trouble; 401 in bulk: somebody tries tokens
    "kith_http_requests_total", "REST requests answered.", ["method", "route", "status"],
)  # fmt: skip
SECONDS = Histogram(
    # what a member waits for, without the network between her and us
    "kith_http_seconds", "Time to answer a REST request.", ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
SOCKETS = Gauge(
    # how many members look on right now
    "kith_gateway_sockets", "WebSockets that are signed in.",
)  # fmt: skip
CONNECTIONS = Gauge(
    # near the most there may be (KITH_LIMIT_CONNECTIONS): too few gateways, or somebody who opens
    # and leaves
    "kith_gateway_connections", "Open connections, WebSockets among them.",
)  # fmt: skip
PUSHES = Counter(
    # failed: members see a message only when they ask
    "kith_gateway_pushes_total", "What could not be told to a device, by why.", ["outcome"],
)  # fmt: skip
LINES = Gauge(
    # fewer than there are instances of messaging: what is new for some members waits
    "kith_gateway_lines", "Streams to instances of messaging.",
)  # fmt: skip
FORGOTTEN = Counter(
    # more sign out than this process can remember: their access tokens work until they run out
    "kith_gateway_ends_forgotten_total", "Ended sessions forgotten before their tokens ran out.",
)  # fmt: skip
LIMITED = Counter(
    # sign_in in bulk: somebody tries invites or passwords; address with few accounts: a proxy that
    # KITH_TRUSTED_PROXIES does not name; walks: somebody collects what others wrote
    "kith_gateway_limited_total", "Requests refused because there were too many.", ["limit"],
)  # fmt: skip


def count_limited(limit: Limit) -> None:
    """One more request over a limit."""
    LIMITED.labels(limit).inc()


def count_push(outcome: Push) -> None:
    """One more that was not told."""
    PUSHES.labels(outcome).inc()
