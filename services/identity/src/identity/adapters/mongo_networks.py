"""Networks in the database, one document each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

from common import outbox
from common.errors import ConcurrentUpdate, Unavailable
from common.mongo import Database, Document, DuplicateKeyError

from identity.adapters.deeds import of_done
from identity.domain.deed import Done
from identity.domain.errors import NetworkExists
from identity.domain.network import Network
from identity.domain.network_rules import (
    AgeRule,
    AgeStatement,
    Branding,
    CrisisResource,
    Moderation,
    Opening,
)


class MongoNetworks:
    """Implements ports.Networks; looked up before anybody has signed in, hence unscoped."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._collection = database.unscoped("networks")
        self._wake = wake

    async def add(self, network: Network, done: Done | None = None) -> None:
        """See ports.Networks."""
        try:
            await self._collection.insert_one(
                {
                    "_id": network.id, "network_id": network.id, "slug": network.slug,
                    "created_at": network.created_at, **_state(network),
                    **outbox.fields(_told(network, done)),
                }
            )  # fmt: skip
        except DuplicateKeyError:
            raise NetworkExists("this slug is taken", field="slug") from None
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def get(self, id: UUID) -> Network | None:
        """See ports.Networks."""
        return _network(await self._collection.find_one({"_id": id}))

    async def by_slug(self, slug: str) -> Network | None:
        """See ports.Networks."""
        return _network(await self._collection.find_one({"slug": slug}))

    async def save(self, network: Network, done: Done | None = None) -> None:
        """See ports.Networks."""
        version: object = network.version - 1
        if network.version == 2:  # None: made before networks had versions
            version = {"$in": [1, None]}
        before = {"_id": network.id, "version": version}
        update = outbox.push(_told(network, done), _state(network))
        try:
            result = await self._collection.update_one({**before, **outbox.ROOM}, update)
        finally:  # also when nobody knows whether it was stored
            self._wake()
        if not result.matched_count:
            await self._why_not(before)

    async def _why_not(self, before: Document) -> None:
        if await self._collection.find_one(before, {"_id": 1}):
            raise Unavailable("too many changes of the network wait to be told; try again")
        raise ConcurrentUpdate("the network changed meanwhile; try again")


def _told(network: Network, done: Done | None) -> list[outbox.Outgoing]:
    return list(of_done(network.id, done, network.version)) if done else []


def _state(network: Network) -> Document:
    return {
        "display_name": network.display_name, "time_zone": network.time_zone,
        "locale": network.locale,
        "age_rule": {
            "minimum": network.age_rule.minimum, "statement": str(network.age_rule.statement),
        },
        "moderation": str(network.moderation), "opening": str(network.opening),
        "crisis_resources": [asdict(one) for one in network.crisis_resources],
        "branding": asdict(network.branding), "version": network.version,
    }  # fmt: skip


def _network(document: Document | None) -> Network | None:
    """The network a document holds; one made before there were settings has the usual ones."""
    if document is None:
        return None
    made = Network(
        document["_id"], document["slug"], document["display_name"], document["time_zone"],
        document["created_at"],
    )  # fmt: skip
    if "version" not in document:
        return made
    rule = document["age_rule"]
    return Network(
        made.id, made.slug, made.display_name, made.time_zone, made.created_at,
        document["locale"], AgeRule(rule["minimum"], AgeStatement(rule["statement"])),
        Moderation(document["moderation"]), Opening(document["opening"]),
        tuple(CrisisResource(**one) for one in document["crisis_resources"]),
        Branding(**document["branding"]), document["version"],
    )  # fmt: skip
