"""Devices in the database: one document each, with hashes of tokens and never a token."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from uuid import UUID

from common import mongo
from common.errors import ConcurrentUpdate
from common.mongo import ASCENDING, DESCENDING, Document, IndexModel

from identity.domain.device import Device, Exchange

INDEXES = [
    IndexModel([("network_id", ASCENDING), ("_id", ASCENDING)], name="id"),
    IndexModel(
        [
            ("network_id", ASCENDING),
            ("member_id", ASCENDING),
            ("used_at", DESCENDING),
            ("_id", DESCENDING),
        ],
        name="member",
    ),
    IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0),
]
LATEST_FIRST = [("used_at", DESCENDING), ("_id", DESCENDING)]


class MongoDevices:
    """Implements ports.Devices."""

    def __init__(self, collection: mongo.Collection) -> None:
        self._collection = collection

    async def add(self, device: Device) -> None:
        """See ports.Devices."""
        await self._collection.insert_one(
            {
                "_id": device.id, "member_id": device.member_id, "label": device.label,
                "epoch": device.epoch, "created_at": device.created_at, "family": device.family,
                "amr": list(device.amr),
                **_state(device),
            }
        )  # fmt: skip

    async def get(self, id: UUID) -> Device | None:
        """See ports.Devices."""
        document = await self._collection.find_one({"_id": id})
        return _device(document) if document else None

    async def of(self, member_id: UUID) -> Sequence[Device]:
        """See ports.Devices."""
        found = await self._collection.find({"member_id": member_id}, sort=LATEST_FIRST, limit=0)
        return [_device(document) for document in found]

    async def save(self, device: Device) -> None:
        """See ports.Devices."""
        before = {"_id": device.id, "version": device.version - 1}
        if not await self._collection.update_one(before, {"$set": _state(device)}):
            raise ConcurrentUpdate("the session changed meanwhile; try again")

    async def remove(self, member_id: UUID, ids: Collection[UUID]) -> None:
        """See ports.Devices."""
        await self._collection.delete_many({"_id": {"$in": list(ids)}, "member_id": member_id})

    async def remove_all(self, member_id: UUID) -> None:
        """See ports.Devices."""
        await self._collection.delete_many({"member_id": member_id})


def _state(device: Device) -> Document:
    return {
        "used_at": device.used_at, "expires_at": device.expires_at, "current": device.current,
        "last": asdict(device.last) if device.last else None, "version": device.version,
    }  # fmt: skip


def _device(document: Document) -> Device:
    last = document["last"]
    return Device(
        document["_id"], document["network_id"], document["member_id"], document["label"],
        document["epoch"], document["created_at"], document["used_at"],
        bytes(document["family"]), bytes(document["current"]),
        Exchange(bytes(last["used"]), bytes(last["request"]), bytes(last["salt"]), last["at"])
        if last else None,
        document["version"], tuple(document.get("amr", ())),
    )  # fmt: skip
