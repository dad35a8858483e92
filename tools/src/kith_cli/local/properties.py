"""The settings of the local broker, apart from how it is installed and run."""

from __future__ import annotations

from pathlib import Path

from kith_cli.local.ports import LOOPBACK


def render_properties(data: Path, port: int, controller_port: int) -> str:
    """The broker's settings: one node for both roles, quick to start and quick to come back."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        # One broker can hold one copy.
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # Small internal topics, segments and buffers: a laptop, not a cluster.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "4",
        "log.segment.bytes": str(64 * 2**20),
        "log.index.size.max.bytes": str(2**20),
        "log.cleaner.dedupe.buffer.size": str(16 * 2**20),
        # A group forms at once, and a broker that was killed is back in 4 s instead of 11.
        "group.initial.rebalance.delay.ms": "0",
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # A topic nobody declared is a mistake, not a wish.
        "auto.create.topics.enable": "false",
    }
    return "".join(f"{key}={value}\n" for key, value in settings.items())
