"""What an export tells of connections: nothing of a request by somebody its reader blocks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from common.clock import SystemClock
from common.mongo import Database
from export.kinds import Owned, Record, Whose

from community.adapters import mongo_blocks
from community.domain.connection import View


@dataclass(frozen=True, slots=True)
class Connections(Owned):
    """As Owned, but for requests that are kept from her."""

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """See Kind."""
        found, rest = await Owned.page(self, database, whose, after)
        askers = {_other(one) for one in found if one["state"] == View.RECEIVED}
        of = database.collection
        blocks = mongo_blocks.MongoBlocks(
            of(mongo_blocks.COLLECTION, whose.network_id), of("members", whose.network_id),
            SystemClock(),
        )  # fmt: skip
        hidden = await blocks.blocked_by(whose.member_id, askers)
        return [
            one for one in found if one["state"] != View.RECEIVED or _other(one) not in hidden
        ], rest


def _other(record: Record) -> UUID:
    return UUID(str(record["memberId"]))
