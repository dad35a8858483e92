"""Profiles in the database, one document per member; and which handles are taken."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from common import mongo
from common.errors import ConcurrentUpdate
from common.mongo import ASCENDING, Document, DuplicateKeyError, IndexModel

from identity.domain.credentials import handle_key
from identity.domain.profile import Field, Profile, Shown, Visibility

INDEXES = [IndexModel([("network_id", ASCENDING), ("_id", ASCENDING)], name="id")]


class MongoProfiles:
    """Implements ports_profile.Profiles."""

    def __init__(self, collection: mongo.Collection) -> None:
        self._collection = collection

    async def get(self, member_id: UUID) -> Profile | None:
        """See ports_profile.Profiles."""
        document = await self._collection.find_one({"_id": member_id})
        return _profile(document) if document else None

    async def save(self, profile: Profile) -> None:
        """See ports_profile.Profiles."""
        if profile.version == 1:
            try:
                await self._collection.insert_one({"_id": profile.member_id, **_state(profile)})
            except DuplicateKeyError:
                raise ConcurrentUpdate("the profile changed meanwhile; try again") from None
            return
        before = {"_id": profile.member_id, "version": profile.version - 1}
        if not await self._collection.update_one(before, {"$set": _state(profile)}):
            raise ConcurrentUpdate("the profile changed meanwhile; try again")

    async def remove(self, member_id: UUID) -> None:
        """See ports_profile.Profiles."""
        await self._collection.delete_many({"_id": member_id})


class MongoHandles:
    """Implements ports_profile.Handles, over the accounts."""

    def __init__(self, accounts: mongo.Collection) -> None:
        self._accounts = accounts

    async def taken(self, handles: Collection[str]) -> set[str]:
        """See ports_profile.Handles."""
        by_key = {f"handle:{handle_key(handle)}": handle for handle in handles}
        found = await self._accounts.find(
            {"keys": {"$in": list(by_key)}}, sort=[("_id", ASCENDING)], limit=len(by_key),
            projection={"keys": 1},
        )  # fmt: skip
        return {by_key[key] for document in found for key in document["keys"] if key in by_key}


def _state(profile: Profile) -> Document:
    fields = {
        name.value: {"entries": list(shown.entries), "to": shown.to.value}
        for name, shown in profile.fields.items()
    }
    return {
        "avatar": profile.avatar, "fields": fields, "version": profile.version,
        "updated_at": profile.updated_at,
    }  # fmt: skip


def _profile(document: Document) -> Profile:
    kept = document["fields"]
    fields = {
        name: Shown(tuple(kept[name]["entries"]), Visibility(kept[name]["to"]))
        if name in kept else Shown()
        for name in Field
    }  # fmt: skip
    return Profile(
        document["_id"], document["network_id"], document["avatar"], fields, document["version"],
        document["updated_at"],
    )  # fmt: skip
