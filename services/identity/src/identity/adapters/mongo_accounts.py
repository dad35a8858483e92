"""Accounts in the database: state, version and outbox of one account in one document.

`keys` holds everything an account must not share with another of its network (handle, e-mail
address, origin), so that one unique index guards all of it and finds by all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict
from uuid import UUID

from common import mongo, outbox
from common.errors import ConcurrentUpdate, Unavailable
from common.mongo import ASCENDING, BulkWriteError, Document, DuplicateKeyError, IndexModel

from identity.adapters.account_parts import (
    admission_document,
    admission_in,
    link_documents,
    links_in,
)
from identity.adapters.events import outgoing
from identity.adapters.mongo_consents import decision_in, document_of
from identity.domain.account import Account, Credentials, Events, Origin
from identity.domain.consent import Action, Decision, Method, decision_id
from identity.domain.credentials import handle_key
from identity.domain.errors import EmailTaken, HandleTaken
from identity.domain.grant import Badge, BadgeKind, Grant
from identity.domain.passkey import Passkey
from identity.domain.role import Role
from identity.domain.second_factor import SecondFactor
from identity.domain.text import Purpose

_DUPLICATE = 11000
ADMISSION_INDEXES = [
    IndexModel(
        [("network_id", ASCENDING), ("waiting", ASCENDING), ("_id", ASCENDING)], name="waiting"
    ),
    # who was declined goes by herself, and who waits when nobody decides
    IndexModel([("remove_at", ASCENDING)], name="declined", expireAfterSeconds=0, sparse=True),
]
_NO_OUTBOX = {"outbox": 0, "outbox_at": 0}


class MongoAccounts:
    """Implements ports.Accounts."""

    def __init__(self, collection: mongo.Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, account: Account, events: Events) -> None:
        """See ports.Accounts."""
        try:
            await self._collection.insert_one(self._document(account, events))
        except DuplicateKeyError:
            await self._explain(account)
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def add_many(self, created: Sequence[tuple[Account, Events]]) -> int:
        """See ports.Accounts."""
        documents = [self._document(account, events) for account, events in created]
        try:
            await self._collection.insert_many(documents, ordered=True)
        except BulkWriteError as error:
            refused = error.details["writeErrors"][0]
            if refused["code"] != _DUPLICATE:
                raise
            return int(refused["index"])
        finally:
            self._wake()
        return len(documents)

    async def save(self, account: Account, events: Events) -> None:
        """See ports.Accounts."""
        before: Document = {"_id": account.id, "version": account.version - 1}
        if events:
            before |= outbox.ROOM
        update = outbox.push(outgoing(account, events), _state(account))
        if account.admission is None:  # or who was let in would go by herself
            update["$unset"] = {"remove_at": ""}
        try:
            if not await self._collection.update_one(before, update):
                await self._why_not(account)
        except DuplicateKeyError:  # of a changed address
            await self._explain(account)
            raise ConcurrentUpdate("the address has just become free; try again") from None
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def get(self, id: UUID) -> Account | None:
        """See ports.Accounts."""
        return _account(await self._collection.find_one({"_id": id}, _NO_OUTBOX))

    async def by_email(self, email: str) -> Account | None:
        """See ports.Accounts."""
        return _account(await self._collection.find_one({"keys": f"email:{email}"}, _NO_OUTBOX))

    async def by_origin(self, source: str, external_ids: Collection[str]) -> dict[str, UUID]:
        """See ports.Accounts."""
        keys = [f"origin:{source}/{external_id}" for external_id in external_ids]
        if not keys:
            return {}
        found = await self._collection.find(
            {"keys": {"$in": keys}}, sort=[("_id", ASCENDING)], limit=len(keys),
            projection={"external_id": 1},
        )  # fmt: skip
        return {document["external_id"]: document["_id"] for document in found}

    async def page(self, after: UUID | None, size: int) -> Sequence[Account]:
        """See ports.Accounts."""
        accounts: list[Account] = []
        while len(accounts) < size:
            wanted = {"_id": {"$gt": after}} if after else {}
            found = await self._collection.find(
                wanted, sort=[("_id", ASCENDING)], limit=size, projection=_NO_OUTBOX
            )
            accounts += filter(None, map(_account, found))
            if len(found) < size:
                break
            after = found[-1]["_id"]
        return accounts[:size]

    async def waiting(self, after: UUID | None, size: int) -> Sequence[Account]:
        """See ports.Accounts."""
        wanted: Document = {"waiting": True} | ({"_id": {"$gt": after}} if after else {})
        found = await self._collection.find(
            wanted, sort=[("_id", ASCENDING)], limit=size, projection=_NO_OUTBOX
        )
        return list(filter(None, map(_account, found)))

    async def count_waiting(self) -> int:
        """See ports.Accounts."""
        return await self._collection.count({"waiting": True})

    async def remove(self, id: UUID) -> bool:
        """See ports.Accounts."""
        await self._collection.delete_many({"_id": id, "outbox_at": None})
        return await self._collection.find_one({"_id": id}, {"_id": 1}) is None

    async def rule_out(self, ids: Collection[UUID]) -> set[UUID]:
        """See ports.Accounts."""
        there = await self._there(ids)
        missing = set(ids) - there
        for id in missing:
            try:
                await self._collection.insert_one({"_id": id, "keys": [f"nobody:{id}"]})
            except DuplicateKeyError:
                continue  # it has just become an account, or was ruled out before
        return there | await self._there(missing)

    async def _there(self, ids: Collection[UUID]) -> set[UUID]:
        if not ids:
            return set()
        found = await self._collection.find(
            {"_id": {"$in": list(ids)}}, sort=[("_id", ASCENDING)], limit=len(ids),
            projection={"version": 1},
        )  # fmt: skip
        return {document["_id"] for document in found if "version" in document}

    def _document(self, account: Account, events: Events) -> Document:
        origin = asdict(account.origin) if account.origin else {}
        return {
            "_id": account.id, "handle": account.handle,
            "created_at": account.created_at, "registered_by": account.registered_by, **origin,
            **_state(account),
            **outbox.fields(outgoing(account, events)),
        }  # fmt: skip

    async def _explain(self, account: Account) -> None:
        """Say why a new account was refused; return if it was not: a repeated write met itself."""
        for key in _keys(account):
            other = await self._collection.find_one({"keys": key}, {"_id": 1})
            if other is None or other["_id"] == account.id:
                continue
            if key.startswith("email:"):
                raise EmailTaken("somebody signs in with this address", field="email")
            raise HandleTaken("this handle is taken", field="handle")
        if await self.get(account.id) is None:
            raise ConcurrentUpdate("this took too long and was given up; try again")

    async def _why_not(self, account: Account) -> None:
        current = await self.get(account.id)
        if current is not None and current.version == account.version - 1:
            raise Unavailable("too many events of this account wait for the broker; try again")
        raise ConcurrentUpdate("the account changed meanwhile; try again")


def _keys(account: Account) -> Iterable[str]:
    yield f"handle:{handle_key(account.handle)}"
    if account.credentials:
        yield f"email:{account.credentials.email}"
    if account.origin:
        yield f"origin:{account.origin.source}/{account.origin.external_id}"


def _state(account: Account) -> Document:
    opens = asdict(account.credentials) if account.credentials else {}
    return {
        "roles": sorted(account.roles), **opens, "version": account.version,
        "closed": account.closed,
        "grants": [asdict(grant) for grant in account.grants],
        "badges": [asdict(badge) for badge in account.badges],
        "passkeys": [asdict(passkey) for passkey in account.passkeys],
        "session_epoch": account.session_epoch, **admission_document(account.admission),
        "keys": list(_keys(account)), "email_verified": account.email_verified,
        "links": link_documents(account.links),
        "used_links": link_documents([account.used_link] if account.used_link else []),
        "second_factor": asdict(account.second_factor) if account.second_factor else None,
        "decisions": [document_of(decision) for decision in account.decisions],
    }  # fmt: skip


def _account(document: Document | None) -> Account | None:
    """The account a document holds; None for one that only rules its id out."""
    if document is None or "version" not in document:
        return None
    email, source = document.get("email"), document.get("source")
    return Account(
        id=document["_id"], network_id=document["network_id"], handle=document["handle"],
        roles=frozenset(map(Role, document["roles"])), created_at=document["created_at"],
        credentials=Credentials(email, document["password_hash"]) if email else None,
        origin=Origin(source, document["external_id"]) if source else None,
        decisions=_decisions(document),
        grants=tuple(map(_grant, document.get("grants", ()))),
        badges=tuple(map(_badge, document.get("badges", ()))),
        passkeys=tuple(map(_passkey, document.get("passkeys", ()))),
        closed=document.get("closed", False), admission=admission_in(document),
        email_verified=document.get("email_verified", False),
        links=links_in(document.get("links", ())),
        used_link=next(iter(links_in(document.get("used_links", ()))), None),
        session_epoch=document.get("session_epoch", 0),
        second_factor=_second_factor(document.get("second_factor")),
        registered_by=document.get("registered_by"), version=document["version"],
    )  # fmt: skip


def _decisions(document: Document) -> tuple[Decision, ...]:
    return tuple(
        decision_in(stored) if "number" in stored else _without_record(document["_id"], n, stored)
        for n, stored in enumerate(document["decisions"], 1)
    )


def _without_record(member_id: UUID, number: int, stored: Document) -> Decision:
    """One of the first release, which kept no records and not what exactly was shown."""
    method = Method.IMPORT if stored["imported"] else Method.CLIENT
    action = Action.GRANTED if stored["granted"] else Action.WITHDRAWN
    return Decision(
        decision_id(member_id, number), number, Purpose(stored["purpose"]), action,
        stored["text_version"], b"", stored["decided_at"], method,
    )  # fmt: skip


def _grant(document: Document) -> Grant:
    return Grant(**document | {"role": Role(document["role"])})


def _badge(document: Document) -> Badge:
    return Badge(**document | {"kind": BadgeKind(document["kind"])})


def _passkey(document: Document) -> Passkey:
    return Passkey(
        document["id"], bytes(document["credential_id"]), bytes(document["public_key"]),
        document["sign_count"], tuple(document["transports"]), document["label"],
        document["created_at"], document["used_at"],
    )  # fmt: skip


def _second_factor(document: Document | None) -> SecondFactor | None:
    if document is None:
        return None
    return SecondFactor(
        bytes(document["sealed_secret"]), document["confirmed_at"], document["last_step"],
        tuple(map(bytes, document["recovery"])),
    )  # fmt: skip
