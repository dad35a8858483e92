"""Asks broker and database what a client would ask: an open port is not yet a working server."""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pymongo import MongoClient
from pymongo.errors import PyMongoError

T = TypeVar("T")

PROBE_MILLISECONDS = 2_000


def port_open(address: str) -> bool:
    """Whether anything accepts a connection at host:port."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1.0).close()
    except OSError:
        return False
    return True


def kafka_ready(bootstrap: str) -> bool:
    """Whether the broker answers a metadata request and names itself as a live member."""
    return port_open(bootstrap) and run_apart(_kafka_answers(bootstrap))


async def _kafka_answers(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=PROBE_MILLISECONDS)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        return bool(cluster["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()


def mongo_ready(uri: str) -> bool:
    """Whether the database answers a ping as the primary the URI asks for."""
    client: MongoClient[dict[str, Any]] = MongoClient(
        uri, serverSelectionTimeoutMS=PROBE_MILLISECONDS, connectTimeoutMS=PROBE_MILLISECONDS
    )
    try:
        return bool(client.admin.command("ping")["ok"] == 1)
    except PyMongoError:
        return False
    finally:
        client.close()


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own, also when the caller already runs inside one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def http_ready(address: str) -> bool:
    """Whether GET /readyz at host:port answers 200."""
    connection = http.client.HTTPConnection(address, timeout=PROBE_MILLISECONDS / 1_000)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
