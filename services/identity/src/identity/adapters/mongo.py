"""The database of identity: networks, invites, and the directory that leads to all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from common import outbox
from common.errors import ConcurrentUpdate
from common.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, IndexModel

from identity.adapters import (
    mongo_answered,
    mongo_audit,
    mongo_case_notes,
    mongo_consents,
    mongo_devices,
    mongo_exports,
    mongo_holds,
    mongo_levels,
    mongo_mails,
    mongo_profiles,
    mongo_roster,
    mongo_ties,
)
from identity.adapters.deeds import of_done
from identity.adapters.mongo_accounts import ADMISSION_INDEXES, MongoAccounts
from identity.adapters.mongo_admins import MongoAdmins
from identity.adapters.mongo_audit import MongoAudit
from identity.adapters.mongo_consents import MongoConsents
from identity.adapters.mongo_devices import MongoDevices
from identity.adapters.mongo_erasures import INDEXES as ERASURE_INDEXES
from identity.adapters.mongo_erasures import MongoErasures, MongoRecords
from identity.adapters.mongo_exports import MongoExports, exports_of
from identity.adapters.mongo_holds import MongoHolds
from identity.adapters.mongo_mails import MongoMails
from identity.adapters.mongo_networks import MongoNetworks
from identity.adapters.mongo_profiles import MongoHandles, MongoProfiles
from identity.adapters.mongo_roster import MongoRoster
from identity.adapters.mongo_ties import MongoTies, ties_of
from identity.domain.deed import Done
from identity.domain.invite import Invite, Seat, Terms, hash_code
from identity.domain.role import Role

INVITES_KEPT = timedelta(days=90)
INDEXES: dict[str, list[IndexModel]] = {
    "networks": [IndexModel([("slug", ASCENDING)], name="slug", unique=True), outbox.INDEX],
    "invites": [
        IndexModel([("network_id", ASCENDING), ("code_hash", ASCENDING)], name="code", unique=True),
        IndexModel([("network_id", ASCENDING), ("seats.account_id", ASCENDING)], name="seats"),
        IndexModel([("network_id", ASCENDING), ("_id", ASCENDING)], name="page"),
        IndexModel(
            [("expires_at", ASCENDING)],
            name="expired",
            expireAfterSeconds=round(INVITES_KEPT.total_seconds()),
        ),
        outbox.INDEX,
    ],
    "accounts": [
        # handle, e-mail address and origin, each as "kind:value": all unique in their network
        IndexModel([("network_id", ASCENDING), ("keys", ASCENDING)], name="keys", unique=True),
        IndexModel([("network_id", ASCENDING), ("_id", ASCENDING)], name="page"),
        IndexModel([("network_id", ASCENDING), ("roles", ASCENDING)], name="roles"),
        outbox.INDEX,
        *ADMISSION_INDEXES,
    ],
    **ERASURE_INDEXES,
    "devices": mongo_devices.INDEXES,
    "roster": mongo_roster.INDEXES,
    "mails": mongo_mails.INDEXES,
    "attempts": mongo_levels.INDEXES,
    **mongo_audit.INDEXES,
    **mongo_consents.INDEXES,
    "profiles": mongo_profiles.INDEXES,
    "answered_challenges": mongo_answered.INDEXES,
    "admin_lists": [],  # one of a network, by its id
    **mongo_exports.INDEXES,
    **mongo_holds.INDEXES,
    **mongo_case_notes.INDEXES,
    **mongo_ties.INDEXES,
}
TOLD = ["accounts", "erasures", "holds", "networks", "invites"]
"""The collections with an outbox."""


class MongoInvites:
    """Implements ports.Invites; `wake` tells the relay that an event waits."""

    def __init__(self, collection: Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, invite: Invite, done: Done | None = None) -> None:
        """See ports.Invites."""
        document = {"_id": invite.id, "code_hash": invite.code_hash, **_state(invite)}
        try:
            await self._collection.insert_one({**document, **outbox.fields(_told(invite, done))})
        except DuplicateKeyError:
            raise ConcurrentUpdate("this invite is there already; try again") from None
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def by_code(self, code: str) -> Invite | None:
        """See ports.Invites."""
        document = await self._collection.find_one({"code_hash": hash_code(code)})
        return _invite(document) if document else None

    async def get(self, id: UUID) -> Invite | None:
        """See ports.Invites."""
        document = await self._collection.find_one({"_id": id})
        return _invite(document) if document else None

    async def page(self, after: UUID | None, size: int) -> list[Invite]:
        """See ports.Invites."""
        wanted = {"_id": {"$gt": after}} if after else {}
        found = await self._collection.find(wanted, sort=[("_id", ASCENDING)], limit=size)
        return [_invite(document) for document in found]

    async def save(self, invite: Invite, done: Done | None = None) -> None:
        """See ports.Invites."""
        before = {"_id": invite.id, "version": invite.version - 1}
        update = outbox.push(_told(invite, done), _state(invite))
        try:
            if not await self._collection.update_one(before, update):
                raise ConcurrentUpdate("the invite changed meanwhile; try again")
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def forget(self, account_id: UUID) -> int:
        """See ports.Invites."""
        kept = {"seats.account_id": account_id}
        update = {
            "$pull": {"seats": {"account_id": account_id}}, "$inc": {"used": 1, "version": 1},
        }  # fmt: skip
        forgotten = 0
        while await self._collection.update_one(kept, update):
            forgotten += 1
        return forgotten


class MongoDirectory:
    """Implements ports.Directory; `wake` tells the relay that events wait, `held` whoever keeps
    what is under a hold that holds may have changed."""

    def __init__(
        self, database: Database, wake: Callable[[], None],
        held: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._database = database
        self._wake = wake
        self._held = held
        self._networks = MongoNetworks(database, wake)
        self._mails = MongoMails(database)

    @property
    def networks(self) -> MongoNetworks:
        """See ports.Directory."""
        return self._networks

    def invites(self, network_id: UUID) -> MongoInvites:
        """See ports.Directory."""
        return MongoInvites(self._database.collection("invites", network_id), self._wake)

    def accounts(self, network_id: UUID) -> MongoAccounts:
        """See ports.Directory."""
        collection = self._database.collection("accounts", network_id)
        return MongoAccounts(collection, self._wake)

    async def has_account(self, network_id: UUID, id: UUID) -> bool:
        """Whether somebody has this account, closed or not; what is asked is not remembered."""
        return await self.accounts(network_id).get(id) is not None

    def erasures(self, network_id: UUID) -> MongoErasures:
        """See ports.Directory."""
        return MongoErasures(self._database.collection("erasures", network_id), self._wake)

    def records(self, network_id: UUID) -> MongoRecords:
        """See ports.Directory."""
        return MongoRecords(self._database.collection("erasure_records", network_id))

    def devices(self, network_id: UUID) -> MongoDevices:
        """See ports.Directory."""
        return MongoDevices(self._database.collection("devices", network_id))

    @property
    def mails(self) -> MongoMails:
        """See ports.Directory."""
        return self._mails

    def roster(self, network_id: UUID) -> MongoRoster:
        """See ports.Directory."""
        return MongoRoster(self._database.collection("roster", network_id))

    def audit(self, network_id: UUID) -> MongoAudit:
        """The audit log of one network."""
        return MongoAudit(self._database.collection("audit", network_id))

    def consents(self, network_id: UUID) -> MongoConsents:
        """See ports.Directory."""
        return MongoConsents(self._database.collection(mongo_consents.COLLECTION, network_id))

    def admins(self, network_id: UUID) -> MongoAdmins:
        """See ports.Directory."""
        return MongoAdmins(
            self._database.collection("accounts", network_id),
            self._database.collection("admin_lists", network_id),
        )

    def profiles(self, network_id: UUID) -> MongoProfiles:
        """See ports.Directory."""
        return MongoProfiles(self._database.collection("profiles", network_id))

    def handles(self, network_id: UUID) -> MongoHandles:
        """See ports.Directory."""
        return MongoHandles(self._database.collection("accounts", network_id))

    def exports(self, network_id: UUID) -> MongoExports:
        """See ports.Directory."""
        return exports_of(self._database, network_id)

    def holds(self, network_id: UUID) -> MongoHolds:
        """See ports.Directory."""
        collection = self._database.collection("holds", network_id)

        def wake() -> None:
            self._wake()
            self._held()

        return MongoHolds(collection, wake)

    def ties(self, network_id: UUID) -> MongoTies:
        """See ports.Directory."""
        return ties_of(self._database, network_id)


def _told(invite: Invite, done: Done | None) -> list[outbox.Outgoing]:
    return list(of_done(invite.network_id, done, invite.version)) if done else []


def _state(invite: Invite) -> Document:
    return {
        "roles": sorted(invite.terms.roles), "max_uses": invite.terms.max_uses,
        "expires_at": invite.terms.expires_at, "used": invite.used,
        "seats": [asdict(seat) for seat in invite.seats], "version": invite.version,
        "revoked": invite.revoked,
    }  # fmt: skip


def _invite(document: dict[str, Any]) -> Invite:
    terms = Terms(
        frozenset(map(Role, document["roles"])), document["max_uses"], document["expires_at"]
    )
    return Invite(
        document["_id"], document["network_id"], bytes(document["code_hash"]), terms,
        document["used"], tuple(Seat(**seat) for seat in document["seats"]), document["version"],
        document.get("revoked", False),
    )  # fmt: skip
