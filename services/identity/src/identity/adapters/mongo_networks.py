"""Networks in the database, one document each."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.mongo import Database, Document, DuplicateKeyError

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

    def __init__(self, database: Database) -> None:
        self._collection = database.unscoped("networks")

    async def add(self, network: Network) -> None:
        """See ports.Networks."""
        try:
            await self._collection.insert_one(
                {
                    "_id": network.id, "network_id": network.id, "slug": network.slug,
                    "created_at": network.created_at, **_state(network),
                }
            )  # fmt: skip
        except DuplicateKeyError:
            raise NetworkExists("this slug is taken", field="slug") from None

    async def get(self, id: UUID) -> Network | None:
        """See ports.Networks."""
        return _network(await self._collection.find_one({"_id": id}))

    async def by_slug(self, slug: str) -> Network | None:
        """See ports.Networks."""
        return _network(await self._collection.find_one({"slug": slug}))

    async def save(self, network: Network) -> None:
        """See ports.Networks."""
        version: object = network.version - 1
        if network.version == 2:  # None: made before networks had versions
            version = {"$in": [1, None]}
        before = {"_id": network.id, "version": version}
        result = await self._collection.update_one(before, {"$set": _state(network)})
        if not result.matched_count:
            raise ConcurrentUpdate("the network changed meanwhile; try again")


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
