"""Pages through a service's kinds, and the RPC that does it for the caller."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from common import auth
from common.errors import Invalid
from common.grpc_server import Context
from common.mongo import Database
from kith.export.v1 import record_service_pb2 as api
from kith.export.v1 import record_service_pb2_grpc as grpc_api

from export.kinds import Kind, Whose

_BETWEEN = ":"


@dataclass(frozen=True, slots=True)
class Records:
    """All kinds of a service, one after the other."""

    database: Database
    kinds: Sequence[Kind]

    async def page(self, whose: Whose, token: str) -> api.ListRecordsResponse:
        """The page a token leads to, the first for an empty one; each kind has at least one page,
        so that it is told when there is nothing of it. Raises Invalid."""
        kind, after = self._place(token)
        records, rest = await kind.page(self.database, whose, after)
        page = api.RecordPage(
            kind=kind.name, title=kind.title, about=kind.about,
            records=[json.dumps(record, ensure_ascii=False) for record in records],
        )  # fmt: skip
        return api.ListRecordsResponse(page=page, next_page_token=self._next(kind, rest))

    def _place(self, token: str) -> tuple[Kind, str]:
        if not token:
            return self.kinds[0], ""
        name, _, after = token.partition(_BETWEEN)
        for kind in self.kinds:
            if kind.name == name:
                return kind, after
        raise Invalid("the page token is from somewhere else", field="page_token")

    def _next(self, kind: Kind, rest: str) -> str:
        if rest:
            return f"{kind.name}{_BETWEEN}{rest}"
        following = list(self.kinds).index(kind) + 1
        return f"{self.kinds[following].name}{_BETWEEN}" if following < len(self.kinds) else ""


class RecordService(grpc_api.RecordServiceServicer):
    """See protos/kith/export/v1/record_service.proto."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def ListRecords(
        self, request: api.ListRecordsRequest, context: Context
    ) -> api.ListRecordsResponse:
        caller = auth.current()
        whose = Whose(caller.network_id, caller.subject)
        return await self._records.page(whose, request.page_token)


def add_records(server: grpc.aio.Server, database: Database, kinds: Sequence[Kind]) -> None:
    """Let a server hand its callers what `kinds` hold of them."""
    service = RecordService(Records(database, kinds))
    grpc_api.add_RecordServiceServicer_to_server(service, server)
