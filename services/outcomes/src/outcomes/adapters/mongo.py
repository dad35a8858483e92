"""Responses in the database: the answers, their score and the events of one response in one
document and one write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from uuid import UUID

from common import mongo, outbox
from common.mongo import ASCENDING, DESCENDING, Database, Document, DuplicateKeyError, IndexModel
from erasure.eraser import INDEXES as ERASURE_INDEXES

from outcomes.adapters.events import outgoing
from outcomes.domain.request import Request
from outcomes.domain.response import Response

INDEXES: dict[str, list[IndexModel]] = {
    "responses": [
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("request_id", ASCENDING)],
            name="request", unique=True,
        ),
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("_id", DESCENDING)],
            name="of_member",
        ),
        outbox.INDEX,
    ],
    **ERASURE_INDEXES,
}  # fmt: skip
_NO_OUTBOX = {"outbox": 0, "outbox_at": 0}
Wake = Callable[[], None]


class MongoResponses:
    """Implements ports.Responses; `wake` tells the relay that events wait."""

    def __init__(self, collection: mongo.Collection, wake: Wake) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, response: Response, request: Request) -> Response:
        """See ports.Responses."""
        document = self._document(response, request)
        try:
            await self._collection.insert_one(document)
        except DuplicateKeyError:
            key = {"member_id": request.author_id, "request_id": request.id}
            earlier = await self._collection.find_one(key, _NO_OUTBOX)
            if earlier is None:
                raise
            return _response(earlier)
        finally:
            self._wake()  # also when it failed: it may be stored all the same
        return response

    async def page(self, member_id: UUID, before: UUID | None, size: int) -> Sequence[Response]:
        """See ports.Responses."""
        wanted: Document = {"member_id": member_id}
        if before is not None:
            wanted["_id"] = {"$lt": before}
        found = await self._collection.find(
            wanted, sort=[("_id", DESCENDING)], limit=size, projection=_NO_OUTBOX
        )
        return [_response(document) for document in found]

    def _document(self, response: Response, request: Request) -> Document:
        fields = asdict(response)
        events = outgoing(self._collection.network_id, response)
        return {
            "_id": fields.pop("id"),
            **fields,
            "request_id": request.id,
            **outbox.fields(events),
        }


class MongoNetworks:
    """Implements ports.Networks."""

    def __init__(self, database: Database, wake: Wake) -> None:
        self._database = database
        self._wake = wake

    def responses(self, network_id: UUID) -> MongoResponses:
        """See ports.Networks."""
        return MongoResponses(self._database.collection("responses", network_id), self._wake)


def _response(document: Document) -> Response:
    return Response(
        id=document["_id"], member_id=document["member_id"],
        instrument_id=document["instrument_id"],
        instrument_version=document["instrument_version"], answers=document["answers"],
        score=document["score"], scoring_version=document["scoring_version"],
        created_at=document["created_at"],
        consent_version=document.get("consent_version", 0),
    )  # fmt: skip
