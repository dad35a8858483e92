"""What the services hold of a member, asked for in her name; and what identity itself holds."""

from __future__ import annotations

from collections.abc import Callable

import grpc
from common import grpc_client
from common.mongo import Database
from export.kinds import Whose
from export.records import Records
from kith.export.v1 import record_service_pb2 as api
from kith.export.v1 import record_service_pb2_grpc as grpc_api

from identity.adapters.exporting import KINDS
from identity.domain.account import Account

SERVICES = ("identity", "community", "messaging", "programs", "outcomes", "signals")
"""In the order in which an archive tells of them."""
RETRIED = ("kith.export.v1.RecordService",)
Pass = Callable[[Account], str]


class OwnRecords:
    """Implements export_ports.Source for identity, without a call to itself."""

    def __init__(self, database: Database) -> None:
        self._records = Records(database, KINDS)

    async def __call__(self, account: Account, page_token: str) -> tuple[bytes, str]:
        """See export_ports.Source."""
        whose = Whose(account.network_id, account.id)
        reply = await self._records.page(whose, page_token)
        return reply.page.SerializeToString(), reply.next_page_token


class RemoteRecords:
    """Implements export_ports.Source for another service; `sign` makes the token it is shown."""

    def __init__(self, channel: grpc.aio.Channel, sign: Pass) -> None:
        self._stub = grpc_api.RecordServiceStub(channel)
        self._sign = sign

    async def __call__(self, account: Account, page_token: str) -> tuple[bytes, str]:
        """See export_ports.Source."""
        request = api.ListRecordsRequest(page_token=page_token)
        reply = await grpc_client.call(
            self._stub.ListRecords, request, token=self._sign(account)
        )  # fmt: skip
        return reply.page.SerializeToString(), reply.next_page_token
