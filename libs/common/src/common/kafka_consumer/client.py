"""aiokafka's consumer as every group of Kith uses it."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer

WAIT_MILLIS = 500  # how long the broker keeps a request when there is nothing
GATHER_BYTES = 64 * 1024


def make_client(
    bootstrap: str, group_id: str, *, latest: bool, gather_millis: int
) -> AIOKafkaConsumer:
    """A client that commits only what it is told to; `gather_millis` as Consumer has it."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group_id, enable_auto_commit=False,
        auto_offset_reset="latest" if latest else "earliest",
        isolation_level="read_committed", session_timeout_ms=10_000,
        heartbeat_interval_ms=1_000, rebalance_timeout_ms=30_000, max_poll_interval_ms=300_000,
        fetch_max_wait_ms=gather_millis or WAIT_MILLIS,
        fetch_min_bytes=GATHER_BYTES if gather_millis else 1,
        metadata_max_age_ms=30_000, retry_backoff_ms=200,
    )  # fmt: skip
