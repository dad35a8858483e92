"""The admins of a network in the database, and who of them is stepping down."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from uuid import UUID

from common import mongo
from common.errors import ConcurrentUpdate
from common.mongo import ASCENDING, Document, DuplicateKeyError

from identity.domain.role import Role
from identity.domain.stepping_down import AdminList, SteppingDown

_ADMINS: Document = {"roles": Role.NETWORK_ADMIN.value}


class MongoAdmins:
    """Implements ports_roles.Admins; `lists` holds one document per network."""

    def __init__(self, accounts: mongo.Collection, lists: mongo.Collection) -> None:
        self._accounts = accounts
        self._lists = lists

    async def lasting(self) -> Collection[UUID]:
        """See ports_roles.Admins."""
        found = await self._accounts.find(
            _ADMINS, sort=[("_id", ASCENDING)], limit=0,
            projection={
                "grants.role": 1, "grants.expires_at": 1, "closed": 1, "email": 1, "admission": 1,
            },
        )  # fmt: skip
        return [
            document["_id"] for document in found if _signs_in(document) and not _ends(document)
        ]

    async def list(self) -> AdminList:
        """See ports_roles.Admins."""
        network_id = self._lists.network_id
        document = await self._lists.find_one({"_id": network_id})
        if document is None:
            return AdminList(network_id)
        leaving = tuple(SteppingDown(**one) for one in document["leaving"])
        return AdminList(network_id, leaving, document["version"])

    async def save(self, changed: AdminList) -> None:
        """See ports_roles.Admins."""
        state: Document = {
            "leaving": [asdict(one) for one in changed.leaving], "version": changed.version,
        }  # fmt: skip
        if changed.version == 1:
            try:
                await self._lists.insert_one({"_id": changed.network_id, **state})
            except DuplicateKeyError:
                raise ConcurrentUpdate("others change roles too; try again") from None
            return
        before = {"_id": changed.network_id, "version": changed.version - 1}
        if not await self._lists.update_one(before, {"$set": state}):
            raise ConcurrentUpdate("others change roles too; try again")

    async def forget(self, member_id: UUID) -> None:
        """See ports_roles.Admins."""
        listed = {"_id": self._lists.network_id, "leaving.member_id": member_id}
        update = {"$pull": {"leaving": {"member_id": member_id}}, "$inc": {"version": 1}}
        await self._lists.update_one(listed, update)


def _signs_in(document: Document) -> bool:
    """Whoever waits to be let in, was declined, or has no password administers nothing."""
    shut = document.get("closed") or document.get("admission")
    return not shut and "email" in document


def _ends(document: Document) -> bool:
    return any(
        one["role"] == Role.NETWORK_ADMIN and one.get("expires_at") is not None
        for one in document.get("grants", ())
    )
